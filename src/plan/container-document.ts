/** The schemas of a container's options in a saved plan. The records' schemas hold their values to Docker's rules. */
import { z } from "zod";
import { once } from "../async/memoize.ts";

const text = once(() => z.string());
const texts = once(() => z.array(text()).exactOptional());
const textMap = once(() => z.record(text(), text()).exactOptional());

export const containerHostFields = once(() => ({
  volumes: texts(),
  volumeDriver: text().exactOptional(),
  extraHosts: texts(),
  dns: texts(),
  dnsSearch: texts(),
  dnsOpt: texts(),
  devices: texts(),
  privileged: z.boolean().exactOptional(),
  runtime: text().exactOptional(),
  logging: z.strictObject({ driver: text().exactOptional(), options: textMap() }).exactOptional(),
}));

export const containerShape = once(() =>
  z.strictObject({
    shmSize: z.int().exactOptional(),
    ulimits: z.record(text(), z.strictObject({ soft: z.int(), hard: z.int() })).exactOptional(),
    tmpfs: texts(),
    gpus: z
      .array(
        z.strictObject({
          driver: text().exactOptional(),
          count: z.int().exactOptional(),
          deviceIds: texts(),
          capabilities: texts(),
          options: textMap(),
        }),
      )
      .exactOptional(),
    capAdd: texts(),
    capDrop: texts(),
    securityOpt: texts(),
    init: z.boolean().exactOptional(),
  }),
);

export const containerProcessFields = once(() => ({
  entrypoint: texts(),
  command: texts(),
  user: text().exactOptional(),
}));

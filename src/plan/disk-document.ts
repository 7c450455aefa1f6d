/** The schemas of disks in a saved plan. The records' schemas hold their values to the providers' rules. */
import { z } from "zod";
import { once } from "../async/memoize.ts";

const optionFields = once(() => ({
  iops: z.int().positive().exactOptional(),
  throughput: z.int().positive().exactOptional(),
  encrypted: z.literal(true).exactOptional(),
  kmsKey: z.string().exactOptional(),
}));

export const diskOptions = once(() => z.strictObject(optionFields()));

export const dataDisks = once(() =>
  z.array(
    z.strictObject({
      name: z.string(),
      diskType: z.string().nullable(),
      sizeGb: z.int().positive(),
      keepOnTermination: z.boolean(),
      ...optionFields(),
    }),
  ),
);

/** The options of containers in placements, which are about the engine's host. Compose's spellings are accepted too. */
import { isIP } from "node:net";
import { z } from "zod";
import { once } from "../../async/memoize.ts";
import { parseVolume } from "../../plan/container.ts";
import { distinct, text } from "./common.ts";
import { flag, isMountTarget, optionTexts, restart, word } from "./container.ts";

const VOLUME_FORM =
  "must be NAME:/TARGET, /HOST/PATH:/TARGET or /TARGET, with :ro for read-only; host paths are absolute, because they are the engine's";

const volume = once(() =>
  z
    .union(
      [
        z.string(),
        z
          .strictObject({
            type: z.enum(["bind", "volume"]).meta({
              description:
                "Whether a path of the engine's host or a volume of the engine is mounted.",
              examples: ["volume"],
            }),
            source: z
              .string()
              .exactOptional()
              .meta({
                description:
                  "The path of the engine's host, or the name of the volume. A volume without a name is anonymous.",
                examples: ["agent-cache"],
              }),
            target: z
              .string()
              .meta({ description: "The path in the container.", examples: ["/cache"] }),
            readOnly: z
              .boolean()
              .exactOptional()
              .meta({
                description: "Whether the container can only read it.",
                default: false,
                examples: [true],
              }),
          })
          .refine(({ type, source }) =>
            type === "bind" ? source?.startsWith("/") : !source?.startsWith("/"),
          )
          .transform(({ source, target, readOnly }) =>
            [...(source === undefined ? [] : [source]), target, ...(readOnly ? ["ro"] : [])].join(
              ":",
            ),
          ),
      ],
      VOLUME_FORM,
    )
    .refine((entry) => {
      const parsed = parseVolume(entry);
      return parsed !== null && isMountTarget(parsed.target);
    }, VOLUME_FORM),
);

/** `NAME:ADDRESS` or `NAME=ADDRESS`, stored with the colon. */
const extraHost = once(() =>
  z.string().transform((given, context): string => {
    const [, name, address = ""] = /^([^\s:=]+)[:=]\[?([^\s\]]+)\]?$/.exec(given) ?? [];
    if (name !== undefined && (isIP(address) !== 0 || address === "host-gateway"))
      return `${name}:${address}`;
    context.addIssue("must be NAME:ADDRESS, with an IP address or host-gateway");
    return z.NEVER;
  }),
);

// https://github.com/cncf-tags/container-device-interface/blob/main/SPEC.md
const CDI_DEVICE = /^[A-Za-z][\w.-]*\/[A-Za-z][\w.-]*=[A-Za-z0-9][\w.:-]*$/;
const HOST_DEVICE = /^\/[^:\s]+(?::\/[^:\s]+(?::[rwm]{1,3})?)?$/;
const device = z
  .string()
  .refine(
    (entry) => HOST_DEVICE.test(entry) || CDI_DEVICE.test(entry),
    "must be /HOST/DEVICE, /HOST/DEVICE:/TARGET[:rwm], or a CDI device such as vendor.com/class=name",
  );

const logging = once(() =>
  z.strictObject({
    driver: text(/^[a-z0-9][\w./:-]*$/, "must be the name of a logging driver", 128)
      .exactOptional()
      .meta({
        description: "The logging driver. Without it, the engine's own default.",
        examples: ["json-file"],
      }),
    options: optionTexts()
      // https://docs.docker.com/engine/logging/drivers/splunk/
      .refine(
        (options) => !Object.hasOwn(options, "splunk-token"),
        "must not have splunk-token: the records and the engine show it; set it in the engine's daemon.json",
      )
      .exactOptional()
      .meta({
        description:
          "Options of the logging driver. Options that hold secrets belong in the engine's `daemon.json`.",
        examples: [{ "max-size": "10m" }],
      }),
  }),
);

/** The fields of `target.docker` about the engine's host. */
export const containerHostFields = once(() => ({
  volumes: z
    .array(volume())
    .refine(
      (volumes) =>
        new Set(volumes.map((entry) => parseVolume(entry)?.target)).size === volumes.length,
      "must not mount two volumes at one target",
    )
    .exactOptional()
    .meta({
      description:
        "Bind mounts (`/HOST/PATH:/TARGET`), named volumes (`NAME:/TARGET`) and anonymous volumes (`/TARGET`). `:ro` makes one read-only.",
      examples: [["/srv/models:/models:ro", "agent-cache:/cache"]],
    }),
  volumeDriver: text(/^[a-z0-9][\w./:-]*$/, "must be the name of a volume driver", 128)
    .exactOptional()
    .meta({ description: "The driver that creates volumes.", default: "local", examples: ["nfs"] }),
  extraHosts: distinct(extraHost())
    .exactOptional()
    .meta({
      description:
        "Further names of hosts as `NAME:ADDRESS`. The address `host-gateway` is the engine's host.",
      examples: [["db.internal:10.1.2.3"]],
    }),
  // Docker 20.10 accepts any text here and leaves it out of the container.
  dns: distinct(z.string().refine((address) => isIP(address) !== 0, "must be an IP address"))
    .exactOptional()
    .meta({ description: "Addresses of name servers.", examples: [["10.1.1.53"]] }),
  dnsSearch: distinct(word)
    .exactOptional()
    .meta({
      description: "Domains in which short names are looked up.",
      examples: [["corp.example.com"]],
    }),
  dnsOpt: distinct(word)
    .exactOptional()
    .meta({ description: "Options of the resolver.", examples: [["ndots:2"]] }),
  devices: distinct(device)
    .exactOptional()
    .meta({
      description: "Devices of the engine's host: `/HOST/DEVICE[:/TARGET[:rwm]]`, or a CDI device.",
      examples: [["/dev/fuse"]],
    }),
  privileged: flag().meta({
    description:
      "Whether the container is privileged. It then controls the engine's host, and the plan has a warning.",
    default: false,
    examples: [true],
  }),
  runtime: text(/^[A-Za-z0-9][\w.-]*$/, "must be the name of a runtime", 128)
    .exactOptional()
    .meta({
      description: "One of the engine's OCI runtimes. Without it, the engine's default.",
      examples: ["runsc"],
    }),
  logging: logging()
    .exactOptional()
    .meta({
      description: "How the engine records the output of containers.",
      examples: [{ driver: "json-file", options: { "max-size": "10m" } }],
    }),
  restart: restart(),
}));

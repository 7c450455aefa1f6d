/**
 * The options of containers in placements, environments and workspaces. Compose's short and long spellings are accepted
 * and stored in one form.
 */
import { isIP } from "node:net";
import { z } from "zod";
import { once } from "../../async/memoize.ts";
import { parseVolume, tmpfsTarget } from "../../plan/container.ts";
import { distinct, text } from "./common.ts";

const flag = once(() => z.boolean("must be true or false").exactOptional());
const LONGEST_PATH = 4096;

/** A spawn is one machine: the engine must not run a second one under its id after it has ended. */
const restart = once(() =>
  z
    .never(
      "must not be set: a spawn is exactly one machine, so the engine may not start it again after its end; spawn again instead",
    )
    .exactOptional()
    .describe(
      "Not accepted: a spawn is one machine, which the engine must not start again after its end.",
    ),
);

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

const word = text(/^\S+$/, "must be a word without spaces", 256);

/** Values of options are texts; YAML may have read them as numbers or truth values. */
const optionTexts = once(() =>
  z.record(
    z.string().min(1, "must not have an empty key"),
    z.union([z.string(), z.number(), z.boolean()], "must be a text").transform(String),
  ),
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

// https://github.com/docker/go-units/blob/master/size.go (RAMInBytes)
const BYTES = /^(\d+(?:\.\d+)?) ?(?:([kmgtp])i?)?b?$/i;
const POWERS = ["", "k", "m", "g", "t", "p"];

const byteSize = once(() =>
  z.union([z.int(), z.string()]).transform((given, context): number => {
    const [, digits, unit = ""] = BYTES.exec(String(given)) ?? [];
    const bytes = Math.floor(Number(digits) * 1024 ** POWERS.indexOf(unit.toLowerCase()));
    if (Number.isSafeInteger(bytes) && bytes > 0) return bytes;
    context.addIssue("must be a positive number of bytes, or a size such as 64m or 2gb");
    return z.NEVER;
  }),
);

// https://github.com/docker/go-units/blob/master/ulimit.go
const ULIMITS = new Set(
  "core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack".split(
    " ",
  ),
);
const UNLIMITED = -1;
const limit = z.int("must be a whole number").min(UNLIMITED, "must be -1 (unlimited) or more");

const ulimits = once(() =>
  z.record(
    z.string().refine((name) => ULIMITS.has(name), `must be one of ${[...ULIMITS].join(", ")}`),
    z
      .union([
        limit.transform((both) => ({ soft: both, hard: both })),
        z.strictObject({
          soft: limit.meta({
            description: "The limit that holds at first; -1 is unlimited.",
            examples: [1024],
          }),
          hard: limit.meta({
            description: "The most to which the process can raise the limit; -1 is unlimited.",
            examples: [4096],
          }),
        }),
      ])
      .refine(
        ({ soft, hard }) => hard === UNLIMITED || (soft !== UNLIMITED && soft <= hard),
        "must have a soft limit of at most the hard one",
      ),
  ),
);

const TMPFS = /^(\/[^:\s]*)(?::[a-z_]+(?:=[^,\s]+)?(?:,[a-z_]+(?:=[^,\s]+)?)*)?$/;
const tmpfs = z
  .string()
  .refine(
    (entry) => TMPFS.test(entry) && isMountTarget(tmpfsTarget(entry)),
    "must be /TARGET or /TARGET:OPTIONS, such as /scratch:size=64m,mode=1777",
  );

const ALL = -1;
const gpuCount = z.union(
  [z.literal("all").transform(() => ALL), z.int().min(1)],
  "must be a number from 1, or all",
);

/** https://github.com/compose-spec/compose-spec/blob/main/05-services.md#gpus */
const gpus = once(() =>
  z.union([
    gpuCount.transform((count) => [{ count }]),
    z
      .array(
        z
          .strictObject({
            driver: word
              .exactOptional()
              .meta({ description: "The driver of the devices.", examples: ["nvidia"] }),
            count: gpuCount
              .or(z.literal(ALL))
              .exactOptional()
              .meta({
                description:
                  "The number of devices, or `all`. A request has either `count` or `device_ids`.",
                examples: [1],
              }),
            deviceIds: distinct(word)
              .min(1, "must list at least one id")
              .exactOptional()
              .meta({
                description: "The ids of devices. A request has either `count` or `device_ids`.",
                examples: [["0"]],
              }),
            capabilities: distinct(word)
              .exactOptional()
              .meta({
                description: "Capabilities that the devices must have.",
                examples: [["compute"]],
              }),
            options: optionTexts()
              .exactOptional()
              .meta({ description: "Options of the driver.", examples: [{ key: "value" }] }),
          })
          .refine(
            ({ count, deviceIds }) => count === undefined || deviceIds === undefined,
            "must not have both count and device_ids",
          ),
      )
      .min(1, "must list at least one request"),
  ]),
);

const capability = text(
  /^[A-Za-z][A-Za-z_]*$/,
  "must be the name of a capability such as NET_ADMIN, or ALL",
  64,
).transform((name) => name.toUpperCase());

const securityOpt = z
  .string()
  .max(256 * 1024, "must have at most 256 KiB")
  .regex(/^[a-z][a-z-]*(?:[=:][^\0]+)?$/, "must be OPTION or OPTION=VALUE")
  // Docker's command reads the file and sends its content.
  .refine(
    (option) => !/^seccomp[=:](?!unconfined$|builtin$|\s*\{)/.test(option),
    "must have the profile itself: seccomp=unconfined, seccomp=builtin, or seccomp= and the JSON document",
  );

/** `docker` of an environment. */
export const containerShape = once(() =>
  z.strictObject({
    shmSize: byteSize()
      .exactOptional()
      .meta({
        description:
          "The size of `/dev/shm`, in bytes or as a text. Without it, the engine's default.",
        examples: ["1gb"],
      }),
    ulimits: ulimits()
      .exactOptional()
      .meta({
        description:
          "Limits of the processes, by the kernel's names in lower case: one number, or `soft` and `hard`. -1 is unlimited.",
        examples: [{ nofile: { soft: 1024, hard: 4096 } }],
      }),
    tmpfs: distinct(tmpfs)
      .exactOptional()
      .meta({
        description: "File systems in memory: `/TARGET` or `/TARGET:OPTIONS`.",
        examples: [["/tmp:size=64m,mode=1777"]],
      }),
    gpus: gpus()
      .exactOptional()
      .meta({
        description: "GPUs of the engine's host: `all`, a number, or a list of requests.",
        examples: ["all"],
      }),
    capAdd: distinct(capability)
      .exactOptional()
      .meta({
        description:
          "Capabilities that the container gets in addition to the engine's default, with or without `CAP_`, or `ALL`.",
        examples: [["NET_BIND_SERVICE"]],
      }),
    capDrop: distinct(capability)
      .exactOptional()
      .meta({
        description:
          "Capabilities that the container does not get, with or without `CAP_`, or `ALL`.",
        examples: [["ALL"]],
      }),
    securityOpt: distinct(securityOpt)
      .exactOptional()
      .meta({
        description:
          "Security options as for `docker run`. A seccomp profile is given as its JSON document.",
        examples: [["no-new-privileges:true"]],
      }),
    init: flag().meta({
      description:
        "Whether the engine's init program reaps the processes of the container. Without it, the engine's default.",
      examples: [true],
    }),
    restart: restart(),
  }),
);

const WORDS = 'must be a list of words, such as ["/bin/sh", "-c", "exec agent"]';
const words = once(() =>
  z.array(
    z.string().refine((argument) => !argument.includes("\0"), "must not have a NUL character"),
    WORDS,
  ),
);

/** The fields of a workspace about the process in its container. */
export const containerProcessFields = once(() => ({
  entrypoint: words()
    .exactOptional()
    .meta({
      description:
        "What runs in a container instead of the image's entrypoint. It drops the image's command too; an empty list removes the entrypoint.",
      examples: [["/bin/sh", "-c"]],
    }),
  command: words()
    .min(1, "must list at least one word")
    .exactOptional()
    .meta({
      description: "The arguments in a container instead of the image's command.",
      examples: [["exec agent"]],
    }),
  // YAML reads 1000 as a number.
  user: z
    .union([z.int().min(0).transform(String), z.string()], "must be a user's name or number")
    .refine(
      (user) => /^[^\s:]{1,128}(?::[^\s:]{1,128})?$/.test(user),
      "must be USER or USER:GROUP, names or numbers",
    )
    .exactOptional()
    .meta({
      description:
        "Who runs the process in a container: `USER` or `USER:GROUP`, names or numbers. Without it, the image's user.",
      examples: ["1000:1000"],
    }),
  restart: restart(),
}));

function isMountTarget(path: string): boolean {
  if (path.length > LONGEST_PATH || /\p{Cc}/u.test(path)) return false;
  const steps = path.split("/").filter((step) => step !== "");
  return steps.length > 0 && steps.every((step) => step !== "." && step !== "..");
}

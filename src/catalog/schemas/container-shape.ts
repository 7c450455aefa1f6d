/** The options of containers in environments: their size and confinement. Compose's spellings are accepted too. */
import { z } from "zod";
import { once } from "../../async/memoize.ts";
import { tmpfsTarget } from "../../plan/container.ts";
import { distinct, text } from "./common.ts";
import { flag, isMountTarget, optionTexts, restart, word } from "./container.ts";

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

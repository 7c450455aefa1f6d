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
    .exactOptional(),
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
            type: z.enum(["bind", "volume"]),
            source: z.string().exactOptional(),
            target: z.string(),
            readOnly: z.boolean().exactOptional(),
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
    driver: text(
      /^[a-z0-9][\w./:-]*$/,
      "must be the name of a logging driver",
      128,
    ).exactOptional(),
    options: optionTexts()
      // https://docs.docker.com/engine/logging/drivers/splunk/
      .refine(
        (options) => !Object.hasOwn(options, "splunk-token"),
        "must not have splunk-token: the records and the engine show it; set it in the engine's daemon.json",
      )
      .exactOptional(),
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
    .exactOptional(),
  volumeDriver: text(
    /^[a-z0-9][\w./:-]*$/,
    "must be the name of a volume driver",
    128,
  ).exactOptional(),
  extraHosts: distinct(extraHost()).exactOptional(),
  // Docker 20.10 accepts any text here and leaves it out of the container.
  dns: distinct(
    z.string().refine((address) => isIP(address) !== 0, "must be an IP address"),
  ).exactOptional(),
  dnsSearch: distinct(word).exactOptional(),
  dnsOpt: distinct(word).exactOptional(),
  devices: distinct(device).exactOptional(),
  privileged: flag(),
  runtime: text(/^[A-Za-z0-9][\w.-]*$/, "must be the name of a runtime", 128).exactOptional(),
  logging: logging().exactOptional(),
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
        z.strictObject({ soft: limit, hard: limit }),
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
            driver: word.exactOptional(),
            count: gpuCount.or(z.literal(ALL)).exactOptional(),
            deviceIds: distinct(word).min(1, "must list at least one id").exactOptional(),
            capabilities: distinct(word).exactOptional(),
            options: optionTexts().exactOptional(),
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
    shmSize: byteSize().exactOptional(),
    ulimits: ulimits().exactOptional(),
    tmpfs: distinct(tmpfs).exactOptional(),
    gpus: gpus().exactOptional(),
    capAdd: distinct(capability).exactOptional(),
    capDrop: distinct(capability).exactOptional(),
    securityOpt: distinct(securityOpt).exactOptional(),
    init: flag(),
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
  entrypoint: words().exactOptional(),
  command: words().min(1, "must list at least one word").exactOptional(),
  // YAML reads 1000 as a number.
  user: z
    .union([z.int().min(0).transform(String), z.string()], "must be a user's name or number")
    .refine(
      (user) => /^[^\s:]{1,128}(?::[^\s:]{1,128})?$/.test(user),
      "must be USER or USER:GROUP, names or numbers",
    )
    .exactOptional(),
  restart: restart(),
}));

function isMountTarget(path: string): boolean {
  if (path.length > LONGEST_PATH || /\p{Cc}/u.test(path)) return false;
  const steps = path.split("/").filter((step) => step !== "");
  return steps.length > 0 && steps.every((step) => step !== "." && step !== "..");
}

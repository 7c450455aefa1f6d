import { z } from "zod";
import type { ImageConfig } from "./image-config-type.ts";

/**
 * Schema of the OCI image configuration, with the Docker engine's own additions that the engine applies. Field names
 * are the document's. Unknown fields are dropped, as the specification requires.
 *
 * Go programs write an absent list or map as `null`; the schema accepts and keeps that `null` wherever they do so.
 */

const DIFF_ID = /^sha256:[0-9a-f]{64}$/;
const ISO_DATE =
  /^(\d{4})-?(\d{2})-?(\d{2})T(\d{2}):?(\d{2})(?::?(\d{2})(?:[.,]\d{1,20})?)?(?:Z|[+-](\d{2})(?::?(\d{2}))?)?$/;
const PORT = /^(\d{1,5})(?:\/(?:tcp|udp|sctp))?$/;
const LARGEST_PORT = 65_535;
const NO_CONTROL = /^\P{Cc}*$/u;

/** The message for a missing value or a value of the wrong type. */
function not(what: string) {
  return {
    error: ({ input }: { readonly input?: unknown }) =>
      input === undefined ? "is missing" : `not ${what}`,
  };
}

/** A map whose keys are validated too. The message of an invalid key names that key. */
function mapOf<Value extends z.ZodType>(key: z.ZodString, value: Value, keyRule: string) {
  return z.record(key, value, {
    error: ({ code }) => (code === "invalid_key" ? `the key is not ${keyRule}` : "not an object"),
  });
}

const text = z.string(not("a string"));
const word = text.min(1, "empty");
const strings = z.array(text, not("an array of strings"));
/** Go's `map[string]struct{}`: an object of empty objects. */
const marker = z.looseObject({}, "not an object").nullable();
const count = z.int("not an integer").nonnegative("negative");

/** Not `z.record`, which drops the label `__proto__`. */
const labels = z
  .custom<Readonly<Record<string, string>>>(
    (value) => typeof value === "object" && value !== null && !Array.isArray(value),
    "not an object of strings",
  )
  .superRefine((map, context) => {
    for (const [name, value] of Object.entries(map))
      if (typeof value !== "string")
        context.addIssue({ code: "custom", path: [name], message: "not a string" });
  });

const created = text.refine(isIsoDate, "not an ISO 8601 date and time");
const user = text
  .regex(NO_CONTROL, "has control characters")
  .refine(isUser, "not user, uid, user:group, uid:gid, uid:group or user:gid");
const environmentEntry = text
  .refine((entry) => entry.indexOf("=") > 0, "not NAME=value")
  .refine((entry) => !entry.includes("\0"), "has a NUL character");
const port = text.refine(isPort);

const healthcheck = z.object({
  Test: strings.nullish(),
  // Times in nanoseconds.
  Interval: count.optional(),
  Timeout: count.optional(),
  StartPeriod: count.optional(),
  StartInterval: count.optional(),
  Retries: count.optional(),
});

const execution = z.object(
  {
    User: user.optional(),
    Memory: count.optional(),
    MemorySwap: z.int("not an integer").min(-1, "less than -1").optional(),
    CpuShares: count.optional(),
    ExposedPorts: mapOf(
      port,
      marker,
      "PORT, PORT/tcp, PORT/udp or PORT/sctp from 1 to 65535",
    ).nullish(),
    Env: z.array(environmentEntry, "not an array of strings").nullish(),
    Entrypoint: strings.nullish(),
    Cmd: strings.nullish(),
    Volumes: mapOf(word, marker, "a path").nullish(),
    // The specification requires it, but most existing images omit it or leave it empty.
    WorkingDir: text.optional(),
    Labels: labels.nullish(),
    StopSignal: text.optional(),
    Healthcheck: healthcheck.nullish(),
    Shell: strings.nullish(),
  },
  not("an object"),
);

const historyEntry = z.object(
  {
    created: created.optional(),
    author: text.optional(),
    created_by: text.optional(),
    comment: text.optional(),
    // The specification's table says string, but its example and every builder use a boolean. Both are accepted and
    // become a boolean.
    empty_layer: z
      .union(
        [
          z.boolean(),
          z.literal("true").transform(() => true),
          z.literal("false").transform(() => false),
        ],
        "not true or false",
      )
      .optional(),
  },
  not("an object"),
);

export const imageConfigSchema: z.ZodType<ImageConfig> = z.object(
  {
    created: created.optional(),
    author: text.optional(),
    architecture: word,
    os: word,
    variant: text.optional(),
    "os.version": text.optional(),
    "os.features": strings.nullish(),
    config: z.preprocess(adoptLowerCaseUser, execution.nullish()),
    rootfs: z.object(
      {
        type: z.literal("layers", not('"layers"')),
        diff_ids: z.array(text.regex(DIFF_ID, "not a SHA-256 digest"), not("an array of digests")),
      },
      not("an object"),
    ),
    history: z.array(historyEntry, "not an array").nullish(),
  },
  not("an object"),
);

/** The specification's list says `user`, but its example and all images use `User`. Either name is accepted. */
function adoptLowerCaseUser(config: unknown): unknown {
  if (typeof config !== "object" || config === null || Array.isArray(config)) return config;
  if (!("user" in config) || Object.hasOwn(config, "User")) return config;
  return { ...config, User: config.user };
}

/** A combined ISO 8601 date and time, basic or extended, on a day that exists. */
function isIsoDate(value: string): boolean {
  const [, ...parts] = ISO_DATE.exec(value) ?? [];
  if (parts.length === 0) return false;
  const [
    year = 0,
    month = 0,
    day = 0,
    hour = 0,
    minute = 0,
    second = 0,
    offset = 0,
    offsetMinute = 0,
  ] = parts.map((part) => Number(part ?? 0));
  // Day 0 of the next month is the last day of this one. Adding 2000 keeps leap years and avoids the years 0 to 99,
  // which `Date` reads as 1900 to 1999.
  const lastDay = new Date(Date.UTC(2000 + year, month, 0)).getUTCDate();
  return (
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= lastDay &&
    hour <= 23 &&
    minute <= 59 &&
    second <= 60 &&
    offset <= 23 &&
    offsetMinute <= 59
  );
}

/**
 * Empty for the default user; otherwise a name or number, optionally followed by a colon and a group name or number.
 */
function isUser(value: string): boolean {
  if (value === "") return true;
  const parts = value.split(":");
  return parts.length <= 2 && parts.every((part) => part !== "");
}

function isPort(value: string): boolean {
  const number = Number(PORT.exec(value)?.[1] ?? 0);
  return number >= 1 && number <= LARGEST_PORT;
}

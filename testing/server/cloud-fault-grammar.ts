/** What may go wrong in the stand-ins of the clouds, and which requests it strikes: one grammar for all of them. */
import { z } from "zod";
import { invalidArgument } from "../../src/errors.ts";
import { snakeCaseName, toCamelCase } from "../../src/json/field-case.ts";

const word = z.string().min(1).max(200);
const when = z.enum(["before", "after"]).optional();

/** Which requests are struck; what is left out matches everything. */
export const MATCH = {
  /** The API's name of the call: `RunInstances`, `instances.insert`; with `*` at its end all that begin so. */
  action: word.optional(),
  region: word.optional(),
  zone: word.optional(),
  /** EC2: the account's id. */
  account: word.optional(),
  /** Compute Engine: the project of the path. */
  project: word.optional(),
  /** Of launches. */
  instanceType: word.optional(),
  /** Of launches. */
  market: z.enum(["on-demand", "spot"]).optional(),
  /** EC2: whether the request only asks if it would be allowed. */
  dryRun: z.boolean().optional(),
} as const;

const COMMON = {
  ...MATCH,
  /** So many matching requests pass first. Default 0. */
  skip: z.int().min(0).optional(),
  /** So many are struck then. Default all. */
  times: z.int().min(1).optional(),
} as const;

/** `before` is before the call takes effect; `after` is behind it, and strikes only what would have been answered well. */
const faultSchema = z.discriminatedUnion("kind", [
  /** Too many requests. */
  z.strictObject({ kind: z.literal("throttle"), ...COMMON }),
  /** The caller's credentials were good once. */
  z.strictObject({ kind: z.literal("expired-credentials"), ...COMMON }),
  /** No machine is free. Strikes launches alone. */
  z.strictObject({ kind: z.literal("capacity"), ...COMMON }),
  /** The caller has as many machines as allowed. Strikes launches alone. */
  z.strictObject({ kind: z.literal("quota"), ...COMMON }),
  /** An error answer. Status and message default to the cloud's own for that code. Default `before`. */
  z.strictObject({
    kind: z.literal("error"),
    code: z.string().regex(/^[A-Za-z][\w.]{0,99}$/),
    message: z.string().max(10_000).optional(),
    status: z.int().min(400).max(599).optional(),
    when,
    ...COMMON,
  }),
  /** Compute Engine: the request is accepted, and its operation fails with this code. */
  z.strictObject({
    kind: z.literal("operation-error"),
    code: z.string().regex(/^[A-Za-z]\w{0,99}$/),
    message: z.string().max(10_000).optional(),
    /** The `httpErrorStatusCode` of the operation. Default 400. */
    status: z.int().min(400).max(599).optional(),
    ...COMMON,
  }),
  /** The connection is reset without an answer. Default `after`. */
  z.strictObject({ kind: z.literal("lost-reply"), when, ...COMMON }),
  /** The answer waits: so many milliseconds, or without a time until it is released. Default `after`. */
  z.strictObject({
    kind: z.literal("slow-reply"),
    delayMs: z.int().min(0).max(86_400_000).optional(),
    when,
    ...COMMON,
  }),
  /** The answer ends in its middle, and says that it is whole. */
  z.strictObject({ kind: z.literal("malformed-reply"), ...COMMON }),
]);

/** A fault and the requests that it strikes. */
export type CloudFault = z.infer<typeof faultSchema>;

/** What the grammar means to one cloud. */
export interface FaultDialect {
  readonly cloud: string;
  /** Kinds and members that mean nothing there, in camelCase. A rule that has one is refused. */
  readonly unknown: ReadonlySet<string>;
  /** When a launch hears that there is no machine for it. */
  readonly shortage: "before" | "operation";
}

const MOST_FAULTS = 1_000;
/** As a file spells them. */
const KINDS = faultSchema.options.map(({ shape }) => shape.kind.value.replaceAll("-", "_"));
const documentSchema = z.strictObject({ faults: z.array(faultSchema).max(MOST_FAULTS) });

/**
 * Reads the document of a faults file: `{"faults": [{"kind": "error", "code": "RequestLimitExceeded", "action":
 * "RunInstances", "times": 1}, …]}`, the kinds and members of {@link CloudFault} in snake_case.
 *
 * @throws SlipwayError `INVALID_INPUT`, naming the member that is wrong
 */
export function parseCloudFaults(document: unknown, dialect: FaultDialect): readonly CloudFault[] {
  const parsed = documentSchema.safeParse(withKindsOfCode(toCamelCase(document)));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const path = issue?.path.map((step) => snakeCaseName(String(step))).join(".") ?? "";
    // The schema would tell the kinds in the spelling of code.
    const why = path.endsWith(".kind") ? `the kinds are ${KINDS.join(", ")}` : issue?.message;
    throw refused(`faults file: ${path === "" ? "the document" : path}`, why ?? "is not valid");
  }
  for (const [index, rule] of parsed.data.faults.entries())
    requireMeaning(dialect, rule, `faults file: faults.${index}`);
  return parsed.data.faults;
}

/** `lost_reply` in a file is `lost-reply` in code. */
function withKindsOfCode(document: unknown): unknown {
  if (typeof document !== "object" || document === null || !("faults" in document)) return document;
  const { faults } = document;
  if (!Array.isArray(faults)) return document;
  const converted = faults.map((fault: unknown) =>
    typeof fault === "object" && fault !== null && "kind" in fault && typeof fault.kind === "string"
      ? { ...fault, kind: fault.kind.replaceAll("_", "-") }
      : fault,
  );
  return { ...document, faults: converted };
}

/** @throws SlipwayError `INVALID_INPUT` for a rule that has what means nothing to the cloud */
export function requireMeaning(
  { cloud, unknown }: FaultDialect,
  rule: CloudFault,
  place: string,
): void {
  const strange = [rule.kind, ...Object.keys(rule)].find((name) => unknown.has(name));
  if (strange !== undefined)
    throw refused(
      place,
      `${snakeCaseName(strange).replaceAll("-", "_")} means nothing to ${cloud}`,
    );
}

function refused(place: string, why: string) {
  return invalidArgument(
    "INVALID_INPUT",
    `${place}: ${why}`,
    "See docs/fakes.md for what a fault may say.",
  );
}

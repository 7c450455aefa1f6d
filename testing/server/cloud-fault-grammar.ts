/** Grammar of the faults that the fake clouds can inject: the kinds of faults and the requests they match. */
import { z } from "zod";
import { invalidArgument } from "../../src/errors.ts";
import { snakeCaseName, toCamelCase } from "../../src/json/field-case.ts";
import { describeSchemaFault } from "../../src/json/schema-fault.ts";

const word = z.string().min(1).max(200);
const when = z.enum(["before", "after"]).optional();

/** Which requests a fault matches; an omitted member matches everything. */
export const MATCH = {
  /** The API's name of the call: `RunInstances`, `instances.insert`. A trailing `*` matches every name with that prefix. */
  action: word.optional(),
  region: word.optional(),
  zone: word.optional(),
  /** The subnet's id (EC2). Launches only. */
  subnet: word.optional(),
  /** The account's id (EC2). */
  account: word.optional(),
  /** Project in the path of the request (Compute Engine). */
  project: word.optional(),
  /** Launches only. */
  instanceType: word.optional(),
  /** Launches only. */
  market: z.enum(["on-demand", "spot"]).optional(),
  /** Whether the request is a dry run (EC2). */
  dryRun: z.boolean().optional(),
} as const;

const COMMON = {
  ...MATCH,
  /** Matching requests that pass before the fault takes effect. Default 0. */
  skip: z.int().min(0).optional(),
  /** Matching requests that fail after those. Default: all. */
  times: z.int().min(1).optional(),
} as const;

/** `before`: before the call takes effect. `after`: after it; such a fault affects only requests that would succeed. */
const faultSchema = z.discriminatedUnion("kind", [
  /** Too many requests. */
  z.strictObject({ kind: z.literal("throttle"), ...COMMON }),
  /** The caller's credentials have expired. */
  z.strictObject({ kind: z.literal("expired-credentials"), ...COMMON }),
  /** No capacity. Affects launches only. */
  z.strictObject({ kind: z.literal("capacity"), ...COMMON }),
  /** The caller has reached a quota. Affects launches only. */
  z.strictObject({ kind: z.literal("quota"), ...COMMON }),
  /** An error answer. Status and message default to those of the cloud for this code. Default `before`. */
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
    /** The `httpErrorStatusCode` of the operation. Default: that of the code. */
    status: z.int().min(400).max(599).optional(),
    ...COMMON,
  }),
  /** The connection is reset without an answer. Default `after`. */
  z.strictObject({ kind: z.literal("lost-reply"), when, ...COMMON }),
  /** The answer is delayed by `delayMs`, or, without it, until the fault is released. Default `after`. */
  z.strictObject({
    kind: z.literal("slow-reply"),
    delayMs: z.int().min(0).max(86_400_000).optional(),
    when,
    ...COMMON,
  }),
  /** The body is truncated; the `Content-Length` is that of the truncated body. */
  z.strictObject({ kind: z.literal("malformed-reply"), ...COMMON }),
]);

/** A fault and the requests it affects. */
export type CloudFault = z.infer<typeof faultSchema>;

/** How one cloud interprets the grammar. */
export interface FaultDialect {
  readonly cloud: string;
  /** Kinds and members that do not apply to this cloud, in camelCase. A rule that uses one is rejected. */
  readonly unknown: ReadonlySet<string>;
  /** When a launch fails for lack of capacity or quota. */
  readonly shortage: "before" | "operation";
}

const MAXIMUM_FAULTS = 1_000;
/** The kinds as written in a file. */
const KINDS = faultSchema.options.map(({ shape }) => shape.kind.value.replaceAll("-", "_"));
const documentSchema = z.strictObject({ faults: z.array(faultSchema).max(MAXIMUM_FAULTS) });

/**
 * Parses the document of a faults file, for example `{"faults": [{"kind": "error", "code": "RequestLimitExceeded",
 * "action": "RunInstances", "times": 1}]}`. Kinds and members are those of {@link CloudFault} in snake_case.
 *
 * @throws SlipwayError `INVALID_INPUT`, naming the invalid member
 */
export function parseCloudFaults(document: unknown, dialect: FaultDialect): readonly CloudFault[] {
  const parsed = documentSchema.safeParse(normalizeKinds(toCamelCase(document)));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const path = issue?.path.map((step) => snakeCaseName(String(step))).join(".") ?? "";
    // The schema's own message would list the kinds with hyphens, as code writes them.
    if (path.endsWith(".kind"))
      throw refused(`faults file: ${path}`, `expected one of ${KINDS.join(", ")}`);
    throw refused("faults file", describeSchemaFault(parsed.error));
  }
  for (const [index, rule] of parsed.data.faults.entries())
    requireApplicable(dialect, rule, `faults file: faults.${index}`);
  return parsed.data.faults;
}

/** `lost_reply` in a file is `lost-reply` in code. */
function normalizeKinds(document: unknown): unknown {
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

/** @throws SlipwayError `INVALID_INPUT` for a rule with a kind or member that does not apply to the cloud */
export function requireApplicable(
  { cloud, unknown }: FaultDialect,
  rule: CloudFault,
  place: string,
): void {
  const strange = [rule.kind, ...Object.keys(rule)].find((name) => unknown.has(name));
  if (strange !== undefined)
    throw refused(
      place,
      `${snakeCaseName(strange).replaceAll("-", "_")} does not apply to ${cloud}`,
    );
}

function refused(place: string, why: string) {
  return invalidArgument(
    "INVALID_INPUT",
    `${place}: ${why}`,
    "See docs/fakes.md for the kinds and members of faults.",
  );
}

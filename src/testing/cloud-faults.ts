/** What may go wrong in the stand-ins of the clouds, and which requests it strikes. One grammar for all of them. */
import { z } from "zod";
import { invalidArgument } from "../errors.ts";
import { snakeCaseName, toCamelCase } from "../spelling.ts";
import type { ActiveFault as ActiveRule, FaultHandle } from "./fault-board.ts";
import { addFault } from "./fault-board.ts";

const word = z.string().min(1).max(200);
const when = z.enum(["before", "after"]).optional();

/** Which requests are struck; what is left out matches everything. */
const MATCH = {
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

/** When a fault strikes: as the request comes, as its operation begins, or as its answer is ready. */
export type FaultMoment = "before" | "operation" | "after";

/** What the grammar means to one cloud. */
export interface FaultDialect {
  readonly cloud: string;
  /** Kinds and members that mean nothing there, in camelCase. A rule that has one is refused. */
  readonly unknown: ReadonlySet<string>;
  /** When a launch hears that there is no machine for it. */
  readonly shortage: "before" | "operation";
}

/** What a rule looks at in a request; null where it says nothing of the kind. */
export type FaultSubject = {
  readonly [Name in keyof typeof MATCH]-?: string | boolean | null;
} & {
  /** True where a machine would begin to run. */
  readonly isLaunch: boolean;
};

export type ActiveFault = ActiveRule<CloudFault>;

/** The rules at work, and what they mean to the cloud. */
export interface CloudFaults {
  readonly dialect: FaultDialect;
  readonly active: ActiveFault[];
}

/** @throws SlipwayError `INVALID_INPUT` for a rule that means nothing to the cloud */
export function cloudFaults(dialect: FaultDialect, rules: readonly CloudFault[] = []): CloudFaults {
  const faults: CloudFaults = { dialect, active: [] };
  for (const rule of rules) addCloudFault(faults, rule);
  return faults;
}

/** @throws SlipwayError `INVALID_INPUT` for a rule that means nothing to the cloud */
export function addCloudFault({ dialect, active }: CloudFaults, rule: CloudFault): FaultHandle {
  requireMeaning(dialect, rule, "fault");
  return addFault(active, rule);
}

/** The fault that strikes the request at this moment, or null. */
export function takeFault(
  { dialect, active }: CloudFaults,
  moment: FaultMoment,
  subject: FaultSubject,
): ActiveFault | null {
  return (
    active.find(
      (fault) =>
        momentOf(fault.rule, dialect) === moment && matches(fault.rule, subject) && fault.strike(),
    ) ?? null
  );
}

function momentOf(fault: CloudFault, { shortage }: FaultDialect): FaultMoment {
  switch (fault.kind) {
    case "throttle":
    case "expired-credentials":
      return "before";
    case "capacity":
    case "quota":
      return shortage;
    case "error":
      return fault.when ?? "before";
    case "operation-error":
      return "operation";
    case "lost-reply":
    case "slow-reply":
      return fault.when ?? "after";
    case "malformed-reply":
      return "after";
  }
}

function matches(fault: CloudFault, subject: FaultSubject): boolean {
  if ((fault.kind === "capacity" || fault.kind === "quota") && !subject.isLaunch) return false;
  const passes = (asked: string | boolean | undefined, is: string | boolean | null): boolean =>
    asked === undefined || asked === is;
  return (
    matchesAction(fault.action, subject.action) &&
    passes(fault.region, subject.region) &&
    passes(fault.zone, subject.zone) &&
    passes(fault.account, subject.account) &&
    passes(fault.project, subject.project) &&
    passes(fault.instanceType, subject.instanceType) &&
    passes(fault.market, subject.market) &&
    passes(fault.dryRun, subject.dryRun)
  );
}

function matchesAction(asked: string | undefined, is: string | boolean | null): boolean {
  if (asked === undefined || asked === is) return true;
  return typeof is === "string" && asked.endsWith("*") && is.startsWith(asked.slice(0, -1));
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

function requireMeaning({ cloud, unknown }: FaultDialect, rule: CloudFault, place: string): void {
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
    "See docs/stand-ins.md for what a fault may say.",
  );
}

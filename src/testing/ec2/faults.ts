import { z } from "zod";
import { invalidArgument } from "../../errors.ts";
import type { ActiveFault as ActiveRule } from "../fault-board.ts";
import { snakeCaseName, toCamelCase } from "../../spelling.ts";

const when = z.enum(["before", "after"]).optional();

/** Which requests are struck; what is left out matches everything. */
const MATCH = {
  /** The name of the call. */
  action: z.string().optional(),
  region: z.string().optional(),
  account: z.string().optional(),
  /** Of launches: by the zone or subnet that they name. */
  zone: z.string().optional(),
  instanceType: z.string().optional(),
  market: z.enum(["on-demand", "spot"]).optional(),
  dryRun: z.boolean().optional(),
} as const;

const COUNT = {
  /** So many matching requests pass first. Default 0. */
  skip: z.int().min(0).optional(),
  /** So many are struck then. Default all. */
  times: z.int().min(1).optional(),
} as const;

/** What goes wrong. `before` is before the call takes effect, `after` behind it. */
const rule = z.discriminatedUnion("kind", [
  /** An error answer; status and message default to EC2's own for that code. Default `before`. */
  z.strictObject({
    kind: z.literal("error"),
    code: z.string().regex(/^[A-Za-z][\w.]{0,99}$/),
    message: z.string().optional(),
    status: z.int().min(400).max(599).optional(),
    when,
    ...MATCH,
    ...COUNT,
  }),
  /** The connection is reset without an answer. Default `after`. */
  z.strictObject({ kind: z.literal("lost-reply"), when, ...MATCH, ...COUNT }),
  /** The answer waits: so long, or without a time until it is released. Default `after`. */
  z.strictObject({
    kind: z.literal("slow-reply"),
    delayMs: z.int().min(0).optional(),
    when,
    ...MATCH,
    ...COUNT,
  }),
  /** The answer ends in the middle of its XML, and says that it is whole. */
  z.strictObject({ kind: z.literal("malformed-reply"), ...MATCH, ...COUNT }),
]);

/** A fault and the requests that it strikes. */
export type Ec2Fault = z.infer<typeof rule>;

/** What a rule looks at in a request. */
export type FaultSubject = { readonly [Name in keyof typeof MATCH]: string | boolean | null };

/** A rule at work. */
export type ActiveFault = ActiveRule<Ec2Fault>;

/** The fault that strikes the request at this moment, or null. */
export function takeFault(
  active: readonly ActiveFault[],
  moment: "before" | "after",
  subject: FaultSubject,
): ActiveFault | null {
  return (
    active.find(
      (fault) => momentOf(fault.rule) === moment && matches(fault.rule, subject) && fault.strike(),
    ) ?? null
  );
}

function momentOf(fault: Ec2Fault): "before" | "after" {
  switch (fault.kind) {
    case "error":
      return fault.when ?? "before";
    case "lost-reply":
    case "slow-reply":
      return fault.when ?? "after";
    case "malformed-reply":
      return "after";
  }
}

function matches(fault: Ec2Fault, subject: FaultSubject): boolean {
  const passes = (asked: string | boolean | undefined, is: string | boolean | null): boolean =>
    asked === undefined || asked === is;
  return (
    passes(fault.action, subject.action) &&
    passes(fault.region, subject.region) &&
    passes(fault.account, subject.account) &&
    passes(fault.zone, subject.zone) &&
    passes(fault.instanceType, subject.instanceType) &&
    passes(fault.market, subject.market) &&
    passes(fault.dryRun, subject.dryRun)
  );
}

/**
 * Reads the document of a faults file: `{"faults": [{"kind": "error", "code": "RequestLimitExceeded", "action":
 * "RunInstances", "times": 1}, …]}`, the members of {@link Ec2Fault} in snake_case.
 *
 * @throws SlipwayError `INVALID_INPUT`, naming the member that is wrong
 */
export function parseEc2Faults(document: unknown): readonly Ec2Fault[] {
  const parsed = z.strictObject({ faults: z.array(rule) }).safeParse(toCamelCase(document));
  if (parsed.success) return parsed.data.faults;
  const [issue] = parsed.error.issues;
  const path = issue?.path.map((word) => snakeCaseName(String(word))).join(".") ?? "";
  throw invalidArgument(
    "INVALID_INPUT",
    `faults file: ${path === "" ? "the document" : path}: ${issue?.message ?? "is not valid"}`,
  );
}

import { z } from "zod";
import { invalidArgument } from "../../errors.ts";
import { GceFailure } from "./failure.ts";
import { rateLimitExceeded } from "./rate-limits.ts";
import { QUOTA_METRICS, type OperationError } from "./records.ts";
import { poolExhausted, quotaExceeded } from "./usage.ts";
import type { ActiveFault as ActiveRule } from "../fault-board.ts";

const moment = z.enum(["before", "after"]);

/** What goes wrong. `when` says whether the request has had its effect by then; the default is `before`. */
export const faultSchema = z.discriminatedUnion("kind", [
  /** 403 `rateLimitExceeded`. */
  z.strictObject({ kind: z.literal("throttle") }),
  /** 401, as for a token that has expired. */
  z.strictObject({ kind: z.literal("expired_credentials") }),
  /** An error answer: 503 `backendError` unless said otherwise. */
  z.strictObject({
    kind: z.literal("status"),
    status: z.number().int().min(400).max(599).optional(),
    reason: z.string().optional(),
    message: z.string().optional(),
    when: moment.optional(),
  }),
  /** The connection is reset without an answer. */
  z.strictObject({ kind: z.literal("lost_reply"), when: moment.optional() }),
  /** The answer is late. */
  z.strictObject({ kind: z.literal("slow_reply"), delay_ms: z.number().min(0) }),
  /** The answer is cut in the middle of its JSON. */
  z.strictObject({ kind: z.literal("malformed_reply") }),
  /** Accepted; the operation then fails with this code. */
  z.strictObject({
    kind: z.literal("operation"),
    code: z.string().min(1),
    message: z.string().optional(),
    http_status: z.number().int().min(400).max(599).optional(),
  }),
  /** Accepted; the operation then fails for lack of machines. */
  z.strictObject({ kind: z.literal("capacity") }),
  /** Accepted; the operation then fails for a quota. */
  z.strictObject({ kind: z.literal("quota"), metric: z.enum(QUOTA_METRICS).optional() }),
]);
export type Fault = z.infer<typeof faultSchema>;

/** A fault and the requests it strikes; what is left out matches everything. */
export const faultRuleSchema = z.strictObject({
  fault: faultSchema,
  /** The method: `instances.insert`, or `instances.*`. */
  call: z.string().optional(),
  project: z.string().optional(),
  /** The zone of the path. */
  zone: z.string().optional(),
  /** So many matching requests pass first. Default 0. */
  skip: z.number().int().min(0).optional(),
  /** So many are struck then. Default all. */
  times: z.number().int().min(1).optional(),
});
export type FaultRule = z.infer<typeof faultRuleSchema>;

/** Reads the faults of a file: `{ "faults": [rule, …] }`. @throws SlipwayError `INVALID_INPUT` */
export function parseFaults(document: unknown): readonly FaultRule[] {
  const read = z.strictObject({ faults: z.array(faultRuleSchema) }).safeParse(document);
  if (read.success) return read.data.faults;
  const [issue] = read.error.issues;
  throw invalidArgument(
    "INVALID_INPUT",
    `no faults of a stand-in: ${(issue?.path ?? []).map(String).join(".")}: ${issue?.message ?? ""}`,
  );
}

/** What a rule is matched with. */
export interface FaultTarget {
  readonly call: string;
  readonly project: string;
  readonly zone: string | null;
}

/** A rule at work. */
export type ActiveFault = ActiveRule<FaultRule>;

/** The fault of the wire that strikes the request, or null. */
export function takeWireFault(active: readonly ActiveFault[], target: FaultTarget): Fault | null {
  return take(active, target, (fault) => operationErrorOf(fault, target) === null);
}

/** What the operation of the request fails with on purpose, or null. */
export function takeOperationFault(
  active: readonly ActiveFault[],
  target: FaultTarget,
): OperationError | null {
  const fault = take(active, target, (one) => operationErrorOf(one, target) !== null);
  return fault === null ? null : operationErrorOf(fault, target);
}

function take(
  active: readonly ActiveFault[],
  target: FaultTarget,
  isWanted: (fault: Fault) => boolean,
): Fault | null {
  const struck = active.find(
    (one) => isWanted(one.rule.fault) && matches(one.rule, target) && one.strike(),
  );
  return struck?.rule.fault ?? null;
}

function matches(rule: FaultRule, target: FaultTarget): boolean {
  if (rule.project !== undefined && rule.project !== target.project) return false;
  if (rule.zone !== undefined && rule.zone !== target.zone) return false;
  if (rule.call === undefined || rule.call === target.call) return true;
  return rule.call.endsWith(".*") && target.call.startsWith(rule.call.slice(0, -1));
}

function operationErrorOf(fault: Fault, { project, zone }: FaultTarget): OperationError | null {
  switch (fault.kind) {
    case "capacity":
      return poolExhausted(project, zone ?? "");
    case "quota":
      return quotaExceeded(zone?.replace(/-[a-z]$/, "") ?? "", fault.metric ?? "CPUS", 0);
    case "operation":
      return {
        code: fault.code,
        message: fault.message ?? `The operation failed with ${fault.code} on purpose.`,
        location: null,
        httpStatus: fault.http_status ?? 400,
        quota: null,
      };
    case "throttle":
    case "expired_credentials":
    case "status":
    case "lost_reply":
    case "slow_reply":
    case "malformed_reply":
      return null;
  }
}

/** The refusal that a fault answers with, and when; null for a fault that is no refusal. */
export function failureOf(
  fault: Fault | null,
): { readonly failure: GceFailure; readonly when: "before" | "after" } | null {
  switch (fault?.kind) {
    case "throttle":
      return { failure: rateLimitExceeded("Queries"), when: "before" };
    case "expired_credentials":
      return { failure: badToken(), when: "before" };
    case "status": {
      const status = fault.status ?? 503;
      const reason = fault.reason ?? (status === 503 ? "backendError" : "internalError");
      const message = fault.message ?? `answered with ${status} on purpose`;
      return { failure: new GceFailure(reason, message, status), when: fault.when ?? "before" };
    }
    case "lost_reply":
    case "slow_reply":
    case "malformed_reply":
    case "operation":
    case "capacity":
    case "quota":
    case undefined:
      return null;
  }
}

export function badToken(): GceFailure {
  return new GceFailure(
    "authError",
    "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.",
  );
}

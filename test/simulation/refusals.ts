import { SlipwayError } from "../../src/errors.ts";
import type { Candidate } from "../../src/plan/plan.ts";

/** Errors of the clouds, with the messages and verdicts of the real adapters. */

export function full(pool: string): SlipwayError {
  return new SlipwayError({
    code: "RESOURCE_EXHAUSTED",
    reason: "INSUFFICIENT_CAPACITY",
    message: `${pool} is full`,
    blastRadius: "type-in-zone",
    retry: "next-candidate",
  });
}

/** A quota is for one of several machine types, or for all machines. */
export function overQuota({ machineType }: Pick<Candidate, "machineType">): SlipwayError {
  return new SlipwayError({
    code: "RESOURCE_EXHAUSTED",
    reason: "QUOTA_EXCEEDED",
    message: `the quota ${machineType === undefined ? "" : `of ${machineType} `}is used up`,
    ...(machineType === undefined
      ? { blastRadius: "region" }
      : { blastRadius: "type-in-market", retry: "next-candidate" }),
  });
}

/** Of one subnet. */
export function subnetFull(subnet: string): SlipwayError {
  return new SlipwayError({
    code: "RESOURCE_EXHAUSTED",
    reason: "SUBNET_FULL",
    message: `${subnet} has no free address`,
    blastRadius: "place",
    retry: "next-candidate",
  });
}

/** Of one machine type in one market. */
export function marketOverQuota(market: string): SlipwayError {
  return new SlipwayError({
    code: "RESOURCE_EXHAUSTED",
    reason: "QUOTA_EXCEEDED",
    message: `the quota of the ${market} market is used up`,
    blastRadius: "type-in-market",
    retry: "next-candidate",
  });
}

/** Of a launch of several machines: fewer may fit. */
export function partly(error: SlipwayError): SlipwayError {
  const { code, reason, message, retry } = error;
  return new SlipwayError({ code, reason, message, blastRadius: "launch", retry });
}

/** The token was used, and its machine has been terminated. */
export function tokenUsed(): SlipwayError {
  return new SlipwayError({
    code: "ABORTED",
    reason: "LAUNCH_TOKEN_SPENT",
    message: "the machines of this token were terminated",
  });
}

/** The token was used for another request. */
export function mismatch(): SlipwayError {
  return new SlipwayError({
    code: "ABORTED",
    reason: "LAUNCH_TOKEN_MISMATCH",
    message: "the token was used for another request",
  });
}

export function throttled(seconds: number): SlipwayError {
  return new SlipwayError({
    code: "RESOURCE_EXHAUSTED",
    reason: "CLOUD_RATE_LIMITED",
    message: "too many requests",
    retry: "same-token",
    metadata: seconds > 0 ? { retry_after_seconds: seconds } : {},
  });
}

export function unanswered(what: string): SlipwayError {
  return new SlipwayError({
    code: "UNAVAILABLE",
    reason: "CLOUD_UNAVAILABLE",
    message: `${what}: no answer`,
    retry: "same-token",
  });
}

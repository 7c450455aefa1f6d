import {
  type CloudFault,
  type FaultDialect,
  parseCloudFaults,
} from "../server/cloud-fault-grammar.ts";
import { type FaultSubject } from "../server/cloud-faults.ts";
import { Ec2Failure } from "./failure.ts";
import { insufficientCapacity, quotaReached } from "./launch/capacity.ts";
import type { ServiceName } from "./xml.ts";

/** EC2 has neither projects nor operations. */
export const EC2_FAULTS: FaultDialect = {
  cloud: "EC2",
  unknown: new Set(["operation-error", "project"]),
  shortage: "before",
};

/** @throws SlipwayError `INVALID_INPUT`, naming the invalid member */
export function parseEc2Faults(document: unknown): readonly CloudFault[] {
  return parseCloudFaults(document, EC2_FAULTS);
}

/** The rejection that a fault causes, in the words of EC2 or STS; null if the fault is not a rejection. */
export function failureOf(
  fault: CloudFault,
  { instanceType, zone, market }: FaultSubject,
  service: ServiceName,
): Ec2Failure | null {
  switch (fault.kind) {
    case "throttle":
      return new Ec2Failure("RequestLimitExceeded");
    case "expired-credentials":
      return new Ec2Failure(service === "sts" ? "ExpiredToken" : "RequestExpired");
    case "capacity":
      return insufficientCapacity(textOf(instanceType) ?? "this type", textOf(zone), []);
    case "quota":
      return quotaReached(market === "spot" ? "spot" : "on-demand", 0);
    case "error":
      return new Ec2Failure(fault.code, fault.message, fault.status);
    case "operation-error":
    case "lost-reply":
    case "slow-reply":
    case "malformed-reply":
      return null;
  }
}

function textOf(value: string | boolean | null): string | null {
  return typeof value === "string" ? value : null;
}

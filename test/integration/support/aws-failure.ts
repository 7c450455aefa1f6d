import type { ErrorReason } from "../../../src/errors.ts";
import { REGION } from "../../support/ec2-resolve.ts";
import type { ResolveParameters, Ec2Scene } from "../../support/ec2-resolve.ts";

export const NO_SUBNET = "subnet-00000000000000001";
export const NO_IMAGE = "ami-00000000000000001";

/** A fault of a workspace or its account, and the check that a resolution reports for it. */
export interface Ec2Failure {
  readonly name: string;
  /** Prepares the fake with the fault, and returns what to resolve. */
  readonly given: (scene: Ec2Scene) => ResolveParameters;
  /** The only check that fails. */
  readonly check: string;
  readonly reason: ErrorReason;
  readonly message: RegExp;
  readonly remedy: RegExp;
}

/** An image record with this AMI in the placement's region. */
export function inUsEast(id: string): ResolveParameters {
  return { amiIds: { [REGION]: id } };
}

export function fullSubnet(region: Ec2Scene["region"]): string {
  // EC2 reserves five addresses of each block, which is all of this one.
  return region.addSubnet({ zone: "us-east-1b", cidr: "172.31.240.0/30" });
}

import type { Vpc } from "@aws-sdk/client-ec2";
import type { AwsTarget, Check } from "../../../src/plan/plan.ts";
import { passed, skipped, warning } from "../../../src/substrate/check.ts";
import { settled } from "../../../src/substrate/reading.ts";
import type { AwsReader } from "../client/reads.ts";

const NAME = "tenancy.vpc";

/**
 * Warns if a VPC makes machines dedicated, although the placement says `tenancy: default`: EC2 then ignores it. Any other
 * tenancy overrides the VPC's, so that only this one costs a read.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/dedicated-instance.html
 */
export async function tenancyChecks(
  reader: Pick<AwsReader, "vpcs">,
  { tenancy }: Pick<AwsTarget, "tenancy">,
  vpcIds: readonly string[],
  signal: AbortSignal,
): Promise<readonly Check[]> {
  if (tenancy !== "default") return [];
  if (vpcIds.length === 0) return [skipped(NAME, "the subnets could not be read")];
  const { value: vpcs, error } = await settled(reader.vpcs(vpcIds, signal));
  return [error === null ? vpcCheck(vpcs) : skipped(NAME, `not known: ${error.message}`)];
}

function vpcCheck(vpcs: readonly Vpc[]): Check {
  const dedicated = vpcs.flatMap(({ VpcId, InstanceTenancy }) =>
    InstanceTenancy === "dedicated" ? [VpcId] : [],
  );
  if (dedicated.length === 0) return passed(NAME, "the subnets are in VPCs with default tenancy");
  return warning(NAME, {
    code: "FAILED_PRECONDITION",
    reason: "RESOURCE_VALUE_REFUSED",
    message: `every machine in ${dedicated.join(" and ")} is a Dedicated Instance, although the placement has tenancy: default`,
    remedy:
      "Set tenancy: dedicated in the placement, or name subnets of a VPC with default tenancy.",
  });
}

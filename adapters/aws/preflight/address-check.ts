import type { Subnet } from "@aws-sdk/client-ec2";
import type { AwsTarget, Candidate, Check } from "../../../src/plan/plan.ts";
import { passed, warning } from "../../../src/substrate/check.ts";

const NAME = "subnets.public-address";

/**
 * Whether a machine gets a public address that nobody asked for. Those of a default VPC's subnets do: "Modify the IP
 * addressing attributes of your subnet" in the guide of Amazon VPC.
 */
export function addressCheck(
  { assignPublicIp }: Pick<AwsTarget, "assignPublicIp">,
  candidates: readonly Candidate[],
  subnets: readonly Subnet[],
): Check {
  if (assignPublicIp) return passed(NAME, "a public address is asked for");
  const used = new Set(
    candidates.flatMap(({ verdict, subnet }) => (verdict === "eligible" ? [subnet] : [])),
  );
  const giving = subnets.flatMap(({ SubnetId = "", MapPublicIpOnLaunch }) =>
    MapPublicIpOnLaunch === true && used.has(SubnetId) ? [SubnetId] : [],
  );
  if (giving.length === 0) return passed(NAME, "no public address is given");
  const [give, change] = giving.length === 1 ? ["gives", "the subnet"] : ["give", "the subnets"];
  return warning(NAME, {
    code: "FAILED_PRECONDITION",
    reason: "PUBLIC_ADDRESS",
    message: `${giving.join(", ")} ${give} each machine a public address, although the placement has assign_public_ip: false`,
    remedy: `Name subnets that give none in the placement, or change ${change} (aws ec2 modify-subnet-attribute --no-map-public-ip-on-launch); with assign_public_ip: true it is meant so.`,
  });
}

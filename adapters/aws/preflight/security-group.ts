import type { SecurityGroup } from "@aws-sdk/client-ec2";
import type { AwsTarget, Check } from "../../../src/plan/plan.ts";
import { failed, passed } from "../../../src/substrate/check.ts";
import type { JudgedPlace } from "./places.ts";

export interface GroupChoice {
  /** Empty if EC2 is to use the default group of each subnet's VPC. */
  readonly ids: readonly string[];
  readonly check: Check;
  /** The source of the choice, for the plan's sources. */
  readonly source: string;
}

const NAME = "security-group.exists";

/** The placement's group, checked against its VPC; or the default group of the VPC that the machine will be in. */
export function chooseSecurityGroup(
  target: AwsTarget,
  groups: readonly SecurityGroup[],
  places: readonly JudgedPlace[],
): GroupChoice {
  return target.securityGroupId === null
    ? defaultGroup(target, groups, places)
    : namedGroup(target, target.securityGroupId, groups);
}

function namedGroup(target: AwsTarget, id: string, groups: readonly SecurityGroup[]): GroupChoice {
  const group = groups.find(({ GroupId }) => GroupId === id);
  const choice = (check: Check): GroupChoice => ({ ids: [id], check, source: "the placement" });
  if (group === undefined) return choice(notFound(target, id));
  const { VpcId = "" } = group;
  if (target.vpcId === null || target.vpcId === VpcId)
    return choice(passed(NAME, `${id} is in ${VpcId}`));
  return choice(
    failed(NAME, {
      code: "FAILED_PRECONDITION",
      reason: "NETWORK_MISMATCH",
      message: `security group ${id} is in ${VpcId}, not in ${target.vpcId}`,
      remedy: `Name a security group of ${target.vpcId} in the placement, or correct vpc_id.`,
      blastRadius: "region",
      metadata: { security_group_id: id, vpc_id: VpcId, placement_vpc_id: target.vpcId },
    }),
  );
}

function defaultGroup(
  target: AwsTarget,
  groups: readonly SecurityGroup[],
  places: readonly JudgedPlace[],
): GroupChoice {
  const usable = places.filter(({ candidate }) => candidate.verdict === "eligible");
  const vpcs = [...new Set(usable.flatMap(({ vpcId }) => vpcId ?? []))];
  const [vpc] = vpcs;
  if (vpc === undefined || vpcs.length > 1)
    return {
      ids: [],
      check: passed(NAME, "none named: EC2 uses the default group of the subnet's VPC"),
      source: "default: EC2 uses the default group of the subnet's VPC",
    };
  const id = groups.find(({ VpcId }) => VpcId === vpc)?.GroupId;
  const source = `default: the default group of ${vpc}, from DescribeSecurityGroups`;
  return id === undefined
    ? { ids: [], check: notFound(target, `default group of ${vpc}`), source }
    : { ids: [id], check: passed(NAME, `${id} is the default group of ${vpc}`), source };
}

function notFound({ accountId, region }: AwsTarget, what: string): Check {
  return failed(NAME, {
    code: "FAILED_PRECONDITION",
    reason: "SECURITY_GROUP_NOT_FOUND",
    message: `account ${accountId} has no security group ${what} in ${region}`,
    remedy:
      "Correct security_group_id of the placement. If the VPC belongs to another account, name a group in it.",
    blastRadius: "region",
    metadata: { security_group: what, region },
  });
}

import type { SecurityGroup } from "@aws-sdk/client-ec2";
import type { AwsTarget, Check } from "../../../src/plan/plan.ts";
import { failed, passed } from "../../../src/substrate/check.ts";
import { namedGroups } from "../target.ts";
import type { JudgedPlace } from "./places.ts";

export interface GroupChoice {
  /** Empty if EC2 is to use the default group of each subnet's VPC. */
  readonly ids: readonly string[];
  readonly check: Check;
  /** The source of the choice, for the plan's sources. */
  readonly source: string;
}

const NAME = "security-group.exists";

/** The placement's groups, checked against its VPC; or the default group of the VPC that the machine will be in. */
export function chooseSecurityGroup(
  target: AwsTarget,
  groups: readonly SecurityGroup[],
  places: readonly JudgedPlace[],
): GroupChoice {
  const ids = namedGroups(target);
  if (ids.length === 0) return defaultGroup(target, groups, places);
  const found = ids.map((id) => ({ id, group: groups.find(({ GroupId }) => GroupId === id) }));
  return { ids, check: namedCheck(target, found), source: "the placement" };
}

interface FoundGroup {
  readonly id: string;
  /** Undefined if it does not exist. */
  readonly group: SecurityGroup | undefined;
}

function namedCheck(target: AwsTarget, found: readonly FoundGroup[]): Check {
  const missing = found.filter(({ group }) => group === undefined).map(({ id }) => id);
  if (missing.length > 0) return notFound(target, missing.join(", "));
  const elsewhere = found.filter(
    ({ group }) => target.vpcId !== null && group?.VpcId !== target.vpcId,
  );
  const [first] = elsewhere;
  if (first === undefined) return passed(NAME, found.map(place).join(", "));
  return failed(NAME, {
    code: "FAILED_PRECONDITION",
    reason: "NETWORK_MISMATCH",
    message: elsewhere
      .map((one) => `security group ${place(one)}, not in ${target.vpcId}`)
      .join("; "),
    remedy: `Name a security group of ${target.vpcId} in the placement, or correct vpc_id.`,
    blastRadius: "region",
    metadata: {
      security_group_id: first.id,
      vpc_id: first.group?.VpcId ?? "",
      placement_vpc_id: target.vpcId,
    },
  });
}

function place({ id, group }: FoundGroup): string {
  return `${id} is in ${group?.VpcId ?? ""}`;
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

function notFound(target: AwsTarget, what: string): Check {
  const { accountId, region, securityGroupIds } = target;
  const field = securityGroupIds === undefined ? "security_group_id" : "security_group_ids";
  return failed(NAME, {
    code: "FAILED_PRECONDITION",
    reason: "SECURITY_GROUP_NOT_FOUND",
    message: `account ${accountId} has no security group ${what} in ${region}`,
    remedy: `Correct ${field} of the placement. If the VPC belongs to another account, name a group in it.`,
    blastRadius: "region",
    metadata: { security_group: what, region },
  });
}

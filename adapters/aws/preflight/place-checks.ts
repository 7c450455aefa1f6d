import type { ErrorReason, SlipwayError } from "../../../src/errors.ts";
import type { Check, AwsTarget, Candidate } from "../../../src/plan/plan.ts";
import { failed, passed, skipped, warning } from "../../../src/substrate/check.ts";
import type { MachineChoice } from "./machine-choice.ts";
import type { JudgedPlace } from "./places.ts";
import { unread } from "../errors/failed-reads.ts";
import type { Subnet } from "@aws-sdk/client-ec2";

interface PlaceRule {
  readonly name: string;
  readonly reason: ErrorReason;
  /** What is true where nothing is refused for this reason. */
  readonly good: string;
  readonly remedy: string;
  /** Whether the placement is worth mending while other places are left. */
  readonly warns: boolean;
  /** Whether it is a matter of the machine type. */
  readonly ofType: boolean;
}

const RULES: readonly PlaceRule[] = [
  {
    name: "subnets.exist",
    reason: "SUBNET_NOT_FOUND",
    good: "every subnet of the placement is there",
    remedy: "Correct subnet_ids of the placement, its region or its account.",
    warns: true,
    ofType: false,
  },
  {
    name: "subnets.available",
    reason: "PLACE_UNAVAILABLE",
    good: "every subnet is available",
    remedy: "Wait until the subnet is available, or name another one in the placement.",
    warns: true,
    ofType: false,
  },
  {
    name: "subnets.network",
    reason: "NETWORK_MISMATCH",
    good: "the subnets are in the VPC",
    remedy: "Name subnets, vpc_id and security_group_id of one VPC in the placement.",
    warns: true,
    ofType: false,
  },
  {
    name: "subnets.addresses",
    reason: "SUBNET_FULL",
    good: "the subnets have free addresses",
    remedy: "Free addresses in the subnet, or name another one in the placement.",
    warns: true,
    ofType: false,
  },
  {
    name: "machine-type.offered",
    reason: "MACHINE_TYPE_NOT_OFFERED",
    good: "the instance type is offered in the zones of the placement",
    remedy: "Name subnets in zones that have the type, or another machine type.",
    warns: false,
    ofType: true,
  },
  {
    name: "machine-type.market",
    reason: "NOT_OFFERED_HERE",
    good: "the instance type is sold as the placement buys it",
    remedy: "Set market of the placement to ON_DEMAND, or name another machine type.",
    warns: false,
    ofType: true,
  },
];

/**
 * A place that cannot serve is a rejected candidate, and a failure only once none is left: then everything that keeps
 * machines from one of them is.
 */
export function placeChecks(
  places: readonly JudgedPlace[],
  { info, zones, zonesError }: Pick<MachineChoice, "info" | "zones" | "zonesError">,
): readonly Check[] {
  const isOneLeft = places.some(({ candidate }) => candidate.verdict === "eligible");
  return RULES.map((rule) => {
    if (rule.reason === "MACHINE_TYPE_NOT_OFFERED" && zonesError !== null)
      return unread(rule.name, zonesError);
    if (rule.ofType && (info === null || zones === null))
      return skipped(rule.name, "nothing is known of the instance type");
    const why = [
      ...new Set(
        places.flatMap(({ refusals }) =>
          refusals.flatMap((refusal) => (refusal.reason === rule.reason ? [refusal.why] : [])),
        ),
      ),
    ];
    if (why.length === 0) return passed(rule.name, rule.good);
    const finding = {
      code: "FAILED_PRECONDITION",
      reason: rule.reason,
      message: why.join("; "),
      remedy: rule.remedy,
    } as const;
    if (!isOneLeft)
      return failed(rule.name, {
        ...finding,
        blastRadius: "zone",
        metadata: {
          places: places.map(({ candidate: { place, subnet } }) => ({
            place,
            ...(subnet === undefined ? {} : { subnet }),
          })),
        },
      });
    return rule.warns ? warning(rule.name, finding) : passed(rule.name, finding.message);
  });
}

export function unreadPlaceChecks(error: SlipwayError): readonly Check[] {
  return RULES.map(({ name }, index) =>
    index === 0 ? unread(name, error) : skipped(name, "the subnets could not be read"),
  );
}

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

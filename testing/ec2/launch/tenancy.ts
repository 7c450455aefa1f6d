import type { Context } from "../action.ts";
import { Ec2Failure, invalidCombination } from "../failure.ts";
import { HOST_ID, lookUp } from "../ids.ts";
import type { InstanceType } from "../instance-types.ts";
import { isConsuming } from "../lifecycle.ts";
import type { Host, Instance, Subnet } from "../records.ts";
import type { RunParameters } from "./shape.ts";

/** T2 runs on neither dedicated hardware nor hosts, T4g not on hosts. https://aws.amazon.com/ec2/dedicated-hosts/ */
export function runsOnHosts({ name }: InstanceType): boolean {
  return !/^t(?:2|4g)\./.test(name);
}

/** @throws Ec2Failure for a tenancy that the type, the market or the host does not have */
export function requireTenancy(
  { region, account }: Context,
  { Placement, InstanceMarketOptions }: RunParameters,
  { type, subnets }: { readonly type: InstanceType; readonly subnets: readonly Subnet[] },
): void {
  const { Tenancy: tenancy = null, HostId: hostId = null } = Placement ?? {};
  if (hostId !== null && tenancy !== "host")
    throw invalidCombination(
      "The parameter hostId cannot be used without specifying a tenancy of 'host'",
    );
  // "The host tenancy is not supported for Spot Instances" (SpotPlacement).
  if (tenancy === "host" && InstanceMarketOptions?.MarketType === "spot")
    throw invalidCombination("The host tenancy is not supported for Spot Instances.");
  const isDedicated =
    tenancy === "dedicated" || subnets.some(({ vpcId }) => isDedicatedVpc(region, vpcId));
  // https://github.com/hashicorp/terraform/issues/18215
  if (tenancy !== "host" && isDedicated && type.name.startsWith("t2."))
    throw new Ec2Failure(
      "Unsupported",
      "The requested configuration is currently not supported. Please check the documentation for supported configurations.",
    );
  if (tenancy === "host" && !runsOnHosts(type))
    throw new Ec2Failure(
      "UnsupportedInstanceTypeOnHost",
      `The instance type ${type.name} is not supported on Dedicated Hosts.`,
    );
  if (hostId === null) return;
  const [host] = lookUp([hostId], HOST_ID, (id) => {
    const found = region.hosts.get(id);
    return found?.account === account ? found : null;
  });
  if (host === undefined) return;
  if (host.instanceType !== type.name)
    throw new Ec2Failure(
      "UnsupportedInstanceTypeOnHost",
      `The instance type ${type.name} is not supported on Dedicated Host ${hostId}, which is for ${host.instanceType}.`,
    );
  if (!subnets.some(({ zone }) => zone === host.zone))
    throw invalidCombination(
      `Dedicated Host ${hostId} is in Availability Zone ${host.zone}, not in ${subnets.map(({ zone }) => zone).join(", ")}.`,
    );
}

export interface HostRoom {
  readonly host: Host;
  readonly free: number;
}

/**
 * The host of a launch with tenancy `host`, and how many machines it has room for. Null for any other tenancy. The words
 * are EC2's: https://github.com/aws/aws-sdk-js-v3/issues/5340
 *
 * @throws Ec2Failure `InsufficientCapacityOnHost`, `IncompatibleHostRequirements`
 */
export function roomOnHost(
  context: Context,
  { Placement, InstanceType: instanceType, MinCount }: RunParameters,
  zone: string,
): HostRoom | null {
  if (Placement?.Tenancy !== "host") return null;
  const { region, account } = context;
  const hosts = [...region.hosts.values()].filter(
    (host) =>
      host.account === account &&
      host.zone === zone &&
      host.instanceType === instanceType &&
      (Placement.HostId === null ? host.autoPlacement : host.id === Placement.HostId),
  );
  const rooms = hosts.map((host) => ({ host, free: freeOn(context, host) }));
  const fitting = rooms.find(({ free }) => free >= MinCount);
  if (fitting !== undefined) return fitting;
  if (Placement.HostId === null)
    throw new Ec2Failure(
      "IncompatibleHostRequirements",
      "You do not have a host with a matching configuration and sufficient capacity. Either target a host resource group that can automatically allocate hosts on your behalf, or manually allocate a new host to your account and then try again.",
    );
  throw new Ec2Failure(
    "InsufficientCapacityOnHost",
    `Dedicated host ${Placement.HostId} has insufficient capacity to launch the instances in this request.`,
  );
}

function freeOn({ region, now }: Context, host: Host): number {
  const isThere = (one: Instance) => one.hostId === host.id && isConsuming(one, now);
  return host.machines - [...region.instances.values()].filter(isThere).length;
}

/** The tenancy that a machine gets: a VPC's own, unless the request names another than `default`. */
export function tenancyOf(
  { region }: Context,
  { Placement }: RunParameters,
  { vpcId }: Subnet,
): string {
  const asked = Placement?.Tenancy ?? "default";
  return asked === "default" && isDedicatedVpc(region, vpcId) ? "dedicated" : asked;
}

function isDedicatedVpc({ vpcs }: Context["region"], id: string): boolean {
  return vpcs.get(id)?.instanceTenancy === "dedicated";
}

import type { Context } from "../action.ts";
import { Ec2Failure } from "../failure.ts";
import { type InstanceType, quotaGroup } from "../instance-types.ts";
import { isConsuming } from "../lifecycle.ts";
import type { Instance, Market } from "../records.ts";

/** How many more machines of the type fit into the zone; without a pool, any number. */
export function freeCapacity(
  { region, now }: Pick<Context, "region" | "now">,
  wanted: { readonly instanceType: string; readonly zone: string; readonly market: Market },
): number {
  const isOfPool = (record: typeof wanted): boolean =>
    record.instanceType === wanted.instanceType &&
    record.zone === wanted.zone &&
    record.market === wanted.market;
  const pool = region.pools.find(isOfPool);
  if (pool === undefined) return Infinity;
  let used = 0;
  for (const instance of region.instances.values())
    if (isOfPool(instance) && isConsuming(instance, now)) used += 1;
  return Math.max(0, pool.machines - used);
}

/**
 * How many more machines of the type the quota allows; without a quota, any number.
 *
 * @throws Ec2Failure `VcpuLimitExceeded`, or `MaxSpotInstanceCountExceeded` for spot, if they are fewer than `count`
 */
export function requireQuota(
  { region, account, now, types }: Context,
  type: InstanceType,
  launch: { readonly market: Market; readonly count: number },
): number {
  const group = quotaGroup(type.name);
  const { market, count } = launch;
  const quota = region.quotas.find(
    (one) => one.account === account && one.group === group && one.market === market,
  );
  if (quota === undefined) return Infinity;
  const isCounted = (instance: Instance): boolean =>
    instance.account === account &&
    instance.market === market &&
    quotaGroup(instance.instanceType) === group &&
    isConsuming(instance, now);
  let used = 0;
  for (const instance of region.instances.values())
    if (isCounted(instance)) used += types.get(instance.instanceType)?.vcpus ?? 0;
  const left = Math.floor((quota.vcpus - used) / type.vcpus);
  if (left < count) throw quotaReached(market, quota.vcpus);
  return left;
}

export function quotaReached(market: Market, vcpus: number): Ec2Failure {
  if (market === "spot")
    return new Ec2Failure("MaxSpotInstanceCountExceeded", "Max spot instance count exceeded");
  return new Ec2Failure(
    "VcpuLimitExceeded",
    `You have requested more vCPU capacity than your current vCPU limit of ${vcpus} allows for the instance ` +
      "bucket that the specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request " +
      "to request an adjustment to this limit.",
  );
}

/** @throws Ec2Failure `InsufficientInstanceCapacity`, naming zones with capacity. */
export function insufficientCapacity(
  instanceType: string,
  zone: string | null,
  others: readonly string[],
): Ec2Failure {
  const advice =
    others.length === 0
      ? ""
      : ` You can currently get ${instanceType} capacity by not specifying an Availability Zone in your request or choosing ${others.join(", ")}.`;
  return new Ec2Failure(
    "InsufficientInstanceCapacity",
    zone === null
      ? `There is no Spot or On-Demand capacity available that matches your request for ${instanceType}.`
      : `We currently do not have sufficient ${instanceType} capacity in the Availability Zone you requested (${zone}). ` +
          `Our system will be working on provisioning additional capacity.${advice}`,
  );
}

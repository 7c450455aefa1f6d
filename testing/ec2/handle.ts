import { invalidArgument } from "../../src/errors.ts";
import type { Ec2 } from "./answer.ts";
import { type ImageOptions, builtInImageId, makeImage } from "./images.ts";
import { enter, instanceState } from "./lifecycle.ts";
import { defaultNetwork } from "./network.ts";
import type {
  Image,
  ImageState,
  Instance,
  InstanceState,
  Market,
  SecurityGroup,
  Subnet,
  Vpc,
} from "./records.ts";
import { type Region, newId } from "./world.ts";

/** An instance as it is now, whatever describes may show yet. */
export interface Ec2Instance extends Omit<Instance, "history" | "tags"> {
  readonly state: InstanceState;
  readonly tags: Readonly<Record<string, string>>;
}

/** One region, as one account has it, for tests to look into and to change. */
export interface Ec2Region {
  readonly name: string;
  readonly zones: readonly string[];
  readonly vpcId: string;
  /** The default subnets by zone. */
  readonly subnets: Readonly<Record<string, string>>;
  readonly securityGroupId: string;
  /** The two images that are there from the beginning. */
  readonly images: { readonly x86_64: string; readonly arm64: string };
  /** The account's, in the order in which they were launched, terminated ones too. */
  instances(): readonly Ec2Instance[];
  /** @returns its id */
  addImage(image?: ImageOptions): string;
  changeImage(id: string, change: ImageChange): void;
  /** @returns its id. Default CIDR block 10.0.0.0/16. */
  addVpc(options?: { readonly cidr?: string }): string;
  /** @returns its id. Default in the default VPC, with 10.0.0.0/24. */
  addSubnet(options: SubnetOptions): string;
  /** @returns its id. Default in the default VPC. */
  addSecurityGroup(options: { readonly name: string; readonly vpcId?: string }): string;
  /** So many machines of a type fit into a zone at one time, all accounts together; null: any number. */
  setCapacity(pool: PoolName, machines: number | null): void;
  /** So many vCPUs may run at one time; null: any number. */
  setQuota(vcpus: number | null, of?: { readonly group?: string; readonly market?: Market }): void;
  /** The only zones that have a type; null: all of them. */
  setOffering(instanceType: string, zones: readonly string[] | null): void;
  /** What the machine has printed. */
  setConsole(instanceId: string, text: string): void;
  /** Ends a machine from EC2's side, such as one that fails to start. */
  endInstance(
    instanceId: string,
    reason: { readonly code: string; readonly message: string },
  ): void;
}

export interface ImageChange {
  readonly state?: ImageState;
  readonly stateReason?: { readonly code: string; readonly message: string };
  /** Milliseconds since 1970. */
  readonly deprecatedAt?: number | null;
}

export interface SubnetOptions {
  readonly zone: string;
  readonly vpcId?: string;
  readonly cidr?: string;
  readonly mapPublicIp?: boolean;
}

export interface PoolName {
  readonly instanceType: string;
  readonly zone: string;
  /** Default `on-demand`. */
  readonly market?: Market;
}

/** The handle of a region. @throws SlipwayError `INVALID_INPUT` where the stand-in has no such region */
export function regionHandle(ec2: Ec2, name: string, account: string): Ec2Region {
  const region = ec2.world.regions.get(name);
  if (region === undefined)
    throw invalidArgument("INVALID_INPUT", `stand-in has no region ${name}`);
  const network = defaultNetwork(region, account);
  const world: Change = { ec2, region, account };
  return {
    name,
    zones: region.zones.map((zone) => zone.name),
    vpcId: network.vpc.id,
    subnets: Object.fromEntries([...network.subnets].map(([zone, { id }]) => [zone, id])),
    securityGroupId: network.securityGroup.id,
    images: { x86_64: builtInImageId(name, "x86_64"), arm64: builtInImageId(name, "arm64") },
    instances: () => instancesOf(world),
    addImage: (image = {}) =>
      put(world, region.images, makeImage(ec2.world, account, ec2.now(), image)),
    changeImage: (id, change) => changeImage(world, id, change),
    addVpc: (options = {}) => addVpc(world, options.cidr ?? "10.0.0.0/16"),
    addSubnet: (options) => addSubnet(world, { vpcId: network.vpc.id, ...options }),
    addSecurityGroup: (options) => addSecurityGroup(world, { vpcId: network.vpc.id, ...options }),
    setCapacity: (pool, machines) => setCapacity(world, pool, machines),
    setQuota: (vcpus, of = {}) => setQuota(world, vcpus, of),
    setOffering(instanceType, zones) {
      if (zones === null) region.offerings.delete(instanceType);
      else region.offerings.set(instanceType, [...zones]);
      ec2.save();
    },
    setConsole(instanceId, text) {
      find(region.instances, instanceId).console = text;
      ec2.save();
    },
    endInstance(instanceId, reason) {
      const instance = find(region.instances, instanceId);
      instance.stateReason = { ...reason };
      enter(instance, ec2.now(), { first: "shutting-down", next: "terminated", delay: 0 });
      ec2.save();
    },
  };
}

interface Change {
  readonly ec2: Ec2;
  readonly region: Region;
  readonly account: string;
}

function instancesOf({ ec2, region, account }: Change): readonly Ec2Instance[] {
  return [...region.instances.values()]
    .filter((instance) => instance.account === account)
    .map(({ history, tags, ...instance }) => ({
      ...instance,
      state: instanceState({ ...instance, history, tags }, ec2.now()) ?? "pending",
      tags: Object.fromEntries(tags.map(({ key, value }) => [key, value])),
    }));
}

function changeImage({ ec2, region }: Change, id: string, change: ImageChange): void {
  const image: Image = find(region.images, id);
  if (change.state !== undefined) image.history = [{ at: 0, state: change.state }];
  if (change.stateReason !== undefined) image.stateReason = { ...change.stateReason };
  if (change.deprecatedAt !== undefined) image.deprecatedAt = change.deprecatedAt;
  ec2.save();
}

function addVpc(world: Change, cidr: string): string {
  const id = newId(world.ec2.world, "vpc");
  const vpc: Vpc = { id, account: world.account, cidr, isDefault: false, tags: [] };
  addSecurityGroup(world, { name: "default", vpcId: id });
  return put(world, world.region.vpcs, vpc);
}

function addSubnet(world: Change, options: SubnetOptions & { readonly vpcId: string }): string {
  const { region, account, ec2 } = world;
  if (!region.zones.some(({ name }) => name === options.zone))
    throw invalidArgument("INVALID_INPUT", `${region.name} has no zone ${options.zone}`);
  const subnet: Subnet = {
    id: newId(ec2.world, "subnet"),
    account,
    vpcId: find(region.vpcs, options.vpcId).id,
    zone: options.zone,
    cidr: options.cidr ?? "10.0.0.0/24",
    isDefault: false,
    mapPublicIp: options.mapPublicIp ?? false,
    tags: [],
  };
  return put(world, region.subnets, subnet);
}

function addSecurityGroup(
  world: Change,
  { name, vpcId }: { readonly name: string; readonly vpcId: string },
): string {
  const group: SecurityGroup = {
    id: newId(world.ec2.world, "sg"),
    account: world.account,
    vpcId,
    name,
    description: name,
    tags: [],
  };
  return put(world, world.region.securityGroups, group);
}

function setCapacity({ ec2, region }: Change, name: PoolName, machines: number | null): void {
  const pool = { market: "on-demand" as const, ...name };
  const isSame = (one: Required<PoolName>): boolean =>
    one.instanceType === pool.instanceType && one.zone === pool.zone && one.market === pool.market;
  replace(region.pools, isSame, machines === null ? null : { ...pool, machines });
  ec2.save();
}

function setQuota(
  { ec2, region, account }: Change,
  vcpus: number | null,
  {
    group = "standard",
    market = "on-demand",
  }: { readonly group?: string; readonly market?: Market },
): void {
  replace(
    region.quotas,
    (one) => one.account === account && one.group === group && one.market === market,
    vcpus === null ? null : { account, group, market, vcpus },
  );
  ec2.save();
}

function replace<T>(records: T[], isSame: (record: T) => boolean, record: T | null): void {
  const index = records.findIndex(isSame);
  if (index >= 0) records.splice(index, 1);
  if (record !== null) records.push(record);
}

function put<T extends { readonly id: string }>(
  { ec2 }: Change,
  records: Map<string, T>,
  record: T,
): string {
  records.set(record.id, record);
  ec2.save();
  return record.id;
}

function find<T>(records: ReadonlyMap<string, T>, id: string): T {
  const record = records.get(id);
  if (record === undefined) throw invalidArgument("INVALID_INPUT", `stand-in knows no ${id}`);
  return record;
}

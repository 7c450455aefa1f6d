import { invalidArgument } from "../../src/errors.ts";
import type { Ec2 } from "./answer.ts";
import { attachedTo } from "./attached.ts";
import { type ImageOptions, builtInImageId, makeImage } from "./images.ts";
import { addKeyPair, requireKeyPair } from "./key-pairs.ts";
import { scheduleStates, instanceState, isAlive } from "./lifecycle.ts";
import { defaultNetwork } from "./network.ts";
import type {
  Host,
  Image,
  ImageState,
  Instance,
  InstanceState,
  Market,
  NetworkInterface,
  SecurityGroup,
  SpotPrice,
  Subnet,
  Volume,
  Vpc,
} from "./records.ts";
import { type Ec2Templates, templateVerbs } from "./template-handle.ts";
import { type Ec2Reservations, reservationVerbs } from "./reservation-handle.ts";
import { type Region, newId } from "./world.ts";

/** An instance in its current state, even if describes still return an older one. */
export interface Ec2Instance extends Omit<Instance, "history" | "tags"> {
  readonly state: InstanceState;
  readonly tags: Readonly<Record<string, string>>;
}

/** One region from the viewpoint of one account, for tests to inspect and change. */
export interface Ec2Region extends Ec2Reservations, Ec2Templates {
  readonly name: string;
  readonly zones: readonly string[];
  readonly vpcId: string;
  /** The default subnets by zone. */
  readonly subnets: Readonly<Record<string, string>>;
  readonly securityGroupId: string;
  /** The two built-in images. */
  readonly images: { readonly x86_64: string; readonly arm64: string };
  /** The account's instances in launch order, including terminated ones. */
  instances(): readonly Ec2Instance[];
  /** The volumes that exist, attached or not. */
  volumes(): readonly Ec2Attachment<Volume>[];
  /** The network interfaces that exist, attached or not. */
  interfaces(): readonly Ec2Attachment<NetworkInterface>[];
  /** Keeps the machine's volumes and network interface after its termination, as ModifyInstanceAttribute can. */
  keepAttached(instanceId: string): void;
  /** @returns the image's id */
  addImage(image?: ImageOptions): string;
  changeImage(id: string, change: ImageChange): void;
  /** @returns the VPC's id. Default CIDR block 10.0.0.0/16. */
  addVpc(options?: VpcOptions): string;
  /** @returns the Dedicated Host's id */
  addHost(options: HostOptions): string;
  releaseHost(id: string): void;
  /** @returns the subnet's id. Default: in the default VPC, with 10.0.0.0/24. */
  addSubnet(options: SubnetOptions): string;
  /** @returns the group's id. Default: in the default VPC. */
  addSecurityGroup(options: { readonly name: string; readonly vpcId?: string }): string;
  removeSecurityGroup(id: string): void;
  /** Takes the IPv6 block from a subnet. */
  removeIpv6Block(subnetId: string): void;
  /** Adds a key pair with an Ed25519 key. */
  addKeyPair(name: string): void;
  removeKeyPair(name: string): void;
  /** Limits how many machines of a type fit into a zone at one time, over all accounts; null removes the limit. */
  setCapacity(pool: PoolName, machines: number | null): void;
  /** Limits how many vCPUs may run at one time; null removes the limit. */
  setQuota(vcpus: number | null, of?: { readonly group?: string; readonly market?: Market }): void;
  /** Sets a type's price on the spot market of a zone; null removes it. Prices are in dollars an hour. */
  setSpotPrice(pool: SpotPool, prices: SpotPrices | null): void;
  /** Restricts a type to these zones; null offers it in all zones. */
  setOffering(instanceType: string, zones: readonly string[] | null): void;
  /** Sets the machine's console output. */
  setConsole(instanceId: string, text: string): void;
  /** Ends a machine from EC2's side, for example one that fails to start. */
  endInstance(
    instanceId: string,
    reason: { readonly code: string; readonly message: string },
  ): void;
}

/** A volume or network interface. */
export type Ec2Attachment<T extends NetworkInterface | Volume> = Omit<T, "tags"> & {
  readonly isAttached: boolean;
  readonly tags: Readonly<Record<string, string>>;
};

export interface ImageChange {
  readonly state?: ImageState;
  readonly stateReason?: { readonly code: string; readonly message: string };
  /** Milliseconds since 1970. */
  readonly deprecatedAt?: number | null;
}

export type VpcOptions = Partial<Pick<Vpc, "cidr" | "instanceTenancy">>;

export interface HostOptions extends Pick<Host, "instanceType" | "zone"> {
  /** Default 1. */
  readonly machines?: number;
  /** Default false, as in EC2. */
  readonly autoPlacement?: boolean;
}

export interface SubnetOptions {
  readonly zone: string;
  readonly vpcId?: string;
  /** Null: IPv6-only. */
  readonly cidr?: string | null;
  /** A /64 block. Default: none, for an IPv6-only subnet `2001:db8:0:1::/64`. */
  readonly ipv6Cidr?: string;
  /** Default: true for an IPv6-only subnet, as in EC2. */
  readonly assignIpv6?: boolean;
  readonly mapPublicIp?: boolean;
  /** The owner's account. Default: the account of the handle. */
  readonly owner?: string;
  readonly sharedWith?: readonly string[];
  readonly outpostArn?: string;
}

export type SpotPool = Pick<SpotPrice, "instanceType" | "zone">;
export type SpotPrices = Readonly<Pick<SpotPrice, "price" | "onDemandPrice">>;

export interface PoolName {
  readonly instanceType: string;
  readonly zone: string;
  /** Default `on-demand`. */
  readonly market?: Market;
}

/** The handle of a region. @throws SlipwayError `INVALID_INPUT` if the fake has no such region */
export function regionHandle(ec2: Ec2, name: string, account: string): Ec2Region {
  const region = ec2.world.regions.get(name);
  if (region === undefined)
    throw invalidArgument("INVALID_INPUT", `the fake has no region ${name}`);
  const network = defaultNetwork(region, account);
  const scope: RegionScope = { ec2, region, account };
  return {
    name,
    zones: region.zones.map((zone) => zone.name),
    vpcId: network.vpc.id,
    subnets: Object.fromEntries([...network.subnets].map(([zone, { id }]) => [zone, id])),
    securityGroupId: network.securityGroup.id,
    images: { x86_64: builtInImageId(name, "x86_64"), arm64: builtInImageId(name, "arm64") },
    instances: () => instancesOf(scope),
    volumes: () => attachmentsOf(scope, region.volumes),
    interfaces: () => attachmentsOf(scope, region.interfaces),
    keepAttached(instanceId) {
      const instance = findRecord(region.instances, instanceId);
      for (const records of [region.volumes, region.interfaces])
        for (const record of attachedTo<NetworkInterface | Volume>(records, instance.id))
          record.deleteOnTermination = false;
      // A new history makes describes render the instance again.
      instance.history = [...instance.history];
      ec2.save();
    },
    addImage: (image = {}) =>
      addRecord(scope, region.images, makeImage(ec2.world, account, ec2.now(), image)),
    changeImage: (id, change) => changeImage(scope, id, change),
    addVpc: (options = {}) => addVpc(scope, options),
    ...optionChanges(scope),
    ...reservationVerbs(scope),
    ...templateVerbs(scope),
    addSubnet: (options) => addSubnet(scope, { vpcId: network.vpc.id, ...options }),
    addSecurityGroup: (options) => addSecurityGroup(scope, { vpcId: network.vpc.id, ...options }),
    setCapacity: (pool, machines) => setCapacity(scope, pool, machines),
    setQuota: (vcpus, of = {}) => setQuota(scope, vcpus, of),
    setSpotPrice(pool, prices) {
      const isOther = (one: SpotPool) =>
        one.instanceType !== pool.instanceType || one.zone !== pool.zone;
      const others = region.spotPrices.filter(isOther);
      region.spotPrices.splice(0, Infinity, ...others);
      if (prices !== null) region.spotPrices.push({ ...pool, ...prices });
      ec2.save();
    },
    setOffering(instanceType, zones) {
      if (zones === null) region.offerings.delete(instanceType);
      else region.offerings.set(instanceType, [...zones]);
      ec2.save();
    },
    setConsole(instanceId, text) {
      findRecord(region.instances, instanceId).console = text;
      ec2.save();
    },
    endInstance(instanceId, reason) {
      const instance = findRecord(region.instances, instanceId);
      instance.stateReason = { ...reason };
      scheduleStates(instance, ec2.now(), { first: "shutting-down", next: "terminated", delay: 0 });
      ec2.save();
    },
  };
}

type OptionChanges = Pick<
  Ec2Region,
  | "addHost"
  | "addKeyPair"
  | "releaseHost"
  | "removeIpv6Block"
  | "removeKeyPair"
  | "removeSecurityGroup"
>;

/** The resources to which a launch's options refer. */
function optionChanges({ ec2, region, account }: RegionScope): OptionChanges {
  return {
    addHost: ({ machines = 1, autoPlacement = false, ...host }) =>
      addRecord({ ec2 }, region.hosts, {
        id: newId(ec2.world, "h"),
        account,
        machines,
        autoPlacement,
        ...host,
      }),
    releaseHost(id) {
      region.hosts.delete(findRecord(region.hosts, id).id);
      ec2.save();
    },
    removeSecurityGroup(id) {
      region.securityGroups.delete(findRecord(region.securityGroups, id).id);
      ec2.save();
    },
    removeIpv6Block(subnetId) {
      findRecord(region.subnets, subnetId).ipv6Cidr = null;
      ec2.save();
    },
    addKeyPair(name) {
      const publicKey =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0mlVQGnQ0zyv2cYVxkqWcKqoqyz1vQ0b0a0kq0kq0k";
      const createdAt = ec2.now();
      addKeyPair({ world: ec2.world, region, account, name, publicKey, createdAt, tags: [] });
      ec2.save();
    },
    removeKeyPair(name) {
      region.keyPairs.delete(requireKeyPair(region, { account, name }).id);
      ec2.save();
    },
  };
}

interface RegionScope {
  readonly ec2: Ec2;
  readonly region: Region;
  readonly account: string;
}

function instancesOf({ ec2, region, account }: RegionScope): readonly Ec2Instance[] {
  return [...region.instances.values()]
    .filter((instance) => instance.account === account)
    .map(({ history, tags, ...instance }) => ({
      ...instance,
      state: instanceState({ ...instance, history, tags }, ec2.now()) ?? "pending",
      tags: Object.fromEntries(tags.map(({ key, value }) => [key, value])),
    }));
}

function attachmentsOf<T extends NetworkInterface | Volume>(
  { ec2, region, account }: RegionScope,
  records: ReadonlyMap<string, T>,
): readonly Ec2Attachment<T>[] {
  const now = ec2.now();
  return [...records.values()].flatMap((record) => {
    const { account: owner, instanceId, deleteOnTermination } = record;
    const instance = region.instances.get(instanceId);
    const isAttached = instance !== undefined && isAlive(instance, now);
    if (owner !== account || (!isAttached && deleteOnTermination)) return [];
    const tags = Object.fromEntries(record.tags.map(({ key, value }) => [key, value]));
    return [{ ...record, isAttached, tags }];
  });
}

function changeImage({ ec2, region }: RegionScope, id: string, change: ImageChange): void {
  const image: Image = findRecord(region.images, id);
  if (change.state !== undefined) image.history = [{ at: 0, state: change.state }];
  if (change.stateReason !== undefined) image.stateReason = { ...change.stateReason };
  if (change.deprecatedAt !== undefined) image.deprecatedAt = change.deprecatedAt;
  ec2.save();
}

function addVpc(
  scope: RegionScope,
  { cidr = "10.0.0.0/16", instanceTenancy = "default" }: VpcOptions,
): string {
  const id = newId(scope.ec2.world, "vpc");
  const { account } = scope;
  const vpc: Vpc = { id, account, cidr, instanceTenancy, isDefault: false, tags: [] };
  addSecurityGroup(scope, { name: "default", vpcId: id });
  return addRecord(scope, scope.region.vpcs, vpc);
}

function addSubnet(
  scope: RegionScope,
  options: SubnetOptions & { readonly vpcId: string },
): string {
  const { region, account, ec2 } = scope;
  if (!region.zones.some(({ name }) => name === options.zone))
    throw invalidArgument("INVALID_INPUT", `${region.name} does not have zone ${options.zone}`);
  const cidr = options.cidr === undefined ? "10.0.0.0/24" : options.cidr;
  const subnet: Subnet = {
    id: newId(ec2.world, "subnet"),
    account: options.owner ?? account,
    vpcId: findRecord(region.vpcs, options.vpcId).id,
    zone: options.zone,
    cidr,
    ipv6Cidr: options.ipv6Cidr ?? (cidr === null ? "2001:db8:0:1::/64" : null),
    assignIpv6: options.assignIpv6 ?? cidr === null,
    sharedWith: [...(options.sharedWith ?? [])],
    outpostArn: options.outpostArn ?? null,
    isDefault: false,
    mapPublicIp: options.mapPublicIp ?? false,
    tags: [],
  };
  return addRecord(scope, region.subnets, subnet);
}

function addSecurityGroup(
  scope: RegionScope,
  { name, vpcId }: { readonly name: string; readonly vpcId: string },
): string {
  const group: SecurityGroup = {
    id: newId(scope.ec2.world, "sg"),
    account: scope.account,
    vpcId,
    name,
    description: name,
    tags: [],
  };
  return addRecord(scope, scope.region.securityGroups, group);
}

function setCapacity({ ec2, region }: RegionScope, name: PoolName, machines: number | null): void {
  const pool = { market: "on-demand" as const, ...name };
  const isSame = (one: Required<PoolName>): boolean =>
    one.instanceType === pool.instanceType && one.zone === pool.zone && one.market === pool.market;
  replace(region.pools, isSame, machines === null ? null : { ...pool, machines });
  ec2.save();
}

function setQuota(
  { ec2, region, account }: RegionScope,
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

function addRecord<T extends { readonly id: string }>(
  { ec2 }: Pick<RegionScope, "ec2">,
  records: Map<string, T>,
  record: T,
): string {
  records.set(record.id, record);
  ec2.save();
  return record.id;
}

function findRecord<T>(records: ReadonlyMap<string, T>, id: string): T {
  const record = records.get(id);
  if (record === undefined) throw invalidArgument("INVALID_INPUT", `the fake has no ${id}`);
  return record;
}

import { recordIndex } from "../server/record-index.ts";
import { isAlive } from "./lifecycle.ts";
import type { Instance, SecurityGroup, Subnet, Vpc } from "./records.ts";
import { type Region, fixedId } from "./world.ts";

/** EC2 reserves the first four addresses of a subnet and the last one. */
const RESERVED_FIRST = 4;
const RESERVED = 5;

/** The default network of one account in one region. */
export interface DefaultNetwork {
  readonly vpc: Vpc;
  /** By zone. */
  readonly subnets: ReadonlyMap<string, Subnet>;
  readonly securityGroup: SecurityGroup;
}

/**
 * The default VPC of an account, with a subnet in each zone and a security group; created on first use. Its ids are the
 * same in every fake, so that configurations can contain them.
 */
export function defaultNetwork(region: Region, account: string): DefaultNetwork {
  const where = ["default", region.name, account];
  const vpcId = fixedId("vpc", ...where);
  const vpc = addOnce(region.vpcs, {
    id: vpcId,
    account,
    cidr: "172.31.0.0/16",
    instanceTenancy: "default",
    isDefault: true,
    tags: [],
  });
  const subnets = region.zones.map(({ name: zone }, index): [string, Subnet] => [
    zone,
    addOnce(region.subnets, {
      id: fixedId("subnet", ...where, zone),
      account,
      vpcId,
      zone,
      cidr: `172.31.${index * 16}.0/20`,
      ipv6Cidr: null,
      assignIpv6: false,
      sharedWith: [],
      outpostArn: null,
      isDefault: true,
      mapPublicIp: true,
      tags: [],
    }),
  ]);
  const securityGroup = addOnce(region.securityGroups, {
    id: fixedId("sg", ...where),
    account,
    vpcId,
    name: "default",
    description: "default VPC security group",
    tags: [],
  });
  return { vpc, subnets: new Map(subnets), securityGroup };
}

function addOnce<T extends { readonly id: string }>(records: Map<string, T>, made: T): T {
  const found = records.get(made.id);
  if (found !== undefined) return found;
  records.set(made.id, made);
  return made;
}

/** The addresses of a subnet that are in use, as numbers, with the machines that use them. */
export type TakenAddresses = ReadonlyMap<number, Instance>;

/** Index by subnet. It also contains machines that have ended since the last lookup. */
const HOLDERS = recordIndex(
  () => new Map<string, Map<number, Instance>>(),
  (bySubnet, instance: Instance) => {
    const holders = bySubnet.get(instance.subnetId) ?? new Map<number, Instance>();
    if (instance.privateIp !== null) holders.set(addressNumber(instance.privateIp), instance);
    bySubnet.set(instance.subnetId, holders);
  },
);

/** Must be called after instances were removed. */
export function invalidateHolders(instances: Region["instances"]): void {
  HOLDERS.invalidate(instances);
}

export function takenAddresses(region: Region, subnetId: string, now: number): TakenAddresses {
  const holders = HOLDERS.of(region.instances).get(subnetId) ?? new Map<number, Instance>();
  // A machine never returns from its end, so its address can be dropped for good.
  for (const [address, instance] of holders) if (!isAlive(instance, now)) holders.delete(address);
  return holders;
}

export function isTaken(taken: TakenAddresses, address: string): boolean {
  return taken.has(addressNumber(address));
}

/** Whether the account owns the subnet, or its owner shares it with the account. */
export function maySeeSubnet(subnet: Subnet, account: string): boolean {
  return subnet.account === account || subnet.sharedWith.includes(account);
}

/** Number of addresses in a CIDR block that machines can use: none without an IPv4 block. */
export function usableAddresses(cidr: string | null): number {
  if (cidr === null) return 0;
  return Math.max(0, 2 ** (32 - prefixOf(cidr)) - RESERVED);
}

/** The first free addresses of a subnet, at most `count`. */
export function freeAddresses(cidr: string | null, taken: TakenAddresses, count: number): string[] {
  if (cidr === null) return [];
  const base = addressNumber(cidr.split("/", 1)[0] ?? "");
  const last = usableAddresses(cidr) + RESERVED_FIRST;
  const free: string[] = [];
  for (let offset = RESERVED_FIRST; offset < last && free.length < count; offset += 1) {
    if (!taken.has(base + offset)) free.push(addressText(base + offset));
  }
  return free;
}

/** True if the address lies in the block and is not reserved by EC2. */
export function isUsableAddress(cidr: string | null, address: string): boolean {
  if (cidr === null || !/^\d{1,3}(?:\.\d{1,3}){3}$/.test(address)) return false;
  const offset = addressNumber(address) - addressNumber(cidr.split("/", 1)[0] ?? "");
  return offset >= RESERVED_FIRST && offset < usableAddresses(cidr) + RESERVED_FIRST;
}

function prefixOf(cidr: string): number {
  return Number(cidr.split("/")[1]);
}

function addressNumber(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

function addressText(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");
}

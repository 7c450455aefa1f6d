import { recordIndex } from "../server/record-index.ts";
import { isAlive } from "./lifecycle.ts";
import type { Instance, SecurityGroup, Subnet, Vpc } from "./records.ts";
import { type Region, fixedId } from "./world.ts";

/** EC2 keeps the first four addresses of a subnet and the last one. */
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
 * The default VPC of an account, with a subnet in each zone and a security group; made when it is first looked for.
 * Its ids are the same in every stand-in, so that they can be written into configurations.
 */
export function defaultNetwork(region: Region, account: string): DefaultNetwork {
  const where = ["default", region.name, account];
  const vpcId = fixedId("vpc", ...where);
  const vpc = known(region.vpcs, {
    id: vpcId,
    account,
    cidr: "172.31.0.0/16",
    isDefault: true,
    tags: [],
  });
  const subnets = region.zones.map(({ name: zone }, index): [string, Subnet] => [
    zone,
    known(region.subnets, {
      id: fixedId("subnet", ...where, zone),
      account,
      vpcId,
      zone,
      cidr: `172.31.${index * 16}.0/20`,
      isDefault: true,
      mapPublicIp: true,
      tags: [],
    }),
  ]);
  const securityGroup = known(region.securityGroups, {
    id: fixedId("sg", ...where),
    account,
    vpcId,
    name: "default",
    description: "default VPC security group",
    tags: [],
  });
  return { vpc, subnets: new Map(subnets), securityGroup };
}

function known<T extends { readonly id: string }>(records: Map<string, T>, made: T): T {
  const found = records.get(made.id);
  if (found !== undefined) return found;
  records.set(made.id, made);
  return made;
}

/** The addresses of a subnet, as numbers, with the machines that hold them. */
export type TakenAddresses = ReadonlyMap<number, Instance>;

/** By subnet; also those that have ended since it was last looked at. */
const HOLDERS = recordIndex(
  () => new Map<string, Map<number, Instance>>(),
  (bySubnet, instance: Instance) => {
    const holders = bySubnet.get(instance.subnetId) ?? new Map<number, Instance>();
    holders.set(addressNumber(instance.privateIp), instance);
    bySubnet.set(instance.subnetId, holders);
  },
);

/** To be called where instances were taken away. */
export function forgetHolders(instances: Region["instances"]): void {
  HOLDERS.forget(instances);
}

export function takenAddresses(region: Region, subnetId: string, now: number): TakenAddresses {
  const holders = HOLDERS.of(region.instances).get(subnetId) ?? new Map<number, Instance>();
  // Nothing comes back from its end.
  for (const [address, instance] of holders) if (!isAlive(instance, now)) holders.delete(address);
  return holders;
}

export function isTaken(taken: TakenAddresses, address: string): boolean {
  return taken.has(addressNumber(address));
}

/** How many addresses a CIDR block has for machines. */
export function usableAddresses(cidr: string): number {
  return Math.max(0, 2 ** (32 - prefixOf(cidr)) - RESERVED);
}

/** The first free addresses of a subnet, at most so many. */
export function freeAddresses(cidr: string, taken: TakenAddresses, count: number): string[] {
  const base = addressNumber(cidr.split("/", 1)[0] ?? "");
  const last = usableAddresses(cidr) + RESERVED_FIRST;
  const free: string[] = [];
  for (let offset = RESERVED_FIRST; offset < last && free.length < count; offset += 1) {
    if (!taken.has(base + offset)) free.push(addressText(base + offset));
  }
  return free;
}

/** True where the address lies in the block and is not one of those that EC2 keeps. */
export function isUsableAddress(cidr: string, address: string): boolean {
  if (!/^\d{1,3}(?:\.\d{1,3}){3}$/.test(address)) return false;
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

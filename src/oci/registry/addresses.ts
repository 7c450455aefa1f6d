import { BlockList, isIPv4, isIPv6 } from "node:net";

/**
 * Where an address is reachable from: everywhere, only within a private network, or only from this machine's own
 * link.
 */
export type AddressScope = "public" | "private" | "link-local";

/**
 * Addresses on this machine's own link. The clouds' metadata services there return the machine's credentials:
 * 169.254.169.254, and on IPv6 fd00:ec2::254 (EC2 reserves fd00:ec2::/32 for its local services) and fd20:ce::254
 * (Compute Engine).
 */
const LINK_LOCAL_IPV4: readonly (readonly [string, number])[] = [["169.254.0.0", 16]];
const LINK_LOCAL_IPV6: readonly (readonly [string, number])[] = [
  ["fe80::", 10],
  ["fd00:ec2::", 32],
  ["fd20:ce::254", 128],
];
/** Ranges that are not reachable from the public Internet: IANA's special-purpose registries for IPv4 and IPv6. */
const PRIVATE_IPV4: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
];
const PRIVATE_IPV6: readonly (readonly [string, number])[] = [
  ["::", 128],
  ["::1", 128],
  ["64:ff9b:1::", 48],
  ["100::", 64],
  ["2001::", 23],
  ["2001:db8::", 32],
  ["fc00::", 7],
  ["fec0::", 10],
  ["ff00::", 8],
];
/** Prefixes of IPv6 addresses that embed an IPv4 address, with the index of the first of its two groups. */
const EMBEDDED_IPV4: readonly { readonly prefix: readonly number[]; readonly at: number }[] = [
  // IPv4-mapped, IPv4-translated (RFC 2765), IPv4-compatible, NAT64 (well-known and local prefix) and 6to4.
  { prefix: [0, 0, 0, 0, 0, 0xffff], at: 6 },
  { prefix: [0, 0, 0, 0, 0xffff, 0], at: 6 },
  { prefix: [0, 0, 0, 0, 0, 0], at: 6 },
  { prefix: [0x64, 0xff9b, 0, 0, 0, 0], at: 6 },
  { prefix: [0x64, 0xff9b, 1, 0, 0, 0], at: 6 },
  { prefix: [0x2002], at: 1 },
];

const PRIVATE = blockList(PRIVATE_IPV4, PRIVATE_IPV6);
const LINK_LOCAL = blockList(LINK_LOCAL_IPV4, LINK_LOCAL_IPV6);

/**
 * The scope of an IP address, including an IPv4 address embedded in an IPv6 address. Loopback, multicast and reserved
 * addresses count as private, and so does text that is not an IP address.
 */
export function addressScope(address: string): AddressScope {
  if (isIPv4(address)) return scopeOf(address, "ipv4");
  const bare = address.split("%", 1).join("");
  if (!isIPv6(bare)) return "private";
  const embedded = embeddedIPv4(groupsOf(bare));
  const inner = embedded === null ? "public" : scopeOf(embedded, "ipv4");
  const outer = scopeOf(bare, "ipv6");
  return outer === "public" || inner === "link-local" ? inner : outer;
}

function scopeOf(address: string, family: "ipv4" | "ipv6"): AddressScope {
  if (LINK_LOCAL.check(address, family)) return "link-local";
  return PRIVATE.check(address, family) ? "private" : "public";
}

function blockList(
  ipv4: readonly (readonly [string, number])[],
  ipv6: readonly (readonly [string, number])[],
): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of ipv4) list.addSubnet(network, prefix, "ipv4");
  for (const [network, prefix] of ipv6) list.addSubnet(network, prefix, "ipv6");
  return list;
}

/** The IP address in the host of a URL, without the brackets of IPv6; null if the host is a name. */
export function literalAddress(hostname: string): string | null {
  const bare = hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
  return isIPv4(bare) || isIPv6(bare) ? bare : null;
}

function embeddedIPv4(groups: readonly number[]): string | null {
  const rule = EMBEDDED_IPV4.find(({ prefix }) =>
    prefix.every((group, index) => groups[index] === group),
  );
  if (rule === undefined) return null;
  const [high = 0, low = 0] = groups.slice(rule.at, rule.at + 2);
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}

/** The eight groups of a valid IPv6 address. */
function groupsOf(address: string): readonly number[] {
  const [head = "", tail] = address.split("::", 2);
  const front = parseGroups(head);
  if (tail === undefined) return front;
  const back = parseGroups(tail);
  const gap = Array.from({ length: 8 - front.length - back.length }, () => 0);
  return [...front, ...gap, ...back];
}

function parseGroups(text: string): readonly number[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    if (!group.includes(".")) return [Number.parseInt(group, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split(".").map(Number);
    return [(a << 8) | b, (c << 8) | d];
  });
}

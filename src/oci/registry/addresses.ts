import { BlockList, isIPv4, isIPv6 } from "node:net";

/** What is not reachable from the public Internet: IANA's special-purpose registries for IPv4 and IPv6. */
const PRIVATE_IPV4: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  // Link-local: cloud metadata services answer on 169.254.169.254.
  ["169.254.0.0", 16],
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
  ["fe80::", 10],
  ["fec0::", 10],
  ["ff00::", 8],
];
/** Prefixes whose addresses stand for an IPv4 address: the first of its two groups. */
const EMBEDDED_IPV4: readonly { readonly prefix: readonly number[]; readonly at: number }[] = [
  // IPv4-mapped, IPv4-compatible, NAT64 and 6to4.
  { prefix: [0, 0, 0, 0, 0, 0xffff], at: 6 },
  { prefix: [0, 0, 0, 0, 0, 0], at: 6 },
  { prefix: [0x64, 0xff9b, 0, 0, 0, 0], at: 6 },
  { prefix: [0x2002], at: 1 },
];

const BLOCKED_IPV4 = new BlockList();
for (const [network, prefix] of PRIVATE_IPV4) BLOCKED_IPV4.addSubnet(network, prefix, "ipv4");
const BLOCKED_IPV6 = new BlockList();
for (const [network, prefix] of PRIVATE_IPV6) BLOCKED_IPV6.addSubnet(network, prefix, "ipv6");

/**
 * True for loopback, private, link-local, multicast and reserved addresses, also where they hide in an IPv6
 * address, and for whatever is no IP address at all.
 */
export function isPrivateAddress(address: string): boolean {
  if (isIPv4(address)) return BLOCKED_IPV4.check(address, "ipv4");
  const bare = address.split("%", 1).join("");
  if (!isIPv6(bare)) return true;
  if (BLOCKED_IPV6.check(bare, "ipv6")) return true;
  const embedded = embeddedIPv4(groupsOf(bare));
  return embedded !== null && BLOCKED_IPV4.check(embedded, "ipv4");
}

/** The address in a host of a URL, without the brackets of IPv6, or null where the host is a name. */
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

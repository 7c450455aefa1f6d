import { lookup } from "node:dns/promises";
import { BlockList, isIPv4, isIPv6 } from "node:net";
import { literalAddress } from "./addresses.ts";
import { createBoundedCache } from "./bounded-cache.ts";

/** Which registries an engine speaks to without trusted TLS, as its `/info` says in `RegistryConfig`. */
export interface InsecureRules {
  /** `IndexConfigs`: whether a registry (host with port) is secure. These count before the networks. */
  readonly secureByHost: ReadonlyMap<string, boolean>;
  /** `InsecureRegistryCIDRs`. */
  readonly networks: readonly string[];
}

/** What is insecure where no engine says: the host itself. */
export const LOOPBACK_RULES: InsecureRules = {
  secureByHost: new Map(),
  networks: ["127.0.0.0/8", "::1/128"],
};

const MOST_HOSTS = 256;

/**
 * The engine's own rule (`isSecureIndex` in moby): what is configured for the registry by name, else whether any of
 * its addresses is in one of the networks. A name that cannot be resolved is in none. Each name is resolved once.
 *
 * @param resolve How names become addresses. Default the system's resolver.
 */
export function insecureRegistries(
  rules: InsecureRules,
  resolve: (hostname: string) => Promise<readonly string[]> = systemAddresses,
): (registry: string) => Promise<boolean> {
  const networks = new BlockList();
  for (const network of rules.networks) addNetwork(networks, network);
  const known = createBoundedCache<Promise<boolean>>(MOST_HOSTS);
  const inNetworks = async (registry: string): Promise<boolean> => {
    const hostname = hostnameOf(registry);
    const literal = literalAddress(hostname);
    const addresses = literal === null ? await resolve(hostname) : [literal];
    return addresses.some((address) => networks.check(address, isIPv6(address) ? "ipv6" : "ipv4"));
  };
  return async (registry) => {
    const secure = rules.secureByHost.get(registry);
    if (secure !== undefined) return !secure;
    const remembered = known.get(registry);
    if (remembered !== undefined) return remembered;
    const found = inNetworks(registry);
    known.set(registry, found);
    return found;
  };
}

function addNetwork(networks: BlockList, network: string): void {
  const [address = "", prefix = ""] = network.split("/", 2);
  const bits = Number(prefix);
  if (!/^\d{1,3}$/.test(prefix)) return;
  if (isIPv4(address) && bits <= 32) networks.addSubnet(address, bits, "ipv4");
  else if (isIPv6(address) && bits <= 128) networks.addSubnet(address, bits, "ipv6");
}

function hostnameOf(registry: string): string {
  if (registry.startsWith("[")) return registry.slice(0, registry.indexOf("]") + 1);
  const colon = registry.indexOf(":");
  return colon === -1 ? registry : registry.slice(0, colon);
}

async function systemAddresses(hostname: string): Promise<readonly string[]> {
  try {
    return (await lookup(hostname, { all: true })).map(({ address }) => address);
  } catch {
    // No address is in no network. The request itself will say that the name cannot be resolved.
    return [];
  }
}

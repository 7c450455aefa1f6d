import { BlockList, isIP } from "node:net";
import { cloudRegistry } from "../../../src/oci/cloud-registry.ts";
import { isLoopbackRegistry, registryHostName } from "../../../src/oci/registry/loopback.ts";
import { isPodman } from "../client/engine-facts.ts";
import type { EngineFacts } from "../client/engine-facts.ts";
import type { InfoReply } from "../client/replies.ts";

/** Resolves a host name to its addresses. */
export type LookUp = (host: string) => Promise<readonly string[]>;

/**
 * Whether the engine accepts a registry's host (with its port) without TLS, by the engine's list of names and address
 * ranges. If the engine cannot be reached, only loopback is accepted.
 */
export function insecureRegistries(
  engineFacts: () => Promise<RegistryFacts>,
  lookUp: LookUp,
): (host: string) => Promise<boolean> {
  return async (host) => {
    if (isLoopbackRegistry(host)) return true;
    // An engine may list whole address ranges; a cloud's registry has TLS, and its tokens must not travel without.
    if (cloudRegistry(host) !== null) return false;
    const name = registryHostName(host);
    const registries = await registriesOf(engineFacts);
    if (registries === null) return false;
    const isSecure = listedSecurity(registries, host);
    if (isSecure !== null) return !isSecure;
    const ranges = rangesOf(registries.settings.InsecureRegistryCIDRs ?? []);
    const addresses = isIP(name) === 0 ? await lookUp(name) : [name];
    return addresses.some((address) =>
      ranges.check(address, isIP(address) === 6 ? "ipv6" : "ipv4"),
    );
  };
}

/** The part of an engine's description that concerns registries. */
type RegistryFacts = Pick<EngineFacts, "info" | "version">;

interface EngineRegistries {
  readonly settings: NonNullable<InfoReply["RegistryConfig"]>;
  /** Whether an entry of `IndexConfigs` is about this host (with its port). */
  readonly names: (key: string, host: string) => boolean;
}

/** Whether the engine speaks TLS to a registry on loopback: Podman does, unless its configuration lists the registry. */
export function needsTlsOnLoopback(facts: RegistryFacts, host: string): boolean {
  if (!isPodman(facts) || !isLoopbackRegistry(host)) return false;
  const registries = engineRegistries(facts);
  return registries === null || (listedSecurity(registries, host) ?? true);
}

/** The verdict of the engine's list of names on the host, by the longest entry; null without an entry. */
function listedSecurity({ settings, names }: EngineRegistries, host: string): boolean | null {
  const [listed] = Object.entries(settings.IndexConfigs ?? {})
    .filter(([key]) => names(key, host))
    .toSorted(([left], [right]) => right.length - left.length);
  return listed?.[1].Secure ?? null;
}

function engineRegistries(facts: RegistryFacts): EngineRegistries | null {
  const settings = facts.info.RegistryConfig ?? null;
  if (settings === null) return null;
  return { settings, names: isPodman(facts) ? isPrefixOf : (key, host) => key === host };
}

async function registriesOf(
  engineFacts: () => Promise<RegistryFacts>,
): Promise<EngineRegistries | null> {
  try {
    return engineRegistries(await engineFacts());
  } catch {
    // Not hidden: each check that needs the engine reports that it does not answer.
    return null;
  }
}

/**
 * Podman lists the prefixes of its registries.conf: a host without its port, or `*.` for the hosts of a domain. A prefix
 * with a path is for some repositories of a host, and names no host.
 * https://github.com/containers/image/blob/main/docs/containers-registries.conf.5.md
 */
function isPrefixOf(key: string, host: string): boolean {
  if (key.startsWith("*.")) return registryHostName(host).endsWith(key.slice(1));
  return key === host || host.startsWith(`${key}:`);
}

function rangesOf(cidrs: readonly string[]): BlockList {
  const ranges = new BlockList();
  for (const cidr of cidrs) {
    const [network = "", prefix = ""] = cidr.split("/");
    const family = isIP(network);
    const bits = Number(prefix);
    if (family === 0 || !Number.isInteger(bits) || bits < 0 || bits > (family === 6 ? 128 : 32))
      continue;
    ranges.addSubnet(network, bits, family === 6 ? "ipv6" : "ipv4");
  }
  return ranges;
}

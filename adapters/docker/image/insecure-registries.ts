import { BlockList, isIP } from "node:net";
import { isLoopbackRegistry, registryHostName } from "../../../src/oci/registry/loopback.ts";
import type { InfoReply } from "../client/replies.ts";

/** The addresses that a name leads to. */
export type LookUp = (host: string) => Promise<readonly string[]>;

/**
 * Says of a registry's host (with its port) whether the engine would speak to it without TLS: its own list and
 * address ranges decide. An engine that cannot be asked leaves loopback alone.
 */
export function insecureRegistries(
  engineInfo: () => Promise<InfoReply>,
  lookUp: LookUp,
): (host: string) => Promise<boolean> {
  return async (host) => {
    if (isLoopbackRegistry(host)) return true;
    const name = registryHostName(host);
    const registries = await registriesOf(engineInfo);
    if (registries === null) return false;
    const listed = Object.entries(registries.IndexConfigs ?? {}).find(([key]) => key === host);
    if (listed !== undefined) return !listed[1].Secure;
    const ranges = rangesOf(registries.InsecureRegistryCIDRs ?? []);
    const addresses = isIP(name) === 0 ? await lookUp(name) : [name];
    return addresses.some((address) =>
      ranges.check(address, isIP(address) === 6 ? "ipv6" : "ipv4"),
    );
  };
}

type RegistrySettings = NonNullable<InfoReply["RegistryConfig"]>;

async function registriesOf(
  engineInfo: () => Promise<InfoReply>,
): Promise<RegistrySettings | null> {
  try {
    return (await engineInfo()).RegistryConfig ?? null;
  } catch {
    // Not hidden: that the engine does not answer is a finding of its own wherever it is needed.
    return null;
  }
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

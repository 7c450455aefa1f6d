import { BlockList, isIP } from "node:net";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** The name or address of a registry host, without its port and the brackets of an IPv6 address. */
export function registryHostName(host: string): string {
  const bracketed = /^\[([^\]]*)\]/.exec(host)?.[1];
  return (bracketed ?? host.replace(/:[0-9]+$/, "")).toLowerCase();
}

/**
 * Whether a registry is on this machine. Without an engine's configuration, only such registries may be used without
 * TLS.
 */
export function isLoopbackRegistry(host: string): boolean {
  const name = registryHostName(host);
  if (name === "localhost") return true;
  const family = isIP(name);
  return family !== 0 && loopback.check(name, family === 6 ? "ipv6" : "ipv4");
}

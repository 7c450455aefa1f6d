import { BlockList, isIP } from "node:net";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** The name or address of a registry host, without its port and without an IPv6 address's brackets. */
export function registryHostName(host: string): string {
  const bracketed = /^\[([^\]]*)\]/.exec(host)?.[1];
  return (bracketed ?? host.replace(/:[0-9]+$/, "")).toLowerCase();
}

/** True for a registry on this machine: the only one that is spoken to without TLS where no engine says otherwise. */
export function isLoopbackRegistry(host: string): boolean {
  const name = registryHostName(host);
  if (name === "localhost") return true;
  const family = isIP(name);
  return family !== 0 && loopback.check(name, family === 6 ? "ipv6" : "ipv4");
}

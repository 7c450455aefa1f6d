import { BlockList, isIP } from "node:net";
import { domainToASCII } from "node:url";
import type { Environment } from "../host/environment.ts";
import { quotableAddress } from "../redaction/address.ts";
import { SecretValue } from "../secret-value.ts";
import { ProxyFailure, proxyInvalid } from "./proxy-failure.ts";
import type { ProxyServer } from "./proxy-server.ts";

/**
 * The proxy for a target, `http` or `https`; null for a direct connection. Throws a {@link ProxyFailure} if the proxy's
 * address is not valid: targets without a proxy do not need it.
 */
export type ProxyRule = (target: URL) => ProxyServer | null;

/**
 * Reads `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, or the same names in lower case where the upper-case name is unset or
 * empty. The rules are those of Go's `httpproxy`, because the engines and tools of this field are written in Go:
 * https://pkg.go.dev/golang.org/x/net/http/httpproxy#Config. As in Google's and AWS's own clients, the metadata services
 * of the clouds are never asked through a proxy.
 *
 * @returns null if the environment names no proxy
 */
export function proxyRule(environment: Environment): ProxyRule | null {
  const plain = proxyOf(environment, "HTTP_PROXY");
  const secure = proxyOf(environment, "HTTPS_PROXY");
  if (plain === null && secure === null) return null;
  const isExempt = exemptions(valueOf(environment, "NO_PROXY")?.value ?? "");
  return (target) => {
    const proxy = target.protocol === "https:" ? secure : plain;
    if (proxy === null || isLocal(target) || isExempt(target)) return null;
    if (proxy instanceof ProxyFailure) throw proxy;
    return proxy;
  };
}

function valueOf(environment: Environment, name: string) {
  for (const variable of [name, name.toLowerCase()]) {
    const value = environment[variable];
    if (value) return { variable, value };
  }
  return null;
}

const DEFAULT_PORTS: ReadonlyMap<string, number> = new Map([
  ["http:", 80],
  ["https:", 443],
]);

function proxyOf(environment: Environment, name: string): ProxyServer | ProxyFailure | null {
  const named = valueOf(environment, name);
  if (named === null) return null;
  const { variable } = named;
  const value = named.value.trim();
  const invalid = (why: string) => proxyInvalid(variable, quotableAddress(value), why);
  // A scheme is optional, as in Go: `proxy.example:3128`.
  const url = URL.parse(/^[a-z][a-z\d+.-]*:\/\//i.test(value) ? value : `http://${value}`);
  const port = DEFAULT_PORTS.get(url?.protocol ?? "");
  if (url === null || url.hostname === "") return invalid("is not an address");
  if (port === undefined) return invalid(`has the scheme ${url.protocol}, which is not supported`);
  const authorization = authorizationOf(url);
  if (authorization === undefined)
    return invalid("has a user or password with an invalid percent sign");
  return {
    variable,
    origin: url.origin,
    isSecure: url.protocol === "https:",
    hostname: bareHost(url.hostname),
    port: url.port === "" ? port : Number(url.port),
    authorization,
  };
}

/** Undefined if a part cannot be decoded. */
function authorizationOf(url: URL): SecretValue | null | undefined {
  if (url.username === "" && url.password === "") return null;
  try {
    const user = decodeURIComponent(url.username);
    const pair = Buffer.from(`${user}:${decodeURIComponent(url.password)}`);
    return new SecretValue(`Basic ${pair.toString("base64")}`);
  } catch (caught) {
    if (!(caught instanceof URIError)) throw caught;
    return undefined;
  }
}

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** The metadata services of EC2, of containers on AWS, and of Compute Engine. */
const metadata = new BlockList();
metadata.addSubnet("169.254.0.0", 16, "ipv4");
metadata.addSubnet("fd00:ec2::", 32, "ipv6");
metadata.addAddress("fd20:ce::254", "ipv6");
const METADATA_NAMES: ReadonlySet<string> = new Set(["metadata", "metadata.google.internal"]);

/** Targets that only this machine can reach. Go excludes `localhost` and the addresses of the loopback interface. */
function isLocal({ hostname }: URL): boolean {
  const host = bareHost(hostname);
  // With a final dot, as Google's library writes the name.
  if (host === "localhost" || METADATA_NAMES.has(host.replace(/\.$/, ""))) return true;
  return isIn(loopback, host) || isIn(metadata, host);
}

type Exemption = (host: string, port: string) => boolean;

/**
 * The exemptions of `NO_PROXY`, separated by commas: `*`, an address, a network (`10.0.0.0/8`), a host with its subdomains
 * (`example.com`), or its subdomains alone (`.example.com`, `*.example.com`); a host or an address may have a port.
 */
function exemptions(text: string): (target: URL) => boolean {
  const rules = text.split(",").flatMap((entry) => exemption(entry.trim().toLowerCase()) ?? []);
  return ({ protocol, hostname, port }) => {
    const host = bareHost(hostname);
    const actual = port === "" ? `${DEFAULT_PORTS.get(protocol) ?? ""}` : port;
    return rules.some((rule) => rule(host, actual));
  };
}

function exemption(entry: string): Exemption | null {
  if (entry === "") return null;
  if (entry === "*") return () => true;
  const network = networkOf(entry);
  if (network !== null) return (host) => isIn(network, host);
  // Only with a port does an IPv6 address have brackets.
  const [, bracketed, named = "", wantedPort = ""] =
    /^(?:\[([^\]]*)\](?=:)|(.*?))(?::(\d*))?$/.exec(isIP(entry) === 6 ? `[${entry}]:` : entry) ??
    [];
  const wanted = bracketed ?? named;
  const isPort = (port: string) => wantedPort === "" || wantedPort === port;
  if (isIP(wanted) !== 0) {
    const address = new BlockList();
    address.addAddress(wanted, familyOf(wanted));
    return (host, port) => isPort(port) && isIn(address, host);
  }
  if (wanted === "") return null;
  const isSubdomainRule = /^(?:\*\.|\.)/.test(wanted);
  const domain = domainToASCII(wanted.replace(/^\*?\./, ""));
  if (domain === "") return null;
  return (host, port) =>
    isPort(port) && (host.endsWith(`.${domain}`) || (!isSubdomainRule && host === domain));
}

function networkOf(entry: string): BlockList | null {
  const [, address = "", length = ""] = /^(.+)\/(\d{1,3})$/.exec(entry) ?? [];
  const bits = Number(length);
  const family = isIP(address);
  if (family === 0 || bits > (family === 4 ? 32 : 128)) return null;
  const list = new BlockList();
  list.addSubnet(address, bits, familyOf(address));
  return list;
}

function isIn(list: BlockList, host: string): boolean {
  return isIP(host) !== 0 && list.check(host, familyOf(host));
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 6 ? "ipv6" : "ipv4";
}

/** Without the brackets that a URL puts around an IPv6 address. */
function bareHost(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, "$1");
}

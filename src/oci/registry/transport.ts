import { createHash } from "node:crypto";
import { lookup as dnsLookup } from "node:dns";
import http, { type Agent, type IncomingMessage } from "node:http";
import https from "node:https";
import type { LookupFunction, Socket } from "node:net";
import { getCACertificates } from "node:tls";
import { awaitResponse } from "../../async/await-response.ts";
import { limitConnection } from "../../async/connection-limit.ts";
import { errorCode } from "../../host/error-code.ts";
import { proxiedAgents, type Agents } from "../../proxy/proxy-agents.ts";
import { proxyRefused } from "../../proxy/proxy-failure.ts";
import type { ProxyRule } from "../../proxy/proxy-rule.ts";
import type { ProxyServer } from "../../proxy/proxy-server.ts";
import { createBoundedCache } from "./bounded-cache.ts";
import type { RegistryCertificates } from "./certificates.ts";
import { checkServerIdentity } from "./server-identity.ts";
import { addressScope, literalAddress, type AddressScope } from "./addresses.ts";

/**
 * Sends one HTTP request, without redirects, retries or credentials of its own.
 *
 * It uses Node's `http` client because `fetch` can neither use another certificate authority nor refuse to connect to
 * an address. Checking a name before the request is not enough: the connection resolves it again and may get another
 * address.
 */
export interface HttpRequest {
  readonly method: "GET" | "HEAD" | "POST";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The addresses to which the request may connect, whatever the name resolves to. */
  readonly addresses: AllowedAddresses;
  readonly trust: TlsTrust;
  /** Time limit for a complete response head, in milliseconds. */
  readonly headMilliseconds: number;
  /** Maximum silence, in milliseconds. */
  readonly idleMilliseconds: number;
  readonly signal: AbortSignal;
}

/**
 * `any` is for a host that the user named. For a host that a response named, it is `routable` (never link-local) if
 * that response came from a private address, otherwise `public`.
 */
export type AllowedAddresses = "any" | "routable" | "public";

/** Certificates beside those of the system and of `NODE_EXTRA_CA_CERTS`. */
export interface TlsTrust extends RegistryCertificates {
  /** False accepts any certificate; only for registries declared insecure. */
  readonly verify: boolean;
}

export interface HttpResponse {
  /** The origin of the response: `https://registry.example:5000`. */
  readonly origin: string;
  readonly status: number;
  /** By lower-case name; repeated fields are joined with commas. */
  readonly headers: ReadonlyMap<string, string>;
  /** False if the server has a public address. */
  readonly private: boolean;
  readonly body: AsyncIterable<Uint8Array>;
  /** Discards the unread body. */
  discard(): void;
}

export interface HttpTransport {
  send(request: HttpRequest): Promise<HttpResponse>;
  /** Closes idle connections. */
  close(): void;
}

export interface HttpTransportOptions {
  /** Resolves host names. Default: the system's resolver. */
  readonly lookup?: LookupFunction;
  /** Default {@link addressScope}. */
  readonly scopeOf?: (address: string) => AddressScope;
  /** Default: every connection is direct. */
  readonly proxy?: ProxyRule | null;
}

/** Thrown instead of connecting to an address that the request does not allow. */
export class RefusedAddressError extends Error {
  override readonly name = "RefusedAddressError";
}

/** The server closed an idle connection just as it was reused: the request has not reached it. */
class StaleConnectionError extends Error {}

const MOST_IDLE_CONNECTIONS = 16;
/** Longest wait for the addresses of a name that a proxy resolves, in milliseconds. */
const LOOKUP_MILLISECONDS = 2_000;
const MOST_NAMES = 256;

/** Creates a transport that keeps connections alive, so that a second request to a registry takes one round trip. */
export function createHttpTransport(options: HttpTransportOptions = {}): HttpTransport {
  const { scopeOf = addressScope, proxy = null } = options;
  const resolve = options.lookup ?? dnsLookup;
  const made = new Map<string, Agents>();
  const known = createBoundedCache<readonly string[]>(MOST_NAMES);
  /** Remembered, because a machine behind a proxy may have to wait for the time limit to find nothing. */
  const addressesFor = async (name: string): Promise<readonly string[]> => {
    const addresses = known.get(name) ?? (await addressesOf(name, resolve));
    known.set(name, addresses);
    return addresses;
  };
  const agentFor = ({ url, trust }: HttpRequest): Agent => {
    const key = JSON.stringify([trust.verify, fingerprint(trust)]);
    const common = { keepAlive: true, maxFreeSockets: MOST_IDLE_CONNECTIONS };
    const agents = made.get(key) ?? proxiedAgents(proxy, { ...common, ...tlsOptions(trust) });
    made.set(key, agents);
    return url.protocol === "https:" ? agents.secure : agents.plain;
  };
  return {
    async send(request) {
      const guard = createGuard(request.addresses, scopeOf);
      const literal = literalAddress(request.url.hostname);
      const fault = literal === null ? null : guard(literal);
      if (fault !== null) throw fault;
      const agent = agentFor(request);
      const server = proxy?.(request.url) ?? null;
      const route =
        server === null
          ? directRoute(resolve, guard, scopeOf)
          : await proxiedRoute(request, { server, addressesFor, guard, scopeOf });
      for (;;) {
        try {
          return await exchange(request, agent, route);
        } catch (caught) {
          // Each iteration uses up one idle connection; a new one is never stale.
          if (!(caught instanceof StaleConnectionError)) throw caught;
        }
      }
    },
    close() {
      for (const { plain, secure } of made.values()) {
        plain.destroy();
        secure.destroy();
      }
      made.clear();
    },
  };
}

/** The error for an address that the request does not allow, or null. */
type AddressGuard = (address: string, name?: string) => RefusedAddressError | null;

function createGuard(
  allowed: AllowedAddresses,
  scopeOf: (address: string) => AddressScope,
): AddressGuard {
  return (address, name) => {
    const scope = scopeOf(address);
    if (allowed === "any" || scope === "public" || (allowed === "routable" && scope === "private"))
      return null;
    return new RefusedAddressError(
      name === undefined
        ? `${address} is a ${scope} address`
        : `${name} has the ${scope} address ${address}`,
    );
  };
}

/** How the addresses of a target are guarded. */
interface Route {
  /** Null for a direct connection. */
  readonly server: ProxyServer | null;
  /** Null if only a proxy resolves the target's name. */
  readonly lookup: LookupFunction | null;
  /** The error for a connection to an address that the request does not allow, or null. */
  readonly refuse: (remoteAddress: string, name: string) => RefusedAddressError | null;
  /** Whether the target has a private address, from the connection's own address. */
  readonly isPrivate: (remoteAddress: string | undefined) => boolean;
}

interface Guarding {
  readonly server: ProxyServer;
  readonly addressesFor: (name: string) => Promise<readonly string[]>;
  readonly guard: AddressGuard;
  readonly scopeOf: (address: string) => AddressScope;
}

function directRoute(
  resolve: LookupFunction,
  guard: AddressGuard,
  scopeOf: Guarding["scopeOf"],
): Route {
  return {
    server: null,
    lookup: guardedLookup(resolve, guard),
    refuse: guard,
    isPrivate: (address) => address !== undefined && scopeOf(address) !== "public",
  };
}

/**
 * Through a proxy, the connection's own address is the proxy's, which the user named. The proxy resolves the target's
 * name. A name that this machine can resolve as well is held to the same rule as without a proxy; a name that only the
 * proxy knows counts as public.
 *
 * @throws RefusedAddressError
 */
async function proxiedRoute(
  { url }: HttpRequest,
  { server, addressesFor, guard, scopeOf }: Guarding,
): Promise<Route> {
  const literal = literalAddress(url.hostname);
  const addresses = literal === null ? await addressesFor(url.hostname) : [literal];
  const [fault] = addresses.flatMap((address) => guard(address, url.hostname) ?? []);
  if (fault !== undefined) throw fault;
  const isPrivate = addresses.some((address) => scopeOf(address) !== "public");
  return { server, lookup: null, refuse: () => null, isPrivate: () => isPrivate };
}

/** The addresses that this machine finds for a name; none if it finds none in time. */
async function addressesOf(name: string, resolve: LookupFunction): Promise<readonly string[]> {
  const { promise, resolve: settle } = Promise.withResolvers<readonly string[]>();
  const late = setTimeout(() => settle([]), LOOKUP_MILLISECONDS);
  resolve(name, { all: true }, (error, found) => {
    if (error !== null) settle([]);
    else settle(typeof found === "string" ? [found] : found.map(({ address }) => address));
  });
  try {
    return await promise;
  } finally {
    clearTimeout(late);
  }
}

async function exchange(request: HttpRequest, agent: Agent, route: Route): Promise<HttpResponse> {
  const { method, url, headers, body, signal, idleMilliseconds, headMilliseconds } = request;
  const { lookup, server } = route;
  const open = url.protocol === "https:" ? https.request : http.request;
  const outgoing = open(url, {
    method,
    headers,
    agent,
    signal,
    timeout: idleMilliseconds,
    ...(lookup === null ? {} : { lookup }),
  });
  limitConnection(outgoing, url.protocol === "https:");
  // A reused connection was opened for another request, which may have allowed other addresses.
  outgoing.once("socket", ({ remoteAddress }: Socket) => {
    const fault = remoteAddress === undefined ? null : route.refuse(remoteAddress, url.hostname);
    if (fault !== null) outgoing.destroy(fault);
  });
  outgoing.once("timeout", () => outgoing.destroy(timeoutError(idleMilliseconds)));
  const late = setTimeout(() => outgoing.destroy(timeoutError(headMilliseconds)), headMilliseconds);
  try {
    const response = awaitResponse(outgoing);
    outgoing.end(body);
    const incoming = await response;
    // Only a proxy answers so, to a request that it should have forwarded.
    if (server !== null && incoming.statusCode === 407) {
      drain(incoming);
      throw proxyRefused(server, url.host, { status: 407, words: "" });
    }
    return toResponse(incoming, url.origin, route);
  } catch (caught) {
    const isReset = errorCode(caught) === "ECONNRESET";
    const stale = outgoing.reusedSocket && isReset && !signal.aborted;
    throw stale ? new StaleConnectionError() : caught;
  } finally {
    clearTimeout(late);
  }
}

function toResponse(incoming: IncomingMessage, origin: string, { isPrivate }: Route): HttpResponse {
  const headers = new Map<string, string>();
  for (const [name, values] of Object.entries(incoming.headersDistinct))
    headers.set(name, (values ?? []).join(", "));
  return {
    origin,
    status: incoming.statusCode ?? 0,
    headers,
    private: isPrivate(incoming.socket.remoteAddress),
    body: incoming,
    discard: () => drain(incoming),
  };
}

/** Reads a short body to its end so that the connection can be reused; closes the connection of a long one. */
function drain(incoming: IncomingMessage): void {
  let left = 64 * 1024;
  // Errors of a discarded body do not matter.
  incoming.on("error", () => undefined);
  incoming.on("data", (chunk: Uint8Array) => {
    left -= chunk.length;
    if (left < 0) incoming.destroy();
  });
}

function tlsOptions({ verify, authorities, client }: TlsTrust) {
  return {
    rejectUnauthorized: verify,
    checkServerIdentity,
    // A list passed to Node replaces the default list.
    ...(authorities === null ? {} : { ca: [...getCACertificates("default"), authorities] }),
    ...(client.length === 0
      ? {}
      : {
          cert: client.map(({ certificate }) => certificate),
          key: client.map(({ key }) => key.reveal()),
        }),
  };
}

function fingerprint({ authorities, client }: TlsTrust): string {
  const texts = [authorities, ...client.map(({ certificate }) => certificate)];
  return createHash("sha256").update(JSON.stringify(texts)).digest("hex");
}

/** A resolver that fails if any of a name's addresses is not allowed. */
function guardedLookup(resolve: LookupFunction, guard: AddressGuard): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, options, (error, address, family) => {
      const all =
        typeof address === "string" ? [address] : (address ?? []).map((each) => each.address);
      const [fault] = all.flatMap((each) => guard(each, hostname) ?? []);
      callback(error ?? fault ?? null, address, family);
    });
  };
}

function timeoutError(milliseconds: number): Error {
  return Object.assign(new Error(`no answer came within ${milliseconds} ms`), {
    code: "ETIMEDOUT",
  });
}

import { createHash } from "node:crypto";
import { lookup as dnsLookup } from "node:dns";
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { LookupFunction } from "node:net";
import { getCACertificates } from "node:tls";
import { isPrivateAddress, literalAddress } from "./addresses.ts";

/**
 * One HTTP request, without redirects, retries or credentials of its own. It is made of Node's own client and not
 * of `fetch`, which can neither be given a certificate authority nor be kept from connecting to an address: a name
 * that is checked first and resolved again by the connection may point elsewhere by then.
 */
export interface HttpRequest {
  readonly method: "GET" | "HEAD" | "POST";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** `public` never connects to a private address, whatever the name resolves to. */
  readonly addresses: "any" | "public";
  readonly trust: TlsTrust;
  /** The request fails where nothing is received for so long. */
  readonly idleMilliseconds: number;
  readonly signal: AbortSignal;
}

export interface TlsTrust {
  /** False takes any certificate: only for registries that are declared insecure. */
  readonly verify: boolean;
  /** More certificate authorities, PEM; null for those of the system and `NODE_EXTRA_CA_CERTS` alone. */
  readonly certificateAuthorities: string | null;
}

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case; fields that came several times are joined by commas. */
  readonly headers: ReadonlyMap<string, string>;
  /** True where what answered has a private address. */
  readonly private: boolean;
  readonly body: AsyncIterable<Uint8Array>;
  /** Lets go of a body that is not read. */
  discard(): void;
}

export interface HttpTransport {
  send(request: HttpRequest): Promise<HttpResponse>;
  /** Closes idle connections. */
  close(): void;
}

export interface HttpTransportOptions {
  /** How names become addresses. Default the system's resolver. */
  readonly lookup?: LookupFunction;
  /** Which addresses are private. Default {@link isPrivateAddress}. */
  readonly isPrivate?: (address: string) => boolean;
}

/** Thrown where a connection of the kind `public` would have gone to a private address. */
export class PrivateAddressError extends Error {
  override readonly name = "PrivateAddressError";
}

/** The server closed an idle connection just as it was taken up again: nothing of the request has reached it. */
class StaleConnectionError extends Error {}

const MOST_IDLE_CONNECTIONS = 16;

/** A transport that keeps connections alive: a second request to a registry is one round trip. */
export function createHttpTransport(options: HttpTransportOptions = {}): HttpTransport {
  const isPrivate = options.isPrivate ?? isPrivateAddress;
  const resolve = options.lookup ?? dnsLookup;
  // Connections are kept apart by what they were checked for: one made without a check is never used where one is due.
  const agents = new Map<string, HttpAgent>();
  const agentFor = ({ url, addresses, trust }: HttpRequest): HttpAgent => {
    const key = JSON.stringify([url.protocol, addresses, trust.verify, fingerprint(trust)]);
    const known = agents.get(key);
    if (known !== undefined) return known;
    const common = {
      keepAlive: true,
      maxFreeSockets: MOST_IDLE_CONNECTIONS,
      lookup: addresses === "any" ? resolve : publicOnly(resolve, isPrivate),
    };
    const agent =
      url.protocol === "https:"
        ? new HttpsAgent({ ...common, ...tlsOptions(trust) })
        : new HttpAgent(common);
    agents.set(key, agent);
    return agent;
  };
  return {
    async send(request) {
      const literal = literalAddress(request.url.hostname);
      if (request.addresses === "public" && literal !== null && isPrivate(literal))
        throw new PrivateAddressError(`${literal} is a private address`);
      for (;;) {
        try {
          return await exchange(request, agentFor(request), isPrivate);
        } catch (caught) {
          // Each turn uses up an idle connection; a new one is never stale.
          if (!(caught instanceof StaleConnectionError)) throw caught;
        }
      }
    },
    close() {
      for (const agent of agents.values()) agent.destroy();
      agents.clear();
    },
  };
}

function exchange(
  request: HttpRequest,
  agent: HttpAgent,
  isPrivate: (address: string) => boolean,
): Promise<HttpResponse> {
  const { method, url, headers, body, signal, idleMilliseconds } = request;
  const open = url.protocol === "https:" ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const outgoing = open(url, { method, headers, agent, signal, timeout: idleMilliseconds });
    outgoing.once("response", (incoming) => resolve(toResponse(incoming, isPrivate)));
    outgoing.once("timeout", () => outgoing.destroy(idleError(idleMilliseconds)));
    outgoing.once("error", (error) => {
      const stale =
        outgoing.reusedSocket && "code" in error && error.code === "ECONNRESET" && !signal.aborted;
      reject(stale ? new StaleConnectionError() : error);
    });
    outgoing.end(body);
  });
}

function toResponse(
  incoming: IncomingMessage,
  isPrivate: (address: string) => boolean,
): HttpResponse {
  const headers = new Map<string, string>();
  for (const [name, values] of Object.entries(incoming.headersDistinct))
    headers.set(name, (values ?? []).join(", "));
  const address = incoming.socket.remoteAddress;
  return {
    status: incoming.statusCode ?? 0,
    headers,
    private: address !== undefined && isPrivate(address),
    body: incoming,
    discard: () => drain(incoming),
  };
}

/** Reads a short body to its end, so that the connection can be used again; a long one ends the connection. */
function drain(incoming: IncomingMessage): void {
  let left = 64 * 1024;
  // What goes wrong with a body that nobody wants is nobody's concern.
  incoming.on("error", () => undefined);
  incoming.on("data", (chunk: Uint8Array) => {
    left -= chunk.length;
    if (left < 0) incoming.destroy();
  });
}

function tlsOptions(trust: TlsTrust) {
  const { verify, certificateAuthorities } = trust;
  if (certificateAuthorities === null) return { rejectUnauthorized: verify };
  // A list given to Node replaces its own.
  const ca = [...getCACertificates("default"), certificateAuthorities];
  return { rejectUnauthorized: verify, ca };
}

function fingerprint({ certificateAuthorities }: TlsTrust): string {
  if (certificateAuthorities === null) return "";
  return createHash("sha256").update(certificateAuthorities).digest("hex");
}

/** A resolver that fails where any of a name's addresses is private. */
function publicOnly(
  resolve: LookupFunction,
  isPrivate: (address: string) => boolean,
): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, options, (error, address, family) => {
      const all =
        typeof address === "string" ? [address] : (address ?? []).map((each) => each.address);
      const found = all.find(isPrivate);
      if (error !== null || found === undefined) callback(error, address, family);
      else
        callback(
          new PrivateAddressError(`${hostname} has the private address ${found}`),
          address,
          family,
        );
    });
  };
}

function idleError(milliseconds: number): Error {
  return Object.assign(new Error(`nothing was received for ${milliseconds} ms`), {
    code: "ETIMEDOUT",
  });
}

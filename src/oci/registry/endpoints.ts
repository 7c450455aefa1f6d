import { invalidArgument } from "../../errors.ts";
import { quote } from "../quote.ts";
import { registryHost } from "../reference.ts";
import { createBoundedCache } from "./bounded-cache.ts";
import { NO_CERTIFICATES, type RegistryCertificates } from "./certificates.ts";
import type { TlsTrust } from "./transport.ts";

/** The endpoint of a registry's API. */
export interface Endpoint {
  /** `https://HOST[:PORT]`, or `http:` for an insecure registry that has no TLS. */
  readonly origin: URL;
  readonly insecure: boolean;
  readonly trust: TlsTrust;
}

export interface Endpoints {
  open(registry: string): Promise<Endpoint>;
  /** The certificates to trust at a host (with port). */
  trustOf(host: string): Promise<TlsTrust>;
  /** The same registry without TLS; null if that is not allowed, or the endpoint already has no TLS. */
  withoutTls(registry: string, endpoint: Endpoint): Endpoint | null;
  /** Remembers that the endpoint responded. */
  confirm(registry: string, endpoint: Endpoint): void;
}

export interface EndpointOptions {
  readonly insecure: (host: string) => boolean | Promise<boolean>;
  /** A registry's own certificates. Default: none. */
  readonly certificates?: (host: string) => Promise<RegistryCertificates>;
}

const MOST_HOSTS = 256;

/**
 * Finds the endpoint of a registry. As in Docker, an insecure registry is first tried with TLS, without checking its
 * certificate; plain HTTP is used only if it does not support TLS.
 */
export function createEndpoints(options: EndpointOptions): Endpoints {
  const plainHosts = createBoundedCache<true>(MOST_HOSTS);
  const trustOf = async (host: string): Promise<TlsTrust> => {
    // As in Docker: nothing is verified there, and its folder of certificates is not read.
    if (await options.insecure(host)) return { verify: false, ...NO_CERTIFICATES };
    return { verify: true, ...((await options.certificates?.(host)) ?? NO_CERTIFICATES) };
  };
  return {
    trustOf,
    async open(registry) {
      const trust = await trustOf(registry);
      const insecure = !trust.verify;
      const scheme = insecure && plainHosts.get(registry) === true ? "http" : "https";
      return { origin: originOf(scheme, registry), insecure, trust };
    },
    withoutTls(registry, endpoint) {
      if (!endpoint.insecure || endpoint.origin.protocol === "http:") return null;
      return { ...endpoint, origin: originOf("http", registry) };
    },
    confirm(registry, endpoint) {
      if (endpoint.origin.protocol === "http:") plainHosts.set(registry, true);
    },
  };
}

function originOf(scheme: "http" | "https", registry: string): URL {
  const origin = `${scheme}://${registryHost(registry)}`;
  // The reference grammar limits neither ports nor IPv6 addresses to valid ones.
  if (URL.canParse(origin)) return new URL(origin);
  throw invalidArgument(
    "INVALID_REFERENCE",
    `${quote(registry)} is not a valid host and port`,
    "Correct the registry in the image reference.",
  );
}

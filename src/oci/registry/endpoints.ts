import { invalidArgument } from "../../errors.ts";
import { quote } from "../quote.ts";
import { registryHost } from "../reference.ts";
import { createBoundedCache } from "./bounded-cache.ts";
import type { TlsTrust } from "./transport.ts";

/** Where a registry's requests go. */
export interface Endpoint {
  /** `https://HOST[:PORT]`, or `http:` for an insecure registry that was found to speak nothing else. */
  readonly origin: URL;
  readonly insecure: boolean;
  readonly trust: TlsTrust;
}

export interface Endpoints {
  open(registry: string): Promise<Endpoint>;
  /** What to trust at any host (with port). */
  trustOf(host: string): Promise<TlsTrust>;
  /** The same registry without TLS; null where that is not allowed, or is what the endpoint says already. */
  withoutTls(registry: string, endpoint: Endpoint): Endpoint | null;
  /** Remembers that the endpoint answered. */
  confirm(registry: string, endpoint: Endpoint): void;
}

export interface EndpointOptions {
  readonly insecure: (host: string) => boolean | Promise<boolean>;
  readonly certificateAuthorities?: (host: string) => Promise<string | null>;
}

const MOST_HOSTS = 256;

/**
 * TLS is tried first also with a registry that is declared insecure, as Docker does: its certificate is not
 * looked at then, and only where it does not speak TLS at all is it spoken to without.
 */
export function createEndpoints(options: EndpointOptions): Endpoints {
  const plainHosts = createBoundedCache<true>(MOST_HOSTS);
  const trustOf = async (host: string): Promise<TlsTrust> => ({
    verify: !(await options.insecure(host)),
    certificateAuthorities: (await options.certificateAuthorities?.(host)) ?? null,
  });
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
  // The reference grammar knows neither the largest port nor what an IPv6 address is.
  if (URL.canParse(origin)) return new URL(origin);
  throw invalidArgument(
    "INVALID_REFERENCE",
    `${quote(registry)} is no host and port that can be connected to`,
    "Correct the registry in the image reference.",
  );
}

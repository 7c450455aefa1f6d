import { UNSENT } from "../errors.ts";
import type { SlipwayErrorOptions } from "../errors.ts";
import type { ProxyServer } from "./proxy-server.ts";

/** The meaning of a proxy's failure: everything in a `SlipwayError` except its message. */
export type ProxyVerdict = Required<
  Pick<SlipwayErrorOptions, "code" | "reason" | "remedy" | "blastRadius" | "retry" | "metadata">
>;

/**
 * A proxy did not connect a request to its target: nothing reached the target. The client that made the request turns
 * this into a `SlipwayError`, with the name of its own work before the message.
 */
export class ProxyFailure extends Error {
  override readonly name = "ProxyFailure";
  readonly verdict: ProxyVerdict;

  constructor(message: string, verdict: ProxyVerdict, options?: ErrorOptions) {
    super(message, options);
    this.verdict = verdict;
  }
}

/** The proxy's failure among an error and its causes; null for any other error. */
export function proxyFailureIn(caught: unknown): ProxyFailure | null {
  const seen = new Set<unknown>();
  for (let at = caught; at instanceof Error && !seen.has(at); at = at.cause) {
    if (at instanceof ProxyFailure) return at;
    seen.add(at);
  }
  return null;
}

/** The environment's proxy cannot be used, and nothing was sent. */
export function proxyInvalid(variable: string, address: string, why: string): ProxyFailure {
  return new ProxyFailure(`${variable} ${JSON.stringify(address)} ${why}`, {
    code: "FAILED_PRECONDITION",
    reason: "PROXY_INVALID",
    remedy: `Set ${variable} to an address such as http://proxy.example:3128, unset it, or name the host in NO_PROXY.`,
    blastRadius: "region",
    retry: "never",
    metadata: { ...UNSENT, variable },
  });
}

/** The proxy answered that it does not connect to the target. */
export function proxyRefused(
  proxy: ProxyServer,
  target: string,
  answer: { readonly status: number; readonly words: string },
): ProxyFailure {
  const { status, words } = answer;
  const said = `HTTP status ${status}${words === "" ? "" : ` ${words}`}`;
  const message = `${nameOf(proxy)} did not connect to ${target}: ${said}`;
  const metadata = { ...metadataOf(proxy), status };
  // tinyproxy answers 401 to a wrong password.
  if (status === 407 || status === 401)
    return new ProxyFailure(message, {
      code: "UNAUTHENTICATED",
      reason: "PROXY_REFUSED",
      remedy: `Set ${proxy.variable} with the user and password that the proxy accepts: http://USER:PASSWORD@HOST:PORT.`,
      blastRadius: "credential",
      retry: "never",
      metadata,
    });
  if (status >= 500)
    return new ProxyFailure(message, {
      code: "UNAVAILABLE",
      reason: "PROXY_UNAVAILABLE",
      remedy: `Check from the proxy's side that ${target} can be reached, or name the host in NO_PROXY to connect directly.`,
      blastRadius: "region",
      retry: "same-token",
      metadata,
    });
  if (status !== 403)
    return new ProxyFailure(message, {
      code: "FAILED_PRECONDITION",
      reason: "PROXY_REFUSED",
      remedy: `Check that ${proxy.origin} is a proxy that connects to ${target}, or name the host in NO_PROXY to connect directly.`,
      blastRadius: "region",
      retry: "never",
      metadata,
    });
  return new ProxyFailure(message, {
    code: "PERMISSION_DENIED",
    reason: "PROXY_REFUSED",
    remedy: `Ask the proxy's operator to allow ${target}, or name the host in NO_PROXY to connect directly.`,
    blastRadius: "account",
    retry: "never",
    metadata,
  });
}

/** There is no connection to the proxy itself. */
export function proxyUnreachable(proxy: ProxyServer, target: string, cause: unknown): ProxyFailure {
  const why = cause instanceof Error ? cause.message || codeOf(cause) : String(cause);
  const isUntrusted = cause instanceof Error && UNTRUSTED.test(codeOf(cause));
  const remedy = isUntrusted
    ? "Make the proxy's certificate authority known by NODE_EXTRA_CA_CERTS."
    : `Check that the proxy runs, correct ${proxy.variable}, or name the host in NO_PROXY to connect directly.`;
  return new ProxyFailure(
    `${nameOf(proxy)} cannot be reached, to connect to ${target}: ${why}`,
    {
      code: "UNAVAILABLE",
      reason: "PROXY_UNAVAILABLE",
      remedy,
      blastRadius: "region",
      retry: isUntrusted ? "never" : "same-token",
      metadata: metadataOf(proxy),
    },
    { cause },
  );
}

/** Codes of OpenSSL and Node for a certificate that is not accepted. */
const UNTRUSTED = /^(?:CERT_|DEPTH_ZERO_|ERR_TLS_|SELF_SIGNED_|UNABLE_TO_)/;

/** The code of an error without words: of a name with several addresses, each of which failed. */
function codeOf(error: Error): string {
  return "code" in error ? String(error.code) : error.name;
}

function nameOf({ origin, variable }: ProxyServer): string {
  return `the proxy ${origin} (${variable})`;
}

function metadataOf({ origin, variable }: ProxyServer) {
  return { ...UNSENT, proxy: origin, variable };
}

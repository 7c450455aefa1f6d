import type { HttpRequest, HttpResponse, HttpTransport, TlsTrust } from "./transport.ts";

/** A request whose credential is only for its first host. */
export interface FirstHop extends HttpRequest {
  readonly authorization: string | null;
  /** Called after the first host's response. */
  readonly onAnswer: () => void;
  /** Called before each redirect is followed, with its target. */
  readonly onHop: (target: URL) => void;
}

/** Thrown if a response refers to an address that Slipway does not send to. */
export class RedirectRefusedError extends Error {
  override readonly name = "RedirectRefusedError";
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const MOST_REDIRECTS = 5;

/**
 * Sends a request and follows redirects under these rules. A redirect to another host drops the credential for the
 * rest of the chain. A redirect never leads from TLS to plain HTTP, from a public address to a private one, or to a
 * link-local address. A form is never sent to a redirect's target.
 */
export async function followRedirects(
  options: {
    readonly transport: HttpTransport;
    readonly trustOf: (host: string) => Promise<TlsTrust>;
  },
  first: FirstHop,
): Promise<HttpResponse> {
  const { authorization, onAnswer, onHop, ...plain } = first;
  let hop: HttpRequest = plain;
  let credential = authorization;
  let allPrivate = true;
  for (let redirects = 0; ; redirects += 1) {
    const headers =
      credential === null ? hop.headers : { ...hop.headers, authorization: credential };
    const response = await options.transport.send({ ...hop, headers });
    if (redirects === 0) onAnswer();
    const location = response.headers.get("location");
    if (!REDIRECTS.has(response.status) || location === undefined) return response;
    response.discard();
    allPrivate &&= response.private;
    if (redirects === MOST_REDIRECTS) throw new RedirectRefusedError("it redirects in a loop");
    if (hop.method === "POST") throw new RedirectRefusedError("a form is not sent on");

    const url = targetOf(location, hop.url);
    if (url.origin !== hop.url.origin) credential = null;
    onHop(url);
    const home = url.origin === first.url.origin;
    hop = {
      ...plain,
      url,
      addresses: (home && first.addresses !== "public") || allPrivate ? "routable" : "public",
      trust: home ? first.trust : await options.trustOf(url.host),
    };
  }
}

function targetOf(location: string, base: URL): URL {
  if (!URL.canParse(location, base.href))
    throw new RedirectRefusedError("the address is malformed");
  const url = new URL(location, base.href);
  const fault = addressFault(url, base.protocol === "https:");
  if (fault !== null) throw new RedirectRefusedError(fault);
  return url;
}

/** Why Slipway does not send to an address from a response; null if it does. */
export function addressFault(url: URL, tlsRequired: boolean): string | null {
  if (url.protocol !== "https:" && url.protocol !== "http:") return `it leads to ${url.protocol}`;
  if (url.protocol === "http:" && tlsRequired) return `it leads to ${url.host} without TLS`;
  if (url.username !== "" || url.password !== "") return "the address contains a user name";
  return null;
}

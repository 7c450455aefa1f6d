import type { LookupFunction } from "node:net";
import type { RegistryCredential } from "../../../../src/oci/credential.ts";
import { parseReference, type Reference } from "../../../../src/oci/reference.ts";
import type { RegistryClient } from "../../../../src/oci/registry/contract.ts";
import {
  createRegistryClient,
  type RegistryClientOptions,
} from "../../../../src/oci/registry/client.ts";
import { addressScope, type AddressScope } from "../../../../src/oci/registry/addresses.ts";
import { createHttpTransport } from "../../../../src/oci/registry/transport.ts";
import { SecretValue } from "../../../../src/secret-value.ts";

/** For requests that nobody cancels. */
export const forever = new AbortController().signal;

/** A client that takes every registry for an insecure one and hardly waits between tries. */
export function testClient(
  options: Partial<RegistryClientOptions> = {},
): RegistryClient & Disposable {
  const client = createRegistryClient({
    userAgent: "slipway/test",
    now: () => Date.now(),
    insecure: () => true,
    retry: { retries: 2, pauseMilliseconds: 1 },
    ...options,
  });
  return { ...client, [Symbol.dispose]: () => client.close() };
}

export function password(username: string, secret: string): RegistryCredential {
  return { kind: "password", username, password: new SecretValue(secret) };
}

export function identityToken(secret: string): RegistryCredential {
  return { kind: "identity-token", identityToken: new SecretValue(secret) };
}

/** What a request for a manifest needs. */
export function asking(
  reference: string | Reference,
  credential: RegistryCredential | null = null,
) {
  return {
    reference: typeof reference === "string" ? parseReference(reference) : reference,
    credential,
    signal: forever,
  };
}

/**
 * A network in which these names have these (loopback) addresses, 127.0.0.9 is the only private one and 127.0.0.99 the
 * only link-local one beside the real ones: what a public registry and its neighbours look like, without leaving this
 * host.
 */
export function smallInternet(names: Readonly<Record<string, readonly string[]>>) {
  const lookup: LookupFunction = (hostname, options, callback) => {
    const addresses = (names[hostname] ?? []).map((address) => ({ address, family: 4 }));
    const [first] = addresses;
    if (first === undefined)
      callback(Object.assign(new Error("no such name"), { code: "ENOTFOUND" }), []);
    else if (options.all === true) callback(null, addresses);
    else callback(null, first.address, first.family);
  };
  return createHttpTransport({ lookup, scopeOf });
}

function scopeOf(address: string): AddressScope {
  if (address === "127.0.0.9") return "private";
  if (address === "127.0.0.99") return "link-local";
  return addressScope(address) === "link-local" ? "link-local" : "public";
}

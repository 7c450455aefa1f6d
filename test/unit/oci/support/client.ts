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

/** A signal that is never aborted. */
export const forever = new AbortController().signal;

/** Client options under which registries must use TLS. */
export const SECURE = { insecure: () => false };

/** A client that treats every registry as insecure and hardly waits between attempts. */
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

export const ROBOT = password("robot", "sesame");

export function identityToken(secret: string): RegistryCredential {
  return { kind: "identity-token", identityToken: new SecretValue(secret) };
}

/** The arguments of a manifest request. */
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
 * A network that maps these names to these loopback addresses. 127.0.0.9 counts as private and 127.0.0.99 as
 * link-local, like the real ones; the others count as public. It imitates a public registry and its neighbours on
 * this host.
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

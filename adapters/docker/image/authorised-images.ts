import { credentialKey } from "../../../src/oci/credential.ts";
import type { RegistryCredential } from "../../../src/oci/credential.ts";
import { createBoundedCache } from "../../../src/oci/registry/bounded-cache.ts";

/** Which images a registry has given to whom lately. */
export interface Acceptances {
  /** The registry has just given the image (by digest) to this credential. */
  add(artifact: string, credential: RegistryCredential | null): void;
  /** True where that was within the last minute. */
  holds(artifact: string, credential: RegistryCredential | null): boolean;
}

/** How long a plan counts as just resolved, in milliseconds: its spawn asks nothing a second time. */
const LIFETIME = 60_000;
const MOST_ACCEPTANCES = 10_000;

/** @param now milliseconds since the epoch */
export function createAcceptances(now: () => number): Acceptances {
  const accepted = createBoundedCache<number>(MOST_ACCEPTANCES);
  return {
    add: (artifact, credential) => accepted.set(keyOf(artifact, credential), now()),
    holds(artifact, credential) {
      const at = accepted.get(keyOf(artifact, credential));
      // A clock that was set back must not make a minute longer.
      return at !== undefined && Math.abs(now() - at) <= LIFETIME;
    },
  };
}

function keyOf(artifact: string, credential: RegistryCredential | null): string {
  return JSON.stringify([artifact, credentialKey(credential)]);
}

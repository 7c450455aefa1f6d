import { credentialKey } from "../../../src/oci/credential.ts";
import type { RegistryCredential } from "../../../src/oci/credential.ts";
import { createBoundedCache } from "../../../src/oci/registry/bounded-cache.ts";

/** The images for which a registry has recently accepted a credential. */
export interface AuthorisedImages {
  /** Records that the registry has just accepted this credential for the image (by digest). */
  add(artifact: string, credential: RegistryCredential | null): void;
  /** Whether that happened within the last minute. */
  holds(artifact: string, credential: RegistryCredential | null): boolean;
}

/** How long a plan counts as just resolved, in milliseconds; its spawn repeats no read in this time. */
const LIFETIME = 60_000;
const MOST_ACCEPTANCES = 10_000;

/** @param now milliseconds since the epoch */
export function createAuthorisedImages(now: () => number): AuthorisedImages {
  const accepted = createBoundedCache<number>(MOST_ACCEPTANCES);
  return {
    add: (artifact, credential) => accepted.set(keyOf(artifact, credential), now()),
    holds(artifact, credential) {
      const at = accepted.get(keyOf(artifact, credential));
      // A clock that was set back must not extend the minute.
      return at !== undefined && Math.abs(now() - at) <= LIFETIME;
    },
  };
}

function keyOf(artifact: string, credential: RegistryCredential | null): string {
  return JSON.stringify([artifact, credentialKey(credential)]);
}

import { singleFlight } from "../async/single-flight.ts";
import type { CloudRegistry } from "../oci/cloud-registry.ts";
import type { CredentialRefusal, RegistryCredential } from "../oci/credential.ts";
import type { RegistryToken } from "../substrate/registry-token.ts";

export interface RegistryTokenPorts {
  /** Asks the cloud for a token for this process's own identity. */
  readonly grant: (registry: CloudRegistry, signal: AbortSignal) => Promise<RegistryToken>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Returns the credential for a cloud's registry. */
export type RegistryTokens = (
  registry: CloudRegistry,
  signal: AbortSignal,
) => Promise<RegistryCredential>;

/** A pull that has begun must not outlive its token. Tokens were refused 22 minutes before their time. */
const MARGIN_MILLISECONDS = 30 * 60_000;
/**
 * A token is used for this long, whatever the cloud says about its expiry, which this machine's clock may misjudge. If
 * the registry refuses it, it is replaced.
 */
const LEAST_MILLISECONDS = 5 * 60_000;
/** A registry that denies a younger token would deny the next one too. */
const YOUNG_MILLISECONDS = 60_000;

interface Granted {
  readonly credential: RegistryCredential;
  readonly grantedAt: number;
  readonly freshUntil: number;
}

/**
 * Keeps the tokens of this process until shortly before they expire. Callers at the same time share one grant; a token
 * that a registry has refused is replaced by one other, which they share as well.
 */
export function createRegistryTokens({ grant, now }: RegistryTokenPorts): RegistryTokens {
  const kept = new Map<string, Granted>();
  const join = singleFlight<Granted>();

  const obtain = async (registry: CloudRegistry, signal: AbortSignal): Promise<Granted> => {
    const key = scopeOf(registry);
    return await join({ key, signal, what: "a registry's token" }, async (stop) => {
      const known = kept.get(key);
      if (known !== undefined && isFresh(known)) return known;
      const granted = await renewable(registry, stop);
      kept.set(key, granted);
      return granted;
    });
  };
  const isFresh = ({ grantedAt, freshUntil }: Granted): boolean =>
    // A clock that was set back must not extend a token's life.
    now() < freshUntil && now() >= grantedAt;
  const renewable = async (registry: CloudRegistry, signal: AbortSignal): Promise<Granted> => {
    const { username, password, expiresAt } = await grant(registry, signal);
    const grantedAt = now();
    const freshUntil = Math.max(
      expiresAt === null ? 0 : expiresAt - MARGIN_MILLISECONDS,
      grantedAt + LEAST_MILLISECONDS,
    );
    const credential: RegistryCredential = {
      kind: "password",
      username,
      password,
      origin: `a token of ${registry.service}`,
      renew: (refusal, until) => renew(registry, { granted: own, refusal }, until),
    };
    const own: Granted = { credential, grantedAt, freshUntil };
    return own;
  };
  const renew = async (
    registry: CloudRegistry,
    { granted, refusal }: { readonly granted: Granted; readonly refusal: CredentialRefusal },
    signal: AbortSignal,
  ): Promise<RegistryCredential | null> => {
    const key = scopeOf(registry);
    if (kept.get(key) === granted) {
      if (refusal === "denied" && now() - granted.grantedAt < YOUNG_MILLISECONDS) return null;
      kept.delete(key);
    }
    return (await obtain(registry, signal)).credential;
  };
  return async (registry, signal) => (await obtain(registry, signal)).credential;
}

/** Registries for which a token is the same. */
function scopeOf(registry: CloudRegistry): string {
  return registry.service === "ECR" ? registry.apiHost : registry.service;
}

import { createHash } from "node:crypto";
import { SecretValue } from "../secret-value.ts";

/** Credential for a registry. Where a credential is optional, `null` means an anonymous request. */
export type RegistryCredential = (
  | { readonly kind: "password"; readonly username: string; readonly password: SecretValue }
  | { readonly kind: "identity-token"; readonly identityToken: SecretValue }
  /** A token that the registry itself takes, without its token service. */
  | { readonly kind: "registry-token"; readonly registryToken: SecretValue }
) & {
  /** The credential's source, for messages: `secret LOGIN`. */
  readonly origin?: string;
  /**
   * Obtains another one, because a registry has refused this one: `unauthenticated` (401) or `denied` (403). Null if
   * another one would fare no better. Absent: there is only this one.
   */
  readonly renew?: (
    refusal: CredentialRefusal,
    signal: AbortSignal,
  ) => Promise<RegistryCredential | null>;
};

export type CredentialRefusal = "unauthenticated" | "denied";

/**
 * Hash that is equal for equal credentials, so that a memory dump of the cache keys does not contain the credential.
 * It keys tokens and shared pulls. It is never printed or stored, because a weak password can be guessed from it.
 */
export function credentialKey(credential: RegistryCredential | null): string {
  if (credential === null) return "anonymous";
  // JSON delimits the parts: no choice of user name makes two different credentials hash alike.
  const secrets = credentialSecrets(credential).map((secret) => secret.reveal());
  const user = credential.kind === "password" ? [credential.username] : [];
  const parts = [credential.kind, ...user, ...secrets];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

/** The secret parts of a credential: the password or token, and the header that contains the password. */
export function credentialSecrets(credential: RegistryCredential | null): readonly SecretValue[] {
  if (credential === null) return [];
  if (credential.kind === "registry-token") return [credential.registryToken];
  if (credential.kind === "identity-token") return [credential.identityToken];
  return [credential.password, new SecretValue(basicToken(credential))];
}

/** The credential as a password: an identity token takes its place, without a user name, as containerd sends it. */
export function asPassword(
  credential: Exclude<RegistryCredential, { readonly kind: "registry-token" }>,
): RegistryCredential & { readonly kind: "password" } {
  if (credential.kind === "password") return credential;
  return { kind: "password", username: "", password: credential.identityToken };
}

/** The value after `Basic` in an `Authorization` header (RFC 7617, UTF-8). */
export function basicToken(credential: RegistryCredential & { readonly kind: "password" }): string {
  const pair = `${credential.username}:${credential.password.reveal()}`;
  return Buffer.from(pair, "utf8").toString("base64");
}

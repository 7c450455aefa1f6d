import { createHash } from "node:crypto";
import { SecretValue } from "../secret-value.ts";

/** What a registry is told to prove who asks; `null` in its place asks as nobody. */
export type RegistryCredential = (
  | { readonly kind: "password"; readonly username: string; readonly password: SecretValue }
  | { readonly kind: "identity-token"; readonly identityToken: SecretValue }
) & {
  /** Where it comes from, for messages: `secret LOGIN`. */
  readonly origin?: string;
};

/**
 * A key that is equal for equal credentials and tells nothing to who reads it in memory by chance. It keys tokens
 * and shared pulls; it is never printed or stored, since a weak password can be guessed from it.
 */
export function credentialKey(credential: RegistryCredential | null): string {
  if (credential === null) return "anonymous";
  // JSON keeps the parts apart: no user name can be chosen so that two different credentials hash alike.
  const parts =
    credential.kind === "password"
      ? [credential.kind, credential.username, credential.password.reveal()]
      : [credential.kind, credential.identityToken.reveal()];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

/** What of a credential is secret: the password or token, and the header that holds the password. */
export function credentialSecrets(credential: RegistryCredential | null): readonly SecretValue[] {
  if (credential === null) return [];
  if (credential.kind === "identity-token") return [credential.identityToken];
  return [credential.password, new SecretValue(basicToken(credential))];
}

/** What follows `Basic` in an `Authorization` header (RFC 7617, UTF-8). */
export function basicToken(credential: RegistryCredential & { readonly kind: "password" }): string {
  const pair = `${credential.username}:${credential.password.reveal()}`;
  return Buffer.from(pair, "utf8").toString("base64");
}

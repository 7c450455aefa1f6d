import type { SecretValue } from "../secret-value.ts";

/** A password that a cloud has granted to its caller for its registries. */
export interface RegistryToken {
  readonly username: string;
  readonly password: SecretValue;
  /** Milliseconds since the epoch; null if the cloud does not say. */
  readonly expiresAt: number | null;
}

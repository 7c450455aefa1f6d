import type { SecretValue } from "../secret-value.ts";

/** A proxy that the environment names. */
export interface ProxyServer {
  /** The variable that names it: `HTTPS_PROXY`. */
  readonly variable: string;
  /** `http://proxy.example:3128`, without user and password. */
  readonly origin: string;
  readonly isSecure: boolean;
  readonly hostname: string;
  readonly port: number;
  /** The value of `Proxy-Authorization`; null for a proxy without a user. */
  readonly authorization: SecretValue | null;
}

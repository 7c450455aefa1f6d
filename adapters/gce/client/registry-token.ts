import type { AuthClient } from "google-auth-library";
import { raceWithDetach } from "../../../src/async/cancellation.ts";
import { proxyRule } from "../../../src/proxy/proxy-rule.ts";
import { SecretValue } from "../../../src/secret-value.ts";
import type { RegistryToken } from "../../../src/substrate/registry-token.ts";
import { gceError } from "../errors/errors.ts";
import { readFailure } from "../errors/failure.ts";
import type { GceIdentity } from "../target.ts";
import { createAuthorization } from "./authorization.ts";
import type { CredentialOptions } from "./credentials.ts";
import { loadCredentials } from "./load-sdk.ts";
import { gceAgents } from "./transport.ts";

export type RegistryTokenOptions = Pick<CredentialOptions, "environment" | "home" | "now">;

/** The user name for access tokens: https://cloud.google.com/artifact-registry/docs/docker/authentication#token */
const USERNAME = "oauth2accesstoken";
const BEARER = /^Bearer (.+)$/;

/** The process's own credentials, without another account's. */
const OWN: GceIdentity = {
  wifProviderResourceName: null,
  wifServiceAccount: null,
  wifReadonlyServiceAccount: null,
};

/**
 * An access token of the process's own credentials, which Artifact Registry takes as a password. Each call requests a new
 * one from Google.
 *
 * @throws SlipwayError from {@link gceError}
 */
export async function grantAccessToken(
  options: RegistryTokenOptions,
  signal: AbortSignal,
): Promise<RegistryToken> {
  const agents = gceAgents(proxyRule(options.environment));
  const opened: AuthClient[] = [];
  const authorization = createAuthorization({ agents, now: options.now }, async (memory) => {
    const { openCredentials } = await loadCredentials();
    const own = await openCredentials({ ...options, target: OWN, role: "reader", memory, agents });
    opened.push(own);
    return own;
  });
  try {
    const headers = await raceWithDetach(authorization.getRequestHeaders(), { signal });
    const [, token] = BEARER.exec(headers.get("authorization") ?? "") ?? [];
    if (token === undefined) throw new TypeError("the credentials give no access token");
    const expiresAt = opened[0]?.credentials.expiry_date ?? null;
    return { username: USERNAME, password: new SecretValue(token), expiresAt };
  } catch (caught) {
    throw gceError(readFailure(caught), { doing: "requesting a token for Artifact Registry" });
  }
}

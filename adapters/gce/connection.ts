import { createGceApi } from "./client/api.ts";
import type { GceApi } from "./client/api.ts";
import { createPacing } from "./client/pacing.ts";
import type { PacingOptions } from "./client/pacing.ts";
import { createAuthorization } from "./client/authorization.ts";
import type { GceCallRules } from "./client/call.ts";
import { createGceClients } from "./client/client.ts";
import { openCredentials } from "./client/credentials.ts";
import type { CredentialOptions, GceRole } from "./client/credentials.ts";
import { computeEndpoint, ENDPOINT_VARIABLE } from "./client/endpoint.ts";

export interface ConnectionOptions extends Omit<CredentialOptions, "role"> {
  readonly sleep: GceCallRules["sleep"];
  readonly pacing: PacingOptions;
}

/**
 * Compute Engine as a placement's accounts may use it. Nothing is imported beyond the client's own, looked up or sent
 * before the first call, which throws `CLOUD_ENDPOINT_INVALID` for an endpoint that is none.
 */
export function connectGce(options: ConnectionOptions): GceApi {
  const { target, environment, sleep, pacing } = options;
  const authorize = (role: GceRole) =>
    createAuthorization(() => openCredentials({ target, environment, role }));
  const clients = createGceClients({
    endpoint: () => computeEndpoint(environment[ENDPOINT_VARIABLE]),
    authorization: { reader: authorize("reader"), launcher: authorize("launcher") },
  });
  return createGceApi({ clients, sleep, pacing: createPacing(pacing) });
}

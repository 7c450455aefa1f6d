import type { Authentication } from "./authorize.ts";
import type { InProgress } from "../server/request-log.ts";
import type { Call } from "./protocol.ts";
import type { Route, RouteTarget } from "./routes.ts";

/** One request as received by the registry. Credentials, tokens and bodies are not recorded. */
export interface RegistryRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly target: RouteTarget;
  /** Null if the path contains none. */
  readonly repository: string | null;
  /** Tag, digest or upload id; null if the path contains none. */
  readonly reference: string | null;
  /** The scheme of the `Authorization` header. */
  readonly authentication: Authentication;
  /** The authenticated user. */
  readonly user: string | null;
  /** True if the request was authorized, whatever its outcome. */
  readonly authorized: boolean;
  /** The scopes requested for a token. */
  readonly scopes: readonly string[];
  /** Null if no response head was sent (yet). */
  readonly status: number | null;
  /** Bytes of the body that were handed to the connection. */
  readonly sentBytes: number;
}

/** The same entry while the request is in progress. */
export type OpenRequest = InProgress<RegistryRequest>;

export function openRequest(call: Call, route: Route, authentication: Authentication): OpenRequest {
  return {
    method: call.method,
    path: call.path,
    target: route.target,
    repository: "repository" in route ? route.repository : null,
    reference: "reference" in route ? route.reference : null,
    authentication,
    user: null,
    authorized: false,
    scopes: [],
    status: null,
    sentBytes: 0,
  };
}

import type { Authentication } from "./authorize.ts";
import type { Open } from "../server/request-log.ts";
import type { Call } from "./protocol.ts";
import type { Route, RouteTarget } from "./routes.ts";

/** One request as the registry saw it. Credentials, tokens and bodies are not kept. */
export interface RegistryRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly target: RouteTarget;
  /** Null where the path names none. */
  readonly repository: string | null;
  /** Tag, digest or upload id; null where the path names none. */
  readonly reference: string | null;
  /** The scheme of the `Authorization` header. */
  readonly authentication: Authentication;
  /** Who it was, by a good credential. */
  readonly user: string | null;
  /** True where the registry let the request in, whatever came of it. */
  readonly authorized: boolean;
  /** The scopes that a token was asked for. */
  readonly scopes: readonly string[];
  /** Null where no head of an answer was sent (yet). */
  readonly status: number | null;
  /** Bytes of the body that were handed to the connection. */
  readonly sentBytes: number;
}

/** The same while the request is under way. */
export type OpenRequest = Open<RegistryRequest>;

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

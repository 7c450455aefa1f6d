import { randomUUID } from "node:crypto";
import {
  type Access,
  type Directory,
  type RegistryUsers,
  authenticate,
  directory,
  formatScope,
  mayAccess,
  parseBasic,
} from "./access.ts";
import { type Call, type Reply, refusal } from "./protocol.ts";
import { TOKEN_PATH } from "./routes.ts";
import type { TokenEndpoint, TokenGrant } from "./token-endpoint.ts";

/** How a test registry authenticates its clients. */
export type RegistryAuth =
  | { readonly kind: "none" }
  | { readonly kind: "basic"; readonly users: RegistryUsers; readonly hidden?: boolean }
  | {
      readonly kind: "token";
      readonly users: RegistryUsers;
      /**
       * True hides every repository from a request without a credential: 404, with a challenge at `/v2/` alone, as GitHub's
       * first registry did. Default false.
       */
      readonly hidden?: boolean;
      /** Repositories that an anonymous token can pull. Default: none. */
      readonly anonymousPull?: readonly string[];
      /** Default `test-registry`. */
      readonly service?: string;
      /** URL of the token service, if not this registry itself. */
      readonly realm?: string;
      /** Lifetime in seconds that the registry announces for a token. Default 300. */
      readonly expiresIn?: number;
      /** Actual lifetime in seconds. Default: as announced. */
      readonly honouredFor?: number;
    };

export interface AccessToken {
  readonly grant: TokenGrant;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** The same, prepared for the evaluation of requests. */
export type Authorizer =
  | { readonly kind: "none" }
  | { readonly kind: "basic"; readonly directory: Directory; readonly hidden: boolean }
  | {
      readonly kind: "token";
      readonly hidden: boolean;
      readonly endpoint: TokenEndpoint;
      readonly realm: string | null;
      readonly accessTokens: Map<string, AccessToken>;
    };

export type Authentication = "none" | "basic" | "bearer" | "other";

/** `refusal` is null if the request is authorized. */
export interface Verdict {
  readonly user: string | null;
  readonly refusal: Reply | null;
}

export function createAuthorizer(auth: RegistryAuth, now: () => number): Authorizer {
  if (auth.kind === "none") return auth;
  const { hidden = false } = auth;
  if (auth.kind === "basic") return { kind: "basic", directory: directory(auth.users), hidden };
  const expiresIn = auth.expiresIn ?? 300;
  const lifetime = (auth.honouredFor ?? expiresIn) * 1000;
  const accessTokens = new Map<string, AccessToken>();
  const endpoint: TokenEndpoint = {
    directory: directory(auth.users, auth.anonymousPull),
    service: auth.service ?? "test-registry",
    expiresIn,
    identityTokens: new Map(),
    now,
    issue(grant) {
      const token = `access-${randomUUID()}`;
      accessTokens.set(token, { grant, expiresAt: now() + lifetime });
      return token;
    },
  };
  return { kind: "token", hidden, endpoint, realm: auth.realm ?? null, accessTokens };
}

export function authenticationOf(call: Call): Authentication {
  const header = call.headers.authorization;
  if (header === undefined) return "none";
  const scheme = header.split(" ", 1)[0]?.toLowerCase();
  return scheme === "basic" || scheme === "bearer" ? scheme : "other";
}

/**
 * Authorizes a request by its `Authorization` header. An unauthenticated client gets 401 with a challenge. An
 * authenticated client without permission gets 403 `DENIED` under Basic; under tokens it gets another 401, with
 * `insufficient_scope`, as from the distribution project's registry.
 */
export function authorize(authorizer: Authorizer, call: Call, needed: readonly Access[]): Verdict {
  const isHidden = authorizer.kind !== "none" && authorizer.hidden && needed.length > 0;
  if (isHidden && call.headers.authorization === undefined)
    return { user: null, refusal: refusal(404, "NAME_UNKNOWN", "repository name not known") };
  switch (authorizer.kind) {
    case "none":
      return { user: null, refusal: null };
    case "basic":
      return authorizeBasic(authorizer.directory, call, needed);
    case "token":
      return authorizeToken(authorizer, call, needed);
  }
}

function authorizeBasic(of: Directory, call: Call, needed: readonly Access[]): Verdict {
  const credential = parseBasic(call.headers.authorization);
  const user = credential === null ? null : authenticate(of, credential);
  if (user === null) return { user, refusal: unauthorized('Basic realm="test registry"', needed) };
  if (needed.every((access) => mayAccess(of, user, access))) return { user, refusal: null };
  return { user, refusal: refusal(403, "DENIED", "requested access to the resource is denied") };
}

function authorizeToken(
  authorizer: Authorizer & { kind: "token" },
  call: Call,
  needed: readonly Access[],
): Verdict {
  const presented = /^bearer (\S+)$/i.exec(call.headers.authorization ?? "")?.[1];
  if (presented === undefined)
    return {
      user: null,
      refusal: unauthorized(bearerChallenge(authorizer, call, needed, null), needed),
    };
  const token = authorizer.accessTokens.get(presented);
  if (token === undefined || token.expiresAt <= authorizer.endpoint.now()) {
    const challenge = bearerChallenge(authorizer, call, needed, "invalid_token");
    return { user: null, refusal: unauthorized(challenge, needed) };
  }
  const { user, access } = token.grant;
  if (needed.every((one) => grants(access, one))) return { user, refusal: null };
  const challenge = bearerChallenge(authorizer, call, needed, "insufficient_scope");
  return { user, refusal: unauthorized(challenge, needed) };
}

function grants(granted: readonly Access[], needed: Access): boolean {
  return needed.actions.every((action) =>
    granted.some(
      (access) => access.repository === needed.repository && access.actions.includes(action),
    ),
  );
}

function bearerChallenge(
  authorizer: Authorizer & { kind: "token" },
  call: Call,
  needed: readonly Access[],
  error: string | null,
): string {
  const parameters = [
    ["realm", authorizer.realm ?? `${call.origin}${TOKEN_PATH}`],
    ["service", authorizer.endpoint.service],
    ...(needed.length > 0 ? [["scope", needed.map(formatScope).join(" ")]] : []),
    ...(error === null ? [] : [["error", error]]),
  ];
  return `Bearer ${parameters.map(([name, value]) => `${name}="${value}"`).join(",")}`;
}

function unauthorized(challenge: string, needed: readonly Access[]): Reply {
  return refusal(401, "UNAUTHORIZED", "authentication required", {
    headers: { "WWW-Authenticate": challenge },
    detail: needed.flatMap((access) =>
      access.actions.map((action) => ({
        Type: "repository",
        Class: "",
        Name: access.repository,
        Action: action,
      })),
    ),
  });
}

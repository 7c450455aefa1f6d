import { randomUUID } from "node:crypto";
import {
  type Access,
  type Directory,
  authenticate,
  formatScope,
  parseBasic,
  parseScopes,
  permittedActions,
} from "./access.ts";
import { type Call, type Reply, jsonReply, refusal } from "./protocol.ts";

/** The content of an access token: its holder and what it grants. */
export interface TokenGrant {
  /** Null for an anonymous token. */
  readonly user: string | null;
  readonly access: readonly Access[];
}

export interface TokenEndpoint {
  readonly directory: Directory;
  /** Name of the registry in its challenge; a request for another service is rejected. */
  readonly service: string;
  /** The announced `expires_in`, in seconds. */
  readonly expiresIn: number;
  /** Users by their issued identity (refresh) tokens. */
  readonly identityTokens: Map<string, string>;
  /** Creates the access token. */
  issue(grant: TokenGrant): string;
  /** Milliseconds since 1970. */
  now(): number;
}

export interface TokenAnswer {
  readonly reply: Reply;
  readonly user: string | null;
  /** The requested scopes as sent. */
  readonly scopes: readonly string[];
}

/** Maximum length of a token request's form. */
export const MAXIMUM_FORM_BYTES = 64 * 1024;

export function issueIdentityToken(endpoint: TokenEndpoint, user: string): string {
  const token = `identity-${randomUUID()}`;
  endpoint.identityTokens.set(token, user);
  return token;
}

/**
 * Answers a token request: GET with the name and password of a `Basic` header, or anonymously (distribution's token
 * specification), or POST with a refresh token or a password in a form (its OAuth2 specification). A token is issued
 * even if it grants none of the requested access; the registry then rejects the request.
 */
export function answerTokenRequest(
  endpoint: TokenEndpoint,
  call: Call,
  body: Uint8Array,
): TokenAnswer {
  if (call.method === "GET") return answerGet(endpoint, call);
  if (call.method === "POST") return answerPost(endpoint, call, body);
  return refused(refusal(405, "UNSUPPORTED", "a token request must use GET or POST"), []);
}

function answerGet(endpoint: TokenEndpoint, call: Call): TokenAnswer {
  const scopes = call.query.getAll("scope");
  const wrong = wrongService(endpoint, call.query.get("service"));
  if (wrong !== null) return refused(wrong, scopes);
  const header = call.headers.authorization;
  const credential = parseBasic(header);
  const user = credential === null ? null : authenticate(endpoint.directory, credential);
  if (header !== undefined && user === null) return refused(badCredential(), scopes);
  const offline = user !== null && call.query.get("offline_token") === "true";
  const token = issue(endpoint, user, scopes);
  return {
    user,
    scopes,
    reply: jsonReply(200, {
      token: token.token,
      access_token: token.token,
      expires_in: endpoint.expiresIn,
      issued_at: new Date(endpoint.now()).toISOString(),
      ...(offline ? { refresh_token: issueIdentityToken(endpoint, user) } : {}),
    }),
  };
}

function answerPost(endpoint: TokenEndpoint, call: Call, body: Uint8Array): TokenAnswer {
  const type = call.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/x-www-form-urlencoded")
    return refused(refusal(400, "UNSUPPORTED", "a token request by POST must be a form"), []);
  const form = new URLSearchParams(new TextDecoder().decode(body));
  const scopes = form.getAll("scope").flatMap((scope) => scope.split(" "));
  const wrong = wrongService(endpoint, form.get("service"));
  if (wrong !== null) return refused(wrong, scopes);
  if ((form.get("client_id") ?? "") === "")
    return refused(refusal(400, "UNSUPPORTED", "client_id is missing"), scopes);
  const user = formUser(endpoint, form);
  if (user === undefined)
    return refused(refusal(400, "UNSUPPORTED", "grant_type is not supported"), scopes);
  if (user === null) return refused(badCredential(), scopes);
  const token = issue(endpoint, user, scopes);
  const refresh =
    form.get("grant_type") === "refresh_token"
      ? form.get("refresh_token")
      : form.get("access_type") === "offline"
        ? issueIdentityToken(endpoint, user)
        : null;
  return {
    user,
    scopes,
    reply: jsonReply(200, {
      access_token: token.token,
      scope: token.access.map(formatScope).join(" "),
      expires_in: endpoint.expiresIn,
      issued_at: new Date(endpoint.now()).toISOString(),
      ...(refresh === null ? {} : { refresh_token: refresh }),
    }),
  };
}

/** The user of the form; null if the credential is wrong, undefined if the grant type is unknown. */
function formUser(endpoint: TokenEndpoint, form: URLSearchParams): string | null | undefined {
  const type = form.get("grant_type");
  if (type === "refresh_token")
    return endpoint.identityTokens.get(form.get("refresh_token") ?? "") ?? null;
  if (type !== "password") return undefined;
  return authenticate(endpoint.directory, {
    username: form.get("username") ?? "",
    password: form.get("password") ?? "",
  });
}

function issue(
  endpoint: TokenEndpoint,
  user: string | null,
  scopes: readonly string[],
): { readonly token: string; readonly access: readonly Access[] } {
  const access = parseScopes(scopes)
    .map((asked) => ({ ...asked, actions: permittedActions(endpoint.directory, user, asked) }))
    .filter((granted) => granted.actions.length > 0);
  return { access, token: endpoint.issue({ user, access }) };
}

function wrongService(endpoint: TokenEndpoint, service: string | null): Reply | null {
  if (service === endpoint.service) return null;
  return refusal(400, "UNSUPPORTED", `this endpoint issues tokens for ${endpoint.service} only`);
}

function badCredential(): Reply {
  return refusal(401, "UNAUTHORIZED", "authentication required: the credential is wrong");
}

function refused(reply: Reply, scopes: readonly string[]): TokenAnswer {
  return { reply, user: null, scopes };
}

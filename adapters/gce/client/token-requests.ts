import { gaxios } from "google-auth-library";
import type { AuthClient } from "google-auth-library";
import type { SecretMemory } from "../../../src/redaction/secret-memory.ts";
import { createTransport } from "./transport.ts";
import type { OnReply } from "./transport.ts";
import type { Agents } from "../../../src/proxy/proxy-agents.ts";

type Transporter = AuthClient["transporter"];
type Interceptor = Parameters<Transporter["interceptors"]["request"]["add"]>[0];
type SentRequest = Parameters<NonNullable<NonNullable<Interceptor>["resolved"]>>[0];

/** Secret fields of requests to token services (RFC 6749, 7523 and 8693). */
const SECRET_FIELDS = [
  "actor_token",
  "assertion",
  "client_secret",
  "refresh_token",
  "subject_token",
] as const;

const LARGEST_TOKEN_REPLY = 1024 * 1024;

export interface TokenRequestOptions {
  /** Receives the secrets of each request. */
  readonly memory: SecretMemory;
  readonly agents: Agents;
  readonly onReply?: OnReply;
}

/**
 * The same client, changed in two ways. It sends its requests with our own transport, because the library's follows a
 * redirect to any host with the token or key in the body. And it adds the secrets of each request to `memory`, which
 * covers every kind of credentials that the library finds, wherever it reads them.
 */
export function guardTokenRequests<Client extends AuthClient>(
  client: Client,
  { memory, agents, onReply }: TokenRequestOptions,
): Client {
  const send = createTransport(LARGEST_TOKEN_REPLY, agents, onReply);
  for (const transporter of transportersOf(client)) {
    transporter.defaults.fetchImplementation = send;
    transporter.interceptors.request.add({
      async resolved(request) {
        for (const secret of secretsOf(request)) memory.add(secret);
        return request;
      },
    });
  }
  return client;
}

/** The client's own, and the one with which an external account exchanges its token; the library does not share it. */
function transportersOf(client: AuthClient): readonly Transporter[] {
  const exchange: unknown = Reflect.get(client, "stsCredential");
  const inner: unknown =
    typeof exchange === "object" && exchange !== null ? Reflect.get(exchange, "transporter") : null;
  return [client.transporter, ...(inner instanceof gaxios.Gaxios ? [inner] : [])];
}

function secretsOf({ headers, data }: SentRequest): readonly string[] {
  const [, credential = ""] = (headers.get("authorization") ?? "").split(" ");
  const form = data instanceof URLSearchParams ? data : new URLSearchParams();
  return [credential, ...SECRET_FIELDS.map((field) => form.get(field) ?? "")];
}

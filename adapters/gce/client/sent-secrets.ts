import { BaseExternalAccountClient } from "google-auth-library";
import type { AuthClient } from "google-auth-library";
import type { SecretMemory } from "../../../src/redaction/secret-memory.ts";

type Interceptor = Parameters<AuthClient["transporter"]["interceptors"]["request"]["add"]>[0];
type SentRequest = Parameters<NonNullable<NonNullable<Interceptor>["resolved"]>>[0];

/** Secret fields of requests to token services (RFC 6749, 7523 and 8693). */
const SECRET_FIELDS = [
  "actor_token",
  "assertion",
  "client_secret",
  "refresh_token",
  "subject_token",
] as const;

/**
 * The same client; it adds the secrets of each request that it sends to `memory`. That covers every kind of credentials
 * that Google's library finds, wherever it reads them.
 */
export function rememberSentSecrets<Client extends AuthClient>(
  client: Client,
  memory: SecretMemory,
): Client {
  client.transporter.interceptors.request.add({
    async resolved(request) {
      for (const secret of secretsOf(request)) memory.add(secret);
      return request;
    },
  });
  // The library exchanges an external account's token with a transporter of its own.
  if (client instanceof BaseExternalAccountClient) {
    const retrieve = client.retrieveSubjectToken.bind(client);
    client.retrieveSubjectToken = async () => {
      const token = await retrieve();
      memory.add(token);
      return token;
    };
  }
  return client;
}

function secretsOf({ headers, data }: SentRequest): readonly string[] {
  const [, credential = ""] = (headers.get("authorization") ?? "").split(" ");
  const form = data instanceof URLSearchParams ? data : new URLSearchParams();
  return [credential, ...SECRET_FIELDS.map((field) => form.get(field) ?? "")];
}

import { BaseExternalAccountClient } from "google-auth-library";
import type { AuthClient } from "google-auth-library";
import type { SecretMemory } from "../../../src/redaction/secret-memory.ts";

type Interceptor = Parameters<AuthClient["transporter"]["interceptors"]["request"]["add"]>[0];
type SentRequest = Parameters<NonNullable<NonNullable<Interceptor>["resolved"]>>[0];

/** Of the forms that token services are sent (RFC 6749, 7523 and 8693). */
const SECRET_FIELDS = [
  "actor_token",
  "assertion",
  "client_secret",
  "refresh_token",
  "subject_token",
] as const;

/**
 * The same credentials; what is secret of the requests that are made with them is remembered. So it is known whatever
 * kind of credentials Google's library has found, and wherever it has read them.
 */
export function rememberingSent<Client extends AuthClient>(
  client: Client,
  memory: SecretMemory,
): Client {
  client.transporter.interceptors.request.add({
    async resolved(request) {
      for (const secret of secretsOf(request)) memory.add(secret);
      return request;
    },
  });
  // An external account's token goes out by a way of its own.
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

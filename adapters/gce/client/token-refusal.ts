import { z } from "zod";
import { SlipwayError } from "../../../src/errors.ts";
import type { SlipwayErrorOptions } from "../../../src/errors.ts";
import { quotableWords } from "../errors/failure.ts";

/** The members that Google's library keeps of a refused request. The address is its own, without secrets. */
const refused = z.object({
  config: z.object({ url: z.coerce.string().pipe(z.url()) }),
  response: z.object({ status: z.number(), data: z.unknown() }),
});
/** RFC 6749, section 5.2. */
const oauthWords = z.object({ error: z.string(), error_description: z.string().default("") });
const googleWords = z.object({
  error: z.object({
    message: z.string(),
    details: z.array(z.object({ reason: z.string().catch("") })).catch([]),
  }),
});

/** Identity providers beside Google, such as GitHub. */
const otherWords = z.object({ message: z.string() });

interface Refusal {
  readonly url: URL;
  readonly status: number;
  readonly words: string;
  /** `details[].reason` of Google's reply. */
  readonly codes: readonly string[];
}

type Verdict = Required<Pick<SlipwayErrorOptions, "code" | "reason" | "blastRadius" | "retry">>;

/**
 * The error if a token service refused a request: which service, its own words, and a remedy for what that service
 * decides. Null for any other error.
 */
export function tokenRefusal(caught: Error): SlipwayError | null {
  const { data } = refused.safeParse(caught);
  if (data === undefined) return null;
  const { status } = data.response;
  const refusal = {
    url: new URL(data.config.url),
    status,
    ...wordsOf(data.response.data, caught.message),
  };
  return new SlipwayError({
    ...verdictOf(status),
    message: `there is no access token for Compute Engine: ${refusal.url.host} answered with HTTP status ${status}: ${quotableWords(refusal.words)}`,
    remedy: remedyOf(refusal),
    metadata: { status, ...(refusal.codes[0] ? { provider_code: refusal.codes[0] } : {}) },
    cause: caught,
  });
}

function wordsOf(reply: unknown, message: string): Pick<Refusal, "words" | "codes"> {
  const google = googleWords.safeParse(reply).data?.error;
  if (google !== undefined)
    return { words: google.message, codes: google.details.map(({ reason }) => reason) };
  const oauth = oauthWords.safeParse(reply).data;
  if (oauth === undefined)
    return { words: otherWords.safeParse(reply).data?.message ?? message, codes: [] };
  const { error, error_description: description } = oauth;
  return { words: description === "" ? error : `${error}: ${description}`, codes: [error] };
}

function verdictOf(status: number): Verdict {
  if (status >= 500 || status === 429 || status === 408)
    return {
      code: "UNAVAILABLE",
      reason: "CLOUD_UNAVAILABLE",
      blastRadius: "credential",
      retry: "same-token",
    };
  if (status === 403)
    return {
      code: "PERMISSION_DENIED",
      reason: "CLOUD_PERMISSION_DENIED",
      blastRadius: "account",
      retry: "never",
    };
  return {
    code: "UNAUTHENTICATED",
    reason: "CLOUD_UNAUTHENTICATED",
    blastRadius: "credential",
    retry: "never",
  };
}

const IMPERSONATION = /\/serviceAccounts\/([^/:]+):generateAccessToken$/;
/** https://cloud.google.com/iam/docs/reference/sts/rest */
const EXCHANGE = /^sts\.(?:.+\.)?/;
const SIGN_IN = "oauth2.googleapis.com";

function remedyOf({ url, status, codes }: Refusal): string {
  if (verdictOf(status).code === "UNAVAILABLE")
    return "Try again: the token service failed on its side, or had too many requests.";
  if (codes.includes("SERVICE_DISABLED"))
    return "Enable the API that the message names, in the project that it names.";
  const account = IMPERSONATION.exec(url.pathname)?.[1];
  if (account !== undefined) return impersonationRemedy(decodeURIComponent(account), status);
  if (url.host === SIGN_IN || url.pathname === "/v1/oauthtoken")
    return "Sign in again with `gcloud auth application-default login`, or make a new key if the credentials are a service account's.";
  if (EXCHANGE.test(url.host))
    return "Check the identity provider that the credential file names (audience, attribute mapping and condition), and the token that it is given.";
  return "Correct what the message says, in the credential file or at the service that it names.";
}

function impersonationRemedy(account: string, status: number): string {
  if (status === 403)
    return `Grant the caller roles/iam.serviceAccountTokenCreator on ${account}, or roles/iam.workloadIdentityUser if it is a workload of another provider.`;
  if (status === 404) return `Create the service account ${account}, or correct its address.`;
  return `Check the credentials with which the caller acts as ${account}.`;
}

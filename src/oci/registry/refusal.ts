import { retryAfterMetadata, retryAfterSeconds } from "../../async/retry-after.ts";
import { z } from "zod";
import type { JsonObject, SlipwayError } from "../../errors.ts";
import { readBody } from "./body.ts";
import {
  notAuthenticated,
  notFound,
  notPermitted,
  protocolFault,
  rateLimited,
  unavailable,
  type Subject,
} from "./failures.ts";
import type { HttpResponse } from "./transport.ts";

const LARGEST_ERROR = 64 * 1024;
const MOST_ERRORS = 5;
const LONGEST_MESSAGE = 300;

const errorCode = z.string().regex(/^[A-Za-z_]{1,40}$/);
const errorBody = z.object({
  errors: z.array(z.object({ code: errorCode, message: z.string().nullish().catch(null) })).min(1),
});

export interface RefusedRequest {
  readonly subject: Subject;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The meaning of a registry's failure response, from its status, headers and `errors[].code`. */
export async function readRefusal(
  response: HttpResponse,
  request: RefusedRequest,
): Promise<SlipwayError> {
  const { subject, now } = request;
  const { status } = response;
  const errors = await readErrors(response, request);
  const codes = errors.map((error) => error.code);
  const answer: JsonObject = { status, ...(errors.length === 0 ? {} : { errors }) };
  if (status === 429 || codes.includes("TOOMANYREQUESTS"))
    return rateLimited(subject, { ...answer, ...rateLimits(response.headers, now) });
  if (status === 401) return notAuthenticated(subject, { answer });
  if (status === 403) return notPermitted(subject, answer);
  if (status === 404) return notFound(subject, answer);
  const said = `status ${status}${codes.length === 0 ? "" : ` (${codes.join(", ")})`}`;
  return status >= 500 ? unavailable(subject, said, { answer }) : protocolFault(subject, said);
}

interface RegistryErrorEntry extends JsonObject {
  readonly code: string;
}

async function readErrors(
  response: HttpResponse,
  { subject }: RefusedRequest,
): Promise<readonly RegistryErrorEntry[]> {
  let body: unknown;
  try {
    body = JSON.parse(new TextDecoder().decode(await readBody(response, LARGEST_ERROR)));
  } catch {
    // The status is sufficient: registries and the proxies in front of them may send any body.
    return [];
  }
  const parsed = errorBody.safeParse(body);
  if (!parsed.success) return [];
  return parsed.data.errors.slice(0, MOST_ERRORS).map(({ code, message }) => {
    const line = (message ?? "").replaceAll(/\p{C}/gu, " ");
    // Redact before truncating: the redactor would not recognise the truncated beginning of a short secret.
    const words = subject.redactor.text(line).slice(0, LONGEST_MESSAGE).trim();
    return { code, ...(words === "" ? {} : { message: words }) };
  });
}

/** Parses `Retry-After` (seconds or a date) and the remaining quota (`ratelimit-remaining: 0;w=21600`). */
function rateLimits(headers: ReadonlyMap<string, string>, now: number): JsonObject {
  const remaining = /^\s*(\d{1,9})/.exec(headers.get("ratelimit-remaining") ?? "")?.[1];
  return {
    ...(remaining === undefined ? {} : { rate_limit_remaining: Number(remaining) }),
    ...retryAfterMetadata(retryAfterSeconds(headers.get("retry-after"), now)),
  };
}

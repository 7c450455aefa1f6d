import { z } from "zod";
import { isSlipwayError } from "../../../src/errors.ts";
import { cutWords } from "../../../src/redaction/cut.ts";
import { containerToken } from "./shared-files.ts";
import type { AwsEnvironment } from "./shared-files.ts";
import { tryParseJson } from "../../../src/json/try-parse-json.ts";

const RELATIVE_VARIABLE = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
const FULL_VARIABLE = "AWS_CONTAINER_CREDENTIALS_FULL_URI";

/** Of the agent on a machine of ECS. */
const ECS = "http://169.254.170.2";
/** Addresses to which the token may be sent without TLS: ECS's, EKS's, and this machine's own. */
const PLAIN_HOSTS =
  /^(?:169\.254\.170\.2|169\.254\.170\.23|\[fd00:ec2::23\]|localhost|\[::1\]|127(?:\.\d+){3})$/;

const ANSWER_MILLISECONDS = 5_000;
const LARGEST_ANSWER = 16 * 1024;
const LONGEST_WORDS = 500;

/** Why the endpoint of a container's credentials gives none. */
export interface EndpointRefusal {
  readonly words: string;
  readonly remedy: string;
  /** The endpoint cannot be reached, or failed on its side: another try may succeed. */
  readonly mayPass: boolean;
}

/**
 * The reason in the words of the endpoint that ECS or EKS Pod Identity names in the environment. The SDK's chain reads
 * them only in part, and replaces them with those of a source that it tries afterwards:
 * https://github.com/aws/aws-sdk-js-v3/issues/5709. Null if the environment names no endpoint, or the endpoint answers
 * with credentials.
 *
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
 */
export async function endpointRefusal(
  environment: AwsEnvironment,
): Promise<EndpointRefusal | null> {
  const relative = environment[RELATIVE_VARIABLE];
  const variable = relative ? RELATIVE_VARIABLE : FULL_VARIABLE;
  const address = relative ? `${ECS}${relative}` : environment[FULL_VARIABLE];
  if (!address) return null;
  const url = URL.parse(address);
  if (url === null || !isTrusted(url))
    return {
      words: `${variable} is neither an https address nor an http address of ECS, EKS or this machine`,
      remedy: `Correct ${variable}, or unset it to use other credentials.`,
      mayPass: false,
    };
  const remedy = `Settle what the endpoint of ${variable} reports, or unset the variable to use other credentials.`;
  try {
    const token = await containerToken(environment);
    const answer = await fetch(url, {
      headers: token === null ? {} : { authorization: token },
      redirect: "manual",
      signal: AbortSignal.timeout(ANSWER_MILLISECONDS),
    });
    if (answer.ok) return null;
    const words = await wordsOf(answer);
    return {
      words: `${url.host} (${variable}) answered with HTTP status ${answer.status}${words === "" ? "" : `: ${words}`}`,
      remedy,
      mayPass: answer.status >= 500 || answer.status === 429,
    };
  } catch (caught) {
    if (isSlipwayError(caught))
      return { words: caught.message, remedy: caught.remedy ?? remedy, mayPass: false };
    const { cause } = caught instanceof Error ? caught : {};
    const why = cause instanceof Error ? cause.message : String(caught);
    return { words: `${url.host} (${variable}) cannot be asked: ${why}`, remedy, mayPass: true };
  }
}

function isTrusted({ protocol, hostname }: URL): boolean {
  return protocol === "https:" || (protocol === "http:" && PLAIN_HOSTS.test(hostname));
}

/** ECS writes lower-case names. The documentation for providers has names with a capital. */
const said = z
  .object({ code: z.string(), Code: z.string(), message: z.string(), Message: z.string() })
  .partial()
  .transform(({ code, Code, message, Message }) => [code ?? Code, message ?? Message]);

/** The code and message of a JSON answer, or the first line of a text, which is what EKS writes. */
async function wordsOf(answer: Response): Promise<string> {
  const text = await firstBytes(answer);
  const words = said.safeParse(tryParseJson(text)).data ?? [text.split(/[\r\n]/, 1)[0]];
  return cutWords(words.filter(Boolean).join(": ").trim(), LONGEST_WORDS);
}

async function firstBytes({ body }: Response): Promise<string> {
  if (body === null) return "";
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > LARGEST_ANSWER) break;
  }
  return Buffer.concat(chunks).toString("utf8", 0, LARGEST_ANSWER);
}

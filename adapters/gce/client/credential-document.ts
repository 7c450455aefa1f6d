import { z } from "zod";
import { SlipwayError } from "../../../src/errors.ts";
import { tryParseJson } from "../../../src/json/try-parse-json.ts";
import { readRegularFile, whyUnreadable } from "../../../src/host/read-file.ts";
import { TOKEN_VARIABLE } from "./credential-settings.ts";
import type { NamedFile } from "./credential-settings.ts";

/** The members of a credential file. */
export type Content = Readonly<Record<string, unknown>>;

/** Makes the error for a file, from a clause that follows its name. */
export type Unusable = (why: string) => SlipwayError;

const LARGEST_FILE = 1024 * 1024;

/**
 * Reads a credential file. An empty string or null is an absent member.
 *
 * @throws the given error
 */
export async function readCredential(path: string, unusable: Unusable): Promise<Content> {
  if (path === "") throw unusable("does not name a file with its token");
  if (isCredential(path)) throw unusable("holds a credential instead of the path of its file");
  let bytes: Buffer;
  try {
    bytes = await readRegularFile(path, LARGEST_FILE);
  } catch (caught) {
    throw unusable(`cannot be read: ${whyUnreadable(caught)}`);
  }
  const content = tryParseJson(bytes.toString("utf8"));
  if (content === undefined) throw unusable(whyNotJson(bytes));
  const { data } = z.record(z.string(), z.json()).safeParse(content);
  if (data === undefined) throw unusable("is not a JSON object");
  return withoutEmpty(data);
}

/** Google's libraries accept no mark either. */
function whyNotJson(bytes: Buffer): string {
  if (bytes.toString("latin1").trim() === "") return "is empty";
  return BYTE_ORDER_MARKS.some((mark) => bytes.subarray(0, mark.length).equals(mark))
    ? "starts with a byte order mark: save it as UTF-8 without one"
    : "is not JSON";
}

/** Of UTF-8 and of UTF-16, which Windows PowerShell writes. */
const BYTE_ORDER_MARKS = [
  Buffer.from([0xef, 0xbb, 0xbf]),
  Buffer.from([0xff, 0xfe]),
  Buffer.from([0xfe, 0xff]),
];

/** The content of a key file, as it is or in base64, which users of CI systems put into the variable by mistake. */
function isCredential(path: string): boolean {
  return /[{\r\n]/.test(path) || /^e[wy][A-Za-z0-9+/=_-]{64,}$/.test(path);
}

export function withoutEmpty(content: Content): Content {
  return Object.fromEntries(
    Object.entries(content).filter(([, value]) => value !== "" && value !== null),
  );
}

/** The error never quotes a credential that stands in the place of a path. */
export function unusableFile(
  { variable, path }: NamedFile,
  provider: string | null,
  why: string,
): SlipwayError {
  const whose = provider === null ? "" : `workload identity provider ${provider}: `;
  const how =
    provider !== null
      ? "Write it with `gcloud iam workload-identity-pools create-cred-config`"
      : variable === ""
        ? "Sign in with `gcloud auth application-default login`"
        : `Correct ${variable} or the file that it names, unset it and sign in with \`gcloud auth application-default login\``;
  return new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "CLOUD_CONFIGURATION_INVALID",
    message: `${whose}${[variable, isCredential(path) ? "" : path].map((part) => (part === "" ? "" : `${part} `)).join("")}${why}`,
    remedy: `${how}, or set ${TOKEN_VARIABLE}.`,
    blastRadius: "credential",
  });
}

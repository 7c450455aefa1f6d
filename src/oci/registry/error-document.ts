import { parseChallenges } from "../auth.ts";
import type { JsonObject } from "../../errors.ts";
import { goMembers } from "../../json/go-members.ts";
import type { Redactor } from "../../redaction/redactor.ts";
import { BodyTooLargeError, readBody } from "./body.ts";
import { pageText } from "./page-text.ts";
import type { HttpResponse } from "./transport.ts";
import { tryParseJson } from "../../json/try-parse-json.ts";

/** One error of a registry's answer, in its own words. At least one member is present. */
export interface RefusalEntry extends JsonObject {
  readonly code?: string;
  readonly message?: string;
}

/** The errors in the body and the challenge of a response. */
export interface Refusal {
  /** `document` for an error document, `page` for HTML, `text` for other words, `none` for nothing readable. */
  readonly form: "document" | "page" | "text" | "none";
  readonly entries: readonly RefusalEntry[];
}

const LARGEST_ERROR = 64 * 1024;
const MOST_ERRORS = 5;
const LONGEST_MESSAGE = 300;
const CODE = /^[\w.-]{1,64}$/;
/** The codes and messages of object stores, to which registries redirect (S3, Cloud Storage, Azure). */
const XML_ERROR = /^[^<]*(?:<\?xml[^>]*>)?\s*<Error\b/i;
const XML_CODE = /<Code>([^<]*)<\/Code>/i;
const XML_MESSAGE = /<Message>([^<]*)<\/Message>/i;
const TITLE = /<title[^<>]*>([^<]*)<\/title>/i;
/** The members of one error. Clients written in Go match their names in any case. */
const ENTRY_MEMBERS = [
  "code",
  "status",
  "message",
  "detail",
  "details",
  "description",
  "error",
  "error_description",
] as const;
const ERROR_MEMBERS = ["errors", "error", "message", "detail", "details"] as const;
/** Members of manifests, indexes and configurations. */
const CONTENT_MEMBERS = ["schemaVersion", "config", "manifests", "rootfs"] as const;
const NOTHING: Refusal = { form: "none", entries: [] };

/**
 * Reads the words of an unsuccessful response: the distribution specification's `errors`, OAuth2's `error` and
 * `error_description` (in the body or the challenge), and the shapes that registries and token services send instead.
 */
export async function readErrorDocument(
  response: HttpResponse,
  redactor: Redactor,
): Promise<Refusal> {
  const text = await readText(response);
  const body = text === null ? NOTHING : parseText(text);
  return cleaned(body, response, redactor);
}

/**
 * Reads the body of a response with a status of success, which some registries, token services and proxies send with an
 * error document, a web page or a sentence. A JSON document counts only if it has the members of an error and none of a
 * manifest; a text only if it is neither damaged JSON nor a file.
 */
export function readUnexpectedBody(
  body: Uint8Array,
  response: HttpResponse,
  redactor: Redactor,
): Refusal {
  if (body.length > LARGEST_ERROR) return NOTHING;
  const text = new TextDecoder().decode(body).trim();
  const value = tryParseJson(text);
  if (value !== undefined && !isErrorDocument(value)) return NOTHING;
  const parsed = parseText(text);
  if (parsed.form === "text" && !isSentence(text)) return NOTHING;
  return cleaned(parsed, response, redactor);
}

/** One word could be a token. */
function isSentence(text: string): boolean {
  return /\s/.test(text) && !/^[[{"]|\uFFFD|[^\P{Cc}\s]/u.test(text);
}

function isErrorDocument(value: unknown): boolean {
  if (!isObject(value)) return false;
  const has = (names: readonly string[]) => Object.keys(goMembers(value, names)).length > 0;
  return has(ERROR_MEMBERS) && !has(CONTENT_MEMBERS);
}

function cleaned({ form, entries }: Refusal, response: HttpResponse, redactor: Redactor): Refusal {
  const all = [...entries, ...challengeErrors(response)].slice(0, MOST_ERRORS);
  const words = all.map((entry) => clean(withoutStatus(entry, response), redactor));
  return { form, entries: words.filter(says) };
}

async function readText(response: HttpResponse): Promise<string | null> {
  try {
    return new TextDecoder().decode(await readBody(response, LARGEST_ERROR)).trim();
  } catch (caught) {
    // A connection that breaks in the body, or a body without end: the status alone must do.
    if (caught instanceof BodyTooLargeError || isConnectionError(caught)) return null;
    throw caught;
  }
}

function isConnectionError(caught: unknown): boolean {
  return caught instanceof Error && "code" in caught && caught.name !== "AbortError";
}

function parseText(text: string): Refusal {
  if (text === "") return NOTHING;
  const value = tryParseJson(text);
  if (value !== undefined) {
    const entries = entriesOf(value);
    return entries.length === 0 ? NOTHING : { form: "document", entries };
  }
  if (XML_ERROR.test(text)) {
    const entry = {
      ...optional("code", XML_CODE.exec(text)?.[1]),
      ...optional("message", XML_MESSAGE.exec(text)?.[1]),
    };
    return { form: "document", entries: [entry] };
  }
  return text.startsWith("<")
    ? { form: "page", entries: [optional("message", wordsOf(text))] }
    : { form: "text", entries: [{ message: text }] };
}

/** A page's title and text, such as "403 Forbidden: Since Docker is a US company, …". */
function wordsOf(page: string): string {
  const title = TITLE.exec(page)?.[1]?.trim() ?? "";
  const text = pageText(page);
  // Most pages repeat their title as a heading.
  return text.startsWith(title) ? text : [title, text].filter((part) => part !== "").join(": ");
}

function entriesOf(value: unknown): readonly RefusalEntry[] {
  if (!isObject(value)) return entryOf(value);
  const { errors } = goMembers(value, ["errors"]);
  const list = Array.isArray(errors) ? errors : [errors];
  const entries = list.flatMap(entryOf);
  return entries.length === 0 ? entryOf(value) : entries;
}

/** An error as a text, as the specification's object, as OAuth2's members, or as Google's nested object. */
function entryOf(value: unknown): readonly RefusalEntry[] {
  if (typeof value === "string") return [{ message: value }];
  if (!isObject(value)) return [];
  const members = goMembers(value, ENTRY_MEMBERS);
  const { error } = members;
  if (isObject(error)) return entryOf(error);
  const code = firstCode([members.code, error, members.status]);
  const details = [members.detail, members.details, members.description];
  const unclear = typeof error === "string" && error !== code ? error : undefined;
  const message = firstText([members.message, members.error_description, unclear]);
  // The detail's structure is the registry's own. It is shown only where nothing else is.
  const detail = firstText(details) ?? (message === undefined ? firstObject(details) : undefined);
  const words = [message, detail === message ? undefined : detail];
  const said = words.filter((part) => part !== undefined).join(": ");
  const entry = { ...optional("code", code), ...optional("message", said) };
  return says(entry) ? [entry] : [];
}

/** OAuth2's `error` and `error_description` in a challenge (RFC 6750, 3). */
function challengeErrors(response: HttpResponse): readonly RefusalEntry[] {
  const header = response.headers.get("www-authenticate") ?? "";
  return parseChallenges(header).flatMap(({ parameters }) => {
    const code = firstCode([parameters.get("error")]);
    const message = parameters.get("error_description");
    const entry = { ...optional("code", code), ...optional("message", message) };
    return says(entry) ? [entry] : [];
  });
}

/** Some documents repeat the response's status as their code. */
function withoutStatus(entry: RefusalEntry, { status }: HttpResponse): RefusalEntry {
  return entry.code === String(status) ? optional("message", entry.message) : entry;
}

function clean(entry: RefusalEntry, redactor: Redactor): RefusalEntry {
  const line = (entry.message ?? "").replaceAll(/\p{C}/gu, " ");
  // Redact before truncating: the redactor would not recognise the truncated beginning of a short secret.
  const words = redactor.text(line).slice(0, LONGEST_MESSAGE).trim();
  return { ...optional("code", entry.code), ...optional("message", words) };
}

function says({ code, message }: RefusalEntry): boolean {
  return code !== undefined || message !== undefined;
}

function firstCode(values: readonly unknown[]): string | undefined {
  const texts = values.filter((value) => typeof value === "string");
  const numbers = values.filter((value) => typeof value === "number").map(String);
  return [...texts, ...numbers].find((value) => CODE.test(value));
}

function firstText(values: readonly unknown[]): string | undefined {
  return values.find((value): value is string => typeof value === "string" && value.trim() !== "");
}

function firstObject(values: readonly unknown[]): string | undefined {
  const found = values.find((value) => isObject(value) || Array.isArray(value));
  return found === undefined ? undefined : JSON.stringify(found);
}

function optional(name: "code" | "message", value: string | undefined): RefusalEntry {
  return value === undefined || value === "" ? {} : { [name]: value };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

import { SlipwayError } from "../errors.ts";
import type { JsonObject, JsonValue } from "../errors.ts";
import type { RegistryCredential } from "../oci/credential.ts";
import type { SecretValue } from "../secret-value.ts";
import type { LaunchSecrets } from "./contract.ts";

const REDACTED = "[redacted]";
/** Shorter values would be found by chance in every other word, and are no secrets to speak of. */
const SHORTEST_VALUE = 4;
const SHORTEST_BASE64 = 8;

/** Takes known secrets out of what is about to be told. */
export interface Redactor {
  text(text: string): string;
  object(value: JsonObject): JsonObject;
  /** The same error where it holds none of the secrets, else a copy without them. */
  error(error: SlipwayError): SlipwayError;
}

/**
 * A redactor for these secrets. They are revealed at the first text that is looked at and not before: most calls
 * say nothing that has to be.
 */
export function createRedactor(secrets: () => readonly SecretValue[]): Redactor {
  let known: readonly string[] | null = null;
  const text = (original: string): string => {
    known ??= longestFirst(secrets().flatMap((secret) => spellings(secret)));
    return known.reduce((kept, spelling) => kept.replaceAll(spelling, REDACTED), original);
  };
  const error = (original: SlipwayError): SlipwayError =>
    text(everyWord(original)) === everyWord(original) ? original : redactError(original, text);
  return { text, object: (value) => redactObject(value, text), error };
}

/** Every secret that travels with a launch. */
export function launchSecretValues(secrets: LaunchSecrets): readonly SecretValue[] {
  const { credential, environment, files } = secrets;
  return [
    ...credentialValues(credential),
    ...Object.values(environment),
    ...files.map(({ value }) => value),
  ];
}

/** What of a registry's credential is secret. */
export function credentialValues(credential: RegistryCredential | null): readonly SecretValue[] {
  if (credential === null) return [];
  return [credential.kind === "password" ? credential.password : credential.identityToken];
}

/** How a secret may stand in a text: as it is, in JSON, in a URL, in base64. */
function spellings(secret: SecretValue): readonly string[] {
  const value = secret.reveal();
  if (value.length < SHORTEST_VALUE) return [];
  const plain = [
    value,
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(value.toWellFormed()),
  ];
  const base64 = [0, 1, 2].map((offset) => base64Core(secret.revealBytes(), offset));
  return [...plain, ...base64.filter((core) => core.length >= SHORTEST_BASE64)];
}

/** One secret may be the beginning of another: the shorter would leave the rest of the longer to be read. */
function longestFirst(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].toSorted((left, right) => right.length - left.length);
}

/**
 * The part of a base64 text that is the same whatever stands before and behind the value, for a value that begins
 * `offset` bytes after a multiple of three: so it is found inside `user:password` and inside whole documents.
 */
function base64Core(value: Uint8Array, offset: number): string {
  const text = Buffer.concat([Buffer.alloc(offset), value]).toString("base64");
  const whole = Math.floor(((offset + value.length) * 8) / 6);
  return text.slice(Math.ceil((offset * 8) / 6), whole);
}

function everyWord(error: SlipwayError): string {
  const cause = error.cause instanceof Error ? `${error.cause.message}\n${error.cause.stack}` : "";
  return `${JSON.stringify(error)}\n${error.message}\n${error.stack}\n${cause}`;
}

function redactError(original: SlipwayError, text: (text: string) => string): SlipwayError {
  const { code, reason, message, remedy, blastRadius, retry, metadata, checks, cause } = original;
  const redacted = new SlipwayError({
    code,
    reason,
    message: text(message),
    ...(remedy === null ? {} : { remedy: text(remedy) }),
    blastRadius,
    retry,
    metadata: redactObject(metadata, text),
    ...(checks === null ? {} : { checks: checks.map((check) => redactJson(check, text)) }),
    ...(cause instanceof Error ? { cause: redactCause(cause, text) } : {}),
  });
  if (original.stack !== undefined) redacted.stack = text(original.stack);
  return redacted;
}

function redactCause(cause: Error, text: (text: string) => string): Error {
  const redacted = new Error(text(cause.message));
  redacted.name = cause.name;
  if (cause.stack !== undefined) redacted.stack = text(cause.stack);
  if ("code" in cause) Object.assign(redacted, { code: cause.code });
  return redacted;
}

function redactObject(value: JsonObject, text: (text: string) => string): JsonObject {
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [key, redactJson(field, text)]),
  );
}

function redactJson(value: JsonValue, text: (text: string) => string): JsonValue {
  if (typeof value === "string") return text(value);
  if (typeof value !== "object" || value === null) return value;
  if (isList(value)) return value.map((item) => redactJson(item, text));
  return redactObject(value, text);
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

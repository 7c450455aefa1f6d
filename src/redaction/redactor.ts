import { asSlipwayError, isSlipwayError, SlipwayError } from "../errors.ts";
import type { SecretValue } from "../secret-value.ts";
import { createSecretSearch } from "./secret-search.ts";
import type { Range } from "./secret-search.ts";

const REDACTED = "[redacted]";

/**
 * Replaces secrets in the words of a peer: a registry, a token service, an engine or a cloud may repeat what it was sent,
 * in any form. The clients of all peers pass their errors and messages through a redactor.
 */
export interface Redactor {
  text(text: string): string;
  /** Redacts plain data, including its keys. Returns the same object if it contains no secret, otherwise a copy. */
  data<Value extends object>(value: Value): Value;
  /** Redacts an error and its causes. Returns the same error if they contain no secret, otherwise a copy. */
  error(error: SlipwayError): SlipwayError;
  /** Awaits the work. Its failure is thrown as a `SlipwayError`, through {@link Redactor.error}. */
  guard<Result>(work: () => Promise<Result>): Promise<Result>;
}

/**
 * @param secrets Called for each text, because a client obtains tokens during its work. Not called before the first
 * text, because most calls have nothing to redact.
 */
export function createRedactor(secrets: () => readonly SecretValue[]): Redactor {
  const text = createTextRedactor(secrets);
  const holdsSecret = (original: string): boolean => text(original) !== original;
  const data = <Value extends object>(value: Value): Value => {
    if (!holdsSecret(JSON.stringify(value))) return value;
    const copy = structuredClone(value);
    redactFields(copy, text);
    return copy;
  };
  const error = (original: SlipwayError): SlipwayError =>
    holdsSecret(everyWord(original)) ? redactError(original, { text, data }) : original;
  return {
    text,
    data,
    error,
    async guard(work) {
      try {
        return await work();
      } catch (caught) {
        throw error(asSlipwayError(caught));
      }
    },
  };
}

/** Rebuilds the search only if the list of secrets has changed. */
function createTextRedactor(secrets: () => readonly SecretValue[]): (text: string) => string {
  let known: readonly SecretValue[] = [];
  let search = createSecretSearch(known);
  return (text) => {
    const now = secrets();
    if (now.length !== known.length || now.some((secret, index) => secret !== known[index])) {
      known = now;
      search = createSecretSearch(now);
    }
    return without(text, search(text));
  };
}

function without(text: string, ranges: readonly Range[]): string {
  if (ranges.length === 0) return text;
  const kept = ranges.map(({ start }, index) => text.slice(ranges[index - 1]?.end ?? 0, start));
  return [...kept, text.slice(ranges.at(-1)?.end)].join(REDACTED);
}

function everyWord(error: Error): string {
  const own = `${JSON.stringify(error)}\n${error.message}\n${error.stack}\n${codeOf(error)}`;
  return error.cause instanceof Error ? `${own}\n${everyWord(error.cause)}` : own;
}

function redactError(
  original: SlipwayError,
  redactor: Pick<Redactor, "text" | "data">,
): SlipwayError {
  const { code, reason, message, remedy, blastRadius, retry, metadata, checks, cause } = original;
  const { text, data } = redactor;
  const redacted = new SlipwayError({
    code,
    reason,
    message: text(message),
    ...(remedy === null ? {} : { remedy: text(remedy) }),
    blastRadius,
    retry,
    metadata: data(metadata),
    ...(checks === null ? {} : { checks: data(checks) }),
    ...(cause instanceof Error ? { cause: redactCause(cause, redactor) } : {}),
  });
  if (original.stack !== undefined) redacted.stack = text(original.stack);
  return redacted;
}

function redactCause(original: Error, redactor: Pick<Redactor, "text" | "data">): Error {
  if (isSlipwayError(original)) return redactError(original, redactor);
  const { text } = redactor;
  const { name, message, stack } = original;
  const redacted = new Error(text(message));
  redacted.name = text(name);
  if (stack !== undefined) redacted.stack = text(stack);
  const code = codeOf(original);
  if (code !== "") Object.assign(redacted, { code: redactScalar(code, text) });
  return redacted;
}

function codeOf(error: Error): string | number {
  if (!("code" in error)) return "";
  return typeof error.code === "string" || typeof error.code === "number" ? error.code : "";
}

/** A number that a peer sent is redacted as its digits: passwords may consist of digits. */
function redactScalar(value: unknown, text: (text: string) => string): unknown {
  if (typeof value === "string") return text(value);
  if (typeof value !== "number") return value;
  const digits = String(value);
  const redacted = text(digits);
  return redacted === digits ? value : redacted;
}

/** Redacts all strings, numbers and keys of a plain object or list in place. */
function redactFields(target: object, text: (text: string) => string): void {
  for (const [key, field] of Object.entries(target)) {
    const name = text(key);
    if (name !== key) Reflect.deleteProperty(target, key);
    if (typeof field === "object" && field !== null) redactFields(field, text);
    Reflect.set(target, name, redactScalar(field, text));
  }
}

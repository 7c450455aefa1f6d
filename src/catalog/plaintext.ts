import { SecretValue } from "../secret-value.ts";
import { invalidRecord, isFields } from "./violation.ts";

const SPELLINGS = ["plaintext_value", "plaintextValue"] as const;

/**
 * A secret's body, apart: the value leaves it before anything judges (and might quote) the rest.
 *
 * @returns the value; null where the body has none
 * @throws SlipwayError `INVALID_ARGUMENT` / `INVALID_RECORD` for a value that is no text, or is given twice
 */
export function takePlaintext(body: unknown): {
  readonly value: SecretValue | null;
  readonly rest: unknown;
} {
  if (!isFields(body)) return { value: null, rest: body };
  const given = SPELLINGS.filter((spelling) => Object.hasOwn(body, spelling));
  if (given.length > 1) throw invalid("plaintext_value is given twice, in two spellings");
  const rest = Object.fromEntries(
    Object.entries(body).filter(([name]) => !SPELLINGS.some((spelling) => spelling === name)),
  );
  const value = given[0] === undefined ? null : body[given[0]];
  if (value === null || value === undefined || value === "") return { value: null, rest };
  if (value instanceof SecretValue) return { value, rest };
  // YAML reads digits as a number, and what it then prints need not be what was written.
  if (typeof value !== "string") throw invalid("plaintext_value must be a text: quote it");
  return { value: new SecretValue(value), rest };
}

export function plaintextRequired() {
  return invalid("plaintext_value is required");
}

function invalid(message: string) {
  return invalidRecord("secret", [{ path: ["plaintextValue"], message }]);
}

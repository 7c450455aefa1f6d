/** The value of a secret in the body of its record. */
import type { SlipwayError } from "../errors.ts";
import { SecretValue } from "../secret-value.ts";
import { invalidRecord, isFields } from "./violation.ts";

const PLAINTEXT_FIELDS = ["plaintext_value", "plaintextValue"] as const;

/**
 * Takes the value out of a secret's body, before the rest is validated and perhaps quoted in an error.
 *
 * @returns the value, or null if the body has none
 * @throws SlipwayError `INVALID_ARGUMENT` / `INVALID_RECORD` if the value is not a string or is given twice
 */
export function separatePlaintext(body: unknown): {
  readonly value: SecretValue | null;
  readonly rest: unknown;
} {
  if (!isFields(body)) return { value: null, rest: body };
  const given = PLAINTEXT_FIELDS.filter((field) => Object.hasOwn(body, field));
  if (given.length > 1)
    throw invalid("plaintext_value is given twice, in snake_case and in camelCase");
  const rest = Object.fromEntries(
    Object.entries(body).filter(([name]) => !PLAINTEXT_FIELDS.some((field) => field === name)),
  );
  const value = given[0] === undefined ? null : body[given[0]];
  if (value === null || value === undefined || value === "") return { value: null, rest };
  if (value instanceof SecretValue) return { value, rest };
  // YAML parses digits as a number, which need not print as it was written.
  if (typeof value !== "string") throw invalid("plaintext_value must be a string: quote it");
  return { value: new SecretValue(value), rest };
}

export function plaintextRequired(): SlipwayError {
  return invalid("plaintext_value is required");
}

function invalid(message: string): SlipwayError {
  return invalidRecord("secret", [{ path: ["plaintextValue"], message }]);
}

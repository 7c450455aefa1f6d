import { invalidField } from "./failure.ts";

/** RFC 1035, the format of nearly all resource names. */
const NAME = /^[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
const NAME_RULE = "Must be a match of regex '(?:[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?)'";
const LABEL_KEY = /^[\p{Ll}\p{Lo}][\p{Ll}\p{Lo}\p{N}_-]{0,62}$/u;
const LABEL_VALUE = /^[\p{Ll}\p{Lo}\p{N}_-]{0,63}$/u;
const MAXIMUM_LABELS = 64;

export function requireName(name: string, field: string): void {
  if (!NAME.test(name)) throw invalidField(field, name, NAME_RULE);
}

export function requireLabels(labels: Readonly<Record<string, string>>, field: string): void {
  const entries = Object.entries(labels);
  if (entries.length > MAXIMUM_LABELS)
    throw invalidField(field, String(entries.length), `At most ${MAXIMUM_LABELS} labels.`);
  for (const [key, value] of entries) {
    if (!LABEL_KEY.test(key))
      throw invalidField(
        field,
        key,
        "Label keys must begin with a lowercase letter and hold lowercase letters, digits, '_' and '-', at most 63.",
      );
    if (!LABEL_VALUE.test(value))
      throw invalidField(
        `${field}.${key}`,
        value,
        "Label values hold lowercase letters, digits, '_' and '-', at most 63.",
      );
  }
}

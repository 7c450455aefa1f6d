import { z } from "zod";
import { GceFailure, invalidField } from "./failure.ts";

/** A 64-bit or 32-bit number. JSON carries 64-bit numbers as text; clients send either form. */
export const wholeNumber = z
  .union([
    z.number().int(),
    z
      .string()
      .regex(/^-?\d{1,18}$/)
      .transform(Number),
  ])
  .refine((value) => Number.isSafeInteger(value));

/**
 * An object with these fields and no others. The fields named in `alsoTaken` are accepted and ignored: output-only
 * fields, and fields that have no effect in the fake.
 */
export function resource<S extends z.ZodRawShape>(shape: S, alsoTaken = "") {
  const names = new Set(alsoTaken.split(" "));
  return z.preprocess((value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).filter(([name]) => !names.has(name)));
  }, z.strictObject(shape));
}

const MAXIMUM_DEPTH = 64;

/**
 * Parses the body of a request. Fields with `null` count as absent, as in all of Google's APIs; unknown fields are
 * rejected.
 *
 * @throws GceFailure `parseError`, `invalid` or `badRequest`
 */
export function readBody<S extends z.ZodType>(schema: S, text: string): z.output<S> {
  const document = text.trim() === "" ? "" : parse(text);
  // Google's client for Node sends an empty JSON string if there is no body.
  const body = document === "" ? {} : withoutNulls(document, 0);
  const read = schema.safeParse(body, { reportInput: true });
  if (read.success) return read.data;
  throw refusalOf(read.error);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new GceFailure("parseError", "Invalid JSON payload received. Parse Error");
  }
}

function withoutNulls(value: unknown, depth: number): unknown {
  if (depth > MAXIMUM_DEPTH) throw new GceFailure("parseError", "Message too deep.");
  if (Array.isArray(value)) return value.map((item) => withoutNulls(item, depth + 1));
  if (typeof value !== "object" || value === null) return value;
  const kept: Record<string, unknown> = Object.create(null);
  for (const [name, inner] of Object.entries(value))
    if (inner !== null) kept[name] = withoutNulls(inner, depth + 1);
  return kept;
}

function refusalOf({ issues }: z.ZodError): GceFailure {
  const [issue] = issues;
  const path = ["resource", ...(issue?.path ?? [])].map(String).join(".");
  if (issue?.code === "unrecognized_keys")
    return new GceFailure(
      "badRequest",
      `Invalid JSON payload received. Unknown name "${issue.keys[0] ?? ""}" at '${path}': Cannot find field.`,
    );
  if (issue?.input === undefined && issue?.code === "invalid_type")
    return new GceFailure("required", `Required field '${path}' not specified`);
  return invalidField(path, display(issue?.input), issue?.message ?? "");
}

function display(value: unknown): string {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? String(value)
    : "";
}

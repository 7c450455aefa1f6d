import { isUtf8 as isValidUtf8 } from "node:buffer";
import type { z } from "zod";
import { invalidArgument, type ErrorReason } from "../../errors.ts";
import { quote } from "../quote.ts";

/** Size limit of manifests and configurations: 4 MiB, the limit of registries and engines themselves. */
export const LARGEST_DOCUMENT = 4 * 1024 * 1024;

const MOST_ISSUES = 20;
/** A byte order mark is not JSON. */
const KEEP_MARK = { ignoreBOM: true } as const;

/** The document's name in messages, and the reason of its errors. */
export interface DocumentKind {
  readonly what: string;
  readonly reason: ErrorReason;
}

/**
 * Parses untrusted JSON. Of a duplicate key the last value counts.
 *
 * @throws SlipwayError with the kind's reason if the document is too large, not UTF-8 or not JSON
 */
export function parseJsonDocument(json: string | Uint8Array, kind: DocumentKind): unknown {
  const { isUtf8, value } = readJsonDocument(json, kind);
  if (!isUtf8) throw invalidArgument(kind.reason, `${kind.what}: it is not UTF-8`);
  return value;
}

/** Untrusted JSON. Its text keeps what a JavaScript object loses: repeated members and their order. */
export interface JsonDocument {
  readonly text: string;
  readonly value: unknown;
  /** False if bytes that are not UTF-8 were replaced by U+FFFD, as Go replaces them. */
  readonly isUtf8: boolean;
}

/**
 * Reads untrusted JSON.
 *
 * @throws SlipwayError with the kind's reason if the document is too large or not JSON
 */
export function readJsonDocument(json: string | Uint8Array, kind: DocumentKind): JsonDocument {
  // JavaScript callers may pass anything.
  if (typeof json !== "string" && !ArrayBuffer.isView(json))
    throw invalidArgument(kind.reason, `${kind.what}: it is neither text nor bytes`);
  if (json.length > LARGEST_DOCUMENT)
    throw invalidArgument(kind.reason, `${kind.what}: it is larger than ${LARGEST_DOCUMENT} bytes`);
  const isUtf8 = typeof json === "string" || isValidUtf8(json);
  const text = typeof json === "string" ? json : new TextDecoder("utf-8", KEEP_MARK).decode(json);
  try {
    return { text, isUtf8, value: JSON.parse(text) };
  } catch {
    // The parser's message quotes the document, which may contain anything.
    throw invalidArgument(kind.reason, `${kind.what}: it is not ${isUtf8 ? "JSON" : "UTF-8"}`);
  }
}

/**
 * Validates a value against the schema.
 *
 * @throws SlipwayError with the kind's reason; the message has the path of the first invalid field
 */
export function checkDocument<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  kind: DocumentKind,
): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.slice(0, MOST_ISSUES).map((issue) => ({
    path: formatPath(issue.path),
    message: issue.message,
  }));
  const [first] = issues;
  const where = first === undefined || first.path === "" ? "" : `${first.path}: `;
  throw invalidArgument(
    kind.reason,
    `${kind.what}: ${where}${first?.message ?? "invalid"}`,
    undefined,
    { issues },
  );
}

/** Formats a path as `config.Env[0]`; quotes keys that are not plain words. */
export function formatPath(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) => {
      if (typeof part === "number") return `[${part}]`;
      const key = String(part);
      if (!/^[A-Za-z_]\w{0,63}$/.test(key)) return `[${quote(key)}]`;
      return index === 0 ? key : `.${key}`;
    })
    .join("");
}

import type { z } from "zod";
import { invalidArgument, type ErrorReason } from "../../errors.ts";
import { quote } from "../quote.ts";

/** The largest manifest or configuration that is read: 4 MiB, what registries and engines themselves allow. */
export const LARGEST_DOCUMENT = 4 * 1024 * 1024;

const MOST_ISSUES = 20;
const UTF8 = { fatal: true, ignoreBOM: true } as const;

/** What the document is called in messages, and the reason that its errors have. */
export interface DocumentKind {
  readonly what: string;
  readonly reason: ErrorReason;
}

/**
 * JSON from outside as a value. A key that is there twice keeps its last value, as in Go, whose programs read the
 * same documents. Throws the kind's reason where it is too large, not UTF-8 or not JSON.
 */
export function parseJsonDocument(json: string | Uint8Array, kind: DocumentKind): unknown {
  // The library is called from JavaScript too.
  if (typeof json !== "string" && !ArrayBuffer.isView(json))
    throw invalidArgument(kind.reason, `${kind.what}: it is neither text nor bytes`);
  if (json.length > LARGEST_DOCUMENT)
    throw invalidArgument(kind.reason, `${kind.what}: it is larger than ${LARGEST_DOCUMENT} bytes`);
  let text: string;
  try {
    text = typeof json === "string" ? json : new TextDecoder("utf-8", UTF8).decode(json);
  } catch {
    // The decoder's own message says nothing more.
    throw invalidArgument(kind.reason, `${kind.what}: it is not UTF-8`);
  }
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message quotes the document, which may be anything.
    throw invalidArgument(kind.reason, `${kind.what}: it is not JSON`);
  }
}

/** The value as the schema has it. Throws the kind's reason, naming the path of what is wrong first. */
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

/** A path as `config.Env[0]`; keys that are no plain words are quoted. */
function formatPath(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) => {
      if (typeof part === "number") return `[${part}]`;
      const key = String(part);
      if (!/^[A-Za-z_]\w{0,63}$/.test(key)) return `[${quote(key)}]`;
      return index === 0 ? key : `.${key}`;
    })
    .join("");
}

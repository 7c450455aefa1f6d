import type { z } from "zod";
import { snakeCaseName } from "./field-case.ts";

/** How the schema library starts its own messages about a value of another type. */
const LIBRARY_PREFIX = /^Invalid input: /u;

/**
 * Explains why a document does not match its schema: the first field that is wrong, in snake_case as in files, and what
 * was expected there.
 */
export function describeSchemaFault({ issues: [issue] }: z.ZodError): string {
  const why = (issue?.message ?? "unreadable").replace(LIBRARY_PREFIX, "");
  const field = issue?.path.map((step) => snakeCaseName(String(step))).join(".") ?? "";
  return `${field === "" ? "the document" : field}: ${why}`;
}

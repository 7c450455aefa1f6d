import { createHash } from "node:crypto";

/** 64 hexadecimal digits, deterministic. */
export function digest(words: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(words)).digest("hex");
}

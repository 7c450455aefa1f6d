import { invalidArgument, type SlipwayError } from "../../errors.ts";

/** `INVALID_INPUT`: what is wrong, with its line and column (from 1). */
export function faultAt(text: string, offset: number, what: string): SlipwayError {
  const before = text.slice(0, offset);
  const line = before.split("\n").length;
  const column = offset - (before.lastIndexOf("\n") + 1) + 1;
  return invalidArgument(
    "INVALID_INPUT",
    `line ${line}, column ${column}: ${what}`,
    "Give one resource as YAML or JSON.",
    { line, column },
  );
}

import { invalidArgument, type SlipwayError } from "../../errors.ts";

/** The `INVALID_INPUT` error for a fault, with its 1-based line and column. */
export function faultAt(text: string, offset: number, what: string): SlipwayError {
  const before = text.slice(0, offset);
  const line = before.split("\n").length;
  const column = offset - (before.lastIndexOf("\n") + 1) + 1;
  return invalidArgument(
    "INVALID_INPUT",
    `line ${line}, column ${column}: ${what}`,
    "Pass one resource as YAML or JSON.",
    { line, column },
  );
}

import type { Check, JsonObject, JsonValue, SlipwayError } from "../../errors.ts";
import type { GlobalFlags } from "../global-flags.ts";
import { isJsonObject } from "../../json/json-object.ts";
import { groupFailures } from "./failures.ts";
import { renderJson } from "./render.ts";
import { renderDetails } from "./table.ts";
import type { Column } from "./table.ts";
import { wrapLine } from "./wrap.ts";
import { safeLine, safeLines } from "../terminal-text.ts";

/** Lines of a machine's log that an error shows. */
const MOST_LOG_LINES = 10;

/**
 * Renders an error for standard error: one JSON object with `-o json`, otherwise lines for people.
 *
 * @param columns the width of the terminal; null (default) if standard error is not a terminal
 */
export function renderError(
  error: SlipwayError,
  flags: GlobalFlags,
  columns: number | null = null,
): string {
  const text =
    flags.output === "json"
      ? `${renderJson({ error: error.toJSON() }, 2)}\n`
      : `${errorLines(error, columns)}${isTable(flags.output) ? checkTable(error, columns) : ""}`;
  return flags.verbose ? `${text}${background(error)}` : text;
}

function isTable(output: GlobalFlags["output"]): boolean {
  return output === "table" || output === "wide";
}

/** All checks of a failed dry run, those that failed first. The remedies are in the lines above. */
function checkTable(error: SlipwayError, width: number | null): string {
  const checks = error.checks ?? [];
  if (checks.length === 0) return "";
  const others = checks.filter((check) => !isFailed(check) && !isWarning(check));
  const rows = [...checks.filter(isFailed), ...checks.filter(isWarning), ...others];
  const columns: readonly Column<Check>[] = [
    { title: "CHECK", cell: ({ name }) => name },
    { title: "OUTCOME", cell: ({ outcome }) => outcome },
    { title: "FINDING", cell: ({ message }) => message },
  ];
  return `\n${renderDetails(columns, rows, width)}`;
}

function errorLines(error: SlipwayError, columns: number | null): string {
  const { failures, violations, log, list_command: listCommand } = error.metadata;
  if (Array.isArray(failures) && listCommand !== undefined)
    return summaryLines(error, failures.filter(isJsonObject), columns);
  const checks = error.checks ?? [];
  const failed = checks.filter(isFailed);
  const lines = [`slipway: ${error.code}: ${headline(error.message, failed)}`];
  lines.push(...remedyLines(error));
  // If only one check failed, the error's message often includes that check's message already.
  const only = failed.length === 1 ? failed[0]?.message : undefined;
  const isRepeated = only !== undefined && error.message.includes(only);
  if (!isRepeated) for (const check of failed) lines.push(...findingLines(check));
  // The caller can correct these in the same round as the failures.
  for (const check of checks.filter(isWarning)) lines.push(...findingLines(check, "warning"));
  // A command that was given several names reports each one that failed.
  if (Array.isArray(failures))
    for (const failure of failures.filter(isJsonObject)) lines.push(...findingLines(failure));
  // A machine's own words say why it ended.
  if (Array.isArray(log)) lines.push(...lastLines(log));
  // The message is only the first violation, worded exactly as in the specification.
  if (Array.isArray(violations)) lines.push(...remainingViolations(violations, error.message));
  return lines.map((line) => `${safeLine(line)}\n`).join("");
}

/** The failures of many spawns by their reason, with an example of each, and the command that shows all of them. */
function summaryLines(
  { code, message, metadata: { list_command: listCommand } }: SlipwayError,
  failures: readonly JsonObject[],
  columns: number | null,
): string {
  const lines = [`slipway: ${code}: ${message}`];
  for (const { count, reason, example } of groupFailures(failures)) {
    const { name, message: words, remedy } = example;
    const link = count === 1 ? ": " : ", such as ";
    const found = `  ${count} × ${reason}${link}${name}: ${words}`;
    for (const line of remedy === "" ? [found] : [found, `    ${remedy}`])
      lines.push(...wrapLine(safeLine(line), columns, "    "));
  }
  // On a line of its own and never broken, so that it can be copied.
  if (typeof listCommand === "string")
    lines.push("Show all of them with:", `  ${safeLine(listCommand)}`);
  return lines.map((line) => `${line}\n`).join("");
}

/** The remedy, which stands beside the caret if the error quotes a line of its input. */
function remedyLines({ remedy, metadata: { excerpt } }: SlipwayError): readonly string[] {
  const ownLine = remedy === null ? [] : [remedy];
  if (!Array.isArray(excerpt)) return ownLine;
  const [source, caret] = excerpt.filter((line) => typeof line === "string");
  if (source === undefined || caret === undefined) return ownLine;
  return [`  ${source}`, `  ${[caret, ...ownLine].join(" ")}`];
}

/** The message without the findings of several checks, which follow on lines of their own. */
function headline(message: string, failed: readonly Check[]): string {
  const findings = `: ${failed.map(({ message: text }) => text).join("; ")}`;
  return failed.length > 1 && message.endsWith(findings)
    ? message.slice(0, -findings.length)
    : message;
}

function lastLines(log: readonly JsonValue[]): readonly string[] {
  const shown = log.filter((line) => typeof line === "string").slice(-MOST_LOG_LINES);
  return shown.length === 0
    ? []
    : ["The last lines of its log:", ...shown.map((line) => `  ${line}`)];
}

function remainingViolations(violations: readonly JsonValue[], message: string): readonly string[] {
  const remaining = violations
    .filter((violation) => typeof violation === "string")
    .filter((violation) => !message.includes(violation));
  return remaining.length === 0
    ? []
    : ["Also wrong:", ...remaining.map((violation) => `  ${violation}`)];
}

function isFailed({ outcome }: Check): boolean {
  return outcome === "failed";
}

function isWarning({ outcome }: Check): boolean {
  return outcome === "warning";
}

/** A check, or one of several failures in an error's metadata. */
type Finding = { readonly [member in "name" | "code" | "message" | "remedy"]?: unknown };

function findingLines({ name, code, message, remedy }: Finding, kind?: string): readonly string[] {
  const words = [name, kind ?? code, message].filter((word) => typeof word === "string");
  return [`  ${words.join(": ")}`, ...(typeof remedy === "string" ? [`    ${remedy}`] : [])];
}

/** More about an error, for `--verbose`: its causes, and the stack of a defect. */
function background(error: SlipwayError): string {
  const lines: string[] = [];
  let cause: unknown = error.cause;
  while (cause instanceof Error && lines.length < 10) {
    lines.push(`caused by ${safeLine(`${cause.name}: ${cause.message}`)}`);
    cause = cause.cause;
  }
  if (error.code === "INTERNAL") {
    const origin = error.cause instanceof Error ? error.cause : error;
    lines.push(safeLines(origin.stack ?? ""));
  }
  return lines.map((line) => `${line}\n`).join("");
}

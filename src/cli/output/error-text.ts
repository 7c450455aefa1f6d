import type { JsonObject, JsonValue, SlipwayError } from "../../errors.ts";
import type { GlobalFlags } from "../global-flags.ts";
import { isJsonObject } from "../../json/json-object.ts";
import { renderJson } from "./render.ts";
import { safeLine, safeLines } from "../terminal-text.ts";

/** An error as standard error gets it: one JSON object with `-o json`, else lines for people. */
export function renderError(error: SlipwayError, flags: GlobalFlags): string {
  const told =
    flags.output === "json" ? `${renderJson({ error: error.toJSON() })}\n` : errorLines(error);
  return flags.verbose ? `${told}${background(error)}` : told;
}

function errorLines(error: SlipwayError): string {
  const lines = [`slipway: ${error.code}: ${error.message}`];
  if (error.remedy !== null) lines.push(error.remedy);
  const failed = (error.checks ?? []).filter(isJsonObject).filter(isFailed);
  // Where one check failed, the error often says the same already.
  const only = failed.length === 1 ? failed[0]?.message : undefined;
  const told = typeof only === "string" && error.message.includes(only);
  if (!told) for (const check of failed) lines.push(...findingLines(check));
  // A command that was given several names tells of each that failed.
  const { failures, violations } = error.metadata;
  if (Array.isArray(failures)) for (const failure of failures) lines.push(...findingLines(failure));
  // The message is the first broken rule alone, as specifications word it.
  if (Array.isArray(violations)) lines.push(...otherViolations(violations, error.message));
  return lines.map((line) => `${safeLine(line)}\n`).join("");
}

function otherViolations(violations: readonly JsonValue[], told: string): readonly string[] {
  const others = violations.filter((violation) => typeof violation === "string");
  const untold = others.filter((violation) => !told.includes(violation));
  return untold.length === 0 ? [] : ["Also wrong:", ...untold.map((violation) => `  ${violation}`)];
}

function isFailed({ outcome }: JsonObject): boolean {
  return outcome === "failed";
}

function findingLines(finding: JsonValue): readonly string[] {
  if (!isJsonObject(finding)) return [];
  const { name, code, message, remedy } = finding;
  const words = [name, code, message].filter((word) => typeof word === "string");
  return [`  ${words.join(": ")}`, ...(typeof remedy === "string" ? [`    ${remedy}`] : [])];
}

/** What led to it, for `--verbose`: the causes, and where it was thrown when it is a defect. */
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

import { resolve } from "node:path";
import { invalidArgument, SlipwayError } from "../../errors.ts";
import { whyUnwritable } from "../../host/read-file.ts";
import { replaceFile } from "../../host/replace-file.ts";
import { parsePlan } from "../../plan/plan-document.ts";
import type { LaunchPlan } from "../../plan/plan.ts";
import { toSnakeCase } from "../../json/field-case.ts";
import { renderJson } from "../output/render.ts";
import { readInputFile } from "./input-file.ts";
import type { NamedFile } from "./input-file.ts";
import { quoted } from "../terminal-text.ts";
import type { Progress } from "../output/progress.ts";

/**
 * Writes the plan as JSON and renames it into place, so that a reader never sees half a file. Only the owner may read
 * it: it names networks, accounts and permissions.
 */
export function savePlan(plan: LaunchPlan, { file, from }: NamedFile): void {
  try {
    replaceFile(resolve(from, file), `${renderJson(toSnakeCase(plan), 2)}\n`);
  } catch (caught) {
    throw invalidArgument(
      "INVALID_INPUT",
      `cannot save the plan as ${quoted(file, 256)}: ${whyUnwritable(caught)}`,
      "Name a file in an existing folder that you have access to.",
    );
  }
}

/**
 * Reads a saved plan and verifies its hash.
 *
 * @throws `INVALID_ARGUMENT` for a file that cannot be read or does not contain a valid plan, `CANCELLED`
 */
export async function readPlan(named: NamedFile, signal: AbortSignal): Promise<LaunchPlan> {
  const text = new TextDecoder().decode(await readInputFile("plan", named, signal));
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (caught) {
    throw new SlipwayError({
      code: "INVALID_ARGUMENT",
      reason: "INVALID_PLAN",
      message: `${quoted(named.file, 256)} is not a plan: it is not JSON`,
      remedy: "Save a plan with `slipway resolve WORKSPACE --save FILE`.",
      cause: caught,
    });
  }
  return parsePlan(document);
}

/** Prints a plan's warnings. */
export function warnAboutChecks(progress: Progress, plan: LaunchPlan): void {
  for (const check of plan.checks)
    if (check.outcome === "warning") progress.warn(check.message, check.remedy);
}

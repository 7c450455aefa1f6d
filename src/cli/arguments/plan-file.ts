import { randomBytes } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { invalidArgument, SlipwayError } from "../../errors.ts";
import { parsePlan } from "../../plan/plan-document.ts";
import type { LaunchPlan } from "../../plan/plan.ts";
import { toSnakeCase } from "../../json/field-case.ts";
import { renderJson } from "../output/render.ts";
import { readLimited } from "./standard-input.ts";
import { quoted } from "../terminal-text.ts";
import type { Progress } from "../output/progress.ts";

interface PlanFile {
  /** The path as the user typed it. */
  readonly file: string;
  /** Folder against which a relative path is resolved. */
  readonly from: string;
}

// Only the owner may read a plan: it names networks, accounts and permissions.
const PRIVATE = 0o600;

/** Writes the plan as JSON and renames it into place, so that a reader never sees half a file. */
export async function savePlan(plan: LaunchPlan, { file, from }: PlanFile): Promise<void> {
  const target = resolve(from, file);
  const suffix = randomBytes(6).toString("hex");
  const temporary = join(dirname(target), `.${basename(target)}.${suffix}`);
  try {
    const handle = await open(temporary, "wx", PRIVATE);
    try {
      await handle.writeFile(`${renderJson(toSnakeCase(plan), 2)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, target);
  } catch (caught) {
    await rm(temporary, { force: true });
    throw unusable(`cannot save the plan as ${quoted(file, 256)}`, caught);
  }
}

/**
 * Reads a saved plan and verifies its hash.
 *
 * @throws `INVALID_ARGUMENT` for a file that cannot be read or does not contain a valid plan.
 */
export async function readPlan({ file, from }: PlanFile): Promise<LaunchPlan> {
  const text = await readText({ file, from });
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (caught) {
    throw new SlipwayError({
      code: "INVALID_ARGUMENT",
      reason: "INVALID_PLAN",
      message: `${quoted(file, 256)} is not a plan: it is not JSON`,
      remedy: "Save a plan with `slipway resolve WORKSPACE --save FILE`.",
      cause: caught,
    });
  }
  return parsePlan(document);
}

async function readText({ file, from }: PlanFile): Promise<string> {
  let bytes: Uint8Array;
  try {
    await using handle = await open(resolve(from, file), "r");
    bytes = await readLimited(handle.createReadStream(), `the plan ${quoted(file, 256)}`);
  } catch (caught) {
    if (caught instanceof SlipwayError) throw caught;
    throw unusable(`cannot read the plan ${quoted(file, 256)}`, caught);
  }
  return new TextDecoder().decode(bytes);
}

function unusable(what: string, caught: unknown): SlipwayError {
  const code = caught instanceof Error && "code" in caught ? ` (${String(caught.code)})` : "";
  return invalidArgument(
    "INVALID_INPUT",
    `${what}${code}`,
    "Name a file in an existing folder that you have access to.",
  );
}

/** Prints a plan's warnings. */
export function warnAboutChecks(progress: Progress, plan: LaunchPlan): void {
  for (const check of plan.checks)
    if (check.outcome === "warning") progress.warn(check.message, check.remedy);
}

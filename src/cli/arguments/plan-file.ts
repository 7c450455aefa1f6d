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
import type { Notices } from "../output/progress.ts";

interface PlanFile {
  /** As it was typed. */
  readonly file: string;
  /** The folder that a relative name is meant from. */
  readonly from: string;
}

// Readable by nobody else: a plan tells of networks, accounts and who may do what.
const PRIVATE = 0o600;

/** Writes the plan as JSON under its whole name at once: a reader finds the old file or the new one, never half. */
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
    throw unusable(`the plan cannot be saved as ${quoted(file, 256)}`, caught);
  }
}

/**
 * Reads a plan that was saved, and holds it to its hash.
 *
 * @throws `INVALID_ARGUMENT` for a file that cannot be read or holds no plan.
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
      message: `${quoted(file, 256)} holds no plan: it is not JSON`,
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
    throw unusable(`the plan ${quoted(file, 256)} cannot be read`, caught);
  }
  return new TextDecoder().decode(bytes);
}

function unusable(what: string, caught: unknown): SlipwayError {
  const code = caught instanceof Error && "code" in caught ? ` (${String(caught.code)})` : "";
  return invalidArgument(
    "INVALID_INPUT",
    `${what}${code}`,
    "Name a file in a folder that exists and that you may use.",
  );
}

/** Tells what a resolution found that nothing fails for. */
export function warnOfChecks(notices: Notices, plan: LaunchPlan): void {
  for (const check of plan.checks)
    if (check.outcome === "warning") notices.warn(check.message, check.remedy);
}

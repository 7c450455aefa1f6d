import type { z } from "zod";
import { memoizeFrozen } from "../async/memoize.ts";
import { invalidArgument } from "../errors.ts";
import type { JsonObject } from "../errors.ts";
import { WITHOUT_COMPILING } from "../json/zod-options.ts";
import type { LaunchPlan } from "../plan/plan.ts";

type PlanWithSettings = Pick<LaunchPlan, "planId" | "settings">;

/**
 * Creates an adapter's parser of a plan's `settings`, because a plan may have been saved and edited. The settings of a
 * plan are parsed once: a burst of spawns shares the result.
 *
 * @param schema of the whole `settings`
 * @returns a function that throws `INVALID_ARGUMENT` / `INVALID_PLAN`
 */
export function settingsParser<Settings>(
  schema: z.ZodType<Settings>,
): (plan: PlanWithSettings) => Settings {
  const parse = memoizeFrozen((settings: JsonObject) =>
    schema.safeParse(settings, WITHOUT_COMPILING),
  );
  return ({ planId, settings }) => {
    const parsed = parse(settings);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw invalidArgument(
      "INVALID_PLAN",
      `plan ${planId}: settings.${issue?.path.join(".") ?? ""}: ${issue?.message ?? "invalid"}`,
      "Resolve the workspace again.",
    );
  };
}

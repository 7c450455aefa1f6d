import type { Candidate, LaunchPlan } from "./plan.ts";

/** The provider's name of the machine type that is launched at a candidate of the plan. */
export function machineTypeAt(
  plan: Pick<LaunchPlan, "machineType">,
  { machineType }: Pick<Candidate, "machineType">,
): string {
  return machineType ?? plan.machineType;
}

/** The plan's machine types in order of preference; at least one. */
export function machineTypesOf(
  plan: Pick<LaunchPlan, "machineType" | "candidates">,
): readonly string[] {
  const named = plan.candidates.map((candidate) => machineTypeAt(plan, candidate));
  return [...new Set([plan.machineType, ...named])];
}

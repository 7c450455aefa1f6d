import type { CliContext } from "../context.ts";
import { exitCodeOf } from "../output/exit-codes.ts";
import { viewDiagnosis } from "../views/diagnosis-view.ts";

export async function doctor(
  context: CliContext,
  { placement }: { readonly placement?: string },
): Promise<void> {
  using _reminder = context.progress.ifSilent("waiting for engines, registries and clouds");
  const diagnosis = await context.diagnose(placement === undefined ? {} : { placement });
  await context.print(viewDiagnosis(diagnosis));
  const problem = diagnosis.checks.find(({ outcome }) => outcome === "failed");
  if (problem !== undefined) context.exitWith(exitCodeOf({ code: problem.code ?? "INTERNAL" }));
}

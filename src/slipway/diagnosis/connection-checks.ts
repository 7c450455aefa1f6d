import type { CatalogRecord } from "../../catalog/kinds.ts";
import type { ProcessEnvironment } from "../../host/environment.ts";
import { SUBSTRATES } from "../../plan/plan.ts";
import type { Substrate } from "../../plan/plan.ts";
import { placementTarget } from "../../resolver/target.ts";
import { skipped } from "../../substrate/check.ts";
import type { ConnectionDiagnosis } from "../../substrate/diagnosis.ts";
import { scopeOf } from "../adapter-cache.ts";
import { diagnoseConnection, isConfigured } from "../open-adapter.ts";
import { bounded } from "./bounded.ts";
import type { TimeLimit } from "./bounded.ts";

const NAMES: Readonly<Record<Substrate, string>> = { DOCKER: "engine", AWS: "aws", GCP: "gce" };
const UNUSED: Readonly<Record<Substrate, string>> = {
  DOCKER: "no placement uses a Docker engine",
  AWS: "no placement uses EC2, and no credentials for AWS are configured",
  GCP: "no placement uses Compute Engine, and no credentials for Google Cloud are configured",
};

export interface ConnectionQuestion {
  readonly placements: readonly CatalogRecord<"placement">[];
  readonly own: ProcessEnvironment & { readonly now: () => number };
}

/** Each engine and cloud identity that the placements use, and those that the environment configures. */
export async function connectionChecks(
  { placements, own }: ConnectionQuestion,
  substrates: readonly Substrate[],
  limit: TimeLimit,
): Promise<readonly ConnectionDiagnosis[]> {
  const asked = SUBSTRATES.filter((substrate) => substrates.includes(substrate));
  const found = asked.map(async (substrate) => {
    const used = placements.filter((one) => one.substrate === substrate);
    if (used.length === 0) return [await unusedConnection(substrate, own, limit)];
    const scopes = Map.groupBy(used, (one) => scopeOf(placementTarget(one)));
    return await Promise.all(
      [...scopes.values()].map((group) => usedConnection(group, own, limit)),
    );
  });
  return (await Promise.all(found)).flat();
}

async function usedConnection(
  placements: readonly CatalogRecord<"placement">[],
  own: ConnectionQuestion["own"],
  limit: TimeLimit,
): Promise<ConnectionDiagnosis> {
  const [placement] = placements;
  if (placement === undefined) throw new TypeError("a group of placements is empty");
  const { substrate } = placement;
  const names = placements.map(({ name }) => name).join(", ");
  const subject = `${placements.length === 1 ? "placement" : "placements"} ${names}`;
  const connection = { substrate, target: placementTarget(placement) };
  const { result, failure } = await bounded(NAMES[substrate], limit, (signal) =>
    diagnoseConnection(connection, own, signal),
  );
  const { checks, clock } = result ?? { checks: [failure], clock: null };
  return {
    checks: checks.map((check) => ({ ...check, message: `${subject}: ${check.message}` })),
    clock,
  };
}

/** Without a record that needs it, a failure is only a warning; and nothing is expected where nothing is configured. */
async function unusedConnection(
  substrate: Substrate,
  own: ConnectionQuestion["own"],
  limit: TimeLimit,
): Promise<ConnectionDiagnosis> {
  const name = NAMES[substrate];
  const none = (why: string): ConnectionDiagnosis => ({
    checks: [skipped(name, why)],
    clock: null,
  });
  const configured = await isConfigured(substrate, own);
  // An engine may be there without any setting.
  if (!configured && substrate !== "DOCKER") return none(UNUSED[substrate]);
  const { result, failure } = await bounded(name, limit, (signal) =>
    diagnoseConnection({ substrate, target: null }, own, signal),
  );
  const { checks, clock } = result ?? { checks: [failure], clock: null };
  const problem = checks.find(({ outcome }) => outcome === "failed");
  if (problem === undefined) return { checks, clock };
  if (!configured) return none(`${UNUSED[substrate]}, and none answers: ${problem.message}`);
  return {
    checks: checks.map((check) =>
      check.outcome === "failed" ? { ...check, outcome: "warning" } : check,
    ),
    clock,
  };
}

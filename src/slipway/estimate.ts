import type { Catalog } from "../catalog/catalog.ts";
import type { Clock } from "../host/clock.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Backlog, RateKey } from "../pacing/contract.ts";
import type { PlacementTarget } from "../plan/plan.ts";
import { followLinks } from "../resolver/links.ts";
import { placementTarget } from "../resolver/target.ts";
import type { OpenAdapter } from "../substrate/contract.ts";
import type { CheckedSpawn } from "./options.ts";
import type { SpawnEstimate } from "./slipway.ts";
import type { SpawnablePlans } from "./spawnable-plans.ts";

export interface EstimatePorts {
  readonly tenant: string;
  readonly catalog: Catalog;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly openAdapter: OpenAdapter;
  readonly plans: SpawnablePlans;
}

/** The launches that spend of one limit. */
interface Load extends RateKey {
  readonly backlog: Backlog;
}

/** Estimates how long these spawns take, from the catalog, the ledger and the capabilities of their substrates. */
export async function estimateSpawns(
  ports: EstimatePorts,
  wanted: readonly CheckedSpawn[],
): Promise<SpawnEstimate> {
  const estimate = await estimateFresh(ports, wanted);
  // Only those that have to wait are worth a look into the ledger.
  return estimate.launchMilliseconds === 0
    ? estimate
    : await estimateFresh(ports, await freshSpawns(ports, wanted));
}

/** The estimate for spawns of which none is recorded. */
async function estimateFresh(
  ports: EstimatePorts,
  wanted: readonly CheckedSpawn[],
): Promise<SpawnEstimate> {
  const loads = new Map<string, Load>();
  let bootMilliseconds = 0;
  for (const [subject, spawns] of Map.groupBy(wanted, ({ workspace }) => workspace)) {
    const target = await targetOf(ports, subject);
    if (target === null) continue;
    const { batch, rates, pendingMilliseconds } = (await ports.openAdapter(target)).capabilities;
    bootMilliseconds = Math.max(bootMilliseconds, pendingMilliseconds);
    if (rates === null) continue;
    const { scope, launch: limit } = rates;
    const { calls, machines } = loads.get(scope)?.backlog ?? { calls: 0, machines: 0 };
    const backlog = {
      calls: calls + Math.ceil(spawns.length / batch.maximum),
      machines: machines + spawns.length,
    };
    loads.set(scope, { scope, limit, backlog });
  }
  const waits = await Promise.all(
    Array.from(loads.values(), async ({ backlog, ...key }) => {
      const call = { ...key, now: ports.clock.now() };
      const milliseconds = await ports.ledger.forecast(call, backlog);
      return { milliseconds, limit: `${key.limit.name} of ${key.scope}` };
    }),
  );
  const [longest] = waits.toSorted((one, other) => other.milliseconds - one.milliseconds);
  return {
    launchMilliseconds: Math.max(0, longest?.milliseconds ?? 0),
    limit: longest?.limit ?? null,
    bootMilliseconds,
  };
}

/** Those that are not recorded yet: the launch of a recorded spawn has had its turn. */
async function freshSpawns(
  { tenant, ledger }: EstimatePorts,
  wanted: readonly CheckedSpawn[],
): Promise<readonly CheckedSpawn[]> {
  const isKnown = await Promise.all(
    wanted.map(async ({ spawnId }) =>
      spawnId === undefined ? false : (await ledger.find({ tenant, spawnId })) !== null,
    ),
  );
  return wanted.filter((_one, index) => isKnown[index] === false);
}

/** Null for a workspace that cannot be spawned, for whatever reason: the resolution reports it. */
async function targetOf(
  { catalog, plans }: EstimatePorts,
  subject: CheckedSpawn["workspace"],
): Promise<PlacementTarget | null> {
  if (typeof subject !== "string") return plans.trusted(subject).target;
  const records = await catalog.linked("workspace", subject);
  const workspace = records.find("workspace", subject);
  const placement = workspace === null ? null : followLinks(records, workspace).placement;
  return placement === null ? null : placementTarget(placement);
}

import { join } from "node:path";
import { cacheAdapters } from "../../../src/slipway/adapter-cache.ts";
import { createSlipway } from "../../../src/slipway/create-slipway.ts";
import { isSlipwayError } from "../../../src/errors.ts";
import type { Clock } from "../../../src/host/clock.ts";
import { openSubstrate } from "../../../src/slipway/open-adapter.ts";
import type { Slipway } from "../../../src/slipway/slipway.ts";
import type { Spawn, SpawnDescription } from "../../../src/ledger/spawn-record.ts";
import { systemClock } from "../../../src/host/system-clock.ts";
import { createCrashPoints } from "../../../testing/crash-points.ts";
import { scratchFolder } from "../scratch.ts";
import { fastClock } from "./fast-clock.ts";
import type { FaultSubstrate } from "./fault-substrate.ts";

/**
 * When a fault affects a launch: before or after it takes effect; or while another process recovers the spawn of a driver
 * that died before its launch, or after its launch and before the answer was recorded.
 */
export const PHASES = ["before", "after", "unlaunched", "launched"] as const;
export type Phase = (typeof PHASES)[number];

/** The crash point at which the first driver dies. */
const DEATH_POINTS: Readonly<Record<Phase, string | null>> = {
  before: null,
  after: null,
  unlaunched: "adapter.launch:before",
  launched: "adapter.launch:after",
};

/** The outcome of a spawn, and the state of the substrate. */
export interface CellResult {
  /** The sentence in the table. */
  readonly verdict: string;
  /** Live machines once the spawn was at rest, with the fault still active. */
  readonly machines: readonly string[];
  readonly spawn: Spawn;
  /** The spawn after the fault had ended and `recover` had run. */
  readonly recovered: Spawn;
  readonly finalMachines: readonly string[];
  /** The place where the workspace's next spawn began, after the fault had ended. */
  readonly next: string | null;
  /** The placement's places, in order. */
  readonly places: readonly string[];
}

export interface Cell<Rule> {
  readonly open: () => Promise<FaultSubstrate<Rule>>;
  readonly phase: Phase;
  readonly rules: readonly Rule[];
  /** Factor by which the launcher's timeouts are shortened. */
  readonly speedUp: number;
}

class DriverDeath extends Error {
  override readonly name = "Died";
}

/** A Slipway with its own clock, whose driver dies once at a crash point if one is given. */
export async function openWithDeath(
  database: string,
  substrate: Pick<FaultSubstrate<unknown>, "environment">,
  { dying = null, clock }: { readonly dying?: string | null; readonly clock: Clock },
): Promise<Slipway> {
  let mortal = dying;
  const environment = { HOME: join(database, ".."), ...substrate.environment };
  const points = createCrashPoints(async (point) => {
    if (point !== mortal) return;
    mortal = null;
    throw new DriverDeath(point);
  });
  const adapters = cacheAdapters(async (target) =>
    points.adapter(
      await openSubstrate(target, { environment, home: environment.HOME }, { clock: systemClock }),
    ),
  );
  const slipway = await createSlipway({
    database,
    environment,
    ports: { clock, openAdapter: adapters.openAdapter },
  });
  return {
    ...slipway,
    async [Symbol.asyncDispose]() {
      await slipway[Symbol.asyncDispose]();
      await adapters.close();
    },
  };
}

export async function runCell<Rule>({
  open,
  phase,
  rules,
  speedUp,
}: Cell<Rule>): Promise<CellResult> {
  using folder = scratchFolder();
  await using substrate = await open();
  const dying = DEATH_POINTS[phase];
  const database = join(folder.path, "slipway.db");
  await using slipway = await openWithDeath(database, substrate, {
    dying,
    clock: fastClock(speedUp),
  });
  const plan = await slipway.resolveWorkspace(await substrate.prepare(slipway));
  const spawnOne = async () => {
    try {
      await slipway.spawnWorkspace(plan, { spawnId: "one" });
    } catch (caught) {
      // The outcome is read from the ledger.
      if (!isSlipwayError(caught)) throw caught;
    }
  };
  if (dying !== null) await spawnOne();
  const ends = rules.map((rule) => substrate.inject(rule));
  if (dying === null) await spawnOne();
  else await slipway.recover();
  const spawn = await slipway.describeSpawn("one");
  const machines = await substrate.machines();
  const verdict = verdictOf(spawn);
  for (const end of ends) end();
  await slipway.recover();
  const recovered = await slipway.describeSpawn("one");
  const finalMachines = await substrate.machines();
  const next = await slipway.spawnWorkspace(plan, { spawnId: "next" });
  return {
    verdict,
    machines,
    spawn,
    recovered,
    finalMachines,
    next: next.attempts[0]?.place ?? null,
    places: plan.candidates.map(({ place }) => place),
  };
}

const ORDINALS = ["first", "second", "third"];

/** `INSUFFICIENT_CAPACITY` in the first zone, then running in the second zone. */
function verdictOf({ state, attempts, machine, error, plan }: SpawnDescription): string {
  const places = plan.candidates.map(({ place }) => place);
  const nameOf = (place: string) =>
    places.length === 1 ? "" : ` in the ${ORDINALS[places.indexOf(place)] ?? "wrong"} zone`;
  const refused = attempts
    .slice(0, -1)
    .map(({ place, reason }) => `\`${reason ?? "?"}\`${nameOf(place)}, then `);
  switch (state) {
    case "running":
      return `${refused.join("")}running${nameOf(machine?.place ?? "")}`;
    case "failed":
      return `${refused.join("")}failed: \`${reasonOf(error)}\``;
    case "launching":
      return `${refused.join("")}unsettled`;
    case "pending":
    case "booting":
    case "terminating":
    case "terminated":
      return `${refused.join("")}${state}`;
  }
}

function reasonOf(error: Spawn["error"]): string {
  const reason = error?.["reason"];
  return typeof reason === "string" ? reason : "?";
}

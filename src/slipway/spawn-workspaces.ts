import { anyOf, crowdSignals } from "../async/cancellation.ts";
import { memoizeAsync } from "../async/memoize.ts";
import { singleFlight } from "../async/single-flight.ts";
import { asSlipwayError, invalidArgument } from "../errors.ts";
import type { SlipwayError } from "../errors.ts";
import type { CheckedSpawn } from "./options.ts";
import type { LaunchPlan } from "../plan/plan.ts";
import { checkSpawnable } from "../resolver/read-again.ts";
import type { BurstOptions, SpawnResult } from "./slipway.ts";
import type { SpawnablePlans } from "./spawnable-plans.ts";
import type { Ledger, SpawnKey } from "../ledger/ledger.ts";
import { refuseReused } from "../spawner/spawn-errors.ts";
import { checkInputFor } from "../ledger/spawn-input.ts";
import { checkSpawnId } from "../ledger/spawn-record.ts";
import type { Spawn } from "../ledger/spawn-record.ts";
import {
  awaitSpawn,
  createSpawnerRuntime,
  prepareLaunch,
  spawnPlan,
  terminate,
} from "../spawner/spawn.ts";
import type { PreparedLaunch } from "../spawner/spawn.ts";
import type { SpawnerRuntime, SpawnerPorts, WaitOptions } from "../spawner/task.ts";
import type { LaunchSecrets, SpawnInput } from "../substrate/contract.ts";
import { launchSecrets } from "./credentials.ts";
import type { CredentialPorts } from "./credentials.ts";
import { recover } from "../spawner/recover.ts";
import type { RecoverRequest } from "../spawner/recover.ts";
import { refresh } from "../spawner/refresh.ts";
import { sweep } from "../spawner/sweep.ts";
import type { SweepRequest } from "../spawner/sweep.ts";

interface SpawningPorts {
  readonly tenant: string;
  readonly ledger: Ledger;
  readonly newSpawnId: (workspace: string) => string;
  readonly plans: SpawnablePlans;
  readonly runtime: SpawnerRuntime;
}

/** One of the spawns of a call, with validated input. */
interface Member {
  readonly spawnId: string;
  /** Whether the caller gave the id, so that the ledger may already have a spawn with it. */
  readonly isNamed: boolean;
  readonly subject: string | LaunchPlan;
  readonly own: SpawnInput;
}

/** Values that the spawns of one call share, to save repeated work. */
interface Burst extends Disposable {
  /** The spawner's runtime, with concurrent look-ups of the same plan's secrets merged. */
  readonly runtime: SpawnerRuntime;
  /** The plan to launch for a workspace or a saved plan, resolved once for all members. */
  readonly planOf: (subject: string | LaunchPlan) => Promise<LaunchPlan>;
  /** Reports a plan to the caller, once. */
  readonly reportPlan: (plan: LaunchPlan) => void;
  /** The prerequisites of a plan's first launches, looked up once for all members. */
  readonly preparedOf: (plan: LaunchPlan) => Promise<PreparedLaunch>;
  readonly waitOptionsOf: (
    place: number,
  ) => Required<Pick<BurstOptions, "signal" | "detach" | "wait" | "onEvent">>;
}

async function spawnWorkspace(
  ports: SpawningPorts,
  wanted: CheckedSpawn,
  options: BurstOptions,
): Promise<Spawn> {
  const member = memberOf(ports, wanted);
  using burst = createBurst(ports, 1, options);
  return await spawnMember(ports, burst, member, 0);
}

/** Validates the whole input before it starts any spawn; after that, failures become results. */
async function spawnWorkspaces(
  ports: SpawningPorts,
  given: readonly CheckedSpawn[],
  options: BurstOptions,
): Promise<readonly SpawnResult[]> {
  const members = membersOf(ports, given);
  using burst = createBurst(ports, members.length, options);
  return await Promise.all(
    members.map(async (member, place): Promise<SpawnResult> => {
      const { spawnId } = member;
      try {
        return { spawnId, spawn: await spawnMember(ports, burst, member, place), error: null };
      } catch (caught) {
        const error = asSlipwayError(caught);
        return { spawnId, spawn: await recorded(ports, spawnId, error), error };
      }
    }),
  );
}

function membersOf(ports: SpawningPorts, given: readonly CheckedSpawn[]): readonly Member[] {
  const places = new Map<string, number>();
  const trusted = new Map<LaunchPlan, LaunchPlan>();
  return given.map((wanted, place) => {
    const member = memberOf(ports, wanted, trusted);
    const first = places.get(member.spawnId);
    if (first !== undefined) throw repeatedSpawnId(member.spawnId, first, place);
    places.set(member.spawnId, place);
    return member;
  });
}

function memberOf(
  { tenant, plans, newSpawnId }: SpawningPorts,
  { workspace, spawnId: named, own }: CheckedSpawn,
  known = new Map<LaunchPlan, LaunchPlan>(),
): Member {
  const subject =
    typeof workspace === "string" ? workspace : (known.get(workspace) ?? plans.trusted(workspace));
  const spawnId = named ?? newSpawnId(typeof subject === "string" ? subject : subject.workspace);
  checkSpawnId(spawnId);
  if (typeof workspace !== "string" && typeof subject !== "string" && !known.has(workspace)) {
    checkSpawnable(subject, tenant);
    known.set(workspace, subject);
  }
  return { spawnId, isNamed: named !== undefined, subject, own };
}

function createBurst(
  { plans, runtime }: SpawningPorts,
  size: number,
  options: BurstOptions,
): Burst {
  const never = new AbortController().signal;
  const { signal = never, detach = never } = options;
  const { wait = "running", onEvent = () => undefined, allowStale = false } = options;
  const { onPlan = () => undefined } = options;
  const reported = new Set<string>();
  const wanting = anyOf(signal, detach);
  const cancelling = crowdSignals(signal, size);
  const detaching = crowdSignals(detach, size);
  const joinSecrets = singleFlight<LaunchSecrets>();
  const shared: SpawnerRuntime = {
    ...runtime,
    launchSecrets: (plan, until) =>
      joinSecrets({ key: plan.planId, signal: until, what: "looking up secrets" }, (stop) =>
        runtime.launchSecrets(plan, stop),
      ),
  };
  return {
    runtime: shared,
    planOf: memoizeAsync((subject: string | LaunchPlan) =>
      typeof subject === "string"
        ? plans.resolve({ workspace: subject, offline: false }, wanting.signal)
        : plans.reviewed(subject, allowStale, wanting.signal),
    ),
    reportPlan(plan) {
      if (reported.has(plan.planId)) return;
      reported.add(plan.planId);
      onPlan(plan);
    },
    preparedOf: memoizeAsync((plan: LaunchPlan) => prepareLaunch(shared, plan, wanting.signal)),
    waitOptionsOf: (place) => {
      const own = { signal: cancelling.signalOf(place), detach: detaching.signalOf(place) };
      return { ...own, wait, onEvent };
    },
    [Symbol.dispose]() {
      for (const each of [wanting, cancelling, detaching]) each[Symbol.dispose]();
    },
  };
}

async function spawnMember(
  { tenant, ledger }: SpawningPorts,
  burst: Burst,
  { spawnId, isNamed, subject, own }: Member,
  place: number,
): Promise<Spawn> {
  const waitOptions = { tenant, spawnId, ...burst.waitOptionsOf(place) };
  const known = isNamed ? await ledger.find(waitOptions) : null;
  if (known !== null) {
    refuseReused(known.spawn, { subject, own });
    burst.reportPlan(known.plan);
    return await awaitSpawn(burst.runtime, waitOptions);
  }
  const plan = await burst.planOf(subject);
  checkInputFor(plan, own);
  burst.reportPlan(plan);
  const prepared = await burst.preparedOf(plan);
  return await spawnPlan(burst.runtime, { ...waitOptions, plan, own, subject }, prepared);
}

/** The record of a spawn that failed, if there is one. With SPAWN_ID_REUSED the id belongs to another spawn. */
async function recorded(
  { tenant, ledger }: SpawningPorts,
  spawnId: string,
  { reason }: SlipwayError,
): Promise<Spawn | null> {
  if (reason === "SPAWN_ID_REUSED") return null;
  // If the record cannot be read either, the first failure is the one to report.
  const [found] = await Promise.allSettled([ledger.find({ tenant, spawnId })]);
  return found.status === "fulfilled" ? (found.value?.spawn ?? null) : null;
}

function repeatedSpawnId(spawnId: string, first: number, second: number): SlipwayError {
  return invalidArgument(
    "INVALID_SPAWN_ID",
    `spawn id ${JSON.stringify(spawnId)} is given twice, at ${first} and ${second}`,
    "An id always means the same machine: give each spawn its own id, or none.",
  );
}

type Ports = Omit<SpawningPorts, "runtime"> & Omit<SpawnerPorts, "launchSecrets"> & CredentialPorts;

/** The methods that need the spawner. This module is loaded on demand, because reading and resolving do not need it. */
export function createSpawning(ports: Ports) {
  const runtime = createSpawnerRuntime({
    ...ports,
    launchSecrets: (plan, until) => launchSecrets(ports, plan, until),
  });
  const spawning: SpawningPorts = { ...ports, runtime };
  return {
    spawnWorkspace: (wanted: CheckedSpawn, options: BurstOptions) =>
      spawnWorkspace(spawning, wanted, options),
    spawnWorkspaces: (wanted: readonly CheckedSpawn[], options: BurstOptions) =>
      spawnWorkspaces(spawning, wanted, options),
    terminate: (waitOptions: WaitOptions) => terminate(runtime, waitOptions),
    refresh: (keys: readonly SpawnKey[], signal: AbortSignal) => refresh(runtime, keys, signal),
    recover: (request: RecoverRequest) => recover(runtime, request),
    sweep: (request: SweepRequest) => sweep(ports, request),
  };
}

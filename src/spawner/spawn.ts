import { anyOf } from "../async/cancellation.ts";
import { memoize } from "../async/memoize.ts";
import { timestamp } from "../host/clock.ts";
import { candidatePhrase } from "../plan/place.ts";
import type { LaunchPlan } from "../plan/plan.ts";
import type { LaunchSecrets, SpawnInput, SubstrateAdapter } from "../substrate/contract.ts";
import { allSuppliesOf, noCandidateLeft, openCandidates } from "./candidates.ts";
import type { OpenCandidate } from "./candidates.ts";
import { drive, notify } from "./drive.ts";
import { LeaseLost } from "./lease-lost.ts";
import type { DrivenSpawn } from "../ledger/ledger.ts";
import { createGovernor } from "../pacing/governor.ts";
import { createLaunchAdmission } from "./launch/launch-admission.ts";
import { createLaunchCalls } from "./launch/launch-calls.ts";
import { createLaunchQueue } from "./launch/launch-queue.ts";
import { createLaunchSlots } from "./launch/launch-slots.ts";
import { createLeases } from "./leases.ts";
import { reportWait } from "./notice.ts";
import { createMachineTerminator } from "./machines/terminator.ts";
import { createMachineLister } from "./machines/lister.ts";
import { createMachineWatcher } from "./machines/watcher.ts";
import type { SpawnEvent } from "./state-machine.ts";
import type { QueueResult, QueuedLaunch } from "./launch/record-launch.ts";
import { interrupted, refuseReused, spawnNotFound } from "./spawn-errors.ts";
import { isFinished } from "../ledger/spawn-record.ts";
import type { Spawn, SpawnState } from "../ledger/spawn-record.ts";
import type { SpawnerPorts, SpawnerRuntime, WaitOptions } from "./task.ts";

export interface SpawnRequest extends WaitOptions {
  readonly plan: LaunchPlan;
  /** The workspace that was requested, or the saved plan itself. */
  readonly subject: string | LaunchPlan;
  /** The caller's additions to the workspace. */
  readonly own: SpawnInput;
}

/** The prerequisites of a first launch, which spawns of one plan share. */
export interface PreparedLaunch {
  readonly adapter: SubstrateAdapter;
  readonly owner: string;
  readonly secrets: LaunchSecrets;
  /** The place of the first launch. */
  readonly first: OpenCandidate;
}

/** First and longest pause between two reads of a spawn that another worker drives, in milliseconds. */
const FIRST_PAUSE = 20;
const LONGEST_PAUSE = 1_000;

/** The state that all spawns of one process share: leases, launches, and one poll loop for each adapter. */
export function createSpawnerRuntime(ports: SpawnerPorts): SpawnerRuntime {
  const { ledger, clock, worker } = ports;
  const isGone = (line: string): boolean => worker.isGone(line);
  const governor = createGovernor({ store: ledger, clock, queueId: worker.id, isGone });
  const admission = createLaunchAdmission(governor);
  const slots = createLaunchSlots();
  const calls = createLaunchCalls({ clock, pacing: admission, slots });
  return {
    ...ports,
    contacts: new WeakSet(),
    admission,
    calls,
    queue: createLaunchQueue({ ledger, clock, calls, admission, slots }),
    leases: createLeases(ports),
    watcherOf: memoize((adapter: SubstrateAdapter) => createMachineWatcher(adapter, clock)),
    listerOf: memoize(createMachineLister),
    terminatorOf: memoize(createMachineTerminator),
  };
}

/**
 * Looks up the prerequisites of a plan's first launches before anything is recorded: a spawn whose secret is missing is
 * refused, not failed.
 *
 * @throws SlipwayError `CHECKS_FAILED` if no place is left, or why the substrate or a secret is unavailable
 */
export async function prepareLaunch(
  runtime: SpawnerRuntime,
  plan: LaunchPlan,
  signal: AbortSignal,
): Promise<PreparedLaunch> {
  const [adapter, owner, secrets, full] = await Promise.all([
    runtime.openAdapter(plan.target),
    runtime.ledger.owner(),
    runtime.launchSecrets(plan, signal),
    runtime.ledger.fullOfferings(allSuppliesOf(plan), runtime.clock.now()),
  ]);
  const [first] = openCandidates(plan, [], full);
  if (first === undefined) throw noCandidateLeft(plan);
  return { adapter, owner, secrets, first };
}

/**
 * Records a spawn and its launch, makes the launch call, records the answer, and waits. If the ledger already knows the
 * id, continues with what is recorded.
 *
 * @param prepared for spawns of the same plan that are requested together
 */
export async function spawnPlan(
  runtime: SpawnerRuntime,
  request: SpawnRequest,
  prepared?: PreparedLaunch,
): Promise<Spawn> {
  const { plan, own, spawnId, tenant, signal } = request;
  const { adapter, owner, secrets, first } =
    prepared ?? (await prepareLaunch(runtime, plan, signal));
  const { record, existing } = await enqueueLaunch(runtime, request, {
    spawnId,
    plan,
    own,
    candidate: first.index,
    number: 1,
    adapter,
    owner,
    secrets: async () => secrets,
    onWait: (milliseconds, message) => reportWait(request, milliseconds, message),
    intent: {
      record: "begin",
      of: (launch) => ({
        tenant,
        spawnId,
        plan,
        own,
        launch,
        worker: runtime.worker.id,
        leaseUntil: runtime.leases.until(),
        at: timestamp(runtime.clock),
      }),
    },
  });
  if (record === null) {
    // Another process has created the id since it was looked up, maybe for something else.
    if (existing !== null) refuseReused(existing.spawn, request);
    return await awaitSpawn(runtime, request);
  }
  // The market is worth a mention only after a refusal in another one.
  const { market: _market, ...where } = first.candidate;
  const message = `launching ${candidatePhrase(plan.substrate, where)}`;
  notify(request, record.spawn.createdAt, "launching", message);
  return await driveClaimed(runtime, request, { ...record, plan }, { kind: "taken-up" }, secrets);
}

/** Nothing is recorded or launched before this resolves: a caller that leaves earlier leaves nothing behind. */
async function enqueueLaunch(
  { queue }: SpawnerRuntime,
  { signal, detach, spawnId }: WaitOptions,
  queued: Omit<QueuedLaunch, "signal">,
): Promise<QueueResult> {
  using wanting = anyOf(signal, detach);
  try {
    return await queue.enqueue({ ...queued, signal: wanting.signal });
  } catch (caught) {
    const ending = [signal, detach].find(({ aborted }) => aborted);
    throw ending === undefined ? caught : interrupted(spawnId, null, ending);
  }
}

/**
 * Brings a recorded spawn to what the caller waits for: drives it if no process does, otherwise waits for its worker.
 *
 * @throws SlipwayError `NOT_FOUND` / `SPAWN_NOT_FOUND`
 */
export async function awaitSpawn(
  runtime: SpawnerRuntime,
  waitOptions: WaitOptions,
): Promise<Spawn> {
  let pause = FIRST_PAUSE;
  let reported: SpawnState | null = null;
  for (;;) {
    const driven = await runtime.ledger.find(waitOptions);
    if (driven === null) throw spawnNotFound(waitOptions.tenant, waitOptions.spawnId);
    const { spawn, lease } = driven;
    if (hasReached(spawn, waitOptions)) return spawn;
    if (runtime.leases.isFree(waitOptions, lease)) {
      const claimed = await claimSpawn(runtime, driven);
      if (claimed !== null) return await driveClaimed(runtime, waitOptions, claimed);
    }
    for (const ending of [waitOptions.signal, waitOptions.detach])
      if (ending.aborted) throw interrupted(spawn.spawnId, spawn, ending);
    if (spawn.state !== reported)
      notify(waitOptions, spawn.updatedAt, spawn.state, "being driven by another process");
    reported = spawn.state;
    await runtime.clock.sleep(pause);
    pause = Math.min(pause * 2, LONGEST_PAUSE);
  }
}

/** Takes a spawn over from its worker and terminates it. If it is terminating already, waits for its worker. */
export async function terminate(runtime: SpawnerRuntime, waitOptions: WaitOptions): Promise<Spawn> {
  for (;;) {
    const driven = await runtime.ledger.find(waitOptions);
    if (driven === null) throw spawnNotFound(waitOptions.tenant, waitOptions.spawnId);
    const { spawn, lease } = driven;
    if (isFinished(spawn.state)) return spawn;
    if (spawn.state === "terminating" && !runtime.leases.isFree(waitOptions, lease))
      return await awaitSpawn(runtime, waitOptions);
    const claimed = await claimSpawn(runtime, driven);
    if (claimed === null) continue;
    return await driveClaimed(runtime, waitOptions, claimed, {
      kind: "stop",
      message: "termination requested",
    });
  }
}

async function claimSpawn(
  runtime: SpawnerRuntime,
  driven: DrivenSpawn,
): Promise<DrivenSpawn | null> {
  const { spawn, lease, plan } = driven;
  const { tenant, spawnId } = spawn;
  // A process that cannot reach the machine must not claim its spawn.
  await runtime.openAdapter(plan.target);
  const claimed = await runtime.ledger.claim({
    tenant,
    spawnId,
    fence: lease.fence,
    worker: runtime.worker.id,
    until: runtime.leases.until(),
  });
  return claimed === null ? null : { ...claimed, plan };
}

async function driveClaimed(
  runtime: SpawnerRuntime,
  waitOptions: WaitOptions,
  driven: DrivenSpawn,
  event?: SpawnEvent,
  secrets?: LaunchSecrets,
): Promise<Spawn> {
  try {
    return await drive(runtime, waitOptions, driven, { event, secrets });
  } catch (caught) {
    if (!(caught instanceof LeaseLost)) throw caught;
    await terminateOrphan(runtime, waitOptions, driven.plan, caught.event);
    return await awaitSpawn(runtime, waitOptions);
  }
}

/**
 * Another worker drives the spawn now. Terminates the machine that this worker was given, unless the record claims it
 * or the other worker may still find it by its token.
 */
async function terminateOrphan(
  runtime: SpawnerRuntime,
  waitOptions: WaitOptions,
  { target }: LaunchPlan,
  event: SpawnEvent,
): Promise<void> {
  if (event.kind !== "accepted") return;
  const driven = await runtime.ledger.find(waitOptions);
  if (driven !== null && mayClaim(driven, event.machine.id)) return;
  const adapter = await runtime.openAdapter(target);
  // Not the caller's signal: even if the caller has left, no other process knows of this machine.
  const never = new AbortController().signal;
  const answer = await runtime.terminatorOf(adapter).terminate(event.machine.id, never);
  if (answer.outcome === "failed") throw answer.error;
}

/** Whether the spawn has the machine on record, or its worker may still find the machine by its token. */
function mayClaim({ spawn, launches }: DrivenSpawn, machineId: string): boolean {
  if (isFinished(spawn.state)) return false;
  const isUnsettled = launches.some(({ outcome }) => outcome === null || outcome === "unknown");
  return spawn.machine?.id === machineId || isUnsettled;
}

/** Whether a spawn has reached what the caller waits for, or never will. */
function hasReached({ state }: Spawn, { wait }: WaitOptions): boolean {
  if (state === "booting") return wait === "accepted";
  if (state === "terminating") return wait !== "settled";
  return state === "running" || isFinished(state);
}

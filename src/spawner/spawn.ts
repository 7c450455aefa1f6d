import { anyOf } from "../async/cancellation.ts";
import { memoize } from "../async/memoize.ts";
import { timestamp } from "../host/clock.ts";
import type { LaunchPlan } from "../plan/plan.ts";
import type { LaunchSecrets, SubstrateAdapter } from "../substrate/contract.ts";
import { noCandidateLeft, offeringsOf, openCandidates } from "./candidates.ts";
import { drive, LeaseLost, notify } from "./drive.ts";
import type { DrivenSpawn } from "../ledger/ledger.ts";
import { createGovernor } from "../pacing/governor.ts";
import { createLaunchAdmission } from "./launch/launch-admission.ts";
import { createLaunchCalls } from "./launch/launch-calls.ts";
import { createLaunchQueue } from "./launch/launch-queue.ts";
import { createLeases } from "./leases.ts";
import { tellWait } from "./notice.ts";
import { createMachineEnder } from "./machines/terminator.ts";
import { createMachineLister } from "./machines/lister.ts";
import { createMachineWatcher } from "./machines/watcher.ts";
import type { SpawnEvent } from "./state-machine.ts";
import type { Entered, QueuedLaunch } from "./launch/record-launch.ts";
import { interrupted, refuseReused, spawnNotFound } from "./spawn-errors.ts";
import { isFinished } from "../ledger/spawn-record.ts";
import type { Spawn, SpawnState } from "../ledger/spawn-record.ts";
import type { SpawnerPorts, SpawnerWorld, Wish } from "./task.ts";

export interface SpawnRequest extends Wish {
  readonly plan: LaunchPlan;
  /** What was asked for: the workspace, or (saved) the plan itself. */
  readonly subject: string | LaunchPlan;
}

/** First and longest pause between two looks at a spawn that another driver has, in milliseconds. */
const FIRST_PAUSE = 20;
const LONGEST_PAUSE = 1_000;

/** What the spawns of one process share: its leases, its launches, and one describe loop for each adapter. */
export function createSpawnerWorld(ports: SpawnerPorts): SpawnerWorld {
  const { ledger, clock, driver } = ports;
  const isGone = (line: string): boolean => driver.isGone(line);
  const governor = createGovernor({ store: ledger, clock, line: driver.id, isGone });
  const admission = createLaunchAdmission(governor);
  const calls = createLaunchCalls(clock, admission);
  return {
    ...ports,
    admission,
    calls,
    queue: createLaunchQueue({ ledger, clock, calls, admission }),
    leases: createLeases(ports),
    watcherOf: memoize((adapter: SubstrateAdapter) => createMachineWatcher(adapter, clock)),
    listerOf: memoize(createMachineLister),
    enderOf: memoize(createMachineEnder),
  };
}

/**
 * Makes the promise and keeps it: records the spawn and its launch, asks the provider, records the answer, waits.
 * Where the id is already known to the ledger, goes on with what is recorded there.
 */
export async function spawnPlan(world: SpawnerWorld, request: SpawnRequest): Promise<Spawn> {
  const { plan, spawnId, tenant, signal } = request;
  const [adapter, owner, secrets, full] = await Promise.all([
    world.openAdapter(plan.target),
    world.ledger.owner(),
    // Looked up before anything is recorded: a spawn whose secret is gone is refused, not failed.
    world.launchSecrets(plan, signal),
    world.ledger.fullOfferings(offeringsOf(plan), world.clock.now()),
  ]);
  const [first] = openCandidates(plan, [], full);
  if (first === undefined) throw noCandidateLeft(plan);
  const { standing, existing } = await enter(world, request, {
    spawnId,
    plan,
    candidate: first.index,
    number: 1,
    adapter,
    owner,
    secrets: async () => secrets,
    onWait: (milliseconds, message) => tellWait(request, milliseconds, message),
    intent: {
      record: "begin",
      of: (launch) => ({
        tenant,
        spawnId,
        plan,
        launch,
        driver: world.driver.id,
        leaseUntil: world.leases.until(),
        at: timestamp(world.clock),
      }),
    },
  });
  if (standing === null) {
    // Another process took the id since it was looked up, maybe for something else.
    if (existing !== null) refuseReused(existing.spawn, request.subject);
    return await attend(world, request);
  }
  const message = `launching in ${first.candidate.place}`;
  notify(request, standing.spawn.createdAt, "launching", message);
  return await inHand(world, request, { ...standing, plan }, { kind: "taken-up" }, secrets);
}

/** Nothing is recorded, and nothing launched, before this has resolved: who leaves sooner leaves nothing behind. */
async function enter(
  { queue }: SpawnerWorld,
  { signal, detach, spawnId }: Wish,
  queued: Omit<QueuedLaunch, "signal">,
): Promise<Entered> {
  using wanting = anyOf(signal, detach);
  try {
    return await queue.enter({ ...queued, signal: wanting.signal });
  } catch (caught) {
    const ending = [signal, detach].find(({ aborted }) => aborted);
    throw ending === undefined ? caught : interrupted(spawnId, null, ending);
  }
}

/**
 * Goes on with a recorded spawn up to where the caller waits for: drives it where nobody does, else looks on.
 *
 * @throws SlipwayError `NOT_FOUND` / `SPAWN_NOT_FOUND`
 */
export async function attend(world: SpawnerWorld, wish: Wish): Promise<Spawn> {
  let pause = FIRST_PAUSE;
  let told: SpawnState | null = null;
  for (;;) {
    const driven = await world.ledger.find(wish);
    if (driven === null) throw spawnNotFound(wish.tenant, wish.spawnId);
    const { spawn, lease } = driven;
    if (isWhereWanted(spawn, wish)) return spawn;
    if (world.leases.isFree(wish, lease)) {
      const claimed = await claim(world, driven);
      if (claimed !== null) return await inHand(world, wish, claimed);
    }
    for (const ending of [wish.signal, wish.detach])
      if (ending.aborted) throw interrupted(spawn.spawnId, spawn.workspace, ending);
    if (spawn.state !== told) notify(wish, spawn.updatedAt, spawn.state, "in other hands");
    told = spawn.state;
    await world.clock.sleep(pause);
    pause = Math.min(pause * 2, LONGEST_PAUSE);
  }
}

/** Takes a spawn over from whoever drives it, and ends it. Whoever is ending it already is waited for. */
export async function terminate(world: SpawnerWorld, wish: Wish): Promise<Spawn> {
  for (;;) {
    const driven = await world.ledger.find(wish);
    if (driven === null) throw spawnNotFound(wish.tenant, wish.spawnId);
    const { spawn, lease } = driven;
    if (isFinished(spawn.state)) return spawn;
    if (spawn.state === "terminating" && !world.leases.isFree(wish, lease))
      return await attend(world, wish);
    const claimed = await claim(world, driven);
    if (claimed === null) continue;
    return await inHand(world, wish, claimed, { kind: "stop", message: "termination asked for" });
  }
}

async function claim(world: SpawnerWorld, driven: DrivenSpawn): Promise<DrivenSpawn | null> {
  const { spawn, lease, plan } = driven;
  const { tenant, spawnId } = spawn;
  // Who cannot reach its machine takes no spawn from anybody.
  await world.openAdapter(plan.target);
  const claimed = await world.ledger.claim({
    tenant,
    spawnId,
    fence: lease.fence,
    driver: world.driver.id,
    until: world.leases.until(),
  });
  return claimed === null ? null : { ...claimed, plan };
}

async function inHand(
  world: SpawnerWorld,
  wish: Wish,
  driven: DrivenSpawn,
  event?: SpawnEvent,
  secrets?: LaunchSecrets,
): Promise<Spawn> {
  try {
    return await drive(world, wish, driven, { event, secrets });
  } catch (caught) {
    if (!(caught instanceof LeaseLost)) throw caught;
    await takeBack(world, wish, caught.event);
    return await attend(world, wish);
  }
}

/**
 * Another driver has the spawn now. A machine that this one was given meanwhile goes, unless the record claims it or
 * the other is still to find it by its token.
 */
async function takeBack(world: SpawnerWorld, wish: Wish, event: SpawnEvent): Promise<void> {
  if (event.kind !== "accepted") return;
  const driven = await world.ledger.find(wish);
  if (driven === null) return;
  const { spawn, launches } = driven;
  const isUnsettled = launches.some(({ outcome }) => outcome === null || outcome === "unknown");
  if (spawn.machine?.id === event.machine.id && !isFinished(spawn.state)) return;
  if (isUnsettled && !isFinished(spawn.state)) return;
  const adapter = await world.openAdapter(driven.plan.target);
  // Whether or not its caller still waits: nobody else knows of this machine.
  const never = new AbortController().signal;
  const answer = await world.enderOf(adapter).end(event.machine.id, never);
  if (answer.outcome === "failed") throw answer.error;
}

/** Whether a spawn is where the caller waits for it, or will never be. */
function isWhereWanted({ state }: Spawn, { wait }: Wish): boolean {
  if (state === "booting") return wait === "accepted";
  if (state === "terminating") return wait !== "settled";
  return state === "running" || isFinished(state);
}

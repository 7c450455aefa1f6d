import { anyOf, timeoutReason } from "../async/cancellation.ts";
import { timestamp } from "../host/clock.ts";
import type { Clock } from "../host/clock.ts";
import { asSlipwayError } from "../errors.ts";
import type { LaunchSecrets } from "../substrate/contract.ts";
import { FULL_MILLISECONDS } from "./candidates.ts";
import type { DrivenSpawn, PlannedLaunch, Standing, Step } from "../ledger/ledger.ts";
import { fullOffering } from "./next-launch.ts";
import { perform } from "./perform.ts";
import { tellWait } from "./notice.ts";
import { progressOf, react } from "./state-machine.ts";
import type { Change, SpawnEvent } from "./state-machine.ts";
import { cancelled, interrupted, unsettled } from "./spawn-errors.ts";
import type { Spawn, SpawnState } from "../ledger/spawn-record.ts";
import { createTries } from "./task.ts";
import type { SpawnerWorld, Task, Wish } from "./task.ts";

/** For how long what a cancelled spawn launched is tried to be taken away, in milliseconds. */
const CANCELLING = 60_000;

/** The lease was lost: another driver has the spawn now. */
export class LeaseLost extends Error {
  override readonly name = "LeaseLost";
  /** What this driver had been given, and what the record may know nothing of. */
  readonly event: SpawnEvent;
  constructor(event: SpawnEvent) {
    super("the lease was lost");
    this.event = event;
  }
}

export interface Beginning {
  /** What it begins with. Default: that it was taken up. */
  readonly event?: SpawnEvent | undefined;
  /** What travels with its launch, where it was looked up already. */
  readonly secrets?: LaunchSecrets | undefined;
}

/**
 * Drives a spawn that is in this driver's hands to where its caller waits for: react, record, perform, and again.
 *
 * @throws SlipwayError where it was interrupted or cancelled, or could not be settled in time; {@link LeaseLost}
 */
export async function drive(
  world: SpawnerWorld,
  wish: Wish,
  first: DrivenSpawn,
  { event = { kind: "taken-up" }, secrets: known }: Beginning,
): Promise<Spawn> {
  using _hold = world.leases.hold(wish);
  const [adapter, owner] = await Promise.all([
    world.openAdapter(first.plan.target),
    world.ledger.owner(),
  ]);
  using working = anyOf(wish.signal, wish.detach);
  const tries = createTries(world, adapter.capabilities.retryMilliseconds);
  const secrets = async (signal: AbortSignal) =>
    known ?? (await world.launchSecrets(first.plan, signal));
  const task: Task = { wish, adapter, owner, signal: working.signal, secrets, tries };
  const state = { driven: first };
  try {
    return await follow(world, task, state, event);
  } catch (caught) {
    if (caught instanceof LeaseLost) throw caught;
    if (wish.detach.aborted) throw interrupted(wish.spawnId, first.plan.workspace, wish.detach);
    if (!wish.signal.aborted) throw asSlipwayError(caught);
    using deadline = createDeadline(world.clock, CANCELLING);
    const message = "cancelled: what was launched goes";
    const stopping: Task = { ...task, signal: deadline.signal };
    try {
      await follow(world, stopping, state, { kind: "stop", message });
    } catch (failure) {
      if (failure instanceof LeaseLost) throw failure;
      throw cancelled(state.driven.spawn, wish.signal, asSlipwayError(failure));
    }
    throw cancelled(state.driven.spawn, wish.signal, null);
  } finally {
    const { lease } = state.driven;
    if (lease.driver !== null) await world.ledger.release(wish, lease.fence);
  }
}

/** The loop. `state` is the record as it was last written, for whoever comes after a failure. */
async function follow(
  world: SpawnerWorld,
  task: Task,
  state: { driven: DrivenSpawn },
  begin: SpawnEvent,
): Promise<Spawn> {
  let event = begin;
  for (;;) {
    const { change, command } = react(progressOf(state.driven), event);
    const isEnough = task.wish.wait === "accepted" && command.do === "observe";
    if (change !== null) {
      const lease: Step["lease"] = isEnough ? "release" : world.leases.until();
      const step = { ...change, lease };
      state.driven = await record(world, task, state.driven, step, event);
    }
    const { spawn } = state.driven;
    if (command.do === "rest" || isEnough) return spawn;
    if (command.do === "leave")
      throw spawn.state === "launching" ? unsettled(spawn.spawnId, command.error) : command.error;
    event = await perform(world, task, state.driven, command);
  }
}

async function record(
  world: SpawnerWorld,
  task: Task,
  driven: DrivenSpawn,
  change: Change & Pick<Step, "lease">,
  event: SpawnEvent,
): Promise<DrivenSpawn> {
  const { tenant, spawnId } = task.wish;
  const at = timestamp(world.clock);
  const offering = "error" in event ? fullOffering(driven, event.error) : null;
  const { launch: next, ...rest } = change;
  const step: Step = {
    ...rest,
    tenant,
    spawnId,
    at,
    before: driven,
    ...(offering === null
      ? {}
      : { full: { offering, until: world.clock.now() + FULL_MILLISECONDS } }),
  };
  const after =
    next === undefined
      ? ((await world.ledger.take([step], null))?.[0] ?? null)
      : await recordLaunch(world, task, driven, step, next);
  if (after === null) throw new LeaseLost(event);
  notify(task.wish, at, after.spawn.state, change.message);
  return { ...after, plan: driven.plan };
}

/** A step with the spawn's next launch, which may be one launch with others'. */
async function recordLaunch(
  world: SpawnerWorld,
  task: Task,
  { plan, launches }: DrivenSpawn,
  step: Step,
  { candidate }: PlannedLaunch,
): Promise<Standing | null> {
  const { adapter, owner, signal, wish } = task;
  const { standing } = await world.queue.enter({
    spawnId: wish.spawnId,
    plan,
    candidate,
    number: launches.length + 1,
    adapter,
    owner,
    signal,
    secrets: () => task.secrets(signal),
    onWait: (milliseconds, message) => tellWait(wish, milliseconds, message),
    intent: {
      record: "take",
      // It may have waited: the lease goes from when it is recorded.
      of: (launch) => ({
        ...step,
        at: timestamp(world.clock),
        lease: step.lease === "release" ? step.lease : world.leases.until(),
        launch,
      }),
    },
  });
  return standing;
}

export function notify(
  { spawnId, onEvent }: Pick<Wish, "spawnId" | "onEvent">,
  at: string,
  state: SpawnState,
  message: string,
): void {
  onEvent({ kind: "event", event: { spawnId, at, state, message } });
}

/** Aborted when so much of the world's time is over. */
function createDeadline(clock: Clock, milliseconds: number): Disposable & { signal: AbortSignal } {
  const deadline = new AbortController();
  const waking = new AbortController();
  const expire = async (): Promise<void> => {
    const [slept] = await Promise.allSettled([clock.sleep(milliseconds, waking.signal)]);
    if (slept.status === "fulfilled") deadline.abort(timeoutReason());
  };
  void expire();
  return { signal: deadline.signal, [Symbol.dispose]: () => waking.abort() };
}

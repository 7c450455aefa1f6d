import { anyOf, timeoutReason } from "../async/cancellation.ts";
import { timestamp } from "../host/clock.ts";
import type { Clock } from "../host/clock.ts";
import { asSlipwayError, isSlipwayError } from "../errors.ts";
import type { SlipwayError } from "../errors.ts";
import type { LaunchSecrets } from "../substrate/contract.ts";
import { FULL_MILLISECONDS } from "./candidates.ts";
import type { DrivenSpawn, PlannedLaunch, SpawnRecord, Step } from "../ledger/ledger.ts";
import { fullOfferings } from "./next-launch.ts";
import { LeaseLost } from "./lease-lost.ts";
import { perform } from "./perform.ts";
import { reportWait } from "./notice.ts";
import { progressOf, react } from "./state-machine.ts";
import type { Change, SpawnEvent } from "./state-machine.ts";
import {
  cancelled,
  interrupted,
  launchUnanswered,
  stillTerminating,
  unsettled,
} from "./spawn-errors.ts";
import type { Spawn, SpawnState } from "../ledger/spawn-record.ts";
import { createTries } from "./task.ts";
import type { SpawnerRuntime, Task, WaitOptions } from "./task.ts";

/** How long the termination of a cancelled spawn's machine is attempted, in milliseconds. */
const CANCELLING = 10_000;

export interface Beginning {
  /** The first event. Default: the spawn was taken up. */
  readonly event?: SpawnEvent | undefined;
  /** The launch's secrets, if they have been looked up already. */
  readonly secrets?: LaunchSecrets | undefined;
}

/**
 * Drives a claimed spawn until it reaches what its caller waits for, in a loop: react to an event, record the change,
 * perform the command.
 *
 * @throws SlipwayError if the spawn was interrupted or cancelled, or could not be settled in time; {@link LeaseLost}
 */
export async function drive(
  runtime: SpawnerRuntime,
  waitOptions: WaitOptions,
  first: DrivenSpawn,
  { event = { kind: "taken-up" }, secrets: known }: Beginning,
): Promise<Spawn> {
  using _hold = runtime.leases.keepAlive(waitOptions);
  const [adapter, owner] = await Promise.all([
    runtime.openAdapter(first.plan.target),
    runtime.ledger.owner(),
  ]);
  using working = anyOf(waitOptions.signal, waitOptions.detach);
  const { spawnId, onEvent } = waitOptions;
  const tries = createTries(runtime, adapter, ({ message }) =>
    onEvent({ kind: "retrying", spawnId, message }),
  );
  const secrets = async (signal: AbortSignal) =>
    known ?? (await runtime.launchSecrets(first.plan, signal));
  const task: Task = { waitOptions, adapter, owner, signal: working.signal, secrets, tries };
  const state = { driven: first };
  try {
    return await runSteps(runtime, task, state, event);
  } catch (caught) {
    if (caught instanceof LeaseLost) throw caught;
    if (waitOptions.detach.aborted)
      throw interrupted(spawnId, state.driven.spawn, waitOptions.detach);
    if (!waitOptions.signal.aborted) throw leftError(state.driven.spawn, asSlipwayError(caught));
    using deadline = createClockDeadline(runtime.clock, CANCELLING);
    const message = "cancelled: terminating the launched machine";
    const stopping: Task = { ...task, signal: stoppingSignal(runtime, state.driven, deadline) };
    try {
      await runSteps(runtime, stopping, state, { kind: "stop", message });
    } catch (failure) {
      if (failure instanceof LeaseLost) throw failure;
      const cause = isSlipwayError(failure) ? failure : tries.latest();
      throw cancelled(state.driven.spawn, waitOptions.signal, cause ?? asSlipwayError(failure));
    }
    throw cancelled(state.driven.spawn, waitOptions.signal, null);
  } finally {
    const { lease } = state.driven;
    if (lease.worker !== null) await runtime.ledger.release(waitOptions, lease.fence);
  }
}

/** The error of a spawn that is left as it is. */
function leftError(spawn: Spawn, error: SlipwayError): SlipwayError {
  return spawn.state === "terminating" ? stillTerminating(spawn, error) : error;
}

/**
 * Ends the termination of a cancelled spawn. If its launch is still unanswered, nothing can be terminated, and a look-up
 * would prove nothing: the spawn is recorded as terminating, with an unknown outcome, for a later recovery.
 */
function stoppingSignal(
  { calls }: SpawnerRuntime,
  { launches, spawn }: DrivenSpawn,
  deadline: { readonly signal: AbortSignal },
): AbortSignal {
  const token = launches.at(-1)?.token ?? "";
  const isUnanswered = spawn.machine === null && calls.isUnderWay(token);
  return isUnanswered ? AbortSignal.abort(launchUnanswered(spawn.spawnId)) : deadline.signal;
}

/** The loop. `state` holds the latest record, also for the caller after a failure. */
async function runSteps(
  runtime: SpawnerRuntime,
  task: Task,
  state: { driven: DrivenSpawn },
  begin: SpawnEvent,
): Promise<Spawn> {
  let event = begin;
  for (;;) {
    const { change, command } = react(progressOf(state.driven), event);
    const isEnough = task.waitOptions.wait === "accepted" && command.do === "observe";
    if (change !== null) {
      const lease: Step["lease"] = isEnough ? "release" : runtime.leases.until();
      const step = { ...change, lease };
      state.driven = await recordStep(runtime, task, state.driven, step, event);
    }
    const { spawn } = state.driven;
    if (command.do === "rest" || isEnough) return spawn;
    if (command.do === "leave") {
      const { error } = command;
      throw spawn.state === "launching" ? unsettled(spawn.spawnId, error) : error;
    }
    event = await perform(runtime, task, state.driven, command);
  }
}

async function recordStep(
  runtime: SpawnerRuntime,
  task: Task,
  driven: DrivenSpawn,
  change: Change & Pick<Step, "lease">,
  event: SpawnEvent,
): Promise<DrivenSpawn> {
  const { tenant, spawnId } = task.waitOptions;
  const at = timestamp(runtime.clock);
  const offerings = "error" in event ? fullOfferings(driven, event.error) : [];
  const { launch: next, ...rest } = change;
  const step: Step = {
    ...rest,
    tenant,
    spawnId,
    at,
    before: driven,
    ...(offerings.length === 0
      ? {}
      : { full: { offerings, until: runtime.clock.now() + FULL_MILLISECONDS } }),
  };
  const after =
    next === undefined
      ? ((await runtime.ledger.take([step], null))?.[0] ?? null)
      : await recordLaunch(runtime, task, driven, step, next);
  if (after === null) throw new LeaseLost(event);
  notify(task.waitOptions, at, after.spawn.state, change.message);
  return { ...after, plan: driven.plan };
}

/** Records a step together with the spawn's next launch, which other spawns may share. */
async function recordLaunch(
  runtime: SpawnerRuntime,
  task: Task,
  { plan, spawn, launches }: DrivenSpawn,
  step: Step,
  { candidate }: PlannedLaunch,
): Promise<SpawnRecord | null> {
  const { adapter, owner, signal, waitOptions } = task;
  const { record } = await runtime.queue.enqueue({
    spawnId: waitOptions.spawnId,
    plan,
    own: spawn,
    candidate,
    number: launches.length + 1,
    adapter,
    owner,
    signal,
    secrets: () => task.secrets(signal),
    onWait: (milliseconds, message) => reportWait(waitOptions, milliseconds, message),
    intent: {
      record: "take",
      // It may have waited in the queue: the lease starts when it is recorded.
      of: (launch) => ({
        ...step,
        at: timestamp(runtime.clock),
        lease: step.lease === "release" ? step.lease : runtime.leases.until(),
        launch,
      }),
    },
  });
  return record;
}

export function notify(
  { spawnId, onEvent }: Pick<WaitOptions, "spawnId" | "onEvent">,
  at: string,
  state: SpawnState,
  message: string,
): void {
  onEvent({ kind: "event", event: { spawnId, at, state, message } });
}

/** A signal that is aborted after so many milliseconds of the injected clock. */
function createClockDeadline(
  clock: Clock,
  milliseconds: number,
): Disposable & { signal: AbortSignal } {
  const deadline = new AbortController();
  const waking = new AbortController();
  const expire = async (): Promise<void> => {
    const [slept] = await Promise.allSettled([clock.sleep(milliseconds, waking.signal)]);
    if (slept.status === "fulfilled") deadline.abort(timeoutReason());
  };
  void expire();
  return { signal: deadline.signal, [Symbol.dispose]: () => waking.abort() };
}

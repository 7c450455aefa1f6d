import { SlipwayError, isUnsent } from "../errors.ts";
import type { LaunchOutcome, MachineStatus, SpawnMember } from "../substrate/contract.ts";
import { launchId } from "../ledger/launch-token.ts";
import type { DrivenSpawn } from "../ledger/ledger.ts";
import { isMember } from "../ledger/ledger-steps.ts";
import { inputOf } from "../ledger/spawn-input.ts";
import { LeaseLost } from "./lease-lost.ts";
import { refusalEvent, nextLaunch } from "./next-launch.ts";
import { reportWait } from "./notice.ts";
import type { Command, SpawnEvent } from "./state-machine.ts";
import { isWorthRepeating, stillPending } from "./spawn-errors.ts";
import { spawnMachine } from "../ledger/spawn-record.ts";
import { latestLaunch } from "./task.ts";
import type { SpawnerRuntime, Task } from "./task.ts";
import { knownMachine } from "../substrate/contract.ts";
import { acceptedAt, nextPause } from "./poll-interval.ts";
import { endedError, hasEnded } from "./machines/machine-end.ts";

type Work = Exclude<Command, { readonly do: "rest" | "leave" }>;

/** Performs a command of the state machine and returns the resulting event. */
export async function perform(
  runtime: SpawnerRuntime,
  task: Task,
  driven: DrivenSpawn,
  command: Work,
): Promise<SpawnEvent> {
  switch (command.do) {
    case "launch":
      if (command.again !== null && !(await task.tries.pause(command.again, task.signal)))
        return { kind: "out-of-time", error: command.again };
      return await performLaunch(runtime, task, driven);
    case "settle":
      return await settleLaunch(runtime, task, driven, command.refusal);
    case "observe":
      return await observeMachine(runtime, task, driven);
    case "remove":
      return await removeMachine(runtime, task, driven, command.machineId);
  }
}

async function performLaunch(
  runtime: SpawnerRuntime,
  task: Task,
  driven: DrivenSpawn,
): Promise<SpawnEvent> {
  if (driven.spawn.state === "terminating") task.signal.throwIfAborted();
  const { idempotency } = task.adapter.capabilities;
  const record = latestLaunch(driven);
  // While this process waits for the launch's answer, a look-up could miss the machine.
  const isDoubted = record.outcome === "unknown" && !runtime.calls.isUnderWay(record.token);
  // Where a listing is conclusive about what it shows, it is tried first: the launch may keep failing.
  if (isDoubted && driven.spawn.state === "terminating" && idempotency.machines === "consistent") {
    const found = await findMachine(runtime, task, driven);
    if (found !== null) return found;
  }
  const age = runtime.clock.now() - Date.parse(record.at);
  if (isDoubted && idempotency.tokenMilliseconds !== null && age > idempotency.tokenMilliseconds)
    return await lookUp(runtime, task, driven, neverLaunched(driven));
  const outcome = await awaitLaunch(runtime, task, driven);
  switch (outcome.outcome) {
    case "accepted": {
      const { machine } = outcome;
      task.tries.reset();
      const isEnough = machine.state === "running" && task.waitOptions.wait !== "watched";
      // A caller that has left in the meantime has the machine terminated, or leaves it to be observed later.
      const running = isEnough && !task.signal.aborted;
      return { kind: "accepted", machine: spawnMachine(machine), running };
    }
    case "rejected":
      if (!isUnsent(outcome.error)) runtime.contacts.add(task.adapter);
      return await refusalEvent(runtime, driven, "refused", outcome.error);
    case "unknown":
      return { kind: "lost", error: outcome.error };
  }
}

function memberOf({ spawn }: DrivenSpawn): SpawnMember {
  return { spawnId: spawn.spawnId, ...inputOf(spawn) };
}

async function awaitLaunch(
  runtime: SpawnerRuntime,
  task: Task,
  driven: DrivenSpawn,
): Promise<LaunchOutcome> {
  const { adapter, owner, signal, waitOptions } = task;
  const { spawnId, detach, onEvent } = waitOptions;
  const { token, candidate, at } = latestLaunch(driven);
  const alone = adapter.capabilities.batch.maximum === 1;
  return await runtime.calls.awaitOutcome({
    spawnId,
    token,
    adapter,
    owner,
    plan: driven.plan,
    candidate,
    secrets: () => task.secrets(signal),
    isWanted: driven.spawn.state !== "terminating",
    at: Date.parse(at),
    members: async () => (alone ? [memberOf(driven)] : await readMembers(runtime, token)),
    admit: async (stop) =>
      await runtime.admission.admitRepeat(
        { adapter, plan: driven.plan },
        (milliseconds, message) => reportWait(waitOptions, milliseconds, message),
        stop,
      ),
    signal,
    detach,
    onProgress: ({ message }) => onEvent({ kind: "progress", spawnId, message }),
  });
}

/**
 * The members of a launch.
 *
 * @throws LeaseLost if one of them was pruned: then another worker has finished all of them, and a part of the launch
 * must not be repeated
 */
async function readMembers(
  { ledger }: SpawnerRuntime,
  token: string,
): Promise<readonly SpawnMember[]> {
  const members = await ledger.members(token);
  if (await ledger.isPruned(token)) throw new LeaseLost({ kind: "taken-up" });
  return members;
}

async function settleLaunch(
  runtime: SpawnerRuntime,
  task: Task,
  driven: DrivenSpawn,
  refused: SlipwayError | null,
): Promise<SpawnEvent> {
  const { outcome } = latestLaunch(driven);
  if (outcome === "rejected") return { kind: "removed", next: null };
  if (refused === null) return await performLaunch(runtime, task, driven);
  return await lookUp(runtime, task, driven, refused);
}

/** Looks for the launch's machine among all machines with this ledger's tag; without one, the refusal counts. */
async function lookUp(
  runtime: SpawnerRuntime,
  task: Task,
  driven: DrivenSpawn,
  error: SlipwayError,
): Promise<SpawnEvent> {
  const found = await findMachine(runtime, task, driven);
  if (found !== null) return found;
  const isInstant = task.adapter.capabilities.idempotency.machines === "consistent";
  if (!isInstant && isCallerRefused(error)) return { kind: "out-of-time", error };
  return await refusalEvent(runtime, driven, "absent", error);
}

/** The event of the launch's machine, or of providers that cannot be asked; null if no machine is listed. */
async function findMachine(
  runtime: SpawnerRuntime,
  task: Task,
  driven: DrivenSpawn,
): Promise<SpawnEvent | null> {
  const { spawnId } = task.waitOptions;
  const { token, member } = latestLaunch(driven);
  const wanted = launchId(token);
  const isInstant = task.adapter.capabilities.idempotency.machines === "consistent";
  for (;;) {
    try {
      const machines = await runtime.listerOf(task.adapter).list(task.owner, task.signal);
      const found = machines.find(
        ({ ownership, launchIndex }) =>
          ownership?.launchId === wanted &&
          isMember({ spawnId: ownership.spawnId, launchIndex }, { spawnId, member }),
      );
      if (found === undefined) return null;
      // Created but never started, as a container can be: only its launch starts it.
      if (found.state === "pending" && isInstant && driven.spawn.state === "launching")
        return { kind: "lost", error: neverStarted(driven) };
      return { kind: "accepted", machine: spawnMachine(found), running: false };
    } catch (caught) {
      if (!isWorthRepeating(caught)) throw caught;
      if (!(await task.tries.pause(caught, task.signal)))
        return { kind: "out-of-time", error: caught };
    }
  }
}

/**
 * Whether the provider refused the caller before it checked the token. Such a refusal proves nothing about an earlier
 * launch, and neither does a listing that may lag.
 */
function isCallerRefused({ code, blastRadius }: SlipwayError): boolean {
  return ["UNAUTHENTICATED", "PERMISSION_DENIED"].includes(code) && blastRadius !== "request";
}

function neverLaunched({ spawn }: DrivenSpawn): SlipwayError {
  return new SlipwayError({
    code: "ABORTED",
    reason: "LAUNCH_TOKEN_SPENT",
    message: `spawn ${spawn.spawnId}: its launch was never answered, and no machine carries its tag`,
    remedy: "Spawn again under another id.",
    metadata: { spawn_id: spawn.spawnId },
  });
}

function neverStarted({ spawn }: DrivenSpawn): SlipwayError {
  return new SlipwayError({
    code: "UNAVAILABLE",
    reason: "MACHINE_NOT_STARTED",
    message: `spawn ${spawn.spawnId}: its machine was created and not started`,
    retry: "same-token",
    metadata: { spawn_id: spawn.spawnId },
  });
}

/**
 * Polls an accepted machine until it runs (and, if it is watched, keeps running), has ended, or has been pending for
 * too long.
 */
async function observeMachine(
  runtime: SpawnerRuntime,
  task: Task,
  driven: DrivenSpawn,
): Promise<SpawnEvent> {
  const { adapter, signal, waitOptions } = task;
  const { lagMilliseconds, pendingMilliseconds, watchMilliseconds } = adapter.capabilities;
  const id = driven.spawn.machine?.id ?? "";
  const watcher = runtime.watcherOf(adapter);
  const watch = waitOptions.wait === "watched" ? watchMilliseconds : 0;
  const accepted = acceptedAt(driven, runtime.clock.now());
  let pause = 0;
  let runningSince: number | null = null;
  for (;;) {
    let status: MachineStatus;
    try {
      status = await watcher.poll(id, pause, signal);
      task.tries.reset();
    } catch (caught) {
      if (signal.aborted || !isWorthRepeating(caught)) throw caught;
      if (!(await task.tries.pause(caught, task.signal)))
        return { kind: "out-of-time", error: caught };
      continue;
    }
    const age = runtime.clock.now() - accepted;
    const machine = knownMachine(status);
    const isAwaited = status === "unknown" && age < lagMilliseconds;
    if (!isAwaited && (machine === null || hasEnded(machine))) {
      const secrets = await task.secrets(task.signal);
      const error = await endedError({ adapter, id, machine, secrets, signal });
      return await refusalEvent(runtime, driven, "ended", error);
    }
    pause = nextPause(pause);
    if (machine?.state === "running") {
      runningSince ??= runtime.clock.now();
      const left = runningSince + watch - runtime.clock.now();
      if (left <= 0) return { kind: "running", machine: spawnMachine(machine) };
      pause = Math.min(pause, left);
    } else if (age >= pendingMilliseconds)
      return { kind: "out-of-time", error: stillPending(driven.spawn, id, pendingMilliseconds) };
  }
}

/**
 * Terminates a machine and waits until it is gone or the time has run out. If the provider does not know the machine
 * yet, it is asked again: a machine that was launched a moment ago exists, and would otherwise stay.
 */
async function removeMachine(
  runtime: SpawnerRuntime,
  task: Task,
  driven: DrivenSpawn,
  machineId: string,
): Promise<SpawnEvent> {
  const { lagMilliseconds } = task.adapter.capabilities;
  const known = acceptedAt(driven, runtime.clock.now()) + lagMilliseconds;
  let pause = 0;
  for (;;) {
    try {
      const answer = await runtime.terminatorOf(task.adapter).terminate(machineId, task.signal);
      if (answer.outcome === "failed") throw answer.error;
      task.tries.reset();
      if (answer.outcome === "unknown" && runtime.clock.now() < known) {
        pause = nextPause(pause);
        await runtime.clock.sleep(pause, task.signal);
        continue;
      }
      const next =
        driven.spawn.state === "booting" ? await nextLaunch(runtime, driven, null) : null;
      return { kind: "removed", next };
    } catch (caught) {
      if (!isWorthRepeating(caught)) throw caught;
      if (!(await task.tries.pause(caught, task.signal)))
        return { kind: "out-of-time", error: caught };
    }
  }
}

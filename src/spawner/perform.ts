import { SlipwayError } from "../errors.ts";
import type { LaunchOutcome } from "../substrate/contract.ts";
import { launchId } from "../ledger/launch-token.ts";
import type { DrivenSpawn } from "../ledger/ledger.ts";
import { isMember } from "../ledger/ledger-steps.ts";
import { refusal } from "./next-launch.ts";
import { tellWait } from "./notice.ts";
import { observe } from "./observe.ts";
import type { Command, SpawnEvent } from "./state-machine.ts";
import { remove } from "./remove.ts";
import { isWorthRepeating } from "./spawn-errors.ts";
import { spawnMachine } from "../ledger/spawn-record.ts";
import { latestLaunch } from "./task.ts";
import type { SpawnerWorld, Task } from "./task.ts";

type Work = Exclude<Command, { readonly do: "rest" | "leave" }>;

/** Does what the state machine commands and tells what came of it. */
export async function perform(
  world: SpawnerWorld,
  task: Task,
  driven: DrivenSpawn,
  command: Work,
): Promise<SpawnEvent> {
  switch (command.do) {
    case "launch":
      if (command.again !== null) {
        tellPause(task, command.again);
        if (!(await task.tries.pause(command.again, task.signal)))
          return { kind: "out-of-time", error: command.again };
      }
      return await launch(world, task, driven);
    case "settle":
      return await settle(world, task, driven, command.refusal);
    case "observe":
      return await observe(world, task, driven);
    case "remove":
      return await remove(world, task, driven, command.machineId);
  }
}

async function launch(world: SpawnerWorld, task: Task, driven: DrivenSpawn): Promise<SpawnEvent> {
  const { idempotency } = task.adapter.capabilities;
  const record = latestLaunch(driven);
  const doubted = record.outcome === "unknown";
  // A machine is not made to be taken away again where looking tells as much.
  if (doubted && driven.spawn.state === "terminating" && idempotency.machines === "consistent")
    return await lookUp(world, task, driven, neverLaunched(driven));
  const age = world.clock.now() - Date.parse(record.at);
  if (doubted && idempotency.tokenMilliseconds !== null && age > idempotency.tokenMilliseconds)
    return await lookUp(world, task, driven, neverLaunched(driven));
  const outcome = await ask(world, task, driven);
  switch (outcome.outcome) {
    case "accepted": {
      const { machine } = outcome;
      task.tries.reset();
      const isEnough = machine.state === "running" && task.wish.wait !== "watched";
      // Whoever has left meanwhile has it taken away, or leaves it to be looked at.
      const running = isEnough && !task.signal.aborted;
      return { kind: "accepted", machine: spawnMachine(machine), running };
    }
    case "rejected":
      return await refusal(world, driven, "refused", outcome.error);
    case "unknown":
      return { kind: "lost", error: outcome.error };
  }
}

async function ask(world: SpawnerWorld, task: Task, driven: DrivenSpawn): Promise<LaunchOutcome> {
  const { adapter, owner, signal, wish } = task;
  const { spawnId, detach, onEvent } = wish;
  const { token, candidate, at } = latestLaunch(driven);
  const alone = adapter.capabilities.batch.maximum === 1;
  return await world.calls.ask({
    spawnId,
    token,
    adapter,
    owner,
    plan: driven.plan,
    candidate,
    secrets: () => task.secrets(signal),
    at: Date.parse(at),
    members: async () => (alone ? [spawnId] : await world.ledger.members(token)),
    admit: async (stop) =>
      await world.admission.again(
        { adapter, plan: driven.plan },
        (milliseconds, message) => tellWait(wish, milliseconds, message),
        stop,
      ),
    signal,
    detach,
    onProgress: ({ message }) => onEvent({ kind: "progress", spawnId, message }),
  });
}

async function settle(
  world: SpawnerWorld,
  task: Task,
  driven: DrivenSpawn,
  refused: SlipwayError | null,
): Promise<SpawnEvent> {
  const { outcome } = latestLaunch(driven);
  if (outcome === "rejected") return { kind: "removed", next: null };
  if (refused === null) return await launch(world, task, driven);
  return await lookUp(world, task, driven, refused);
}

/** Looks for a machine of the launch among all that carry this ledger's tag. */
async function lookUp(
  world: SpawnerWorld,
  task: Task,
  driven: DrivenSpawn,
  error: SlipwayError,
): Promise<SpawnEvent> {
  const { spawnId } = task.wish;
  const { token, member } = latestLaunch(driven);
  const wanted = launchId(token);
  const isInstant = task.adapter.capabilities.idempotency.machines === "consistent";
  for (;;) {
    try {
      const machines = await world.listerOf(task.adapter).list(task.owner, task.signal);
      const found = machines.find(
        ({ ownership, launchIndex }) =>
          ownership?.launchId === wanted &&
          isMember({ spawnId: ownership.spawnId, launchIndex }, { spawnId, member }),
      );
      // Made and never started, as a container can be: only its launch starts it.
      if (found?.state === "pending" && isInstant && driven.spawn.state === "launching")
        return { kind: "lost", error };
      if (found !== undefined)
        return { kind: "accepted", machine: spawnMachine(found), running: false };
      if (!isInstant && isOfCaller(error)) return { kind: "out-of-time", error };
      return await refusal(world, driven, "absent", error);
    } catch (caught) {
      if (!isWorthRepeating(caught)) throw caught;
      if (!(await task.tries.pause(caught, task.signal)))
        return { kind: "out-of-time", error: caught };
    }
  }
}

/**
 * Who may not ask is turned away before the token is looked at: that says nothing of what it has launched, and a list
 * that may lag behind says no more.
 */
function isOfCaller({ code, blastRadius }: SlipwayError): boolean {
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

function tellPause({ wish: { spawnId, onEvent } }: Task, error: SlipwayError): void {
  onEvent({ kind: "progress", spawnId, message: `trying again: ${error.message}` });
}

import type { SlipwayError } from "../errors.ts";
import { spawnError } from "../plan/error-document.ts";
import type { DrivenSpawn, PlannedLaunch, Step } from "../ledger/ledger.ts";
import { isFinished } from "../ledger/spawn-record.ts";
import type { SpawnMachine, SpawnState } from "../ledger/spawn-record.ts";
import { candidatePhrase, placePhrase } from "../plan/place.ts";
import type { Substrate } from "../plan/plan.ts";

/**
 * The state machine of a spawn: what to record and what to do next, from its progress and an event. Pure; `drive.ts`
 * performs the commands and reports the events.
 *
 * The most important rule: no launch begins while an earlier launch of the spawn is unsettled. A launch is settled by
 * an unambiguous answer. If an answer was lost, a later refusal of the same token is ambiguous, so a machine is looked
 * up before the refusal counts.
 */

/** The progress of a spawn, as any worker can read it from the ledger. */
export interface Progress {
  readonly substrate: Substrate;
  readonly state: SpawnState;
  readonly machineId: string | null;
  /** The result of the latest launch. */
  readonly outcome: "accepted" | "rejected" | "unknown" | null;
  /** The message of the error with which the spawn fails once its machine is gone; null if it will be terminated. */
  readonly failure: string | null;
}

/** Events of a spawn. */
export type SpawnEvent =
  /** A worker starts to drive the spawn, or continues where another stopped. */
  | { readonly kind: "taken-up" }
  /** The launch was accepted, or its machine was found. */
  | { readonly kind: "accepted"; readonly machine: SpawnMachine; readonly running: boolean }
  /** The provider refused the launch. `next`: the next place to try; null if none is left. */
  | { readonly kind: "refused"; readonly error: SlipwayError; readonly next: PlannedLaunch | null }
  /** The answer was lost. */
  | { readonly kind: "lost"; readonly error: SlipwayError }
  /** A look-up found no machine of the launch; the refusal that caused it is repeated here. */
  | { readonly kind: "absent"; readonly error: SlipwayError; readonly next: PlannedLaunch | null }
  /** The machine runs, and has been watched for long enough. */
  | { readonly kind: "running"; readonly machine: SpawnMachine }
  /** The machine ended before it was seen running. */
  | { readonly kind: "ended"; readonly error: SlipwayError; readonly next: PlannedLaunch | null }
  /** The provider has confirmed that the machine is gone. */
  | { readonly kind: "removed"; readonly next: PlannedLaunch | null }
  /** The spawn is to be terminated. */
  | { readonly kind: "stop"; readonly message: string }
  /** A call was repeated for long enough without success. */
  | { readonly kind: "out-of-time"; readonly error: SlipwayError };

/** The worker's next action; each results in an event. */
export type Command =
  /** Make the launch call with the recorded token. `again`: the error after which it is repeated, following a pause. */
  | { readonly do: "launch"; readonly again: SlipwayError | null }
  /** Find out whether the launch has a machine. `refusal`: the refusal of its token after an answer was lost. */
  | { readonly do: "settle"; readonly refusal: SlipwayError | null }
  /** Poll the machine until it runs or has ended. */
  | { readonly do: "observe" }
  | { readonly do: "remove"; readonly machineId: string }
  /** Nothing: the spawn has settled. */
  | { readonly do: "rest" }
  /** Nothing more can be done now: it is not known whether there is a machine. */
  | { readonly do: "leave"; readonly error: SlipwayError };

/** A change of the record. The worker adds its key, time and lease. */
export interface Change extends Pick<Step, "to" | "message" | "machine" | "error" | "answer"> {
  /** The intent of the next launch. */
  readonly launch?: PlannedLaunch;
}

export interface Reaction {
  readonly change: Change | null;
  readonly command: Command;
}

export function progressOf({ spawn, launches }: DrivenSpawn): Progress {
  return {
    substrate: spawn.substrate,
    state: spawn.state,
    machineId: spawn.machine?.id ?? null,
    outcome: launches.at(-1)?.outcome ?? null,
    failure: spawn.error?.message ?? null,
  };
}

/** (progress, event) -> (change to record, next command). */
export function react(progress: Progress, event: SpawnEvent): Reaction {
  if (isFinished(progress.state)) return { change: null, command: { do: "rest" } };
  switch (event.kind) {
    case "taken-up":
      return { change: null, command: resumeCommand(progress) };
    case "accepted":
      return accepted(progress, event);
    case "refused":
      if (event.error.retry === "same-token")
        return { change: null, command: { do: "launch", again: event.error } };
      if (progress.outcome === "unknown")
        return { change: null, command: { do: "settle", refusal: event.error } };
      return absent(progress, event);
    case "lost":
      return { change: lost(progress, event.error), command: { do: "launch", again: event.error } };
    case "absent":
      return absent(progress, event);
    case "running":
      return { change: running(progress.substrate, event.machine), command: { do: "rest" } };
    case "ended":
      return ended(progress, event);
    case "removed":
      return removed(progress, event.next);
    case "stop":
      return stop(progress, event.message);
    case "out-of-time":
      return outOfTime(progress, event.error);
  }
}

/** The next command for a spawn that is taken up with this progress. */
function resumeCommand({ state, machineId, outcome }: Progress): Command {
  switch (state) {
    case "pending":
    case "launching":
      return { do: "launch", again: null };
    case "booting":
      // The machine has ended already; once it is gone, the spawn goes to another place.
      return machineId !== null && outcome === "rejected"
        ? { do: "remove", machineId }
        : { do: "observe" };
    case "terminating":
      return machineId === null ? { do: "settle", refusal: null } : { do: "remove", machineId };
    case "running":
    case "terminated":
    case "failed":
      return { do: "rest" };
  }
}

type Of<Kind extends SpawnEvent["kind"]> = Extract<SpawnEvent, { kind: Kind }>;

function accepted(
  { state, substrate }: Progress,
  { machine, running: isRunning }: Of<"accepted">,
): Reaction {
  const answer = { outcome: "accepted", reason: null } as const;
  const message = `accepted as ${machine.id} ${placePhrase(substrate, machine.place)}`;
  if (state === "terminating")
    return {
      change: { to: state, message, machine, answer },
      command: { do: "remove", machineId: machine.id },
    };
  // If the answer says that the machine runs, and it need not be watched, one record is enough.
  if (isRunning)
    return { change: { ...running(substrate, machine), answer }, command: { do: "rest" } };
  return { change: { to: "booting", message, machine, answer }, command: { do: "observe" } };
}

function running(substrate: Substrate, machine: SpawnMachine): Change {
  const message = `running as ${machine.id} ${placePhrase(substrate, machine.place)}`;
  return { to: "running", message, machine };
}

function lost({ state, outcome }: Progress, error: SlipwayError): Change | null {
  if (outcome === "unknown") return null;
  return {
    to: state,
    message: `the launch's answer was lost: ${error.message}`,
    answer: { outcome: "unknown", reason: error.reason },
  };
}

/** The answer of a refused launch. Its scope decides which candidates are left. */
function rejection({ reason, blastRadius }: SlipwayError) {
  return { outcome: "rejected", reason, blastRadius } as const;
}

/** The launch has no machine, without doubt. */
function absent(
  progress: Progress,
  { error, next }: Pick<Of<"absent">, "error" | "next">,
): Reaction {
  const answer = rejection(error);
  if (progress.state === "terminating")
    return { change: { ...finish(progress), answer }, command: { do: "rest" } };
  if (next !== null && error.retry === "next-candidate")
    return {
      change: {
        to: "launching",
        message: `${error.message}; launching ${candidatePhrase(progress.substrate, next)}`,
        answer,
        launch: next,
      },
      command: { do: "launch", again: null },
    };
  return {
    change: { to: "failed", message: error.message, error: spawnError(error.toJSON()), answer },
    command: { do: "rest" },
  };
}

function ended({ state, machineId }: Progress, { error, next }: Of<"ended">): Reaction {
  const command: Command =
    machineId === null ? { do: "settle", refusal: null } : { do: "remove", machineId };
  if (state === "terminating") return { change: null, command };
  const { reason } = error;
  const goesElsewhere = next !== null && error.retry === "next-candidate";
  return {
    change: {
      to: goesElsewhere ? "booting" : "terminating",
      message: `removing it: ${error.message}`,
      error: spawnError(error.toJSON()),
      answer: goesElsewhere ? rejection(error) : { outcome: "accepted", reason },
    },
    command,
  };
}

function removed(progress: Progress, next: PlannedLaunch | null): Reaction {
  if (progress.state === "booting" && next !== null)
    return {
      change: {
        to: "launching",
        message: `${progress.machineId ?? "the machine"} is gone; launching ${candidatePhrase(progress.substrate, next)}`,
        machine: null,
        error: null,
        launch: next,
      },
      command: { do: "launch", again: null },
    };
  return { change: finish(progress), command: { do: "rest" } };
}

/** The spawn has ended and has no machine. */
function finish({ failure, machineId }: Progress): Change {
  if (failure !== null) return { to: "failed", message: failure };
  const message = machineId === null ? "there is no machine" : `${machineId} terminated`;
  return { to: "terminated", message };
}

function stop(progress: Progress, message: string): Reaction {
  const { state, machineId, outcome } = progress;
  const command: Command =
    machineId === null ? { do: "settle", refusal: null } : { do: "remove", machineId };
  if (state === "terminating") return { change: null, command };
  // The launch call was interrupted: it is not known whether it arrived.
  const answer = { outcome: "unknown", reason: null } as const;
  return {
    change: { to: "terminating", message, ...(outcome === null ? { answer } : {}) },
    command,
  };
}

/**
 * A launch that was always refused has no machine. If an answer was lost, there may be one: the spawn stays as it is,
 * never failed, for a later recovery.
 */
function outOfTime({ state, outcome }: Progress, error: SlipwayError): Reaction {
  if (state === "launching" && outcome === null)
    return {
      change: {
        to: "failed",
        message: error.message,
        error: spawnError(error.toJSON()),
        answer: rejection(error),
      },
      command: { do: "rest" },
    };
  return { change: null, command: { do: "leave", error } };
}

import type {
  Claim,
  ClaimVerdict,
  FoundResource,
  LaunchRecord,
  NewLaunch,
  NewSpawn,
  SpawnRecord,
  Step,
} from "./ledger.ts";
import { isSettled } from "./spawn-record.ts";
import type { Spawn, SpawnAttempt, SpawnMachine, SpawnState } from "./spawn-record.ts";
import { inputOf } from "./spawn-input.ts";

/** The rules of a spawn's record, the same for every ledger. */

const FOLLOWS: Readonly<Record<SpawnState, readonly SpawnState[]>> = {
  pending: [],
  launching: ["pending", "launching", "booting"],
  booting: ["launching", "booting"],
  running: ["launching", "booting", "running"],
  terminating: ["pending", "launching", "booting", "running", "terminating"],
  terminated: ["booting", "running", "terminating"],
  failed: ["pending", "launching", "booting", "terminating"],
};

/**
 * The record of a new spawn.
 *
 * @param lastFence the highest fence of a pruned spawn, which may have had the same id: a process that stalled while it
 * drove that one must not record a step of this one
 */
export function beginRecord(spawn: NewSpawn, lastFence: number): SpawnRecord {
  const { tenant, spawnId, plan, launch, worker, leaseUntil, at } = spawn;
  const launches: readonly LaunchRecord[] = [newLaunch(launch, 1, at)];
  return {
    spawn: {
      spawnId,
      tenant,
      workspace: plan.workspace,
      state: "launching",
      planId: plan.planId,
      substrate: plan.substrate,
      ...inputOf(spawn.own),
      machine: null,
      ...shownLaunches(launches),
      error: null,
      createdAt: at,
      updatedAt: at,
    },
    launches,
    lease: { worker, until: leaseUntil, fence: lastFence + 1 },
  };
}

/** The message of the event that a new spawn's launch is. */
export function firstLaunchMessage({ plan, launch }: NewSpawn): string {
  const type = plan.candidates[launch.candidate]?.machineType;
  return `launch 1${type === undefined ? "" : ` of ${type}`} in ${launch.place}`;
}

/** The record after a step; null if its state does not allow the step. */
export function takeStep(step: Step): SpawnRecord | null {
  const record = step.before;
  const { spawn, lease } = record;
  if (!FOLLOWS[step.to].includes(spawn.state)) return null;
  const answered = answer(record.launches, step.answer);
  const launches =
    step.launch === undefined
      ? answered
      : [...answered, newLaunch(step.launch, answered.length + 1, step.at)];
  const released = step.lease === "release" || isSettled(step.to);
  return {
    launches,
    spawn: {
      ...spawn,
      state: step.to,
      machine: step.machine === undefined ? spawn.machine : readAgain(spawn.machine, step.machine),
      error: step.error === undefined ? spawn.error : step.error,
      ...shownLaunches(launches),
      updatedAt: step.at,
    },
    lease: released ? { ...lease, worker: null } : { ...lease, until: step.lease },
  };
}

/** A reading that did not ask for some settings, as one of many machines, leaves those that are known. */
function readAgain(known: SpawnMachine | null, read: SpawnMachine | null): SpawnMachine | null {
  const isKnown = known?.settings !== undefined && known.id === read?.id;
  return isKnown ? { ...read, settings: { ...known.settings, ...read.settings } } : read;
}

/**
 * Whether the step may be lost in a power cut. A lost acceptance leaves its launch on record without an outcome:
 * recovery repeats the launch with its token and finds the same machine. A lost refusal, failure or termination would
 * leave a launch that recovery repeats although its spawn is over.
 */
export function mayBeLost({ to, answer, launch, error }: Step): boolean {
  return (
    (to === "booting" || to === "running") &&
    answer?.outcome === "accepted" &&
    launch === undefined &&
    error === undefined
  );
}

/** The record with another worker; null if another process has claimed it since. */
export function claimRecord(record: SpawnRecord, claim: Claim): SpawnRecord | null {
  if (record.lease.fence !== claim.fence) return null;
  const last = record.launches.at(-1);
  const doubt = { outcome: "unknown", reason: last?.reason ?? null } as const;
  const launches = answer(record.launches, last?.outcome === null ? doubt : undefined);
  const { worker, until, fence } = claim;
  return {
    spawn: { ...record.spawn, ...shownLaunches(launches) },
    launches,
    lease: { worker, until, fence: fence + 1 },
  };
}

/** A member of a launch, with the state of its spawn. */
export interface Claimant {
  readonly spawnId: string;
  readonly member: number;
  readonly state: SpawnState;
  /** The machine in its spawn's record. */
  readonly machineId: string | null;
  /** Of that launch. */
  readonly outcome: LaunchRecord["outcome"];
}

/**
 * The verdict on a resource, from the members of the launch that it carries.
 *
 * @param isPruned whether a member of the launch was pruned
 */
export function claimVerdict(
  launched: readonly Claimant[],
  found: FoundResource,
  isPruned: boolean,
): ClaimVerdict {
  const members = launched.filter((member) => isMember(found, member));
  if (found.launchId === "") return "foreign";
  if (members.length === 0) return isPruned ? "orphan" : "foreign";
  return members.some((member) => claims(member, found)) ? "claimed" : "orphan";
}

/**
 * The spawn has the machine on record, or may still get it because that launch is not settled. What a machine left behind
 * is claimed for as long as the spawn lives, because its machine may need it.
 */
function claims({ state, machineId, outcome }: Claimant, { id, kind }: FoundResource): boolean {
  if (state === "terminated" || state === "failed") return false;
  return kind !== "machine" || machineId === id || outcome === null || outcome === "unknown";
}

/** Whether a machine with the launch's id can be that member, by the spawn id or launch index that it reports. */
export function isMember(
  { spawnId, launchIndex }: Pick<FoundResource, "spawnId" | "launchIndex">,
  member: { readonly spawnId: string; readonly member: number },
): boolean {
  if (spawnId !== null) return spawnId === member.spawnId;
  return launchIndex === null || launchIndex === member.member;
}

/** A container's id in the shortened form of its engine, which is also the host name inside it. */
export const SHORT_ID = /^[0-9a-f]{12,63}$/;

/** Whether a machine is the one that is named by its id, whole or shortened. */
export function isMachine(id: string, named: string): boolean {
  return id === named || (SHORT_ID.test(named) && id.startsWith(named));
}

function newLaunch(launch: NewLaunch, attempt: number, at: string): LaunchRecord {
  return { attempt, ...launch, at, outcome: null, reason: null, blastRadius: null };
}

function answer(launches: readonly LaunchRecord[], given: Step["answer"]): readonly LaunchRecord[] {
  if (given === undefined) return launches;
  return launches.map((launch, index) =>
    index === launches.length - 1 ? { ...launch, ...given } : launch,
  );
}

/** The launches as a spawn shows them. */
export function shownLaunches(
  launches: readonly LaunchRecord[],
): Pick<Spawn, "launch" | "attempts"> {
  const latest = launches.at(-1);
  return {
    launch: latest === undefined ? null : { token: latest.token, index: latest.member },
    attempts: launches.map(
      ({ attempt, place, machineType, token, member, outcome, reason }): SpawnAttempt => ({
        attempt,
        place,
        machineType,
        token,
        index: member,
        outcome,
        reason,
      }),
    ),
  };
}

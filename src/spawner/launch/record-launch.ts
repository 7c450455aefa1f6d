import { mapLimited } from "../../async/map-limited.ts";
import { machineTypeAt } from "../../plan/machine-types.ts";
import type { Candidate, LaunchPlan } from "../../plan/plan.ts";
import type {
  LaunchSecrets,
  SpawnInput,
  SpawnMember,
  SubstrateAdapter,
} from "../../substrate/contract.ts";
import { noCandidateLeft } from "../candidates.ts";
import type { LaunchCalls } from "./launch-calls.ts";
import { launchToken } from "../../ledger/launch-token.ts";
import { inputOf } from "../../ledger/spawn-input.ts";
import type {
  DrivenSpawn,
  Ledger,
  NewLaunch,
  NewSpawn,
  SpawnRecord,
  Step,
} from "../../ledger/ledger.ts";
import type { RateRequest, Spent } from "../../pacing/contract.ts";

/** A spawn that waits to be launched in a place of its plan. */
export interface QueuedLaunch {
  readonly spawnId: string;
  readonly plan: LaunchPlan;
  readonly own: SpawnInput;
  /** Index of the place among the plan's candidates. */
  readonly candidate: number;
  /** 1-based number of the spawn's launch. */
  readonly number: number;
  readonly adapter: SubstrateAdapter;
  readonly owner: string;
  readonly secrets: () => Promise<LaunchSecrets>;
  /** Removes it from the queue. */
  readonly signal: AbortSignal;
  /** Called when the provider's rates make it wait, with the limit and the approximate time. */
  readonly onWait: (milliseconds: number, message: string) => void;
  /** The intent that is recorded with the launch: a new spawn, or a step of one. */
  readonly intent:
    | { readonly record: "begin"; readonly of: (launch: NewLaunch) => NewSpawn }
    | { readonly record: "take"; readonly of: (launch: NewLaunch) => Step };
}

/** The record; `existing` if the id of a new spawn was taken; both null if the step was refused. */
export interface QueueResult {
  readonly record: SpawnRecord | null;
  readonly existing: DrivenSpawn | null;
}

export interface LaunchRecordPorts {
  readonly ledger: Pick<Ledger, "begin" | "take" | "find" | "isPruned">;
  readonly calls: LaunchCalls;
}

/** An entry of the queue, with the functions that settle its promise. */
export interface QueueEntry {
  readonly queued: QueuedLaunch;
  readonly resolve: (entered: QueueResult) => void;
  readonly reject: (reason: unknown) => void;
}

/** When the launch was admitted, and its reservation; null if it needs none. */
export interface AdmittedLaunch {
  readonly at: number;
  readonly spent: Spent | null;
  /** Requests the turn of a launch in the transaction of its record. */
  readonly request?: () => RateRequest | null;
}

export interface LaunchUnderWay {
  readonly answered: Promise<void>;
}

/**
 * Records one launch of these entries, which are alike, and starts its call. If the record refuses some entries,
 * nothing is written and the others go without them.
 *
 * @returns a promise that resolves when the call has ended (at once if no entry is left); null if the requested turn
 * was not granted: then nothing was written, and no entry was settled
 */
export async function recordLaunch(
  ports: LaunchRecordPorts,
  entries: readonly QueueEntry[],
  admitted: AdmittedLaunch,
): Promise<LaunchUnderWay | null> {
  return await recordWithToken(ports, entries, admitted, 0);
}

/** @param reuse how many tokens of these members pruned spawns of the same ids had */
async function recordWithToken(
  ports: LaunchRecordPorts,
  entries: readonly QueueEntry[],
  admitted: AdmittedLaunch,
  reuse: number,
): Promise<LaunchUnderWay | null> {
  const [first] = entries;
  if (first === undefined) return { answered: Promise.resolve() };
  const { plan, candidate, adapter, owner, secrets, intent } = first.queued;
  const launches = launchesOf(entries, first.queued, reuse);
  const recorded =
    intent.record === "begin"
      ? await beginAll(ports.ledger, entries, { launches, ...admitted })
      : await takeAll(ports.ledger, entries, { launches, ...admitted });
  if (recorded === null) return null;
  if (recorded === "used-token") return await recordWithToken(ports, entries, admitted, reuse + 1);
  if (recorded.records === null) return await recordLaunch(ports, recorded.left, admitted);
  const { records, admittedAt = admitted.at } = recorded;
  const token = launches[0]?.token ?? "";
  // The call starts before any member is settled: a member that asks then shares it.
  const launch = { token, adapter, owner, plan, candidate, secrets, at: admittedAt };
  const answered = ports.calls.startLaunch(launch, membersOf(entries));
  for (const [index, { resolve }] of entries.entries())
    resolve({ record: records[index] ?? null, existing: null });
  return { answered };
}

export function membersOf(entries: readonly QueueEntry[]): readonly SpawnMember[] {
  return entries.map(({ queued: { spawnId, own } }) => ({ spawnId, ...inputOf(own) }));
}

/** The place among the plan's candidates. */
export function placeOf(plan: LaunchPlan, candidate: number): Candidate {
  const place = plan.candidates[candidate];
  if (place === undefined) throw noCandidateLeft(plan);
  return place;
}

/** Each member's part of the launch. */
function launchesOf(
  entries: readonly QueueEntry[],
  { plan, candidate, owner }: QueuedLaunch,
  reuse: number,
): readonly NewLaunch[] {
  const place = placeOf(plan, candidate);
  const number = Math.max(...entries.map(({ queued }) => queued.number));
  const token = launchToken({ owner, number, plan, place, members: membersOf(entries), reuse });
  const machineType = machineTypeAt(plan, place);
  return entries.map((_entry, member) => ({
    candidate,
    place: place.place,
    machineType,
    token,
    member,
  }));
}

interface Recording extends Pick<AdmittedLaunch, "spent" | "request"> {
  /** Each member's part. */
  readonly launches: readonly NewLaunch[];
}

/**
 * The members' records; or the entries that are left without those that were refused, which have been settled; or
 * `used-token` if nothing was written because pruned spawns of the same ids had a launch with this token: the provider
 * may still answer it with their machines.
 */
type Recorded =
  | "used-token"
  | { readonly records: readonly SpawnRecord[]; readonly admittedAt?: number }
  | { readonly records: null; readonly left: readonly QueueEntry[] };

async function beginAll(
  ledger: LaunchRecordPorts["ledger"],
  entries: readonly QueueEntry[],
  { launches, spent, request }: Recording,
): Promise<Recorded | null> {
  const spawns = launches.flatMap((launch, index) => {
    const intent = entries[index]?.queued.intent;
    return intent?.record === "begin" ? [intent.of(launch)] : [];
  });
  const begun = await ledger.begin(spawns, request ?? spent);
  if (begun.created) {
    const { driven: records, admittedAt } = begun;
    return admittedAt === undefined ? { records } : { records, admittedAt };
  }
  const { existing: known } = begun;
  if (known === null) return null;
  if (known.every((existing) => existing === null)) return "used-token";
  const left = entries.filter(({ resolve }, index) => {
    const existing = known[index] ?? null;
    if (existing !== null) resolve({ record: null, existing });
    return existing === null;
  });
  return { records: null, left };
}

async function takeAll(
  ledger: LaunchRecordPorts["ledger"],
  entries: readonly QueueEntry[],
  { launches, spent }: Recording,
): Promise<Recorded> {
  // These spawns exist, so whatever had their ids was pruned earlier.
  if (await ledger.isPruned(launches[0]?.token ?? "")) return "used-token";
  const steps = launches.flatMap((launch, index) => {
    const intent = entries[index]?.queued.intent;
    return intent?.record === "take" ? [intent.of(launch)] : [];
  });
  const records = await ledger.take(steps, spent);
  if (records !== null) return { records };
  const current = await mapLimited(steps, 1, (step) => isCurrent(ledger, step));
  const left = entries.filter(({ resolve }, index) => {
    // If all steps are current, each entry is refused: their states do not allow the steps, and a retry would not
    // either.
    const stays = current[index] === true && current.includes(false);
    if (!stays) resolve({ record: null, existing: null });
    return stays;
  });
  return { records: null, left };
}

/** No step has been taken and no worker has taken over since. */
async function isCurrent(ledger: LaunchRecordPorts["ledger"], step: Step): Promise<boolean> {
  const found = await ledger.find(step);
  const { lease, spawn } = step.before;
  return found?.lease.fence === lease.fence && found.spawn.state === spawn.state;
}

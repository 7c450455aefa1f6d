import { mapLimited } from "../../async/map-limited.ts";
import type { LaunchPlan } from "../../plan/plan.ts";
import type { LaunchSecrets, SubstrateAdapter } from "../../substrate/contract.ts";
import { bootDocument } from "../../boot/boot-document.ts";
import { noCandidateLeft } from "../candidates.ts";
import type { LaunchCalls } from "./launch-calls.ts";
import { launchToken } from "../../ledger/launch-token.ts";
import type {
  DrivenSpawn,
  Ledger,
  NewLaunch,
  NewSpawn,
  SpawnRecord,
  Step,
} from "../../ledger/ledger.ts";
import type { RateRequest, Spent } from "../../pacing/contract.ts";

/** A spawn that is to be launched in a place of its plan. */
export interface QueuedLaunch {
  readonly spawnId: string;
  readonly plan: LaunchPlan;
  /** Of the place, among the plan's candidates. */
  readonly candidate: number;
  /** The how-manieth launch of the spawn it is, from 1. */
  readonly number: number;
  readonly adapter: SubstrateAdapter;
  readonly owner: string;
  readonly secrets: () => Promise<LaunchSecrets>;
  /** Leaves the queue. */
  readonly signal: AbortSignal;
  /** Told where the provider's pace makes it wait: for what, and about how long. */
  readonly onWait: (milliseconds: number, message: string) => void;
  /** What is recorded with the launch: a new spawn, or a step of one. */
  readonly intent:
    | { readonly record: "begin"; readonly of: (launch: NewLaunch) => NewSpawn }
    | { readonly record: "take"; readonly of: (launch: NewLaunch) => Step };
}

/** What was recorded; `existing` where the id of a new spawn was taken; both null where the step was refused. */
export interface QueueResult {
  readonly record: SpawnRecord | null;
  readonly existing: DrivenSpawn | null;
}

export interface LaunchRecordPorts {
  readonly ledger: Pick<Ledger, "begin" | "take" | "find">;
  readonly calls: LaunchCalls;
}

/** One in the queue, with whoever waits for it. */
export interface QueueEntry {
  readonly queued: QueuedLaunch;
  readonly resolve: (entered: QueueResult) => void;
  readonly reject: (reason: unknown) => void;
}

/** When the launch had its turn, and what it spends; null where that is not worth keeping. */
export interface AdmittedLaunch {
  readonly at: number;
  readonly spent: Spent | null;
  /** Asks for the turn of a launch that has had none, with its record. */
  readonly request?: () => RateRequest | null;
}

export interface LaunchUnderWay {
  readonly answered: Promise<void>;
}

/**
 * Records a launch of these, which are alike, and begins to ask the provider. Where the record refuses some of them,
 * nothing was written, and the others go without them.
 *
 * @returns what resolves when the provider has answered, at once where none is left to go; null where it asks for its
 * turn and has to wait: then nothing was written, and none has been told
 */
export async function recordLaunch(
  ports: LaunchRecordPorts,
  entries: readonly QueueEntry[],
  admitted: AdmittedLaunch,
): Promise<LaunchUnderWay | null> {
  const [first] = entries;
  if (first === undefined) return { answered: Promise.resolve() };
  const { plan, candidate, adapter, owner, secrets, intent } = first.queued;
  const launches = launchesOf(entries, first.queued);
  const recorded =
    intent.record === "begin"
      ? await beginAll(ports.ledger, entries, { launches, ...admitted })
      : await takeAll(ports.ledger, entries, { launches, ...admitted });
  if (recorded === null) return null;
  if (recorded.records === null) return await recordLaunch(ports, recorded.left, admitted);
  const { records, admittedAt = admitted.at } = recorded;
  const token = launches[0]?.token ?? "";
  const ids = entries.map(({ queued: { spawnId } }) => spawnId);
  // The call is under way before any member hears that it is recorded: who asks then shares it.
  const launch = { token, adapter, owner, plan, candidate, secrets, at: admittedAt };
  const answered = ports.calls.startLaunch(launch, ids);
  for (const [index, { resolve }] of entries.entries())
    resolve({ record: records[index] ?? null, existing: null });
  return { answered };
}

/** Each member's part in the launch of all. */
function launchesOf(
  entries: readonly QueueEntry[],
  { plan, candidate, adapter, owner }: QueuedLaunch,
): readonly NewLaunch[] {
  const place = plan.candidates[candidate];
  if (place === undefined) throw noCandidateLeft(plan);
  const members = entries.map(({ queued: { spawnId } }) => ({
    spawnId,
    bootDocument: bootDocument(plan, spawnId, adapter.capabilities.bootDocument),
  }));
  const number = Math.max(...entries.map(({ queued }) => queued.number));
  const token = launchToken({ owner, number, plan, place, members });
  return entries.map((_entry, member) => ({ candidate, place: place.place, token, member }));
}

interface Recording extends Pick<AdmittedLaunch, "spent" | "request"> {
  /** Each member's part. */
  readonly launches: readonly NewLaunch[];
}

/** The record of each, or those that are left without the ones it refused, who have been told. */
type Recorded =
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
  const steps = launches.flatMap((launch, index) => {
    const intent = entries[index]?.queued.intent;
    return intent?.record === "take" ? [intent.of(launch)] : [];
  });
  const records = await ledger.take(steps, spent);
  if (records !== null) return { records };
  const current = await mapLimited(steps, 1, (step) => isCurrent(ledger, step));
  const left = entries.filter(({ resolve }, index) => {
    // Where all seem current, each goes alone no further: a step that its state forbids is forbidden every time.
    const stays = current[index] === true && current.includes(false);
    if (!stays) resolve({ record: null, existing: null });
    return stays;
  });
  return { records: null, left };
}

/** Nobody has taken a step of the spawn since, nor taken it over. */
async function isCurrent(ledger: LaunchRecordPorts["ledger"], step: Step): Promise<boolean> {
  const found = await ledger.find(step);
  const { lease, spawn } = step.before;
  return found?.lease.fence === lease.fence && found.spawn.state === spawn.state;
}

import { onAbort } from "../../async/cancellation.ts";
import { memoize } from "../../async/memoize.ts";
import type { Clock } from "../../host/clock.ts";
import type { SubstrateAdapter } from "../../substrate/contract.ts";
import type { LaunchAdmission } from "./launch-admission.ts";
import type { LaunchSlots } from "./launch-slots.ts";
import { countFitting as countFittingMembers, requireFitting } from "../../boot/boot-document.ts";
import { hasInput, inputOf } from "../../ledger/spawn-input.ts";
import type { RateRequest } from "../../pacing/contract.ts";
import type { Grant } from "../../pacing/governor.ts";
import { membersOf, placeOf, recordLaunch } from "./record-launch.ts";
import type {
  AdmittedLaunch,
  QueueResult,
  LaunchRecordPorts,
  LaunchUnderWay,
  QueuedLaunch,
  QueueEntry,
} from "./record-launch.ts";

/**
 * Turns spawns into launches: spawns that arrive together and whose requests differ only in their identity become one
 * launch, recorded in one transaction with one token before one call is made.
 */
export interface LaunchQueue {
  /** Resolves when the launch is recorded; its call is then under way. */
  enqueue(queued: QueuedLaunch): Promise<QueueResult>;
}

/** Spawns with similar launches: of one plan, for one place, recorded in the same way. */
interface Group {
  readonly key: string;
  readonly adapter: SubstrateAdapter;
  readonly tenant: string;
  readonly waiting: Set<QueueEntry>;
  /** How many entries wait for each spawn: a second one with the same id learns of the first from the record. */
  readonly spawns: Map<string, number>;
  /** How many of the first entries fit into one launch; null if that is not known. */
  fitting: number | null;
  /** When the first and the last entry arrived. */
  since: number;
  latest: number;
  /** Aborted when no entry is left; null before the group has asked for its turn. */
  left: AbortController | null;
}

/** The launch calls of an adapter. */
interface Activity {
  calls: number;
  /** Until when members of an answered launch may return for the next place. */
  quietAt: number;
}

export interface LaunchQueuePorts extends LaunchRecordPorts {
  readonly clock: Clock;
  /** `admitFirst` waits for the turn of a launch, and says how many entries may go. */
  readonly admission: Pick<LaunchAdmission, "admitFirst" | "requestAtOnce">;
  readonly slots: LaunchSlots;
}

/** A queue's ports, its groups by `keyOf`, and what each adapter is doing. */
interface QueueState extends LaunchQueuePorts {
  readonly groups: Map<string, Group>;
  readonly activityOf: (adapter: SubstrateAdapter) => Activity;
}

export function createLaunchQueue(ports: LaunchQueuePorts): LaunchQueue {
  const activityOf = memoize((_adapter: SubstrateAdapter): Activity => ({
    calls: 0,
    quietAt: Number.NEGATIVE_INFINITY,
  }));
  const queue: QueueState = { ...ports, groups: new Map(), activityOf };
  return { enqueue: (queued) => enqueue(queue, queued) };
}

async function enqueue(queue: QueueState, queued: QueuedLaunch): Promise<QueueResult> {
  queued.signal.throwIfAborted();
  requireCarried(queued);
  const { groups, clock } = queue;
  const { adapter, plan } = queued;
  const key = keyOf(queued);
  const now = clock.now();
  const known = groups.get(key);
  const group = known ?? {
    key,
    adapter,
    tenant: plan.tenant,
    waiting: new Set(),
    spawns: new Map(),
    fitting: null,
    since: now,
    latest: now,
    left: null,
  };
  const { promise, resolve, reject } = Promise.withResolvers<QueueResult>();
  const waiting: QueueEntry = { queued, resolve, reject };
  const leaveGroup = (): void => {
    if (!removeEntry(group, waiting)) return;
    reject(queued.signal.reason);
    if (group.waiting.size === 0) group.left?.abort(queued.signal.reason);
  };
  if (group.waiting.size === 0) group.since = now;
  group.latest = now;
  addEntry(group, waiting);
  using _leaving = onAbort(queued.signal, leaveGroup);
  groups.set(key, group);
  if (known === undefined) void serveGroup(queue, group);
  return await promise;
}

async function serveGroup(queue: QueueState, group: Group): Promise<void> {
  const { clock } = queue;
  while (group.waiting.size > 0) {
    let entries: readonly QueueEntry[] = [];
    try {
      await gatherEntries(queue, group);
      if (group.waiting.size === 0) break;
      if (await launchAtOnce(queue, group)) {
        group.since = clock.now();
        continue;
      }
      const grant = await admitGroup(queue, group);
      const admitted = { at: clock.now(), spent: grant.spent };
      entries = firstEntries(group, Math.min(grant.resources, countFitting(group)));
      for (const entry of entries) removeEntry(group, entry);
      group.since = clock.now();
      if (entries.length > 0) await launchEntries(queue, entries, { group, admitted });
    } catch (caught) {
      // Entries that arrived after all others had left start again.
      if (group.left?.signal.aborted === true && entries.length === 0) continue;
      for (const { reject } of [...entries, ...group.waiting]) reject(caught);
      group.waiting.clear();
      group.spawns.clear();
    }
  }
  queue.groups.delete(group.key);
}

/**
 * Waits until no more entries arrive; not at all if the adapter is idle, so that a lone launch never waits for
 * others.
 */
async function gatherEntries({ clock, activityOf }: QueueState, group: Group): Promise<void> {
  const { maximum, idleMilliseconds, longestMilliseconds } = group.adapter.capabilities.batch;
  const activity = activityOf(group.adapter);
  for (;;) {
    const now = clock.now();
    if (activity.calls === 0 && activity.quietAt <= now) return;
    const due = Math.min(group.latest + idleMilliseconds, group.since + longestMilliseconds);
    if (due <= now || group.waiting.size === 0 || group.waiting.size >= maximum) return;
    await clock.sleep(due - now);
  }
}

/** Waits for the group's turn at the provider. Given up when no entry is left. */
async function admitGroup({ admission }: QueueState, group: Group): Promise<Grant> {
  const left = new AbortController();
  group.left = left;
  const waiting = {
    count: () => group.spawns.size,
    all: () => Array.from(group.waiting, ({ queued }) => queued),
    fitting: () => countFitting(group),
  };
  return await admission.admitFirst(group.adapter, group.tenant, waiting, left.signal);
}

/** How many of the first entries one launch and its boot documents can carry. Counted again when the group has changed. */
function countFitting(group: Group): number {
  group.fitting ??= fittingMembers(group);
  return group.fitting;
}

function fittingMembers(group: Group): number {
  const { batch, bootDocument } = group.adapter.capabilities;
  const entries = firstEntries(group, batch.maximum);
  const [first] = entries;
  if (first === undefined) return 0;
  const { plan, candidate } = first.queued;
  const launch = { plan, place: placeOf(plan, candidate), members: membersOf(entries) };
  // The first fits, as `enqueue` has checked.
  return Math.max(1, countFittingMembers(launch, bootDocument));
}

/**
 * A spawn's own input may be too much for its boot document, which the plan's check does not know.
 *
 * @throws SlipwayError `BOOT_DOCUMENT_TOO_LARGE`
 */
function requireCarried({ spawnId, own, plan, candidate, adapter }: QueuedLaunch): void {
  if (!hasInput(own)) return;
  const members = [{ spawnId, ...inputOf(own) }];
  const launch = { plan, place: placeOf(plan, candidate), members };
  requireFitting(launch, adapter.capabilities.bootDocument);
}

/**
 * A lone launch claims its rate token in the same transaction that records it.
 *
 * @returns false if the group still has to wait for its turn
 */
async function launchAtOnce(queue: QueueState, group: Group): Promise<boolean> {
  const { clock, admission } = queue;
  const { waiting, adapter, tenant } = group;
  const [only] = waiting;
  const request =
    only?.queued.intent.record === "begin" ? admission.requestAtOnce(adapter, tenant) : null;
  if (only === undefined || waiting.size > 1 || request === null) return false;
  const { signal } = only.queued;
  let isTaken = false;
  // The record may have waited for a slow disk: the entry may have left, or others may have joined it.
  const requestNow = (): RateRequest | null => {
    const requested = waiting.size > 1 || !waiting.has(only) ? null : request();
    if (requested !== null) isTaken = removeEntry(group, only);
    return requested;
  };
  try {
    const admitted = { at: clock.now(), spent: null, request: requestNow };
    if (await launchEntries(queue, [only], { group, admitted })) return true;
  } catch (caught) {
    removeEntry(group, only);
    only.reject(caught);
    return true;
  }
  if (isTaken && signal.aborted) only.reject(signal.reason);
  else if (isTaken) putFirst(group, only);
  return false;
}

/** @returns false if the record was refused its turn: then nothing was written */
async function launchEntries(
  queue: QueueState,
  entries: readonly QueueEntry[],
  { group, admitted }: { readonly group: Group; readonly admitted: AdmittedLaunch },
): Promise<boolean> {
  const { adapter } = group;
  const slot = await queue.slots.take(adapter, NEVER);
  queue.activityOf(adapter).calls += 1;
  let call: LaunchUnderWay | null = null;
  const ending = async (): Promise<void> => {
    await call?.answered;
    endCall(queue, adapter, entries.length);
    slot[Symbol.dispose]();
  };
  try {
    call = await recordLaunch(queue, entries, admitted);
  } finally {
    void ending();
  }
  return call !== null;
}

function endCall(
  { clock, activityOf }: QueueState,
  adapter: SubstrateAdapter,
  members: number,
): void {
  const activity = activityOf(adapter);
  activity.calls -= 1;
  if (members > 1) activity.quietAt = clock.now() + adapter.capabilities.batch.idleMilliseconds;
}

/** Entries leave the queue one by one, not through the slot that they wait for together. */
const NEVER = new AbortController().signal;

/** Puts an entry back in front of the others. */
function putFirst(group: Group, one: QueueEntry): void {
  const others = [...group.waiting];
  group.waiting.clear();
  addEntry(group, one);
  for (const each of others) group.waiting.add(each);
}

function addEntry(group: Group, entry: QueueEntry): void {
  const { waiting, spawns } = group;
  const { spawnId } = entry.queued;
  group.fitting = null;
  waiting.add(entry);
  spawns.set(spawnId, (spawns.get(spawnId) ?? 0) + 1);
}

/** @returns false if the entry no longer waits */
function removeEntry(group: Group, entry: QueueEntry): boolean {
  const { waiting, spawns } = group;
  if (!waiting.delete(entry)) return false;
  group.fitting = null;
  const { spawnId } = entry.queued;
  const others = (spawns.get(spawnId) ?? 1) - 1;
  if (others > 0) spawns.set(spawnId, others);
  else spawns.delete(spawnId);
  return true;
}

/**
 * A plan is one workspace of one tenant in one account. An id that is too long for a machine of a batch to report goes
 * alone.
 */
function keyOf({ spawnId, plan, candidate, adapter, intent }: QueuedLaunch): string {
  const { maximum, longestSpawnId } = adapter.capabilities.batch;
  const alone = maximum === 1 || (longestSpawnId !== null && spawnId.length > longestSpawnId);
  return JSON.stringify([
    intent.record,
    plan.planId,
    candidate,
    alone && maximum > 1 ? spawnId : null,
  ]);
}

/** The first entries of so many spawns, one for each. */
function firstEntries({ waiting }: Group, most: number): readonly QueueEntry[] {
  const first = new Map<string, QueueEntry>();
  for (const entry of waiting) {
    if (first.size >= most) break;
    const { spawnId } = entry.queued;
    if (!first.has(spawnId)) first.set(spawnId, entry);
  }
  return [...first.values()];
}

import { randomUUID } from "node:crypto";
import { canonicalJson } from "../json/canonical-json.ts";
import { memoizeFrozen } from "../async/memoize.ts";
import type { PlacementTarget } from "../plan/plan.ts";
import type { SpawnMember } from "../substrate/contract.ts";
import { admit, correct, forecast, releaseReservation } from "../pacing/admission.ts";
import type {
  Begun,
  DrivenSpawn,
  FoundResource,
  Ledger,
  NewSpawn,
  SpawnFilter,
  SpawnKey,
  SpawnRecord,
  Step,
  Suspect,
} from "./ledger.ts";
import { launchId } from "./launch-token.ts";
import {
  beginRecord,
  claimRecord,
  claimVerdict,
  firstLaunchMessage,
  isMachine,
  takeStep,
} from "./ledger-steps.ts";
import type { RateRequest, RateKey, Spending, Spent } from "../pacing/contract.ts";
import { isListed } from "./spawn-filter.ts";
import { inputOf } from "./spawn-input.ts";
import { emptyMemory, keyName } from "./memory.ts";
import type { Entry, Memory } from "./memory.ts";
import { machinesFrom } from "./live-machines.ts";
import type { LiveMachines, RecordId } from "./live-machines.ts";
import { pruneMemory } from "./memory-prune.ts";
import { isFinished, isSettled } from "./spawn-record.ts";
import type { Spawn, SpawnDescription, SpawnEvent } from "./spawn-record.ts";

const nameOfTarget = memoizeFrozen((target: PlacementTarget) => canonicalJson(target));

export interface MemoryLedger extends Ledger {
  /** The live machines that depend on a record of the catalog. */
  readonly liveMachines: (record: RecordId) => LiveMachines;
}

/**
 * A ledger in memory, for tests, simulations and measurements. It follows the same rules as the embedded database's
 * (`ledger-steps.ts`), and passes the same contract suite.
 */
export function createMemoryLedger(owner: string = randomUUID()): MemoryLedger {
  const memory = emptyMemory();
  const { full, targets, rates } = memory;
  return {
    owner: async () => owner,
    find: async (key) => drivenOf(entryOf(memory, key)),
    begin: async (spawns, spending) => begin(memory, spawns, spending),
    take: async (steps, spent) => take(memory, steps, spent),
    members: async (token) => membersOf(memory, token),
    async claim(claim) {
      const entry = entryOf(memory, claim);
      const after = entry === undefined ? null : claimRecord(entry.record, claim);
      if (entry !== undefined && after !== null) putRecord(memory, entry, after);
      return after;
    },
    async renew(worker, until) {
      for (const entry of memory.driven) {
        const { lease } = entry.record;
        if (lease.worker === worker) entry.record = { ...entry.record, lease: { ...lease, until } };
      }
    },
    async release(key, fence) {
      const entry = entryOf(memory, key);
      if (entry === undefined || entry.record.lease.fence !== fence) return;
      const lease = { ...entry.record.lease, worker: null };
      putRecord(memory, entry, { ...entry.record, lease });
    },
    unfinished: async (tenant) =>
      recordsOf(memory, tenant)
        .filter(({ spawn }) => !isSettled(spawn.state))
        .map(({ spawn, lease }) => ({ tenant, spawnId: spawn.spawnId, lease })),
    fullOfferings: async (offerings, now) =>
      new Set(offerings.filter((offering) => (full.get(offering) ?? 0) > now)),
    describe: async (key) => describe(memory, key),
    findByMachine: async (tenant, machineId) => findByMachine(memory, tenant, machineId),
    list: async (tenant, filter) => list(memory, tenant, filter),
    snapshot: async (...of) => ({ spawns: list(memory, ...of), sequence: newest(memory, null) }),
    events: async (tenant, after, spawnIds) =>
      memory.events
        .filter((event) => event.sequence > after && event.tenant === tenant)
        .filter(({ spawnId }) => spawnIds.length === 0 || spawnIds.includes(spawnId))
        .map(({ tenant: _tenant, ...event }) => event),
    sequenceBefore: async (at) => newest(memory, at),
    countUnsettled: async (tenant, spawnIds) =>
      recordsOf(memory, tenant)
        .filter(({ spawn }) => spawnIds.length === 0 || spawnIds.includes(spawn.spawnId))
        .filter(({ spawn }) => !isSettled(spawn.state)).length,
    targets: async () =>
      [...targets]
        .toSorted(([one], [other]) => (one < other ? -1 : 1))
        .map(([, { target }]) => target),
    judge: async (machines) => machines.map((machine) => judgeOne(memory, machine)),
    async suspect(scope, machines, now) {
      replaceSuspects(memory, { scope, machines, now });
      return suspectsOf(memory, scope);
    },
    suspects: async (scope) => suspectsOf(memory, scope),
    prune: async (batch) => pruneMemory(memory, batch),
    liveMachines: (record) => liveMachinesOf(memory, record),
    isPruned: async (token) => memory.pruned.has(launchId(token)),
    async spend(request) {
      const { answer, keep } = decide(memory, request);
      keep();
      return answer;
    },
    forecast: async (call, backlog) => forecast(rates.get(rateName(call)) ?? null, call, backlog),
    async correct(admission, correction) {
      const name = rateName(admission);
      rates.set(name, correct(rates.get(name) ?? null, admission, correction));
    },
    close: async () => undefined,
  };
}

function begin(memory: Memory, spawns: readonly NewSpawn[], spending: Spending | null): Begun {
  const request = typeof spending === "function" ? spending() : null;
  const admission = request === null ? null : decide(memory, request);
  if (typeof spending === "function" && admission?.answer.granted !== true)
    return { created: false, existing: null };
  const existing = spawns.map((spawn) => drivenOf(entryOf(memory, spawn)));
  const isUsed = spawns.some(({ launch }) => memory.pruned.has(launchId(launch.token)));
  if (isUsed || existing.some((driven) => driven !== null)) return { created: false, existing };
  admission?.keep();
  if (typeof spending !== "function") noteSpent(memory, spending);
  const driven = spawns.map((spawn) => beginOne(memory, spawn));
  return request === null
    ? { created: true, driven }
    : { created: true, driven, admittedAt: request.now };
}

function beginOne(memory: Memory, spawn: NewSpawn): DrivenSpawn {
  const { plan, launch, at } = spawn;
  const { last, targets } = memory;
  const record = beginRecord(spawn, last.prunedFence);
  last.spawn += 1;
  const entry = { record, plan, number: last.spawn };
  memory.entries.set(keyName(spawn), entry);
  putRecord(memory, entry, record);
  addLaunch(memory, launch.token, entry);
  const target = nameOfTarget(plan.target);
  if (!targets.has(target)) targets.set(target, plan);
  addEvent(memory, spawn, { at, state: "pending", message: `plan ${plan.planId} recorded` });
  addEvent(memory, spawn, { at, state: "launching", message: firstLaunchMessage(spawn) });
  return { ...record, plan };
}

function take(
  memory: Memory,
  steps: readonly Step[],
  spent: Spent | null,
): readonly SpawnRecord[] | null {
  const taken = steps.map((step) =>
    isCurrent(step, entryOf(memory, step)) ? takeStep(step) : null,
  );
  if (!taken.every((after) => after !== null)) return null;
  noteSpent(memory, spent);
  for (const [index, step] of steps.entries()) noteStep(memory, step, taken[index]);
  return taken;
}

function noteStep(memory: Memory, step: Step, after: SpawnRecord | undefined): void {
  const entry = entryOf(memory, step);
  if (entry === undefined || after === undefined) return;
  putRecord(memory, entry, after);
  if (step.launch !== undefined) addLaunch(memory, step.launch.token, entry);
  addEvent(memory, step, { at: step.at, state: step.to, message: step.message });
  const { full } = memory;
  const { offerings = [], until = 0 } = step.full ?? {};
  for (const offering of offerings) full.set(offering, Math.max(until, full.get(offering) ?? 0));
}

function putRecord({ driven }: Memory, entry: Entry, record: SpawnRecord): void {
  entry.record = record;
  if (record.lease.worker === null) driven.delete(entry);
  else driven.add(entry);
}

function addLaunch({ launched }: Memory, token: string, entry: Entry): void {
  const others = launched.get(launchId(token));
  if (others === undefined) launched.set(launchId(token), [entry]);
  else others.push(entry);
}

function addEvent(
  { events, last }: Memory,
  { tenant, spawnId }: SpawnKey,
  event: Omit<SpawnEvent, "sequence" | "spawnId">,
): void {
  last.event += 1;
  events.push({ ...event, tenant, spawnId, sequence: last.event });
}

function decide({ rates }: Memory, request: RateRequest) {
  const name = rateName(request);
  const { answer, state } = admit(rates.get(name) ?? null, request);
  return { answer, keep: () => void rates.set(name, state) };
}

function noteSpent({ rates }: Memory, spent: Spent | null): void {
  if (spent === null) return;
  const name = rateName(spent);
  rates.set(name, releaseReservation(rates.get(name) ?? null, spent));
}

function entryOf({ entries }: Memory, key: SpawnKey): Entry | undefined {
  return entries.get(keyName(key));
}

function recordsOf({ entries }: Memory, tenant: string): readonly SpawnRecord[] {
  return [...entries.values()]
    .map(({ record }) => record)
    .filter(({ spawn }) => spawn.tenant === tenant);
}

function launchedAs({ launched }: Memory, id: string): readonly Entry[] {
  return launched.get(id) ?? [];
}

function membersOf(memory: Memory, token: string): readonly SpawnMember[] {
  return launchedAs(memory, launchId(token))
    .flatMap(({ record: { spawn, launches } }) =>
      launches.filter((launch) => launch.token === token).map(({ member }) => ({ spawn, member })),
    )
    .toSorted((one, other) => one.member - other.member)
    .map(({ spawn }) => ({ spawnId: spawn.spawnId, ...inputOf(spawn) }));
}

/** The sequence number of the newest event, or of the newest one before a time; 0 without one. */
function newest({ events }: Memory, at: string | null): number {
  return events.findLast((event) => at === null || event.at < at)?.sequence ?? 0;
}

function list(memory: Memory, tenant: string, filter: SpawnFilter): readonly Spawn[] {
  return recordsOf(memory, tenant)
    .map(({ spawn }) => spawn)
    .filter((spawn) => isListed(spawn, filter))
    .toReversed()
    .slice(0, filter.limit);
}

function findByMachine(memory: Memory, tenant: string, machineId: string): Spawn | null {
  const isWanted = ({ spawn: { machine } }: SpawnRecord): boolean =>
    machine !== null && isMachine(machine.id, machineId);
  return recordsOf(memory, tenant).findLast(isWanted)?.spawn ?? null;
}

function describe(memory: Memory, key: SpawnKey): SpawnDescription | null {
  const entry = entryOf(memory, key);
  if (entry === undefined) return null;
  return {
    ...entry.record.spawn,
    plan: entry.plan,
    events: memory.events
      .filter(({ tenant, spawnId }) => tenant === key.tenant && spawnId === key.spawnId)
      .map(({ at, state, message }) => ({ at, state, message })),
  };
}

/** Adds the machines as suspects of the scope, and removes the scope's suspects that are not among them. */
function replaceSuspects(
  { suspects }: Memory,
  {
    scope,
    machines,
    now,
  }: {
    readonly scope: string;
    readonly machines: readonly FoundResource[];
    readonly now: number;
  },
): void {
  const listed = new Set(machines.map(({ id }) => id));
  for (const [name, one] of suspects)
    if (one.scope === scope && !listed.has(one.id)) suspects.delete(name);
  for (const { id, place } of machines) {
    const name = JSON.stringify([scope, id]);
    if (!suspects.has(name)) suspects.set(name, { scope, id, place, since: now });
  }
}

function rateName({ scope, limit }: RateKey): string {
  return JSON.stringify([scope, limit.name]);
}

function drivenOf(entry: Entry | undefined): DrivenSpawn | null {
  return entry === undefined ? null : { ...entry.record, plan: entry.plan };
}

/** No step has been taken and no worker has taken over since. */
function isCurrent({ before }: Step, entry: Entry | undefined): boolean {
  const { spawn, lease } = entry?.record ?? { spawn: null, lease: null };
  return lease?.fence === before.lease.fence && spawn?.state === before.spawn.state;
}

function liveMachinesOf(memory: Memory, record: RecordId): LiveMachines {
  const live = [...memory.entries.values()]
    .filter((entry) => entry.record.spawn.tenant === record.tenant)
    .filter((entry) => !isFinished(entry.record.spawn.state));
  return machinesFrom(
    live.map(({ plan }) => ({ plan, count: 1 })),
    record,
  );
}

function judgeOne(memory: Memory, machine: FoundResource) {
  const entries = launchedAs(memory, machine.launchId);
  const launched = entries.flatMap(({ record: { spawn, launches } }) =>
    launches
      .filter(({ token }) => launchId(token) === machine.launchId)
      .map(({ member, outcome }) => {
        const { spawnId, state } = spawn;
        return { spawnId, member, state, machineId: spawn.machine?.id ?? null, outcome };
      }),
  );
  return claimVerdict(launched, machine, memory.pruned.has(machine.launchId));
}

function suspectsOf({ suspects }: Memory, wanted: string): readonly Suspect[] {
  return [...suspects.values()]
    .filter(({ scope }) => scope === wanted)
    .map(({ id, place, since }) => ({ id, place, since }))
    .toSorted((one, other) => one.since - other.since || (one.id < other.id ? -1 : 1));
}

import { randomUUID } from "node:crypto";
import { canonicalJson } from "../json/canonical-json.ts";
import { memoizeFrozen } from "../async/memoize.ts";
import type { LaunchPlan, PlacementTarget } from "../plan/plan.ts";
import { admit, correct, releaseReservation } from "../pacing/admission.ts";
import type { RateState } from "../pacing/admission.ts";
import type {
  DrivenSpawn,
  FoundMachine,
  Ledger,
  NewSpawn,
  SpawnKey,
  SpawnRecord,
  Step,
  Suspect,
} from "./ledger.ts";
import { launchId } from "./launch-token.ts";
import { beginRecord, claimRecord, claimVerdict, takeStep } from "./ledger-steps.ts";
import type { RateRequest, RateKey, Spent } from "../pacing/contract.ts";
import { isSettled } from "./spawn-record.ts";
import type { SpawnEvent } from "./spawn-record.ts";

/** A spawn's record with its plan, which never changes. */
interface Entry {
  record: SpawnRecord;
  readonly plan: LaunchPlan;
}

const nameOfTarget = memoizeFrozen((target: PlacementTarget) => canonicalJson(target));

/**
 * A ledger in memory, for tests, simulations and measurements. It follows the same rules as the embedded database's
 * (`ledger-steps.ts`), and passes the same contract suite.
 */
export function createMemoryLedger(owner: string = randomUUID()): Ledger {
  const entries = new Map<string, Entry>();
  const events: (SpawnEvent & { readonly tenant: string })[] = [];
  const launched = new Map<string, Entry[]>();
  /** The entries that have a worker. */
  const driven = new Set<Entry>();
  const full = new Map<string, number>();
  const targets = new Map<string, PlacementTarget>();
  const suspects = new Map<string, Suspect & { readonly scope: string }>();
  const rates = new Map<string, RateState>();
  const entryOf = (key: SpawnKey): Entry | undefined => entries.get(keyName(key));
  const addEvent = (
    { tenant, spawnId }: SpawnKey,
    event: Omit<SpawnEvent, "sequence" | "spawnId">,
  ) => events.push({ ...event, tenant, spawnId, sequence: events.length + 1 });
  const chosen = (tenant: string, spawnIds: readonly string[]): readonly SpawnRecord[] =>
    [...entries.values()]
      .map(({ record }) => record)
      .filter(({ spawn }) => spawn.tenant === tenant)
      .filter(({ spawn }) => spawnIds.length === 0 || spawnIds.includes(spawn.spawnId));

  const launchedAs = (id: string): readonly Entry[] => launched.get(id) ?? [];
  const addLaunch = (token: string, entry: Entry): void => {
    const others = launched.get(launchId(token));
    if (others === undefined) launched.set(launchId(token), [entry]);
    else others.push(entry);
  };
  const put = (entry: Entry, record: SpawnRecord): void => {
    entry.record = record;
    if (record.lease.worker === null) driven.delete(entry);
    else driven.add(entry);
  };
  const beginOne = (spawn: NewSpawn): DrivenSpawn => {
    const { plan, launch, at } = spawn;
    const record = beginRecord(spawn);
    const entry = { record, plan };
    entries.set(keyName(spawn), entry);
    put(entry, record);
    addLaunch(launch.token, entry);
    targets.set(nameOfTarget(plan.target), plan.target);
    addEvent(spawn, { at, state: "pending", message: `plan ${plan.planId} recorded` });
    addEvent(spawn, { at, state: "launching", message: `launch 1 in ${launch.place}` });
    return { ...record, plan };
  };
  const decide = (request: RateRequest) => {
    const name = rateName(request);
    const { answer, state } = admit(rates.get(name) ?? null, request);
    return { answer, keep: () => void rates.set(name, state) };
  };
  const noteSpent = (spent: Spent | null): void => {
    if (spent === null) return;
    const name = rateName(spent);
    rates.set(name, releaseReservation(rates.get(name) ?? null, spent));
  };
  const note = (step: Step, after: SpawnRecord | undefined): void => {
    const entry = entryOf(step);
    if (entry === undefined || after === undefined) return;
    put(entry, after);
    if (step.launch !== undefined) addLaunch(step.launch.token, entry);
    addEvent(step, { at: step.at, state: step.to, message: step.message });
    const { offering, until = 0 } = step.full ?? {};
    if (offering !== undefined) full.set(offering, Math.max(until, full.get(offering) ?? 0));
  };

  return {
    owner: async () => owner,
    find: async (key) => drivenOf(entryOf(key)),
    async begin(spawns, spending) {
      const request = typeof spending === "function" ? spending() : null;
      const admission = request === null ? null : decide(request);
      if (typeof spending === "function" && admission?.answer.granted !== true)
        return { created: false, existing: null };
      const existing = spawns.map((spawn) => drivenOf(entryOf(spawn)));
      if (existing.some((driven) => driven !== null)) return { created: false, existing };
      admission?.keep();
      if (typeof spending !== "function") noteSpent(spending);
      const begun = { created: true, driven: spawns.map(beginOne) } as const;
      return request === null ? begun : { ...begun, admittedAt: request.now };
    },
    async take(steps, spent) {
      const taken = steps.map((step) => (isCurrent(step, entryOf(step)) ? takeStep(step) : null));
      if (!taken.every((after) => after !== null)) return null;
      noteSpent(spent);
      for (const [index, step] of steps.entries()) note(step, taken[index]);
      return taken;
    },
    members: async (token) =>
      launchedAs(launchId(token))
        .flatMap(({ record: { spawn, launches } }) =>
          launches
            .filter((launch) => launch.token === token)
            .map(({ member }) => ({ spawn, member })),
        )
        .toSorted((one, other) => one.member - other.member)
        .map(({ spawn }) => spawn.spawnId),
    async claim(claim) {
      const entry = entryOf(claim);
      const after = entry === undefined ? null : claimRecord(entry.record, claim);
      if (entry !== undefined && after !== null) put(entry, after);
      return after;
    },
    async renew(worker, until) {
      for (const entry of driven) {
        const { lease } = entry.record;
        if (lease.worker === worker) entry.record = { ...entry.record, lease: { ...lease, until } };
      }
    },
    async release(key, fence) {
      const entry = entryOf(key);
      if (entry === undefined || entry.record.lease.fence !== fence) return;
      put(entry, { ...entry.record, lease: { ...entry.record.lease, worker: null } });
    },
    unfinished: async (tenant) =>
      chosen(tenant, [])
        .filter(({ spawn }) => !isSettled(spawn.state))
        .map(({ spawn, lease }) => ({ tenant, spawnId: spawn.spawnId, lease })),
    fullOfferings: async (offerings, now) =>
      new Set(offerings.filter((offering) => (full.get(offering) ?? 0) > now)),
    async describe(key) {
      const entry = entryOf(key);
      if (entry === undefined) return null;
      return {
        ...entry.record.spawn,
        plan: entry.plan,
        events: events
          .filter(({ tenant, spawnId }) => tenant === key.tenant && spawnId === key.spawnId)
          .map(({ at, state, message }) => ({ at, state, message })),
      };
    },
    list: async (tenant, { workspace, state }) =>
      chosen(tenant, [])
        .map(({ spawn }) => spawn)
        .filter((spawn) => workspace === undefined || spawn.workspace === workspace)
        .filter((spawn) => state === undefined || spawn.state === state)
        .toReversed(),
    events: async (tenant, after, spawnIds) =>
      events
        .filter((event) => event.sequence > after && event.tenant === tenant)
        .filter(({ spawnId }) => spawnIds.length === 0 || spawnIds.includes(spawnId))
        .map(({ tenant: _tenant, ...event }) => event),
    countUnsettled: async (tenant, spawnIds) =>
      chosen(tenant, spawnIds).filter(({ spawn }) => !isSettled(spawn.state)).length,
    targets: async () =>
      [...targets].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, target]) => target),
    judge: async (machines) =>
      machines.map((machine) => judgeOne(launchedAs(machine.launchId), machine)),
    async suspect(scope, machines, now) {
      const listed = new Set(machines.map(({ id }) => id));
      for (const [name, one] of suspects)
        if (one.scope === scope && !listed.has(one.id)) suspects.delete(name);
      for (const { id, place } of machines) {
        const name = JSON.stringify([scope, id]);
        if (!suspects.has(name)) suspects.set(name, { scope, id, place, since: now });
      }
      return suspectsOf(suspects.values(), scope);
    },
    suspects: async (scope) => suspectsOf(suspects.values(), scope),
    async spend(request) {
      const { answer, keep } = decide(request);
      keep();
      return answer;
    },
    async correct(admission, correction) {
      const name = rateName(admission);
      rates.set(name, correct(rates.get(name) ?? null, admission, correction));
    },
    close: async () => undefined,
  };
}

function keyName({ tenant, spawnId }: SpawnKey): string {
  return JSON.stringify([tenant, spawnId]);
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

function judgeOne(entries: readonly Entry[], machine: FoundMachine) {
  const launched = entries.flatMap(({ record: { spawn, launches } }) =>
    launches
      .filter(({ token }) => launchId(token) === machine.launchId)
      .map(({ member, outcome }) => {
        const { spawnId, state } = spawn;
        return { spawnId, member, state, machineId: spawn.machine?.id ?? null, outcome };
      }),
  );
  return claimVerdict(launched, machine);
}

function suspectsOf(
  all: Iterable<Suspect & { readonly scope: string }>,
  wanted: string,
): readonly Suspect[] {
  return [...all]
    .filter(({ scope }) => scope === wanted)
    .map(({ id, place, since }) => ({ id, place, since }))
    .toSorted((one, other) => one.since - other.since || (one.id < other.id ? -1 : 1));
}

import { mayBeLost } from "../../src/ledger/ledger-steps.ts";
import type { Ledger, Step } from "../../src/ledger/ledger.ts";
import type { RateRequest, Spending } from "../../src/pacing/contract.ts";
import type { Random } from "./random.ts";

/** A ledger that survives power cuts like the product's database. */
export interface PoweredLedger extends Ledger {
  /**
   * Undoes changes that had not been synced to disk: the last of the steps that do not wait for the disk, as long as no
   * synced change follows them.
   *
   * @returns the lost steps
   */
  cutPower(random: Random): Promise<readonly Step[]>;
}

/** A change of the ledger, with a function that repeats it. */
interface Change {
  /** Null if it had no effect. */
  redo: ((ledger: Ledger) => Promise<unknown>) | null;
  /** `kept`: changes of the rates, which a power cut does not undo here. */
  readonly kind: "durable" | "kept" | readonly Step[];
}

/** @param isLight whether a step does not wait for the disk */
export function createPoweredLedger(
  open: () => Ledger,
  isLight: (step: Step) => boolean = mayBeLost,
): PoweredLedger {
  let ledger = open();
  let journal: Change[] = [];

  /** Makes a change, and records it if it had an effect. Its place in the journal is the time of its begin. */
  const change = async <Result>(
    kind: Change["kind"],
    make: (on: Ledger) => Promise<Result>,
    hadEffect: (result: Result) => boolean = () => true,
  ): Promise<Result> => {
    const noted: Change = { redo: null, kind };
    journal.push(noted);
    const result = await make(ledger);
    if (hadEffect(result)) noted.redo = make;
    return result;
  };

  return {
    owner: () => ledger.owner(),
    find: (key) => ledger.find(key),
    begin(spawns, spending) {
      const again = repeatable(spending);
      return change(
        "durable",
        (on) => on.begin(spawns, again),
        ({ created }) => created,
      );
    },
    take: (steps, spent) =>
      change(
        spent === null && steps.every(isLight) ? steps : "durable",
        (on) => on.take(steps, spent),
        (taken) => taken !== null,
      ),
    members: (token) => ledger.members(token),
    findByMachine: (tenant, machineId) => ledger.findByMachine(tenant, machineId),
    claim: (claim) =>
      change(
        "durable",
        (on) => on.claim(claim),
        (after) => after !== null,
      ),
    renew: (worker, until) => change("durable", (on) => on.renew(worker, until)),
    release: (key, fence) => change("durable", (on) => on.release(key, fence)),
    unfinished: (tenant) => ledger.unfinished(tenant),
    fullOfferings: (offerings, now) => ledger.fullOfferings(offerings, now),
    describe: (key) => ledger.describe(key),
    list: (tenant, filter) => ledger.list(tenant, filter),
    snapshot: (tenant, filter) => ledger.snapshot(tenant, filter),
    events: (tenant, after, spawnIds) => ledger.events(tenant, after, spawnIds),
    sequenceBefore: (at) => ledger.sequenceBefore(at),
    countUnsettled: (tenant, spawnIds) => ledger.countUnsettled(tenant, spawnIds),
    targets: () => ledger.targets(),
    judge: (machines) => ledger.judge(machines),
    suspect: (scope, machines, now) => change("durable", (on) => on.suspect(scope, machines, now)),
    suspects: (scope) => ledger.suspects(scope),
    prune: (batch) => change("durable", (on) => on.prune(batch)),
    isPruned: (token) => ledger.isPruned(token),
    spend(ask) {
      const again = remembering(ask);
      return change("kept", (on) => on.spend(again));
    },
    forecast: (call, backlog) => ledger.forecast(call, backlog),
    correct: (turn, correction) => change("kept", (on) => on.correct(turn, correction)),
    close: () => ledger.close(),
    async cutPower(random) {
      const made = journal.filter(({ redo }) => redo !== null);
      const since = made.findLastIndex(({ kind }) => kind === "durable") + 1;
      const unsynced = made.slice(since).filter(({ kind }) => typeof kind === "object");
      const lost = unsynced.slice(random.between(0, unsynced.length));
      journal = made.filter((one) => !lost.includes(one));
      const before = ledger;
      ledger = open();
      for (const { redo } of journal) await redo?.(ledger);
      await before.close();
      return lost.flatMap(({ kind }) => (typeof kind === "object" ? kind : []));
    },
  };
}

/** Calls `spending` only once, so that a repetition spends the same. */
function repeatable(spending: Spending | null): Spending | null {
  if (typeof spending !== "function") return spending;
  let asked: { readonly ask: RateRequest | null } | null = null;
  return () => {
    const ask = asked === null ? spending() : asked.ask;
    asked ??= { ask: ask === null ? null : remembering(ask) };
    return asked.ask;
  };
}

/** Remembers which processes were gone at the first call. */
function remembering(ask: RateRequest): RateRequest {
  const known = new Map<string, boolean>();
  return {
    ...ask,
    isGone(line) {
      const isGone = known.get(line) ?? ask.isGone(line);
      known.set(line, isGone);
      return isGone;
    },
  };
}

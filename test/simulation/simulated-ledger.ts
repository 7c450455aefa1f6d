import type { Ledger, SpawnKey } from "../../src/ledger/ledger.ts";
import type { Auditor } from "./auditor.ts";
import type { SimulatedProcess } from "./process.ts";

/** The shared ledger from the viewpoint of one process: each call takes time, and the process may die before or after it. */
export function ledgerOf(ledger: Ledger, process: SimulatedProcess, auditor: Auditor): Ledger {
  return {
    owner: () => ledger.owner(),
    find: (key) => process.call("a look", () => ledger.find(key)),
    begin: (spawns, spent) =>
      process.call(`recording ${names(spawns)}`, async () => {
        const begun = await ledger.begin(spawns, spent);
        if (begun.created) for (const driven of begun.driven) auditor.began(process, driven);
        return begun;
      }),
    take: (steps, spent) =>
      process.call(`recording ${steps[0]?.to ?? "nothing"} of ${names(steps)}`, async () => {
        const taken = await ledger.take(steps, spent);
        for (const [index, step] of steps.entries())
          auditor.took(process, step, taken?.[index] ?? null);
        return taken;
      }),
    members: (token) => process.call("a look", () => ledger.members(token)),
    findByMachine: (tenant, machineId) =>
      process.call("a look", () => ledger.findByMachine(tenant, machineId)),
    claim: (claim) =>
      process.call(`taking over ${claim.spawnId}`, async () => {
        const after = await ledger.claim(claim);
        auditor.claimed(process, claim, after);
        return after;
      }),
    renew: (worker, until) => process.call("a renewal", () => ledger.renew(worker, until)),
    release: (key, fence) => process.call("a release", () => ledger.release(key, fence)),
    unfinished: (tenant) => process.call("a look", () => ledger.unfinished(tenant)),
    fullOfferings: (offerings, now) =>
      process.call("a look", () => ledger.fullOfferings(offerings, now)),
    describe: (key) => process.call("a look", () => ledger.describe(key)),
    list: (tenant, filter) => process.call("a look", () => ledger.list(tenant, filter)),
    snapshot: (tenant, filter) => process.call("a look", () => ledger.snapshot(tenant, filter)),
    events: (tenant, after, spawnIds) =>
      process.call("a look", () => ledger.events(tenant, after, spawnIds)),
    sequenceBefore: (at) => process.call("a look", () => ledger.sequenceBefore(at)),
    countUnsettled: (tenant, spawnIds) =>
      process.call("a look", () => ledger.countUnsettled(tenant, spawnIds)),
    targets: () => process.call("a look", () => ledger.targets()),
    judge: (machines) => process.call("a judgement", () => ledger.judge(machines)),
    suspect: (scope, machines, now) =>
      process.call("a suspicion", async () => {
        const suspects = await ledger.suspect(scope, machines, now);
        auditor.suspected(
          process,
          scope,
          machines.map(({ id }) => id),
          now,
        );
        return suspects;
      }),
    suspects: (scope) => process.call("a look", () => ledger.suspects(scope)),
    prune: (batch) =>
      process.call("a pruning", async () => {
        const pruned = await ledger.prune(batch);
        await auditor.pruned(process, ledger);
        return pruned;
      }),
    isPruned: (token) => ledger.isPruned(token),
    spend: (ask) => process.call("spending", () => ledger.spend(ask)),
    forecast: (call, backlog) => process.call("a look", () => ledger.forecast(call, backlog)),
    correct: (turn, correction) =>
      process.call("a correction", () => ledger.correct(turn, correction)),
    close: () => ledger.close(),
  };
}

function names(spawns: readonly SpawnKey[]): string {
  return spawns.map(({ spawnId }) => spawnId).join(", ");
}

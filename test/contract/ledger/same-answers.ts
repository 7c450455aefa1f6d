import fc from "fast-check";
import { expect, it } from "vitest";
import { SPAWN_STATES } from "../../../src/ledger/spawn-record.ts";
import type { Ledger } from "../../../src/ledger/ledger.ts";
import { samplePlan } from "../../support/sample-plan.ts";
import type { PruneBatch } from "../../../src/ledger/pruning.ts";
import { AT, found, launchOf, LATER, machineOf, take, token } from "./subject.ts";
import type { OpenLedger } from "./subject.ts";
import { parseSpawnInput } from "../../../src/ledger/spawn-input.ts";
import { NO_INPUT } from "../../../src/substrate/contract.ts";
import type { SpawnInput } from "../../../src/substrate/contract.ts";
import { spawnErrorOf } from "../../support/spawn-error-of.ts";

type Call = (ledger: Ledger) => Promise<unknown>;

const PLANS = ["agent-dev", "other"].map((workspace) => samplePlan({ workspace }));
const DIGITS = ["a", "b", "c", "d", "e"] as const;

const key = fc.record({
  tenant: fc.constantFrom("default", "acme"),
  spawnId: fc.constantFrom("one", "two", "three"),
});
const worker = fc.constantFrom("worker-1", "worker-2");
const time = fc.integer({ min: 0, max: 5 });
const fence = fc.integer({ min: 1, max: 4 });
const digit = fc.constantFrom(...DIGITS);
const machine = fc.constantFrom("m", "n").map(machineOf);
const launch = fc
  .record({ digit, candidate: fc.nat(2) })
  .map((one) => launchOf(one.digit, one.candidate));
const machines = fc.uniqueArray(
  fc.record({ id: fc.constantFrom("m", "n", "k"), digit: fc.constantFrom(...DIGITS, "f") }),
  { selector: ({ id }) => id },
);
const spawnIds = fc.subarray(["one", "two", "three"]);

const own: fc.Arbitrary<SpawnInput> = fc.oneof(
  fc.constant(NO_INPUT),
  fc
    .record({
      env: fc.dictionary(fc.constantFrom("A", "__proto__"), fc.string()),
      labels: fc.dictionary(fc.constantFrom("task", "team"), fc.constantFrom("", "7")),
      input: fc.jsonValue({ maxDepth: 2 }),
    })
    .map((given) => parseSpawnInput("test", JSON.parse(JSON.stringify(given)))),
);
const LABELS = [{ task: "7" }, { team: "" }, { task: "7", team: "7" }] as const;

const step = fc
  .record(
    {
      to: fc.constantFrom(...SPAWN_STATES),
      machine: fc.option(machine),
      error: fc.option(
        fc.constant(spawnErrorOf({ metadata: { nested_key: { someKey: [1, null] } } })),
      ),
      answer: fc.record({
        outcome: fc.constantFrom("accepted", "rejected", "unknown"),
        reason: fc.constantFrom(null, "QUOTA_EXCEEDED"),
        blastRadius: fc.constantFrom(null, "market"),
      }),
      launch,
      full: fc.record({ offerings: fc.subarray(["x", "y"]), until: time }),
      lease: fc.oneof(time, fc.constant("release" as const)),
    },
    { requiredKeys: ["to", "lease"] },
  )
  .map((one) => ({ ...one, message: `to ${one.to}`, at: AT }));

const calls: fc.Arbitrary<Call> = fc.oneof(
  { arbitrary: beginCalls(), weight: 3 },
  {
    arbitrary: fc
      .record({ key, fence, step })
      .map(
        (one) => (ledger: Ledger) => take(ledger, { ...one.step, ...one.key, fence: one.fence }),
      ),
    weight: 8,
  },
  fc.record({ key, fence, worker, until: time }).map(
    ({ key: of, ...one }) =>
      (ledger: Ledger) =>
        ledger.claim({ ...of, ...one }),
  ),
  fc
    .record({ worker, until: time })
    .map((one) => (ledger: Ledger) => ledger.renew(one.worker, one.until)),
  fc.record({ key, fence }).map((one) => (ledger: Ledger) => ledger.release(one.key, one.fence)),
  fc.record({ scope: fc.constantFrom("here", "there"), machines, now: time }).map(
    (one) => (ledger: Ledger) =>
      ledger.suspect(
        one.scope,
        one.machines.map(({ id, digit: of }) => found(id, of)),
        one.now,
      ),
  ),
  fc
    .record({ after: fc.nat(20), spawnIds })
    .map((one) => (ledger: Ledger) => ledger.events("default", one.after, one.spawnIds)),
  fc
    .record({ limit: fc.integer({ min: 1, max: 3 }), dryRun: fc.boolean() })
    .map((one) => (ledger: Ledger) => pruned(ledger, one)),
  spawnIds.map((ids) => (ledger: Ledger) => ledger.countUnsettled("default", ids)),
  time.map((now) => (ledger: Ledger) => ledger.fullOfferings(["x", "y", "z"], now)),
);

/** Two batches, without their positions: ledgers number spawns in their own ways. */
async function pruned(ledger: Ledger, one: Pick<PruneBatch, "dryRun" | "limit">) {
  const batch = { ...one, tenant: "default", endedBefore: LATER };
  const first = await ledger.prune({ ...batch, after: null });
  if (first.next === null) return [first.counts];
  return [first.counts, (await ledger.prune({ ...batch, after: first.next })).counts];
}

function beginCalls(): fc.Arbitrary<Call> {
  return fc
    .record({ key, plan: fc.constantFrom(...PLANS), own, launch, worker, leaseUntil: time })
    .map(
      ({ key: of, ...one }) =>
        (ledger: Ledger) =>
          ledger.begin([{ ...of, ...one, at: AT }], null),
    );
}

/** The results of all reads of a ledger. */
async function readEverything(ledger: Ledger): Promise<unknown> {
  const answers: unknown[] = [await ledger.targets()];
  for (const tenant of ["default", "acme"]) {
    answers.push(await ledger.list(tenant, {}), await ledger.unfinished(tenant));
    answers.push(await ledger.events(tenant, 0, []), await ledger.countUnsettled(tenant, []));
    for (const state of SPAWN_STATES) answers.push(await ledger.list(tenant, { state }));
    for (const labels of LABELS) answers.push(await ledger.list(tenant, { labels }));
    for (const id of ["m", "n"]) answers.push(await ledger.findByMachine(tenant, id));
    for (const spawnId of ["one", "two", "three"])
      answers.push(
        await ledger.find({ tenant, spawnId }),
        await ledger.describe({ tenant, spawnId }),
      );
  }
  for (const id of ["m", "n"])
    for (const of of DIGITS)
      for (const kind of ["machine", "volume"] as const)
        answers.push(await ledger.judge([found(id, of, { kind })]));
  for (const of of DIGITS) answers.push(await ledger.isPruned(token(of)));
  answers.push(await ledger.suspects("here"), await ledger.suspects("there"));
  return answers;
}

export function describeSameAnswers(...open: readonly [OpenLedger, OpenLedger]): void {
  it("two ledgers return the same results for the same calls", { timeout: 60_000 }, async () => {
    const sequences = fc.array(calls, { minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(sequences, async (sequence) => {
        await using one = await open[0]();
        await using other = await open[1]();
        for (const call of sequence)
          expect(await call(other.ledger)).toEqual(await call(one.ledger));
        expect(await readEverything(other.ledger)).toEqual(await readEverything(one.ledger));
      }),
      { numRuns: 60 },
    );
  });
}

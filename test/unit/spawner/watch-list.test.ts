import fc from "fast-check";
import { expect, it } from "vitest";
import { createMemoryLedger } from "../../../src/ledger/memory-ledger.ts";
import type { Ledger, SpawnFilter } from "../../../src/ledger/ledger.ts";
import type { Spawn } from "../../../src/ledger/spawn-record.ts";
import { watchList } from "../../../src/spawner/watch-list.ts";
import { createFakeClock } from "../../../testing/fake-clock.ts";
import { begin, machineOf, newSpawn, stepped } from "../../contract/ledger/subject.ts";
import { samplePlan } from "../../support/sample-plan.ts";
import { spawnErrorOf } from "../../support/spawn-error-of.ts";

/** A watch whose rows are collected, as `id state machine`. */
async function watching(ledger: Ledger, filter: SpawnFilter = {}) {
  const clock = createFakeClock();
  const controller = new AbortController();
  const { signal } = controller;
  const rows: string[] = [];
  const batches = watchList({ ledger, clock, tenant: "default", filter, signal });
  const first = (await batches.next()).value ?? [];
  const ended = (async () => {
    for await (const spawns of batches) rows.push(...spawns.map(rowOf));
  })();
  ended.catch(() => undefined);
  return {
    first: first.map(rowOf),
    rows,
    /** Lets the watch read what has happened. */
    poll: () => clock.advance(200),
    async end() {
      controller.abort();
      await clock.advance(1);
      return await ended.then(
        () => null,
        (caught: unknown) => caught,
      );
    },
  };
}

function rowOf({ spawnId, state, machine, error }: Spawn): string {
  return [spawnId, state, machine?.id, error?.reason].filter(Boolean).join(" ");
}

const machine = machineOf("m");
const failure = spawnErrorOf({ reason: "PULL_FAILED" });

it("begins with the list, and goes on with each change, one for each state", async () => {
  const ledger = createMemoryLedger();
  await begin(ledger);
  const watch = await watching(ledger);
  expect(watch.first).toEqual(["one launching"]);
  await begin(ledger, newSpawn({ spawnId: "two" }));
  await stepped(ledger, { to: "booting", machine });
  await stepped(ledger, { to: "running", machine });
  await watch.poll();
  const changes = ["two pending", "two launching", "one booting", "one running m"];
  expect(watch.rows).toEqual(changes);
  await watch.poll();
  expect(watch.rows).toEqual(changes);
});

it("shows neither what the list had already nor what does not change a row", async () => {
  const ledger = createMemoryLedger();
  await begin(ledger);
  await stepped(ledger, { to: "running", machine });
  const watch = await watching(ledger);
  expect(watch.first).toEqual(["one running m"]);
  await stepped(ledger, { to: "running", machine, message: "a report" });
  await watch.poll();
  expect(watch.rows).toEqual([]);
  await stepped(ledger, { to: "running", machine: machineOf("n") });
  await watch.poll();
  expect(watch.rows).toEqual(["one running n"]);
});

it("loses no change that comes while the list is read", async () => {
  const ledger = createMemoryLedger();
  await begin(ledger);
  const watch = await watching({
    ...ledger,
    async snapshot(tenant, filter) {
      const snapshot = await ledger.snapshot(tenant, filter);
      await stepped(ledger, { to: "running", machine });
      return snapshot;
    },
  });
  expect(watch.first).toEqual(["one launching"]);
  await watch.poll();
  expect(watch.rows).toEqual(["one running m"]);
});

it.each<readonly [string, SpawnFilter, readonly string[]]>([
  ["live spawns", { live: true }, ["one running m", "one terminating m", "one terminated m"]],
  ["a state", { states: ["running"] }, ["one running m", "one terminating m"]],
  ["a workspace", { workspace: "other" }, []],
  ["a label", { labels: { team: "red" } }, []],
])("shows a spawn that leaves a list of %s a last time", async (_what, filter, rows) => {
  const ledger = createMemoryLedger();
  await begin(ledger);
  const watch = await watching(ledger, filter);
  for (const to of ["running", "terminating", "terminated"] as const) {
    await stepped(ledger, { to, machine });
    await watch.poll();
  }
  expect(watch.rows).toEqual(rows);
});

it("shows the error with the state that it belongs to", async () => {
  const ledger = createMemoryLedger();
  await begin(ledger);
  const watch = await watching(ledger, { live: true });
  await stepped(ledger, { to: "terminating", machine });
  await stepped(ledger, { to: "failed", error: failure });
  await watch.poll();
  expect(watch.rows).toEqual(["one terminating", "one failed m PULL_FAILED"]);
});

it("shows only spawns of its tenant", async () => {
  const ledger = createMemoryLedger();
  const watch = await watching(ledger);
  await begin(ledger, newSpawn({ tenant: "acme", plan: samplePlan({ tenant: "acme" }) }));
  await watch.poll();
  expect(watch.rows).toEqual([]);
});

it("reads the events once every 200 ms, and ends with CANCELLED", async () => {
  const ledger = createMemoryLedger();
  let reads = 0;
  const watch = await watching({
    ...ledger,
    events: (...asked) => {
      reads += 1;
      return ledger.events(...asked);
    },
  });
  for (let count = 0; count < 5; count += 1) await watch.poll();
  expect(reads).toBe(5);
  expect(await watch.end()).toMatchObject({ code: "CANCELLED", reason: "INTERRUPTED" });
});

it("ends every spawn in its recorded state, whenever it reads", async () => {
  const order = ["booting", "running", "terminating", "terminated"] as const;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ id: fc.constantFrom("a", "b", "c"), polls: fc.nat(2) }), {
        maxLength: 20,
      }),
      async (moves) => {
        const ledger = createMemoryLedger();
        const watch = await watching(ledger);
        const expected: string[] = [];
        const reached = new Map<string, number>();
        for (const { id, polls } of moves) {
          const next = (reached.get(id) ?? -2) + 1;
          if (next >= order.length) continue;
          const to = order[next];
          if (to === undefined) {
            await begin(ledger, newSpawn({ spawnId: id }));
            expected.push(`${id} pending`, `${id} launching`);
          } else {
            await stepped(ledger, { to, spawnId: id });
            expected.push(`${id} ${to}`);
          }
          reached.set(id, next);
          for (let count = 0; count < polls; count += 1) await watch.poll();
        }
        await watch.poll();
        expect(watch.rows).toEqual(expected);
        await watch.end();
      },
    ),
    { numRuns: 40 },
  );
});

import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rateOf, rateScope } from "../../../adapters/aws/client/rates.ts";
import * as gce from "../../../adapters/gce/client/rates.ts";
import { createGovernor } from "../../../src/pacing/governor.ts";
import { LEDGER_MIGRATIONS } from "../../../src/ledger/ledger-schema.ts";
import type { Ledger } from "../../../src/ledger/ledger.ts";
import { createMemoryLedger } from "../../../src/ledger/memory-ledger.ts";
import { createSqliteLedger } from "../../../src/ledger/sqlite-ledger.ts";
import { openDatabase } from "../../../src/storage/database.ts";
import { publishedRates, rateLimiter } from "../../../testing/ec2/rate-limits.ts";
import type { Buckets } from "../../../testing/ec2/rate-limits.ts";
import { createFakeClock } from "../../../testing/fake-clock.ts";
import * as gceFake from "../../../testing/gce/rate-limits.ts";
import { scratchFolder } from "../../support/scratch.ts";

const SCOPE = rateScope("123456789012", "us-east-1");
const LAUNCHES = rateOf("RunInstances", SCOPE, {});
const READS = rateOf("DescribeInstances by id", SCOPE, {});
const QUERIES = gce.rateOf("Queries", gce.rateScope("agents"), {});
/** How much calls may differ on their way, in milliseconds. */
const DELAY = 249;
const { signal } = new AbortController();

interface Call {
  readonly at: number;
  readonly tenant: string;
  readonly process: number;
  /** 0: a read. */
  readonly machines: number;
  /** How long it takes, in milliseconds. */
  readonly latency: number;
}

interface Gone {
  readonly tenant: string;
  readonly process: number;
  readonly asked: number;
  readonly at: number;
}

/** Calls of several processes, each with its ledger on the same rates, metered as the EC2 fake meters them. */
async function run(
  ledgers: readonly Pick<Ledger, "spend" | "correct" | "forecast">[],
  calls: readonly Call[],
) {
  const clock = createFakeClock();
  const start = clock.now();
  const buckets: Buckets = new Map();
  const governors = ledgers.map((ledger, index) =>
    createGovernor({ store: ledger, clock, queueId: `worker-${index}`, isGone: () => false }),
  );
  const gone: Gone[] = [];
  let launches = 0;
  const meter = (machines: number): void => {
    const limiter = rateLimiter(buckets, publishedRates, { scope: "here", now: clock.now() });
    const action = machines > 0 ? "RunInstances" : "DescribeInstances";
    limiter.takeRequest({ action, isRead: machines === 0, isNarrowed: false });
    if (machines > 0) limiter.takeResources(action, machines);
  };
  const make = async ({ at, tenant, process, machines, latency }: Call): Promise<void> => {
    await clock.sleep(at);
    const governor = governors[process % governors.length];
    const limit = machines > 0 ? LAUNCHES : READS;
    let left = machines;
    do {
      const asked = clock.now() - start;
      const admission = { scope: SCOPE, limit, tenant };
      const resources = machines > 0 ? { resources: () => left } : {};
      const grant = await governor?.admit({ ...admission, ...resources }, signal);
      const granted = grant?.resources ?? 0;
      gone.push({ tenant, process, asked, at: clock.now() - start });
      left -= granted;
      launches += machines > 0 ? 1 : 0;
      await clock.sleep(latency);
      meter(granted);
    } while (left > 0);
  };
  await clock.runUntilSettled(Promise.all(calls.map((call) => make(call))));
  return { gone, launches, milliseconds: clock.now() - start };
}

const calls = fc.array(
  fc.record({
    at: fc.oneof(fc.constant(0), fc.nat(5_000)),
    tenant: fc.constantFrom("a", "b", "c", "d"),
    process: fc.nat(2),
    machines: fc.oneof(fc.constantFrom(0, 1), fc.nat(1_200)),
    latency: fc.oneof(fc.constant(0), fc.constant(DELAY), fc.nat(DELAY)),
  }),
  { minLength: 1, maxLength: 40 },
);

describe("several processes on one ledger", () => {
  it("never exceed EC2's buckets, and are all admitted", async () => {
    await fc.assert(
      fc.asyncProperty(calls, async (wanted) => {
        const ledger = createMemoryLedger();
        const { gone } = await run([ledger, ledger, ledger], wanted);
        expect(gone.length).toBeGreaterThanOrEqual(wanted.length);
      }),
      { numRuns: 40 },
    );
  });

  it("let no tenant wait for more than one turn of each other tenant", async () => {
    const tenants = ["a", "b", "c"];
    const wanted = fc.array(
      fc.record({
        at: fc.nat(4_000),
        tenant: fc.constantFrom(...tenants),
        process: fc.nat(2),
        machines: fc.constant(1),
        latency: fc.nat(DELAY),
      }),
      { minLength: 10, maxLength: 60 },
    );
    await fc.assert(
      fc.asyncProperty(wanted, async (asked) => {
        const ledger = createMemoryLedger();
        const { gone } = await run([ledger, ledger, ledger], asked);
        for (const one of gone) {
          // A tenant's turn is due from its arrival, or from when it was last served, before any other tenant has a
          // second one.
          const before = gone.filter(({ tenant, at }) => tenant === one.tenant && at < one.at);
          const since = Math.max(one.asked, ...before.map(({ at }) => at));
          const others = gone.filter(({ at }) => at > since && at < one.at);
          for (const tenant of tenants)
            expect(others.filter((each) => each.tenant === tenant).length).toBeLessThan(2);
        }
      }),
      { numRuns: 40 },
    );
  });

  it("burst through two handles on one file without a throttle, in as few calls as possible", async () => {
    using folder = scratchFolder();
    const open = async () =>
      createSqliteLedger(
        await openDatabase({
          path: join(folder.path, "slipway.db"),
          migrations: { ledger: LEDGER_MIGRATIONS },
        }),
      );
    const ledgers = [await open(), await open()];
    const burst = [0, 1].flatMap((process) => [
      { at: 0, tenant: "a", process, machines: 500, latency: 100 * process },
      { at: 0, tenant: "b", process, machines: 0, latency: 0 },
      { at: 5, tenant: "a", process, machines: 20, latency: DELAY * process },
    ]);
    const { launches, milliseconds } = await run(ledgers, burst);
    expect(launches).toBeLessThan(10);
    expect(milliseconds).toBeLessThan(23_000);
    for (const ledger of ledgers) await ledger.close();
  });

  it("keep within Compute Engine's quota per minute, wherever its minutes begin", async () => {
    const ledger = createMemoryLedger();
    const clock = createFakeClock(Date.UTC(2026, 0, 1, 0, 0, 50));
    const counts: gceFake.RateCounts = new Map();
    const quota = gceFake.publishedRates({ id: "instances.delete", isMutation: true });
    const governors = ["one", "two"].map((queueId) =>
      createGovernor({ store: ledger, clock, queueId, isGone: () => false }),
    );
    const remove = async (index: number): Promise<void> => {
      const admission = { scope: gce.rateScope("agents"), limit: QUERIES, tenant: "a" };
      await governors[index % 2]?.admit(admission, signal);
      await clock.sleep((index * 7) % DELAY);
      gceFake.takeRate(counts, quota, { project: "agents", now: clock.now() });
    };
    const began = clock.now();
    const all = Promise.all(Array.from({ length: 3_100 }, (_, index) => remove(index)));
    await clock.runUntilSettled(all);
    expect(clock.now() - began).toBeLessThan(130_000);
  });
});

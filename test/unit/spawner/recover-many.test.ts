import { describe, expect, it } from "vitest";
import { rateOf, rateScope } from "../../../adapters/aws/client/rates.ts";
import { createGovernor } from "../../../src/pacing/governor.ts";
import { recover } from "../../../src/spawner/recover.ts";
import { createSpawnerRuntime, spawnPlan } from "../../../src/spawner/spawn.ts";
import type { SubstrateAdapter } from "../../../src/substrate/contract.ts";
import { publishedRates, rateLimiter } from "../../../testing/ec2/rate-limits.ts";
import type { Buckets } from "../../../testing/ec2/rate-limits.ts";
import { BATCH, burstWorld, ids } from "../../support/burst-world.ts";

const SCOPE = rateScope("123456789012", "us-east-1");
const RATES = { scope: SCOPE, launch: rateOf("RunInstances", SCOPE, {}) };
const DESCRIBE = { scope: SCOPE, limit: rateOf("DescribeInstances by id", SCOPE, {}) };
/** How many ids one `DescribeInstances` may name. */
const IDS_PER_CALL = 1_000;
const BOOT = 45_000;
const TWO_MINUTES = 120_000;
const MANY = 10_000;

/**
 * Ten thousand spawns of a dead process, on a substrate with the rates of EC2 as the EC2 fake enforces them. Most have
 * been accepted; the launches of the others are recorded, some of them one by one, and their calls were never made.
 */
async function deadBurst({ together = 0, alone = 0 }) {
  const accepted = MANY - together - alone;
  const here = burstWorld({
    bootMilliseconds: BOOT,
    capabilities: {
      batch: BATCH,
      pollMilliseconds: 1_000,
      retryMilliseconds: 120_000,
      idempotency: { machines: "eventual", tokenMilliseconds: 86_400_000 },
      lagMilliseconds: 300_000,
    },
  });
  const { clock, ports } = here;
  const all = ids(MANY);
  const live = all.slice(0, accepted).map((spawnId) => here.begin(spawnId, { wait: "accepted" }));
  await clock.runUntilSettled(Promise.all(live));
  const silent: SubstrateAdapter = {
    ...here.adapter,
    capabilities: here.adapter.capabilities,
    launch: () => new Promise<never>(() => undefined),
  };
  const dying = createSpawnerRuntime({ ...ports, openAdapter: async () => silent });
  const begin = (spawnId: string): void => void spawnPlan(dying, here.request({ spawnId }));
  for (const spawnId of all.slice(accepted, accepted + together)) begin(spawnId);
  await clock.advance(BATCH.longestMilliseconds);
  for (const spawnId of all.slice(MANY - alone)) {
    begin(spawnId);
    await clock.advance(BATCH.longestMilliseconds);
  }

  const buckets: Buckets = new Map();
  const limiter = () => rateLimiter(buckets, publishedRates, { scope: SCOPE, now: clock.now() });
  const isGone = (worker: string): boolean => worker === "worker-1";
  const governor = createGovernor({ store: here.ledger, clock, queueId: "calls", isGone });
  const pace = governor.pace("default");
  const made = { RunInstances: 0, DescribeInstances: 0 };
  const paced: SubstrateAdapter = {
    ...here.adapter,
    capabilities: { ...here.adapter.capabilities, rates: RATES },
    async launch(launch, signal) {
      made.RunInstances += 1;
      limiter().takeRequest({ action: "RunInstances", isRead: false, isNarrowed: false });
      limiter().takeResources("RunInstances", launch.members.length);
      return await here.adapter.launch(launch, signal);
    },
    async describe(named, signal) {
      for (let at = 0; at < named.length; at += IDS_PER_CALL) {
        await pace.wait(DESCRIBE, signal);
        made.DescribeInstances += 1;
        limiter().takeRequest({ action: "DescribeInstances", isRead: true, isNarrowed: false });
      }
      return await here.adapter.describe(named, signal);
    },
  };
  const worker = { id: "worker-2", isGone };
  const runtime = createSpawnerRuntime({ ...ports, worker, openAdapter: async () => paced });
  return { ...here, runtime, made };
}

describe("ten thousand unfinished spawns whose machines take 45 seconds to boot", () => {
  it.each([
    ["all accepted", {}, 0],
    ["one in ten not launched yet", { together: 1_000 }, 1],
    // Five at once, then two a second: a call that goes before its turn is throttled, and made again.
    ["sixty of them to be launched one by one", { alone: 60 }, 60],
  ])("settle within two minutes, %s", { timeout: 60_000 }, async (_which, mix, launches) => {
    const { clock, runtime, made, adapter } = await deadBurst(mix);
    const began = clock.now();
    const signal = new AbortController().signal;
    const recovering = recover(runtime, { tenant: "default", signal, onEvent: () => undefined });
    const recovered = await clock.runUntilSettled(recovering);

    expect(recovered.map(({ spawnId }) => spawnId)).toEqual(ids(MANY));
    expect(recovered.filter(({ spawn }) => spawn?.state !== "running")).toEqual([]);
    expect(clock.now() - began).toBeLessThan(TWO_MINUTES);
    expect(made.RunInstances).toBe(launches);
    expect(adapter.machines).toHaveLength(MANY);
    // One poll loop for all: ten calls a round, at the pace that EC2 allows.
    expect(made.DescribeInstances).toBeLessThanOrEqual(50 + 10 * (TWO_MINUTES / 1_000));
  });
});

import { describe, expect, it } from "vitest";
import { SlipwayError } from "../../../src/errors.ts";
import { refresh } from "../../../src/spawner/refresh.ts";
import { createSpawnerRuntime, spawnPlan } from "../../../src/spawner/spawn.ts";
import type { OpenAdapter } from "../../../src/substrate/contract.ts";
import type { FakeAdapterOptions } from "../../../testing/substrate/fake-adapter.ts";
import { samplePlan } from "../../support/sample-plan.ts";
import { KEY, spawnerWorld } from "../../support/spawner-world.ts";

const { signal } = new AbortController();
const TROUBLE = { code: "UNAVAILABLE", reason: "ENGINE_UNAVAILABLE", message: "away" } as const;

/** A spawner, and another process that refreshes its spawns. */
function refreshing(options: Partial<FakeAdapterOptions> = {}) {
  const here = spawnerWorld(options);
  const worker = { id: "worker-2", isGone: () => false };
  const elsewhere = createSpawnerRuntime({ ...here.ports, worker });
  return {
    ...here,
    refresh: (...ids: readonly string[]) =>
      refresh(
        elsewhere,
        ids.map((spawnId) => ({ ...KEY, spawnId })),
        signal,
      ),
    record: async (spawnId = "one") => await here.ledger.describe({ ...KEY, spawnId }),
  };
}

describe("refresh", () => {
  it("records a machine that ended by itself, and how", async () => {
    const here = refreshing();
    const { machine } = await here.spawn();
    here.adapter.end(machine?.id ?? "", 3, "out of memory");
    await here.refresh("one");
    const record = await here.record();
    expect(record).toMatchObject({ state: "terminated", error: null, machine });
    expect(record?.events.at(-1)?.message).toBe(
      `${machine?.id} ended by itself (exit code 3: out of memory)`,
    );
    expect((await here.ledger.find(KEY))?.lease.worker).toBe(null);
  });

  it("leaves a stopped machine to its spawn: it can be started again", async () => {
    const here = refreshing();
    await here.spawn();
    const openAdapter: OpenAdapter = async () => ({
      ...here.adapter,
      describe: async (ids, until) => {
        const machines = await here.adapter.describe(ids, until);
        return machines.map((one) =>
          one === null || one === "unknown" ? one : { ...one, state: "stopped" as const },
        );
      },
    });
    const before = await here.ledger.find(KEY);
    await refresh(createSpawnerRuntime({ ...here.ports, openAdapter }), [KEY], signal);
    expect(await here.ledger.find(KEY)).toEqual(before);
  });

  it("records a machine that was removed by other means", async () => {
    const here = refreshing();
    const { machine } = await here.spawn();
    await here.adapter.terminate([machine?.id ?? ""], signal);
    await here.refresh("one");
    const record = await here.record();
    expect(record?.state).toBe("terminated");
    expect(record?.events.at(-1)?.message).toContain("is gone: it was not removed by Slipway");
  });

  it("records nothing about a machine that its spawn has replaced in the meantime", async () => {
    const here = refreshing();
    const { machine } = await here.spawn();
    here.adapter.end(machine?.id ?? "", 1, "full");
    const describe: typeof here.adapter.describe = async (ids, until) => {
      const seen = await here.adapter.describe(ids, until);
      // Its worker stood still for as long as its lease, and continues with another machine.
      const before = await here.ledger.find(KEY);
      if (before === null || machine === null) throw new Error("there is no spawn");
      const step = { ...KEY, before, at: new Date(here.clock.now()).toISOString() };
      const other = { ...machine, id: "another" };
      await here.ledger.take(
        [{ ...step, to: "running", message: "again", machine: other, lease: "release" }],
        null,
      );
      return seen;
    };
    const openAdapter: OpenAdapter = async () => ({ ...here.adapter, describe });
    await refresh(createSpawnerRuntime({ ...here.ports, openAdapter }), [KEY], signal);
    expect(await here.record()).toMatchObject({ state: "running", machine: { id: "another" } });
    expect((await here.ledger.find(KEY))?.lease.worker).toBe(null);
  });

  it("records that a booting machine runs, and leaves one alone that still boots", async () => {
    const here = refreshing({ bootMilliseconds: 5_000 });
    await here.spawn({ wait: "accepted" });
    await here.refresh("one");
    expect((await here.record())?.state).toBe("booting");
    await here.clock.advance(5_000);
    await here.refresh("one");
    const record = await here.record();
    expect(record).toMatchObject({ state: "running", machine: { addresses: {} } });
  });

  it("writes nothing about a machine that runs as recorded", async () => {
    const here = refreshing();
    await here.spawn();
    const before = await here.ledger.find(KEY);
    await here.refresh("one");
    expect(await here.ledger.find(KEY)).toEqual(before);
  });

  it("makes one call for all machines of a scope", async () => {
    const here = refreshing();
    const ids = ["one", "two", "three"];
    for (const spawnId of ids) await here.spawn({ spawnId });
    const before = here.adapter.calls.describe;
    await here.refresh(...ids);
    expect(here.adapter.calls.describe - before).toBe(1);
  });

  it("leaves driven spawns to their workers, and asks nothing about spawns without a machine", async () => {
    const here = refreshing({ bootMilliseconds: 60_000 });
    const spawning = spawnPlan(here.runtime, here.request());
    await here.clock.advance(10);
    const [machine] = here.adapter.machines;
    here.adapter.end(machine?.id ?? "", 1);
    const calls = here.adapter.calls.describe;
    await here.refresh("one", "unknown");
    expect([here.adapter.calls.describe, (await here.record())?.state]).toEqual([calls, "booting"]);
    expect(await here.clock.runUntilSettled(spawning)).toMatchObject({ state: "failed" });
    await here.refresh("one");
    expect((await here.record())?.state).toBe("failed");
  });

  it("reports which provider it could not ask, after it has asked the others", async () => {
    const here = refreshing();
    const { machine } = await here.spawn({ spawnId: "two" });
    here.adapter.end(machine?.id ?? "", 0);
    const { target } = here.plan;
    if (target.substrate !== "DOCKER") throw new Error("the sample plan is of Docker");
    const plan = samplePlan({ target: { ...target, host: "unix:///b.sock" } });
    await here.spawn({ plan });
    const asked = [
      () => Promise.reject(new SlipwayError(TROUBLE)),
      () =>
        Promise.resolve({
          ...here.adapter,
          describe: () => Promise.reject(new SlipwayError(TROUBLE)),
        }),
    ];
    for (const broken of asked) {
      const runtime = createSpawnerRuntime({
        ...here.ports,
        openAdapter: (wanted) =>
          wanted.substrate === "DOCKER" && wanted.host === null
            ? Promise.resolve(here.adapter)
            : broken(),
      });
      const keys = [KEY, { ...KEY, spawnId: "two" }];
      await expect(refresh(runtime, keys, signal)).rejects.toMatchObject(TROUBLE);
      expect((await here.record())?.state).toBe("running");
      expect((await here.record("two"))?.state).toBe("terminated");
    }
  });
});

import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { SlipwayError } from "../../../src/errors.ts";
import { recover } from "../../../src/spawner/recover.ts";
import { createSpawnerRuntime, spawnPlan, terminate } from "../../../src/spawner/spawn.ts";
import type { SpawnNotice } from "../../../src/spawner/notice.ts";
import type { SpawnerPorts } from "../../../src/spawner/task.ts";
import type { FakeAdapterOptions } from "../../../testing/substrate/fake-adapter.ts";
import { KEY, spawnerWorld } from "../../support/spawner-world.ts";
import { NO_INPUT } from "../../../src/substrate/contract.ts";

/** A spawner, and others on its ledger that see its process as ended or as alive. */
function recovering(options: Partial<FakeAdapterOptions> = {}) {
  const here = spawnerWorld(options);
  const runtimeOf = (id: string, isGone: boolean, changes: Partial<SpawnerPorts> = {}) =>
    createSpawnerRuntime({
      ...here.ports,
      worker: { id, isGone: (other) => isGone && other === "worker-1" },
      ...changes,
    });
  /** Begins a spawn whose worker then stands still. */
  const begin = async (spawnId: string, wait: "running" | "accepted" = "running") => {
    const never = () => new Promise<never>(() => undefined);
    const openAdapter = () => Promise.resolve({ ...here.adapter, launch: never });
    const runtime = createSpawnerRuntime({ ...here.ports, openAdapter });
    void spawnPlan(runtime, here.request({ spawnId, wait }));
    await here.clock.advance(1);
  };
  /** Begins a spawn as another host would, whose lease ends in 30 seconds. */
  const beginElsewhere = async (spawnId: string) => {
    const at = here.clock.now();
    const token = createHash("sha256").update(spawnId).digest("hex");
    const launch = { candidate: 0, place: "engine-1", machineType: null, token, member: 0 };
    const lease = { worker: "another-host", leaseUntil: at + 30_000 };
    const { plan } = here;
    const spawn = {
      ...KEY,
      spawnId,
      plan,
      own: NO_INPUT,
      launch,
      ...lease,
      at: new Date(at).toISOString(),
    };
    await here.ledger.begin([spawn], null);
  };
  const signal = new AbortController().signal;
  const all = { tenant: "default", signal, onEvent: () => undefined };
  return { ...here, runtimeOf, begin, beginElsewhere, all };
}

describe("recover", () => {
  it("does nothing if everything has settled", async () => {
    const here = recovering();
    await here.spawn();
    expect(await recover(here.runtime, here.all)).toEqual([]);
  });

  it("recovers the spawns of a dead process at once, and brings each to its one machine", async () => {
    const here = recovering();
    await here.begin("one");
    const before = here.clock.now();
    const runtime = here.runtimeOf("worker-2", true);
    const recovered = await here.clock.runUntilSettled(recover(runtime, here.all));
    expect(recovered).toMatchObject([{ spawnId: "one", spawn: { state: "running" }, error: null }]);
    expect(here.clock.now() - before).toBeLessThan(1_000);
    expect(here.adapter.machines).toHaveLength(1);
    expect(await recover(runtime, here.all)).toEqual([]);
  });

  it("waits until another host's lease has run out, and not longer", async () => {
    const here = recovering();
    await here.spawn({ wait: "accepted" });
    await here.beginElsewhere("two");
    const before = here.clock.now();
    const runtime = here.runtimeOf("worker-2", false);
    const recovered = await here.clock.runUntilSettled(recover(runtime, here.all));
    expect(recovered.map(({ spawn }) => spawn?.state)).toEqual(["running"]);
    expect(here.clock.now() - before).toBeGreaterThanOrEqual(30_000);
    expect(here.clock.now() - before).toBeLessThan(32_000);
  });

  it("starts with the oldest, and makes no more launch calls at once than the adapter allows", async () => {
    const here = recovering({ capabilities: { concurrentLaunches: 16 } });
    const ids = Array.from({ length: 300 }, (_, index) => `spawn-${300 - index}`);
    for (const spawnId of ids) await here.begin(spawnId);
    const begun: string[] = [];
    let running = 0;
    let most = 0;
    const adapter = {
      ...here.adapter,
      launch: async (...parameters: Parameters<typeof here.adapter.launch>) => {
        begun.push(parameters[0].members[0]?.spawnId ?? "");
        running += 1;
        most = Math.max(most, running);
        await here.clock.sleep(100);
        running -= 1;
        return await here.adapter.launch(...parameters);
      },
    };
    const runtime = here.runtimeOf("worker-2", true, { openAdapter: async () => adapter });
    const recovered = await here.clock.runUntilSettled(recover(runtime, here.all));
    expect(recovered.map(({ spawnId }) => spawnId)).toEqual(ids);
    expect({ begun, most }).toEqual({ begun: ids, most: 16 });
    expect(here.adapter.machines).toHaveLength(300);
  });

  it("asks for all spawns of another host together, not for each", async () => {
    const here = recovering();
    const ids = Array.from({ length: 300 }, (_, index) => `spawn-${index}`);
    for (const spawnId of ids) await here.beginElsewhere(spawnId);
    let reads = 0;
    const ledger: SpawnerPorts["ledger"] = {
      ...here.ledger,
      find: async (key) => {
        reads += 1;
        return await here.ledger.find(key);
      },
    };
    const notices: SpawnNotice[] = [];
    const runtime = here.runtimeOf("worker-2", false, { ledger });
    const recovery = recover(runtime, { ...here.all, onEvent: (one) => notices.push(one) });
    await here.clock.advance(20_000);
    expect(reads).toBe(0);
    expect(notices).toEqual(
      ids.map((spawnId) => ({
        kind: "waiting",
        spawnId,
        message: "another process to finish",
        milliseconds: 30_000,
      })),
    );
    const recovered = await here.clock.runUntilSettled(recovery);
    expect(recovered.map(({ spawn }) => spawn?.state)).toEqual(ids.map(() => "running"));
  });

  it("does not collide with another recovery, nor with a spawn of the same id", async () => {
    const here = recovering();
    await here.begin("one");
    const runtimes = ["worker-2", "worker-3", "worker-4"].map((id) => here.runtimeOf(id, true));
    const [first = here.runtime, second = here.runtime, third = here.runtime] = runtimes;
    const three = Promise.all([
      recover(first, here.all),
      recover(second, here.all),
      spawnPlan(third, here.request()),
    ]);
    const [one, other, spawn] = await here.clock.runUntilSettled(three);
    expect(spawn.state).toBe("running");
    for (const [recovered] of [one, other])
      expect(recovered?.spawn?.machine?.id).toBe(spawn.machine?.id);
    expect(here.adapter.machines).toHaveLength(1);
  });

  it("is safe beside terminate: one machine or none, as the ledger says", async () => {
    const here = recovering();
    await here.begin("one");
    const runtime = here.runtimeOf("worker-2", true);
    const both = Promise.all([
      recover(runtime, here.all),
      terminate(here.runtimeOf("worker-3", true), here.waitOptions({ wait: "settled" })),
    ]);
    await here.clock.runUntilSettled(both);
    expect((await here.ledger.find(KEY))?.spawn.state).toBe("terminated");
    expect(here.adapter.machines).toEqual([]);
  });

  it("finishes a termination", async () => {
    const error = {
      code: "UNAVAILABLE",
      reason: "ENGINE_UNAVAILABLE",
      message: "away",
      retry: "same-token",
    } as const;
    const here = recovering({ faults: [{ verb: "terminate", kind: "reject", times: 60, error }] });
    await here.spawn();
    await expect(here.terminate()).rejects.toMatchObject({
      ...error,
      message: expect.stringContaining("spawn one stays terminating"),
      remedy: expect.stringContaining("slipway terminate one"),
    });
    expect((await here.ledger.find(KEY))?.spawn.state).toBe("terminating");
    const runtime = here.runtimeOf("worker-2", true);
    let state: string | undefined;
    const reasons: unknown[] = [];
    while (state !== "terminated") {
      const recovery = recover(runtime, here.all);
      const [recovered] = await here.clock.runUntilSettled(recovery);
      state = recovered?.spawn?.state;
      reasons.push(recovered?.error?.reason);
    }
    expect(reasons.length).toBeGreaterThan(1);
    expect(new Set(reasons.slice(0, -1))).toEqual(new Set([error.reason]));
    expect(here.adapter.machines).toEqual([]);
  });

  it("reports why a spawn has not settled, and continues with the others", async () => {
    const here = recovering();
    for (const spawnId of ["one", "two"]) await here.begin(spawnId);
    const runtime = here.runtimeOf("worker-2", true, {
      launchSecrets: (() => {
        let asked = 0;
        return () =>
          (asked += 1) === 1
            ? Promise.reject(new SlipwayError(SECRET_GONE))
            : Promise.resolve({ credential: null, environment: {}, files: [] });
      })(),
    });
    const recovered = await here.clock.runUntilSettled(recover(runtime, here.all));
    expect(recovered.filter(({ error }) => error !== null)).toMatchObject([
      { spawn: { state: "launching" }, error: { reason: "SECRET_NOT_FOUND" } },
    ]);
    expect(recovered.filter(({ error }) => error === null)).toHaveLength(1);
  });

  it("claims no spawn whose provider it cannot open", async () => {
    const here = recovering();
    await here.begin("one");
    const openAdapter = () => Promise.reject(new SlipwayError(SECRET_GONE));
    const runtime = here.runtimeOf("worker-2", true, { openAdapter });
    const before = await here.ledger.find(KEY);
    expect(await recover(runtime, here.all)).toMatchObject([{ error: SECRET_GONE }]);
    expect(await here.ledger.find(KEY)).toEqual(before);
  });

  it("leaves everything as it is when it is interrupted", async () => {
    const here = recovering({ bootMilliseconds: 60_000 });
    await here.begin("one");
    const interrupt = new AbortController();
    const runtime = here.runtimeOf("worker-2", true);
    const recovered = recover(runtime, { ...here.all, signal: interrupt.signal });
    await here.clock.advance(100);
    interrupt.abort();
    expect(await here.clock.runUntilSettled(recovered)).toMatchObject([
      { spawn: { state: "booting" }, error: { code: "CANCELLED", reason: "INTERRUPTED" } },
    ]);
    expect((await here.ledger.find(KEY))?.lease.worker).toBe(null);
  });
});

const SECRET_GONE = {
  code: "NOT_FOUND",
  reason: "SECRET_NOT_FOUND",
  message: "there is no such secret",
} as const;

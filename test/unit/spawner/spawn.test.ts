import { describe, expect, it } from "vitest";
import { SlipwayError } from "../../../src/errors.ts";
import type { LaunchPlan } from "../../../src/plan/plan.ts";
import { SecretValue } from "../../../src/secret-value.ts";
import { createSpawnerRuntime, spawnPlan, terminate } from "../../../src/spawner/spawn.ts";
import type { SpawnerPorts } from "../../../src/spawner/task.ts";
import { samplePlan } from "../../support/sample-plan.ts";
import { KEY, spawnerWorld } from "../../support/spawner-world.ts";

describe("spawnPlan", () => {
  it("records intent, answer and machine, each with an event", async () => {
    const here = spawnerWorld();
    const spawn = await here.spawn({ wait: "watched" });
    expect(spawn).toMatchObject({
      spawnId: "one",
      state: "running",
      attempts: [{ attempt: 1, place: "engine-1", outcome: "accepted", reason: null }],
      error: null,
    });
    expect(spawn.machine?.id).toBe(here.adapter.machines[0]?.id);
    const described = await here.ledger.describe(KEY);
    expect(described?.events.map(({ state }) => state)).toEqual([
      "pending",
      "launching",
      "booting",
      "running",
    ]);
    expect(described?.plan).toEqual(here.plan);
    expect(
      here.notices.map((notice) => (notice.kind === "event" ? notice.event.state : "")),
    ).toEqual(["launching", "booting", "running"]);
  });

  it("has the intent on disk before the provider is called", async () => {
    const here = spawnerWorld();
    let seen: unknown;
    const openAdapter: SpawnerPorts["openAdapter"] = () =>
      Promise.resolve({
        ...here.adapter,
        launch: async (...parameters) => {
          seen = (await here.ledger.find(KEY))?.spawn;
          return await here.adapter.launch(...parameters);
        },
      });
    await here.spawnElsewhere({ openAdapter });
    expect(seen).toMatchObject({ state: "launching", attempts: [{ outcome: null }] });
  });

  it("makes one machine for one id, however often and by however many concurrent callers", async () => {
    const here = spawnerWorld();
    const spawns = await here.clock.runUntilSettled(
      Promise.all([1, 2, 3, 4].map(() => spawnPlan(here.runtime, here.request()))),
    );
    expect(here.adapter.machines).toHaveLength(1);
    expect(new Set(spawns.map(({ machine }) => machine?.id)).size).toBe(1);
    expect((await here.spawn()).machine?.id).toBe(spawns[0]?.machine?.id);
  });

  it("does not touch a launch that another process began under the same id for something else", async () => {
    const here = spawnerWorld();
    await here.spawn();
    const other = samplePlan({ workspace: "other" });
    for (const subject of ["other", other])
      await expect(here.spawn({ plan: other, subject })).rejects.toMatchObject({
        code: "ALREADY_EXISTS",
        reason: "SPAWN_ID_REUSED",
      });
    expect(here.adapter.calls.launch).toBe(1);
  });

  it("keeps the provider's refusal and returns it", async () => {
    const here = spawnerWorld({ places: [{ place: "engine-1", capacity: 0 }] });
    const spawn = await here.spawn();
    expect(spawn).toMatchObject({ state: "failed", machine: null });
    expect(spawn.attempts[0]).toMatchObject({ outcome: "rejected" });
    expect(spawn.error).toMatchObject({ code: "RESOURCE_EXHAUSTED", retry: "next-candidate" });
    expect(await here.spawn()).toEqual(spawn);
    expect(here.adapter.calls.launch).toBe(1);
  });

  it.each(["lost-before", "lost-after"] as const)(
    "repeats the call with the same token when the answer is %s, and has one machine",
    async (kind) => {
      const here = spawnerWorld({ faults: [{ verb: "launch", kind }] });
      const spawn = await here.spawn();
      expect(spawn).toMatchObject({
        state: "running",
        attempts: [{ attempt: 1, outcome: "accepted" }],
      });
      expect(here.adapter.machines).toHaveLength(1);
      const asked = here.adapter.history.filter(({ verb }) => verb === "launch");
      expect(asked.map(({ token }) => token)).toEqual(Array(2).fill(spawn.attempts[0]?.token));
    },
  );

  it("stays launching, and reports it, if no answer ever comes", async () => {
    const here = spawnerWorld({
      faults: [{ verb: "launch", kind: "lost-after", times: Infinity }],
    });
    const before = here.clock.now();
    await expect(here.spawn()).rejects.toMatchObject({
      code: "UNAVAILABLE",
      reason: "SPAWN_UNSETTLED",
      retry: "same-token",
    });
    expect(here.clock.now() - before).toBeLessThanOrEqual(
      here.adapter.capabilities.retryMilliseconds,
    );
    const driven = await here.ledger.find(KEY);
    expect(driven?.spawn).toMatchObject({ state: "launching", attempts: [{ outcome: "unknown" }] });
    expect(driven?.lease.worker).toBe(null);
  });

  it("fails a machine that ends while it is watched, with exit code and last lines, and removes it", async () => {
    const here = spawnerWorld({ capabilities: { watchMilliseconds: 1_000 } });
    const spawning = spawnPlan(here.runtime, here.request({ wait: "watched" }));
    await here.clock.advance(10);
    const machine = here.adapter.machines[0];
    if (machine === undefined) throw new Error("nothing was launched");
    here.adapter.end(machine.id, 127);
    const spawn = await here.clock.runUntilSettled(spawning);
    expect(spawn).toMatchObject({
      state: "failed",
      error: { reason: "MACHINE_EXITED", metadata: { exit_code: 127, log: ["no such file"] } },
    });
    expect(here.adapter.machines).toEqual([]);
  });

  it("keeps no secret of the launch among the last lines, and no half of one", async () => {
    const long = Array.from({ length: 30 }, (_, line) => `key line ${line} of many`).join("\n");
    const secrets = { KEY: new SecretValue(long), TOKEN: new SecretValue("tok-123456") };
    const plan = samplePlan();
    const prints = `KEY=${long}\nTOKEN=tok-123456\nexiting\n`;
    const here = spawnerWorld({
      capabilities: { watchMilliseconds: 1_000 },
      images: [{ reference: plan.artifact.id, architecture: "amd64", prints }],
    });
    const launchSecrets: SpawnerPorts["launchSecrets"] = () =>
      Promise.resolve({ credential: null, environment: secrets, files: [] });
    const request = here.request({ wait: "watched" });
    const spawning = spawnPlan(createSpawnerRuntime({ ...here.ports, launchSecrets }), request);
    await here.clock.advance(10);
    const [machine] = here.adapter.machines;
    here.adapter.end(machine?.id ?? "", 1);
    const spawn = await here.clock.runUntilSettled(spawning);
    expect(spawn.error?.["metadata"]).toMatchObject({
      log: ["KEY=[redacted]", "TOKEN=[redacted]", "exiting"],
    });
  });

  it("reports how a machine ended if its log cannot be read", async () => {
    const error = { code: "INTERNAL", reason: "ENGINE_ERROR", message: "no such driver" } as const;
    const here = spawnerWorld({
      capabilities: { watchMilliseconds: 1_000 },
      faults: [{ verb: "logs", kind: "throw", error }],
    });
    const spawning = spawnPlan(here.runtime, here.request({ wait: "watched" }));
    await here.clock.advance(10);
    here.adapter.end(here.adapter.machines[0]?.id ?? "", 127);
    const spawn = await here.clock.runUntilSettled(spawning);
    expect(spawn).toMatchObject({
      state: "failed",
      error: { reason: "MACHINE_EXITED", metadata: { exit_code: 127 } },
    });
    expect(here.adapter.machines).toEqual([]);
  });

  const OF_ENGINE = {
    code: "FAILED_PRECONDITION",
    reason: "ENGINE_HOST_FAULT",
    remedy: "Repair the host.",
    blastRadius: "zone",
    retry: "next-candidate",
  } as const;
  it.each([
    [{ reason: "PLATFORM_UNSUPPORTED" }, { reason: "PLATFORM_UNSUPPORTED" }],
    [
      { verdict: OF_ENGINE },
      {
        code: "FAILED_PRECONDITION",
        reason: "ENGINE_HOST_FAULT",
        remedy: "Repair the host.",
        blastRadius: "zone",
        retry: "next-candidate",
      },
    ],
  ] as const)("uses what the adapter knows of the end of a machine: %o", async (known, error) => {
    const here = spawnerWorld();
    const openAdapter: SpawnerPorts["openAdapter"] = () =>
      Promise.resolve({
        ...here.adapter,
        launch: async (...parameters) => {
          const outcomes = await here.adapter.launch(...parameters);
          return outcomes.map((outcome) =>
            outcome.outcome === "accepted"
              ? { ...outcome, machine: { ...outcome.machine, state: "ended" as const } }
              : outcome,
          );
        },
        describe: async (...parameters) => {
          const machines = await here.adapter.describe(...parameters);
          const end = { exitCode: 1, message: "no", ...known };
          return machines.map((machine) =>
            machine === null || machine === "unknown"
              ? machine
              : { ...machine, state: "ended" as const, end },
          );
        },
      });
    const spawn = await here.spawnElsewhere({ openAdapter }, { wait: "watched" });
    expect(spawn.error).toMatchObject(error);
  });

  it("does not watch the machine if the caller only waits for running", async () => {
    const here = spawnerWorld({ capabilities: { watchMilliseconds: 60_000 } });
    const before = here.clock.now();
    await here.spawn();
    expect(here.clock.now()).toBe(before);
  });

  it("waits for a machine that takes time to boot", async () => {
    const here = spawnerWorld({ bootMilliseconds: 30_000 });
    expect((await here.spawn()).state).toBe("running");
    expect(here.adapter.calls.describe).toBeLessThan(20);
  });

  it("records nothing if a secret cannot be looked up", async () => {
    const here = spawnerWorld();
    const failure = new SlipwayError({
      code: "FAILED_PRECONDITION",
      reason: "SECRET_NOT_FOUND",
      message: "gone",
    });
    const launchSecrets = () => Promise.reject(failure);
    await expect(here.spawnElsewhere({ launchSecrets })).rejects.toBe(failure);
    expect(await here.ledger.list("default", {})).toEqual([]);
  });

  it("terminates its machine if another process has terminated the spawn in the meantime", async () => {
    const here = spawnerWorld({
      faults: [{ verb: "launch", kind: "delay", milliseconds: 5_000 }],
    });
    const spawning = spawnPlan(here.runtime, here.request());
    await here.clock.advance(1_000);
    const worker = { id: "worker-2", isGone: () => false };
    const other = createSpawnerRuntime({ ...here.ports, worker });
    await here.clock.runUntilSettled(terminate(other, here.waitOptions()));
    const spawn = await here.clock.runUntilSettled(spawning);
    expect(spawn.state).toBe("terminated");
    expect(here.adapter.machines).toEqual([]);
  });

  it("refuses a plan without an open place", async () => {
    const here = spawnerWorld();
    const plan: LaunchPlan = samplePlan({
      candidates: [{ place: "engine-1", verdict: "rejected", reason: "no room" }],
    });
    await expect(here.spawn({ plan })).rejects.toMatchObject({ code: "FAILED_PRECONDITION" });
  });
});

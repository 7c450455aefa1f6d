import { describe, expect, it, vi } from "vitest";
import { SecretValue } from "../../../src/secret-value.ts";
import { interrupted } from "../../../src/spawner/spawn-errors.ts";
import { NO_INPUT } from "../../../src/substrate/contract.ts";
import type { SpawnInput } from "../../../src/substrate/contract.ts";
import type { SpawnAdditions } from "../../../src/slipway/slipway.ts";
import { caughtError } from "../../support/caught.ts";
import { openAssembled } from "../../support/assembled.ts";

const GIVEN: SpawnAdditions = {
  env: { TASK: "7" },
  labels: { task: "7", team: "red" },
  input: { prompt: "fix it", files: ["a", "b"] },
};

describe("a spawn's own input", () => {
  it("is recorded, shown and launched", async () => {
    await using here = await openAssembled();
    const launch = vi.spyOn(here.adapter, "launch");
    const spawn = await here.slipway.spawnWorkspace("agent-dev", { spawnId: "one", ...GIVEN });
    expect(spawn).toMatchObject({ ...GIVEN, launch: { index: 0 } });
    expect(spawn.launch?.token).toBe(spawn.attempts[0]?.token);
    expect(await here.slipway.describeSpawn("one")).toMatchObject(GIVEN);
    expect(await here.slipway.listSpawns()).toMatchObject([GIVEN]);
    expect(launch.mock.calls.flatMap(([{ members }]) => members)).toMatchObject([
      { spawnId: "one", ...GIVEN },
    ]);
  });

  it("is of each spawn of a burst, and not of its plan", async () => {
    await using here = await openAssembled();
    const results = await here.slipway.spawnWorkspaces(
      [0, 1, 2].map((input) => ({ workspace: "agent-dev", spawnId: `x-${input}`, input })),
    );
    expect(results.map(({ spawn }) => spawn?.input)).toEqual([0, 1, 2]);
    expect(new Set(results.map(({ spawn }) => spawn?.planId)).size).toBe(1);
    expect(here.adapter.calls.inspectImage).toBe(1);
  });

  it("may be changed by the caller once the call has begun", async () => {
    await using here = await openAssembled();
    const own = { env: { A: "1" }, input: { list: [1] } };
    const wanted = { workspace: "agent-dev", spawnId: "two", ...own };
    const spawning = [
      here.slipway.spawnWorkspace("agent-dev", { spawnId: "one", ...own }),
      here.slipway.spawnWorkspaces([wanted]),
    ] as const;
    own.env.A = "2";
    own.input.list.push(2);
    wanted.env = { A: "3" };
    await Promise.all(spawning);
    for (const spawn of await here.slipway.listSpawns())
      expect(spawn).toMatchObject({ env: { A: "1" }, input: { list: [1] } });
  });

  it("is part of the identity, in whatever order its keys are", async () => {
    await using here = await openAssembled();
    const spawn = (own: SpawnAdditions) =>
      here.slipway.spawnWorkspace("agent-dev", { spawnId: "one", ...own });
    const first = await spawn(GIVEN);
    const reordered = {
      input: { files: ["a", "b"], prompt: "fix it" },
      labels: { team: "red", task: "7" },
      env: { TASK: "7" },
    };
    expect(await spawn(reordered)).toEqual(first);
    const others: readonly [SpawnAdditions, string][] = [
      [{ ...GIVEN, env: { TASK: "8" } }, "env"],
      [{ ...GIVEN, labels: { task: "7" } }, "labels"],
      [{ ...GIVEN, input: { prompt: "fix it", files: ["b", "a"] } }, "input"],
      [{}, "env, labels, input"],
    ];
    for (const [own, parts] of others) {
      const error = await caughtError(() => spawn(own));
      expect(error).toMatchObject({
        code: "ALREADY_EXISTS",
        reason: "SPAWN_ID_REUSED",
        message: `spawn one of workspace agent-dev already exists with other ${parts}`,
      });
      const [result] = await here.slipway.spawnWorkspaces([
        { workspace: "agent-dev", spawnId: "one", ...own },
      ]);
      expect(result).toMatchObject({ spawn: null, error: { reason: "SPAWN_ID_REUSED" } });
    }
    expect(here.adapter.calls.launch).toBe(1);
  });

  it("is part of the identity also for two that come at once", async () => {
    await using here = await openAssembled();
    const outcomes = await Promise.allSettled(
      [1, 2].map((input) => here.slipway.spawnWorkspace("agent-dev", { spawnId: "one", input })),
    );
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    expect(outcomes.find(({ status }) => status === "rejected")).toMatchObject({
      reason: { reason: "SPAWN_ID_REUSED" },
    });
    expect(here.adapter.machines).toHaveLength(1);
  });

  it.each<[string, SpawnAdditions, string]>([
    ["a reserved variable", { env: { SLIPWAY_X: "1" } }, "INVALID_INPUT"],
    ["an invalid label", { labels: { "a b": "" } }, "INVALID_INPUT"],
    ["a large input", { input: "x".repeat(5_000) }, "INPUT_TOO_LARGE"],
  ])("is refused before anything begins: %s", async (_name, own, reason) => {
    await using here = await openAssembled();
    const { slipway } = here;
    const calls = [
      () => slipway.spawnWorkspace("agent-dev", own),
      () => slipway.spawnWorkspaces(["agent-dev", { workspace: "agent-dev", ...own }]),
      () => slipway.estimateSpawns([{ workspace: "agent-dev", ...own }]),
    ];
    for (const call of calls)
      expect(await caughtError(call)).toMatchObject({ code: "INVALID_ARGUMENT", reason });
    expect(here.adapter.calls.inspectImage).toBe(0);
    expect(await slipway.listSpawns()).toEqual([]);
  });

  it("is refused where it clashes with the workspace, and nothing is recorded", async () => {
    await using here = await openAssembled();
    await here.catalog.setSecret("API_KEY", new SecretValue("s3cret"));
    await here.catalog.patch("workspace", "agent-dev", { secret_refs: ["API_KEY"] });
    const error = await caughtError(() =>
      here.slipway.spawnWorkspace("agent-dev", { env: { API_KEY: "other" } }),
    );
    expect(error).toMatchObject({ code: "FAILED_PRECONDITION", reason: "INPUT_CLASH" });
    expect(error.message).toContain("API_KEY");
    expect(await here.slipway.listSpawns()).toEqual([]);
    expect(here.adapter.calls.launch).toBe(0);
  });

  it("is not repeated to resume an interrupted spawn", () => {
    const recorded = { workspace: "agent-dev", state: "launching" } as const;
    const remedyOf = (own: SpawnInput) =>
      interrupted("one", { ...recorded, ...own }, AbortSignal.abort()).remedy;
    expect(remedyOf(NO_INPUT)).toContain("`slipway spawn agent-dev --id one`");
    expect(remedyOf({ ...NO_INPUT, input: 7 })).toContain("`slipway recover`");
  });
});

describe("labels", () => {
  it("select spawns", async () => {
    await using here = await openAssembled();
    const { slipway } = here;
    for (const [spawnId, task] of Object.entries({ a: "7", b: "8", c: "7" }))
      await slipway.spawnWorkspace("agent-dev", { spawnId, labels: { task } });
    const ids = async (labels: Readonly<Record<string, string>>) =>
      (await slipway.listSpawns({ labels })).map(({ spawnId }) => spawnId);
    expect(await ids({ task: "7" })).toEqual(["c", "a"]);
    expect(await ids({ task: "7", team: "red" })).toEqual([]);
    expect(await caughtError(() => ids({ "a b": "7" }))).toMatchObject({ reason: "INVALID_INPUT" });
  });
});

describe("findSpawn", () => {
  it("returns the spawn of a machine, of its own tenant alone", async () => {
    await using here = await openAssembled();
    const spawn = await here.slipway.spawnWorkspace("agent-dev", GIVEN);
    const machineId = spawn.machine?.id ?? "";
    expect(await here.slipway.findSpawn({ machineId })).toEqual(spawn);
    expect(await here.slipway.findSpawn({ machineId: `${machineId}x` })).toBe(null);
    expect(await here.otherTenant.findSpawn({ machineId })).toBe(null);
    const wrong = JSON.parse('[{}, {"machine": "x"}, {"machineId": 7}]');
    for (const machine of wrong)
      expect(await caughtError(() => here.slipway.findSpawn(machine))).toMatchObject({
        code: "INVALID_ARGUMENT",
      });
  });
});

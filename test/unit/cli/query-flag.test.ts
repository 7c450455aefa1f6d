import { describe, expect, it, vi } from "vitest";
import type { Slipway } from "../../../src/slipway/slipway.ts";
import { samplePlan } from "../../support/sample-plan.ts";
import { runInMemory } from "./support/command-line.ts";
import { fakeSlipway, sampleSpawn } from "./support/fake-slipway.ts";

describe("--query", () => {
  const spawns = [sampleSpawn({ spawnId: "one" }), sampleSpawn({ spawnId: "two" })];
  const events = spawns.map(({ spawnId }, index) => ({
    sequence: index + 1,
    spawnId,
    at: "2026-11-22T04:00:00.000Z",
    state: "running" as const,
    message: "running",
  }));
  const slipway = fakeSlipway({
    listSpawns: async () => spawns,
    describeSpawn: async () => ({ ...sampleSpawn(), plan: samplePlan(), events: [] }),
    resolveWorkspace: async () => samplePlan(),
    watch: async function* () {
      yield* events;
    },
  });

  it.each([
    [["list", "--query", "[].spawn_id"], "one\ntwo\n"],
    [["list", "--query=[].spawn_id", "-o", "json"], '[\n  "one",\n  "two"\n]\n'],
    [["list", "--query", "[].{id: spawn_id}", "-o", "table"], "ID\none\ntwo\n"],
    [["describe", "one", "--query", "plan.plan_id"], `${samplePlan().planId}\n`],
    [["resolve", "agent-dev", "--query", "artifact.pinned"], `${samplePlan().artifact.pinned}\n`],
    [["watch", "--query", "spawn_id"], "one\ntwo\n"],
    [["watch", "--query", "{id: spawn_id}", "-o", "json"], '{"id":"one"}\n{"id":"two"}\n'],
    [["watch", "--query", "{id: spawn_id}"], "---\nid: one\n---\nid: two\n"],
  ])("selects from the result of %j", async (argv, stdout) => {
    expect(await runInMemory(argv, { slipway })).toMatchObject({ exitCode: 0, stdout });
  });

  it("is refused before the command begins, with a caret below the fault", async () => {
    const spawnWorkspaces = vi.fn<Slipway["spawnWorkspaces"]>();
    const ran = await runInMemory(["spawn", "agent-dev", "--query", "spawn_id ]"], {
      slipway: fakeSlipway({ spawnWorkspaces }),
    });
    expect(ran).toMatchObject({ exitCode: 2, stdout: "", opened: [] });
    expect(ran.stderr).toMatch(/^slipway: INVALID_ARGUMENT: --query: column 10: /);
    expect(ran.stderr).toContain("\n  1 | spawn_id ]\n    |          ^ Write it as in ");
    expect(spawnWorkspaces).not.toHaveBeenCalled();
  });

  it("does not touch errors", async () => {
    const ran = await runInMemory(["list", "--state", "runing", "--query", "a", "-o", "json"]);
    expect(JSON.parse(ran.stderr)).toMatchObject({ error: { reason: "USAGE" } });
  });
});

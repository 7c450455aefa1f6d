import { describe, expect, it, vi } from "vitest";
import type { LaunchPlan } from "../../../src/plan/plan.ts";
import { parsePlan } from "../../../src/plan/plan-document.ts";
import { toSnakeCase } from "../../../src/json/field-case.ts";
import type { WantedSpawn } from "../../../src/slipway/slipway.ts";
import type { SpawnNotice } from "../../../src/spawner/notice.ts";
import { SecretValue } from "../../../src/secret-value.ts";
import { openAssembled } from "../../support/assembled.ts";

const BATCH = { maximum: 1_000, longestSpawnId: null, idleMilliseconds: 0, longestMilliseconds: 0 };
/** A substrate that accepts many machines in one launch. */
const MANY = { capabilities: { batch: BATCH } };

function times(count: number, wanted: string | WantedSpawn = "agent-dev") {
  return Array.from({ length: count }, () => wanted);
}

describe("spawnWorkspaces", () => {
  it("returns a result for each spawn, in order", async () => {
    await using here = await openAssembled();
    const plan = await here.slipway.resolveWorkspace("agent-dev");
    const results = await here.slipway.spawnWorkspaces([
      { workspace: "agent-dev", spawnId: "one" },
      "agent-dev",
      { workspace: plan, spawnId: "three" },
    ]);
    expect(results).toMatchObject([
      { spawnId: "one", spawn: { spawnId: "one", state: "running" }, error: null },
      { spawnId: "agent-dev-1", spawn: { spawnId: "agent-dev-1" }, error: null },
      { spawnId: "three", spawn: { spawnId: "three", planId: plan.planId }, error: null },
    ]);
    expect(here.adapter.machines).toHaveLength(3);
    expect(await here.slipway.spawnWorkspaces([])).toEqual([]);
  });

  it("ignores changes that are made to the list after the call", async () => {
    await using here = await openAssembled();
    const one = { workspace: "agent-dev", spawnId: "one" };
    const list = [one, { workspace: "agent-dev", spawnId: "two" }];
    const told: SpawnNotice[] = [];
    const options = { onEvent: (notice: SpawnNotice) => void told.push(notice) };
    const spawning = here.slipway.spawnWorkspaces(list, options);
    list.length = 1;
    one.spawnId = "other";
    options.onEvent = () => undefined;
    expect((await spawning).map(({ spawn }) => [spawn?.spawnId, spawn?.state])).toEqual([
      ["one", "running"],
      ["two", "running"],
    ]);
    expect(told).not.toEqual([]);
  });

  it("does not reject: a failure is one of the results", async () => {
    await using here = await openAssembled();
    await here.slipway.spawnWorkspace("agent-dev", { spawnId: "taken" });
    await here.catalog.set("workspace", { name: "other", imageRef: "agent", placement: "here" });
    const results = await here.slipway.spawnWorkspaces([
      { workspace: "agent-dev", spawnId: "one" },
      { workspace: "nowhere", spawnId: "two" },
      { workspace: "other", spawnId: "taken" },
      { workspace: "agent-dev", spawnId: "four" },
    ]);
    expect(results).toMatchObject([
      { spawn: { state: "running" }, error: null },
      { spawnId: "two", spawn: null, error: { code: "NOT_FOUND" } },
      { spawnId: "taken", spawn: null, error: { reason: "SPAWN_ID_REUSED" } },
      { spawn: { state: "running" }, error: null },
    ]);
  });

  it("resumes spawns with a known id", async () => {
    await using here = await openAssembled();
    const wanted = [
      { workspace: "agent-dev", spawnId: "one" },
      { workspace: "agent-dev", spawnId: "two" },
    ];
    const first = await here.slipway.spawnWorkspaces(wanted);
    expect(await here.slipway.spawnWorkspaces(wanted)).toEqual(first);
    expect(here.adapter.machines).toHaveLength(2);
  });

  it("resolves a repeated workspace once, and reads once what its launches need", async () => {
    const readSecret = vi.fn(async () => new SecretValue("value"));
    await using here = await openAssembled(MANY, { readSecret });
    await here.catalog.setDocument("secret", { name: "API_KEY", plaintext_value: "value" });
    await here.catalog.patch("workspace", "agent-dev", { secret_refs: ["API_KEY"] });
    const linked = vi.spyOn(here.catalog, "linked");
    const fullOfferings = vi.spyOn(here.ledger, "fullOfferings");
    const results = await here.slipway.spawnWorkspaces(times(100));
    expect(new Set(results.map(({ spawn }) => spawn?.planId)).size).toBe(1);
    expect(here.adapter.calls).toMatchObject({ inspectImage: 1, preflight: 1 });
    for (const read of [linked, readSecret, fullOfferings]) expect(read).toHaveBeenCalledOnce();
    const { plan } = await here.slipway.describeSpawn(results[99]?.spawnId ?? "");
    expect(plan.floatingReads).toMatchObject([{ readAt: expect.stringMatching(/^\d{4}-/u) }]);
  });

  it("reports each plan once, before it is launched or resumed", async () => {
    await using here = await openAssembled(MANY);
    await here.catalog.set("workspace", { name: "other", imageRef: "agent", placement: "here" });
    const wanted = [...times(3), "other", { workspace: "other", spawnId: "known" }];
    const launched: (readonly [workspace: string, launches: number])[] = [];
    const onPlan = ({ workspace }: LaunchPlan) =>
      void launched.push([workspace, here.adapter.calls.launch]);
    await here.slipway.spawnWorkspaces(wanted, { onPlan });
    expect(launched).toEqual([
      ["agent-dev", 0],
      ["other", 0],
    ]);
    await here.slipway.spawnWorkspace("other", { spawnId: "known", onPlan });
    expect(launched.at(2)).toEqual(["other", here.adapter.calls.launch]);
    await here.slipway.spawnWorkspace("other", { onPlan });
    expect(launched).toHaveLength(4);
  });

  it("verifies a repeated saved plan once", async () => {
    await using here = await openAssembled(MANY);
    const workspace = parsePlan(toSnakeCase(await here.slipway.resolveWorkspace("agent-dev")));
    await here.slipway.spawnWorkspaces(times(20, { workspace }));
    expect(here.adapter.calls.inspectImage).toBe(2);
    await here.catalog.patch("workspace", "agent-dev", { boot_document: "none" });
    const stale = await here.slipway.spawnWorkspaces(times(2, { workspace }));
    expect(stale).toMatchObject([
      { spawn: null, error: { reason: "PLAN_STALE" } },
      { spawn: null, error: { reason: "PLAN_STALE" } },
    ]);
    const anyway = await here.slipway.spawnWorkspaces([{ workspace }], { allowStale: true });
    expect(anyway).toMatchObject([{ error: null }]);
  });

  it.each<readonly [what: string, wanted: unknown, options: unknown, message: string]>([
    ["a value that is not a list", "agent-dev", {}, "needs a list"],
    ["a number", ["agent-dev", 7], {}, "[1] must be an object, not 7"],
    ["a missing workspace", ["agent-dev", { spawnId: "a" }], {}, "[1] has no workspace"],
    ["a sparse list", Array(1), {}, "[0] must be an object, not undefined"],
    ["a misspelt field", [{ workspace: "agent-dev", spawnID: "a" }], {}, 'no option "spawnID"'],
    ["an invalid id", ["agent-dev", { workspace: "w", spawnId: "A" }], {}, '"A" must match'],
    [
      "a duplicate id",
      [{ workspace: "w", spawnId: "a" }, "w", { workspace: "x", spawnId: "a" }],
      {},
      'spawn id "a" is given twice, at 0 and 2',
    ],
    ["an invalid plan", ["agent-dev", { workspace: {} }], {}, "plan"],
    ["a misspelt option", ["agent-dev"], { spawnId: "a" }, 'has no option "spawnId"'],
  ])("rejects %s before anything is started", async (_what, wanted, options, message) => {
    await using here = await openAssembled();
    const call = (first: never, second: never) => here.slipway.spawnWorkspaces(first, second);
    await expect(
      async () => await Reflect.apply(call, null, [wanted, options]),
    ).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(message),
    });
    expect(here.adapter.history).toEqual([]);
    expect(await here.slipway.listSpawns()).toEqual([]);
  });

  it("leaves all spawns recorded when the wait ends, with few listeners on the caller's signals", async () => {
    await using here = await openAssembled({ ...MANY, bootMilliseconds: 60_000 });
    const cancel = new AbortController();
    const detach = new AbortController();
    const listened = [cancel, detach].map(({ signal }) => vi.spyOn(signal, "addEventListener"));
    let booting = 0;
    const results = await here.slipway.spawnWorkspaces(times(200), {
      signal: cancel.signal,
      detach: detach.signal,
      onEvent(notice) {
        if (notice.kind !== "event" || notice.event.state !== "booting") return;
        booting += 1;
        if (booting === 200) detach.abort();
      },
    });
    const reasons = new Set(results.map(({ spawn, error }) => `${spawn?.state} ${error?.reason}`));
    expect([...reasons]).toEqual(["booting INTERRUPTED"]);
    expect(listened.map(({ mock }) => mock.calls.length)).toEqual([2, 2]);
    expect(here.adapter.machines).toHaveLength(200);
  });

  it("terminates all spawns when they are cancelled", async () => {
    await using here = await openAssembled({ ...MANY, bootMilliseconds: 60_000 });
    const cancel = new AbortController();
    const results = await here.slipway.spawnWorkspaces(times(100), {
      signal: cancel.signal,
      onEvent(notice) {
        if (notice.kind === "event" && notice.event.state === "booting") cancel.abort();
      },
    });
    expect(new Set(results.map(({ error }) => error?.code))).toEqual(new Set(["CANCELLED"]));
    expect(here.adapter.machines).toEqual([]);
  });
});

import { describe, expect, it } from "vitest";
import { SlipwayError } from "../../../src/errors.ts";
import { freezePlan } from "../../../src/plan/plan.ts";
import type { LaunchPlan } from "../../../src/plan/plan.ts";
import { parsePlan } from "../../../src/plan/plan-document.ts";
import { toSnakeCase } from "../../../src/json/field-case.ts";
import { openAssembled, PINNED } from "../../support/assembled.ts";

function changed(plan: LaunchPlan, changes: Partial<LaunchPlan>): LaunchPlan {
  const { planId: _previous, ...rest } = { ...plan, ...changes };
  return freezePlan(rest);
}

/** The plan as it is read back from a file. */
function saved(plan: LaunchPlan): LaunchPlan {
  return parsePlan(toSnakeCase(plan));
}

describe("spawnWorkspace", () => {
  it("generates an id if the caller gives none", async () => {
    await using here = await openAssembled();
    const spawn = await here.slipway.spawnWorkspace("agent-dev");
    expect(spawn).toMatchObject({ spawnId: "agent-dev-1", state: "running" });
  });

  it.each(["", "One", "1st", "a_b", "a".repeat(64), "-a", "a\n"])(
    "rejects the id %j before anything is read",
    async (spawnId) => {
      await using here = await openAssembled();
      await expect(here.slipway.spawnWorkspace("agent-dev", { spawnId })).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
        reason: "INVALID_SPAWN_ID",
      });
      expect(here.adapter.history).toEqual([]);
    },
  );

  it("looks up a known id before it resolves, and resumes with the recorded plan", async () => {
    await using here = await openAssembled();
    const first = await here.slipway.spawnWorkspace("agent-dev", { spawnId: "one" });
    await here.catalog.patch("image", "agent", { "docker.image_ref": "registry.example/gone:v2" });
    const again = await here.slipway.spawnWorkspace("agent-dev", { spawnId: "one" });
    expect(again).toEqual(first);
    expect(here.adapter.calls.inspectImage).toBe(1);
  });

  it("rejects a known id for another workspace or another plan", async () => {
    await using here = await openAssembled();
    await here.slipway.spawnWorkspace("agent-dev", { spawnId: "one" });
    await here.catalog.set("workspace", { name: "other", imageRef: "agent", placement: "here" });
    const reused = {
      code: "ALREADY_EXISTS",
      reason: "SPAWN_ID_REUSED",
      message: "spawn one already exists for another workspace: agent-dev, not other",
    };
    await expect(here.slipway.spawnWorkspace("other", { spawnId: "one" })).rejects.toMatchObject(
      reused,
    );
    const plan = await here.slipway.resolveWorkspace("other");
    await expect(here.slipway.spawnWorkspace(plan, { spawnId: "one" })).rejects.toMatchObject(
      reused,
    );
    const { planId: known } = await here.slipway.describeSpawn("one");
    await here.catalog.patch("workspace", "agent-dev", { boot_document: "none" });
    const changed = await here.slipway.resolveWorkspace("agent-dev");
    await expect(here.slipway.spawnWorkspace(changed, { spawnId: "one" })).rejects.toMatchObject({
      reason: "SPAWN_ID_REUSED",
      message: `spawn one already exists for another plan of workspace agent-dev: ${known}, not ${changed.planId}`,
    });
    expect(here.adapter.machines).toHaveLength(1);
  });

  it("spawns a saved plan, and looks up its pinned artifact again", async () => {
    await using here = await openAssembled();
    const plan = saved(await here.slipway.resolveWorkspace("agent-dev"));
    const spawn = await here.slipway.spawnWorkspace(plan);
    expect(spawn).toMatchObject({ state: "running", planId: plan.planId });
    expect(here.adapter.machines[0]?.artifact).toBe(PINNED);
    expect(here.adapter.calls.inspectImage).toBe(2);
  });

  it("makes only the launch call for a plan that it resolved within the last minute", async () => {
    await using here = await openAssembled();
    const plan = await here.slipway.resolveWorkspace("agent-dev");
    const before = here.adapter.history.length;
    await here.slipway.spawnWorkspace(plan);
    expect(here.adapter.history.slice(before).map(({ verb }) => verb)).toEqual(["launch"]);
    await here.clock.advance(60_001);
    await here.slipway.spawnWorkspace(plan);
    expect(here.adapter.calls.inspectImage).toBe(2);
  });

  it("rejects a saved plan once a record has changed, unless it is allowed to be stale", async () => {
    await using here = await openAssembled();
    const plan = await here.slipway.resolveWorkspace("agent-dev");
    await here.catalog.patch("image", "agent", { description: "newer" });
    await expect(here.slipway.spawnWorkspace(plan)).rejects.toMatchObject({
      code: "FAILED_PRECONDITION",
      reason: "PLAN_STALE",
      message: expect.stringContaining("image agent is at generation 2"),
    });
    expect(await here.slipway.listSpawns()).toEqual([]);
    const spawn = await here.slipway.spawnWorkspace(plan, { allowStale: true });
    expect(spawn.state).toBe("running");
  });

  it("rejects a saved plan whose image is gone", async () => {
    await using here = await openAssembled();
    const plan = await here.slipway.resolveWorkspace("agent-dev");
    const gone = changed(plan, {
      artifact: { ...plan.artifact, id: `registry.example/team/agent@sha256:${"b".repeat(64)}` },
    });
    await expect(here.slipway.spawnWorkspace(gone)).rejects.toMatchObject({
      reason: "IMAGE_NOT_FOUND",
    });
    expect(await here.slipway.listSpawns()).toEqual([]);
  });

  it("rejects the plan of another tenant", async () => {
    await using here = await openAssembled();
    const plan = await here.slipway.resolveWorkspace("agent-dev");
    await expect(here.otherTenant.spawnWorkspace(plan)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      reason: "INVALID_PLAN",
    });
  });

  it("rejects an unpinned plan", async () => {
    await using here = await openAssembled();
    const plan = await here.slipway.resolveWorkspace("agent-dev", { offline: true });
    await expect(here.slipway.spawnWorkspace(plan)).rejects.toMatchObject({
      code: "FAILED_PRECONDITION",
      reason: "PLAN_UNPINNED",
    });
  });

  it("rejects a plan with a failed check", async () => {
    await using here = await openAssembled();
    const plan = await here.slipway.resolveWorkspace("agent-dev");
    const check = {
      name: "x",
      outcome: "failed",
      message: "no",
      reason: "RESOURCE_VALUE_REFUSED",
    } as const;
    await expect(
      here.slipway.spawnWorkspace(changed(plan, { checks: [check] })),
    ).rejects.toMatchObject({ code: "FAILED_PRECONDITION", reason: "RESOURCE_VALUE_REFUSED" });
  });

  it("throws a failure that comes before the launch, and records nothing", async () => {
    await using here = await openAssembled({ images: [] });
    await expect(here.slipway.spawnWorkspace("agent-dev")).rejects.toBeInstanceOf(SlipwayError);
    expect(await here.slipway.listSpawns()).toEqual([]);
  });
});

describe("spawns", () => {
  it("are visible only to their tenant", async () => {
    await using here = await openAssembled();
    await here.slipway.spawnWorkspace("agent-dev", { spawnId: "one" });
    expect(await here.otherTenant.listSpawns()).toEqual([]);
    await expect(here.otherTenant.describeSpawn("one")).rejects.toMatchObject({
      reason: "SPAWN_NOT_FOUND",
    });
  });

  it("are listed newest first, by workspace and state", async () => {
    await using here = await openAssembled();
    await here.catalog.set("workspace", { name: "other", imageRef: "agent", placement: "here" });
    await here.slipway.spawnWorkspace("agent-dev", { spawnId: "one" });
    await here.slipway.spawnWorkspace("other", { spawnId: "two" });
    await here.slipway.terminateSpawn("one");
    const ids = async (filter: Parameters<typeof here.slipway.listSpawns>[0]) =>
      (await here.slipway.listSpawns(filter)).map(({ spawnId }) => spawnId);
    expect(await ids({})).toEqual(["two", "one"]);
    expect(await ids({ workspace: "agent-dev" })).toEqual(["one"]);
    expect(await ids({ state: "running" })).toEqual(["two"]);
  });

  it("have logs while they have a machine", async () => {
    await using here = await openAssembled();
    await here.slipway.spawnWorkspace("agent-dev", { spawnId: "one" });
    const read = async () =>
      Buffer.concat(await Array.fromAsync(here.slipway.logs("one"))).toString();
    expect(await read()).toBe("up\n");
    await here.slipway.terminateSpawn("one");
    await expect(read()).rejects.toMatchObject({ reason: "MACHINE_NOT_STARTED" });
  });

  it("are watched from their first event until they have settled", async () => {
    await using here = await openAssembled();
    await here.slipway.spawnWorkspace("agent-dev", { spawnId: "one" });
    const events = await Array.fromAsync(here.slipway.watch(["one"]));
    expect(events.map(({ state }) => state)).toEqual(["pending", "launching", "running"]);
    await expect(Array.fromAsync(here.slipway.watch(["two"]))).rejects.toMatchObject({
      reason: "SPAWN_NOT_FOUND",
    });
  });
});

describe("secrets of a launch", () => {
  it("are read when the launch is made, and are in no plan", async () => {
    await using here = await openAssembled();
    const { catalog, slipway, adapter } = here;
    for (const name of ["API_KEY", "TOKEN", "CERTIFICATE"])
      await catalog.setDocument("secret", { name, plaintext_value: `value of ${name}` });
    await catalog.set("workspace", {
      name: "agent-dev",
      imageRef: "agent",
      placement: "here",
      secretRefs: ["API_KEY"],
      runtimeSecretMounts: [
        { secret: "TOKEN", env: "GITHUB_TOKEN" },
        { secret: "CERTIFICATE", path: "/run/secrets/certificate" },
      ],
    });
    const plan = await slipway.resolveWorkspace("agent-dev");
    expect(JSON.stringify(plan)).not.toContain("value of");
    await slipway.spawnWorkspace("agent-dev");
    expect(adapter.calls.launch).toBe(1);
    await catalog.delete("workspace", "agent-dev");
    await catalog.delete("secret", "TOKEN");
    await expect(slipway.spawnWorkspace(plan, { allowStale: true })).rejects.toMatchObject({
      reason: "SECRET_NOT_FOUND",
    });
  });
});

import { describe, expect, it } from "vitest";
import { samplePlan } from "../../support/sample-plan.ts";
import { begin, KEY, launchOf, newSpawn, stepped, take, recordedSpawn } from "./subject.ts";
import type { OpenLedger } from "./subject.ts";

export function describeReads(open: OpenLedger): void {
  describe("reads", () => {
    it("return null or nothing for unknown spawns", async () => {
      await using subject = await open();
      const { ledger } = subject;
      await begin(ledger);
      const absent = { ...KEY, spawnId: "two" };
      expect([await ledger.find(absent), await ledger.describe(absent)]).toEqual([null, null]);
      expect(await ledger.events("default", 0, ["two"])).toEqual([]);
      expect(await ledger.countUnsettled("default", ["two"])).toBe(0);
    });

    it("list unfinished spawns, oldest first, without settled ones", async () => {
      await using subject = await open();
      const { ledger } = subject;
      for (const spawnId of ["z", "a", "m", "q"]) await begin(ledger, newSpawn({ spawnId }));
      await stepped(ledger, { to: "running", spawnId: "a" });
      await stepped(ledger, { to: "failed", spawnId: "q" });
      await stepped(ledger, { to: "terminating", spawnId: "m" });
      const ids = async () =>
        (await ledger.unfinished("default")).map(({ tenant, spawnId }) => [tenant, spawnId]);
      expect(await ids()).toEqual([
        ["default", "z"],
        ["default", "m"],
      ]);
      await stepped(ledger, { to: "terminating", spawnId: "a" });
      expect((await ids()).map(([, spawnId]) => spawnId)).toEqual(["z", "a", "m"]);
      await stepped(ledger, { to: "terminated", spawnId: "m" });
      expect(await ledger.countUnsettled("default", [])).toBe(2);
      expect(await ledger.countUnsettled("default", ["a", "m"])).toBe(1);
    });

    it("list newest first, by workspace and state", async () => {
      await using subject = await open();
      const { ledger } = subject;
      const other = samplePlan({ workspace: "other" });
      await begin(ledger, newSpawn({ spawnId: "b" }));
      await begin(ledger, newSpawn({ spawnId: "a" }));
      await begin(ledger, newSpawn({ spawnId: "c", plan: other }));
      await stepped(ledger, { to: "running", spawnId: "b" });
      const ids = async (filter: Parameters<typeof ledger.list>[1]) =>
        (await ledger.list("default", filter)).map(({ spawnId }) => spawnId);
      expect(await ids({})).toEqual(["c", "a", "b"]);
      expect(await ids({ workspace: "agent-dev" })).toEqual(["a", "b"]);
      expect(await ids({ state: "launching" })).toEqual(["c", "a"]);
      expect(await ids({ workspace: "agent-dev", state: "running" })).toEqual(["b"]);
      expect(await ids({ workspace: "none" })).toEqual([]);
    });

    it("list live spawns, several states, those since a time, and the newest few", async () => {
      await using subject = await open();
      const { ledger } = subject;
      const at = (hour: number) => `2026-11-22T0${hour}:00:00.000Z`;
      for (const [hour, spawnId] of ["a", "b", "c", "d"].entries())
        await begin(ledger, newSpawn({ spawnId, at: at(hour) }));
      await stepped(ledger, { to: "running", spawnId: "a" });
      await stepped(ledger, { to: "failed", spawnId: "b" });
      await stepped(ledger, { to: "terminating", spawnId: "c" });
      await stepped(ledger, { to: "terminated", spawnId: "c" });
      const ids = async (filter: Parameters<typeof ledger.list>[1]) =>
        (await ledger.list("default", filter)).map(({ spawnId }) => spawnId);
      expect(await ids({ live: true })).toEqual(["d", "a"]);
      expect(await ids({ live: true, limit: 1 })).toEqual(["d"]);
      expect(await ids({ states: ["failed", "running"] })).toEqual(["b", "a"]);
      expect(await ids({ states: [] })).toEqual([]);
      expect(await ids({ since: at(2) })).toEqual(["d", "c"]);
      expect(await ids({ since: at(1), states: ["failed", "running"] })).toEqual(["b"]);
      expect(await ids({ limit: 2 })).toEqual(["d", "c"]);
      expect(await ids({ limit: 0 })).toEqual([]);
    });

    it("list events in order, after a sequence number, of the named spawns", async () => {
      await using subject = await open();
      const { ledger } = subject;
      await begin(ledger);
      await begin(ledger, newSpawn({ spawnId: "two" }));
      await stepped(ledger, { to: "running" });
      const all = await ledger.events("default", 0, []);
      expect(all.map(({ spawnId, state }) => [spawnId, state])).toEqual([
        ["one", "pending"],
        ["one", "launching"],
        ["two", "pending"],
        ["two", "launching"],
        ["one", "running"],
      ]);
      expect(all.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5]);
      const later = await ledger.events("default", all[1]?.sequence ?? 0, ["one"]);
      expect(later).toEqual(all.slice(4));
    });

    it("list with the newest event of all tenants", async () => {
      await using subject = await open();
      const { ledger } = subject;
      expect(await ledger.snapshot("default", {})).toEqual({ spawns: [], sequence: 0 });
      await begin(ledger);
      await begin(ledger, newSpawn({ spawnId: "two" }));
      await stepped(ledger, { to: "running", spawnId: "two" });
      await begin(ledger, newSpawn({ tenant: "acme", plan: samplePlan({ tenant: "acme" }) }));
      const filter = { states: ["running"] } as const;
      expect(await ledger.snapshot("default", filter)).toEqual({
        spawns: await ledger.list("default", filter),
        sequence: await ledger.sequenceBefore(null),
      });
      expect((await ledger.snapshot("default", {})).spawns).toHaveLength(2);
    });

    it("return the plan that each spawn began with", async () => {
      await using subject = await open();
      const { ledger } = subject;
      const reads = [{ reference: "r", value: "v", readAt: "2026-11-23T04:00:00.000Z" }];
      // The same plan id, since read times are not part of it.
      const later = samplePlan({ floatingReads: reads });
      await begin(ledger);
      await begin(ledger, newSpawn({ spawnId: "two", plan: later }));
      expect((await ledger.describe(KEY))?.plan.floatingReads).not.toEqual(reads);
      expect((await ledger.describe({ ...KEY, spawnId: "two" }))?.plan.floatingReads).toEqual(
        reads,
      );
    });
  });

  describe("tenants", () => {
    it("neither see nor change each other's spawns, even with the same id", async () => {
      await using subject = await open();
      const { ledger } = subject;
      const acme = { ...KEY, tenant: "acme" };
      await begin(ledger);
      expect(await ledger.find(acme)).toBe(null);
      expect((await begin(ledger, newSpawn({ ...acme, launch: launchOf("b") }))).created).toBe(
        true,
      );
      const before = await recordedSpawn(ledger);
      await take(ledger, { ...acme, to: "running" });
      await ledger.claim({ ...acme, fence: 1, worker: "worker-2", until: 9_000 });
      expect(await recordedSpawn(ledger)).toEqual(before);
      expect((await ledger.list("acme", {})).map(({ state }) => state)).toEqual(["running"]);
      expect(await ledger.unfinished("acme")).toEqual([]);
      expect(await ledger.countUnsettled("default", [])).toBe(1);
      expect((await ledger.events("acme", 0, [])).map(({ state }) => state)).toEqual([
        "pending",
        "launching",
        "running",
      ]);
      expect(await ledger.list("nobody", {})).toEqual([]);
    });
  });
}

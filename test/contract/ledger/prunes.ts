import { describe, expect, it } from "vitest";
import { launchId } from "../../../src/ledger/launch-token.ts";
import type { Ledger, NewSpawn } from "../../../src/ledger/ledger.ts";
import { addCounts, NOTHING_PRUNED } from "../../../src/ledger/pruning.ts";
import type { PruneBatch, PrunePosition } from "../../../src/ledger/pruning.ts";
import { SPAWN_STATES } from "../../../src/ledger/spawn-record.ts";
import { samplePlan } from "../../support/sample-plan.ts";
import { begin, found, KEY, launchOf, newSpawn, stepped, take, token } from "./subject.ts";
import type { OpenLedger } from "./subject.ts";

const ENDED = "2026-11-22T05:00:00.000Z";
const CUTOFF = "2026-11-22T06:00:00.000Z";
const YOUNG = "2026-11-22T06:00:00.000Z";

const BATCH: PruneBatch = {
  tenant: KEY.tenant,
  endedBefore: CUTOFF,
  after: null,
  limit: 100,
  dryRun: false,
};

/** Prunes to the end, and returns the sum of all batches. */
async function pruneAll(ledger: Ledger, changes: Partial<PruneBatch> = {}) {
  let counts = NOTHING_PRUNED;
  let after: PrunePosition | null = null;
  do {
    const batch = await ledger.prune({ ...BATCH, ...changes, after });
    counts = addCounts(counts, batch.counts);
    after = batch.next;
  } while (after !== null);
  return counts;
}

async function begun(ledger: Ledger, changes: Partial<NewSpawn>): Promise<void> {
  await begin(ledger, newSpawn(changes));
}

async function ended(ledger: Ledger, changes: Partial<NewSpawn>, at = ENDED): Promise<void> {
  await begun(ledger, changes);
  const { tenant, spawnId } = newSpawn(changes);
  await stepped(ledger, { to: "failed", tenant, spawnId, at });
}

async function spawnIds(ledger: Ledger, tenant = KEY.tenant): Promise<readonly string[]> {
  return (await ledger.list(tenant, {})).map(({ spawnId }) => spawnId);
}

export function describePrunes(open: OpenLedger): void {
  describe("prune", () => {
    it("deletes what belongs to a spawn that ended before the time, and counts it", async () => {
      await using subject = await open();
      const { ledger } = subject;
      const own = { env: {}, labels: { task: "7", team: "a" }, input: null };
      await begun(ledger, { own });
      const answer = { outcome: "rejected", reason: "QUOTA_EXCEEDED" } as const;
      await stepped(ledger, { to: "launching", answer, launch: launchOf("b", 1) });
      await stepped(ledger, { to: "failed", at: ENDED });
      const expected = { spawns: 1, attempts: 2, events: 4, labels: 2, plans: 0 };
      expect(await pruneAll(ledger, { dryRun: true })).toEqual(expected);
      expect(await spawnIds(ledger)).toEqual(["one"]);
      expect(await pruneAll(ledger)).toEqual(expected);
      expect([await ledger.find(KEY), await ledger.describe(KEY)]).toEqual([null, null]);
      expect(await ledger.events(KEY.tenant, 0, [])).toEqual([]);
      expect(await ledger.members(token("a"))).toEqual([]);
      for (const labels of [{ task: "7" }, { team: "a" }])
        expect(await ledger.list(KEY.tenant, { labels })).toEqual([]);
      expect(await pruneAll(ledger)).toEqual(NOTHING_PRUNED);
    });

    it("leaves every spawn that has not ended, in whatever state, however old it is", async () => {
      await using subject = await open();
      const { ledger } = subject;
      for (const [index, spawnId] of SPAWN_STATES.entries()) {
        await begun(ledger, { spawnId, launch: launchOf(String(index)) });
        await take(ledger, { to: spawnId, spawnId, at: ENDED });
      }
      await take(ledger, { to: "booting", spawnId: "terminated", at: ENDED });
      await take(ledger, { to: "terminated", spawnId: "terminated", at: ENDED });
      expect((await pruneAll(ledger)).spawns).toBe(2);
      expect(await spawnIds(ledger)).toEqual([
        "terminating",
        "running",
        "booting",
        "launching",
        "pending",
      ]);
    });

    it("leaves spawns that ended at the time or later, and those of other tenants", async () => {
      await using subject = await open();
      const { ledger } = subject;
      await ended(ledger, { spawnId: "old" });
      await ended(ledger, { spawnId: "young", launch: launchOf("b") }, YOUNG);
      await ended(ledger, { tenant: "acme", spawnId: "old", launch: launchOf("c") });
      expect((await pruneAll(ledger)).spawns).toBe(1);
      expect(await spawnIds(ledger)).toEqual(["young"]);
      expect(await spawnIds(ledger, "acme")).toEqual(["old"]);
    });

    it.each([
      ["has not ended", null],
      ["ended later", YOUNG],
    ])("leaves a spawn that shares a launch with one that %s", async (_what, at) => {
      await using subject = await open();
      const { ledger } = subject;
      const members = ["one", "two"].map((spawnId, member) =>
        newSpawn({ spawnId, launch: { ...launchOf("a"), member } }),
      );
      await ledger.begin(members, null);
      await ended(ledger, { spawnId: "other", launch: launchOf("b") });
      await stepped(ledger, { to: "failed", spawnId: "one", at: ENDED });
      if (at !== null) await stepped(ledger, { to: "failed", spawnId: "two", at });
      for (const dryRun of [true, false])
        expect((await pruneAll(ledger, { dryRun })).spawns).toBe(1);
      expect(await spawnIds(ledger)).toEqual(["two", "one"]);
      expect(await ledger.members(token("a"))).toMatchObject([
        { spawnId: "one" },
        { spawnId: "two" },
      ]);
      if (at === null) await stepped(ledger, { to: "failed", spawnId: "two", at: ENDED });
      const later = { endedBefore: "2026-11-22T07:00:00.000Z" };
      expect((await pruneAll(ledger, later)).spawns).toBe(2);
    });

    it("goes on after each batch, whatever its size, with the same result", async () => {
      await using subject = await open();
      const { ledger } = subject;
      const plans = ["a", "b", "c"].map((workspace) => samplePlan({ workspace }));
      for (let index = 0; index < 9; index += 1)
        await ended(ledger, {
          spawnId: `s-${index}`,
          launch: launchOf(String(index)),
          plan: plans[index % plans.length] ?? samplePlan(),
        });
      const whole = await pruneAll(ledger, { dryRun: true });
      // The plan that was the first one for its target stays.
      expect(whole).toMatchObject({ spawns: 9, events: 27, plans: 2 });
      for (const limit of [1, 2, 3, 9, 10])
        expect(await pruneAll(ledger, { limit, dryRun: true })).toEqual(whole);
      expect(await pruneAll(ledger, { limit: 2 })).toEqual(whole);
    });

    it("looks at no more spawns in one batch than it may", async () => {
      await using subject = await open();
      const { ledger } = subject;
      for (const digit of ["1", "2", "3"])
        await ended(ledger, { spawnId: `s-${digit}`, launch: launchOf(digit) });
      const { counts, next } = await ledger.prune({ ...BATCH, limit: 2 });
      expect([counts.spawns, next === null]).toEqual([2, false]);
      expect(await spawnIds(ledger)).toEqual(["s-3"]);
    });

    it("keeps a plan that another spawn or a target refers to", async () => {
      await using subject = await open();
      const { ledger } = subject;
      const [first, shared] = [samplePlan({ workspace: "first" }), samplePlan()];
      await ended(ledger, { spawnId: "first", plan: first });
      await ended(ledger, { spawnId: "old", plan: shared, launch: launchOf("b") });
      await begun(ledger, { spawnId: "live", plan: shared, launch: launchOf("c") });
      const targets = await ledger.targets();
      for (const dryRun of [true, false])
        expect(await pruneAll(ledger, { dryRun })).toMatchObject({ spawns: 2, plans: 0 });
      expect(await ledger.targets()).toEqual(targets);
      expect((await ledger.find({ ...KEY, spawnId: "live" }))?.plan).toEqual(shared);
      await stepped(ledger, { to: "failed", spawnId: "live", at: ENDED });
      expect(await pruneAll(ledger)).toMatchObject({ spawns: 1, plans: 1 });
      expect(await ledger.targets()).toEqual(targets);
      await begun(ledger, { spawnId: "again", plan: shared, launch: launchOf("d") });
      expect((await ledger.find({ ...KEY, spawnId: "again" }))?.plan).toEqual(shared);
    });

    it("remembers its launches: their machines are orphans and not a copy's", async () => {
      await using subject = await open();
      const { ledger } = subject;
      await ended(ledger, {});
      expect(await ledger.isPruned(token("a"))).toBe(false);
      await pruneAll(ledger);
      expect(await ledger.isPruned(token("a"))).toBe(true);
      expect(await ledger.isPruned(token("b"))).toBe(false);
      const volume = found("v", "a", { kind: "volume" });
      const verdicts = await ledger.judge([found("m", "a"), volume, found("m", "b")]);
      expect(verdicts).toEqual(["orphan", "orphan", "foreign"]);
      const unlaunched = { ...found("m", "a"), launchId: "" };
      expect(await ledger.judge([unlaunched])).toEqual(["foreign"]);
    });

    it("judges the machine of a pruned member while another member is left", async () => {
      await using subject = await open();
      const { ledger } = subject;
      const shared = { ...launchOf("a"), member: 1 };
      await ledger.begin([newSpawn(), newSpawn({ spawnId: "two", launch: shared })], null);
      await stepped(ledger, { to: "failed", at: ENDED });
      const answer = { outcome: "rejected", reason: null } as const;
      const other = { ...launchOf("b"), member: 0 };
      await stepped(ledger, { to: "launching", spawnId: "two", answer, launch: other });
      const third = newSpawn({ spawnId: "three", launch: { ...launchOf("c"), member: 0 } });
      await ledger.begin([third], null);
      await stepped(ledger, {
        to: "launching",
        spawnId: "three",
        answer,
        launch: { ...launchOf("b"), member: 1 },
      });
      await stepped(ledger, { to: "failed", spawnId: "two", at: ENDED });
      // `two` shares its second launch with `three`, which has not ended.
      expect((await pruneAll(ledger)).spawns).toBe(1);
      expect(await spawnIds(ledger)).toEqual(["three", "two"]);
      const member = (launchIndex: number) => ({ ...found("m", "a"), launchIndex });
      expect(await ledger.judge([member(0), member(1)])).toEqual(["orphan", "orphan"]);
    });

    it("uses no event number and no fence twice", async () => {
      await using subject = await open();
      const { ledger } = subject;
      await ended(ledger, {});
      await ledger.claim({ ...KEY, fence: 1, worker: "worker-2", until: 9_000 });
      const last = await ledger.sequenceBefore(null);
      await pruneAll(ledger);
      const { created, driven } = await begin(ledger, newSpawn({ launch: launchOf("b") }));
      expect(created).toBe(true);
      expect(driven.lease.fence).toBe(3);
      expect((await ledger.events(KEY.tenant, last, [])).map(({ sequence }) => sequence)).toEqual([
        last + 1,
        last + 2,
      ]);
      // A process that stalled while it drove the pruned spawn.
      expect(await take(ledger, { to: "failed", fence: 1 })).toBeNull();
      expect(await ledger.claim({ ...KEY, fence: 2, worker: "late", until: 9_000 })).toBeNull();
    });

    it("begins no spawn with the token of a pruned launch, and the same id with another one", async () => {
      await using subject = await open();
      const { ledger } = subject;
      await ended(ledger, {});
      await pruneAll(ledger);
      expect(await ledger.begin([newSpawn()], null)).toEqual({ created: false, existing: [null] });
      expect(await ledger.find(KEY)).toBeNull();
      const again = newSpawn({ launch: launchOf("b") });
      expect(await ledger.begin([again], null)).toMatchObject({ created: true });
    });

    it("keeps suspects, so that the grace period goes on", async () => {
      await using subject = await open();
      const { ledger } = subject;
      await ended(ledger, {});
      await ledger.suspect("here", [found("m", "a")], 7);
      await pruneAll(ledger);
      expect(await ledger.suspect("here", [found("m", "a")], 9)).toMatchObject([{ since: 7 }]);
    });

    it("identifies a launch by the part of its token that machines carry", async () => {
      await using subject = await open();
      const { ledger } = subject;
      await ended(ledger, {});
      await pruneAll(ledger);
      expect(await ledger.isPruned(launchId(token("a")))).toBe(true);
    });
  });
}

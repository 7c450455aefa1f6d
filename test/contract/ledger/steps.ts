import { describe, expect, it } from "vitest";
import { SPAWN_STATES } from "../../../src/ledger/spawn-record.ts";
import type { SpawnState } from "../../../src/ledger/spawn-record.ts";
import { samplePlan } from "../../support/sample-plan.ts";
import {
  AT,
  begin,
  KEY,
  LATER,
  launchOf,
  machineOf,
  newSpawn,
  plan,
  stepped,
  take,
  token,
  recordedSpawn,
} from "./subject.ts";
import type { OpenLedger } from "./subject.ts";
import { spawnErrorOf } from "../../support/spawn-error-of.ts";

export function describeBeginning(open: OpenLedger): void {
  describe("begin", () => {
    it("records spawn, launch and lease together", async () => {
      await using subject = await open();
      const { created, driven } = await begin(subject.ledger);
      expect(created).toBe(true);
      expect(driven).toMatchObject({
        plan,
        lease: { worker: "worker-1", until: 1_000, fence: 1 },
        launches: [{ attempt: 1, ...launchOf("a"), at: AT, outcome: null, reason: null }],
        spawn: { ...KEY, state: "launching", machine: null, error: null, createdAt: AT },
      });
      const now = await recordedSpawn(subject.ledger);
      expect(now.driven).toEqual(driven);
      expect(now.described?.events.map(({ state }) => state)).toEqual(["pending", "launching"]);
      expect(now.unfinished?.lease).toEqual(driven.lease);
    });

    it("returns the existing spawn for an id that is in use, and writes nothing", async () => {
      await using subject = await open();
      const { driven } = await begin(subject.ledger);
      const other = samplePlan({ workspace: "other" });
      const again = newSpawn({ plan: other, launch: launchOf("b"), worker: "worker-2", at: LATER });
      expect(await begin(subject.ledger, again)).toEqual({ created: false, driven });
      expect((await subject.ledger.events("default", 0, [])).length).toBe(2);
      expect(await subject.ledger.targets()).toEqual([plan.target]);
    });

    it("lets one of many concurrent calls begin", async () => {
      await using subject = await open();
      const workers = Array.from({ length: 8 }, (_, index) => `worker-${index}`);
      const begun = await Promise.all(
        workers.map((worker) => begin(subject.ledger, newSpawn({ worker }))),
      );
      expect(begun.filter(({ created }) => created)).toHaveLength(1);
      expect(new Set(begun.map(({ driven }) => driven.lease.worker)).size).toBe(1);
    });

    it("keeps one owner id", async () => {
      await using subject = await open();
      const owners = await Promise.all([subject.ledger.owner(), subject.ledger.owner()]);
      expect(new Set([...owners, await subject.ledger.owner()]).size).toBe(1);
      expect(owners[0]).toMatch(/^[0-9a-f-]{36}$/);
    });
  });
}

/** The allowed transitions. */
const LEADS_TO: Readonly<Record<SpawnState, readonly SpawnState[]>> = {
  pending: [],
  launching: ["launching", "booting", "running", "terminating", "failed"],
  booting: ["launching", "booting", "running", "terminating", "terminated", "failed"],
  running: ["running", "terminating", "terminated"],
  terminating: ["terminating", "terminated", "failed"],
  terminated: [],
  failed: [],
};
const WAYS: Readonly<Record<Exclude<SpawnState, "pending">, readonly SpawnState[]>> = {
  launching: [],
  booting: ["booting"],
  running: ["running"],
  terminating: ["terminating"],
  terminated: ["terminating", "terminated"],
  failed: ["failed"],
};

export function describeSteps(open: OpenLedger): void {
  describe("take", () => {
    it("records state, machine, answer, lease and event together", async () => {
      await using subject = await open();
      await begin(subject.ledger);
      const answer = { outcome: "accepted", reason: null } as const;
      const taken = await stepped(subject.ledger, {
        to: "booting",
        machine: machineOf("m"),
        answer,
      });
      expect(taken).toMatchObject({
        lease: { worker: "worker-1", until: 2_000, fence: 1 },
        launches: [{ token: token("a"), ...answer }],
        spawn: { state: "booting", machine: machineOf("m"), createdAt: AT, updatedAt: LATER },
      });
      const { driven, described } = await recordedSpawn(subject.ledger);
      expect(driven).toEqual({ ...taken, plan });
      expect(described?.events.at(-1)).toEqual({
        at: LATER,
        state: "booting",
        message: "to booting",
      });
    });

    it("appends the next launch after the answered one", async () => {
      await using subject = await open();
      await begin(subject.ledger);
      const answer = { outcome: "rejected", reason: "INSUFFICIENT_CAPACITY" } as const;
      await stepped(subject.ledger, { to: "launching", answer, launch: launchOf("b", 1) });
      const { driven } = await recordedSpawn(subject.ledger);
      expect(driven?.launches).toMatchObject([
        { attempt: 1, ...launchOf("a"), ...answer, at: AT },
        { attempt: 2, ...launchOf("b", 1), outcome: null, reason: null, at: LATER },
      ]);
      expect(driven?.spawn.attempts.map(({ place }) => place)).toEqual(["engine-1", "engine-2"]);
    });

    it("keeps the scope of a refusal", async () => {
      await using subject = await open();
      await begin(subject.ledger);
      const reason = "QUOTA_EXCEEDED";
      const answer = { outcome: "rejected", reason, blastRadius: "market" } as const;
      await stepped(subject.ledger, { to: "launching", answer, launch: launchOf("b", 1) });
      const { driven } = await recordedSpawn(subject.ledger);
      expect(driven?.launches).toMatchObject([answer, { outcome: null, blastRadius: null }]);
    });

    it("keeps machine and error until a step removes them", async () => {
      await using subject = await open();
      const { ledger } = subject;
      await begin(ledger);
      const error = spawnErrorOf({ code: "UNAVAILABLE", message: "a\u0000b", blastRadius: "zone" });
      await stepped(ledger, { to: "booting", machine: machineOf("m"), error });
      expect((await stepped(ledger, { to: "booting" })).spawn).toMatchObject({
        machine: { id: "m" },
        error,
      });
      await stepped(ledger, { to: "launching", machine: null, error: null });
      expect((await recordedSpawn(ledger)).driven?.spawn).toMatchObject({
        machine: null,
        error: null,
      });
    });

    it("rejects a step with another fence, and a step of an unknown spawn", async () => {
      await using subject = await open();
      await begin(subject.ledger);
      const before = await recordedSpawn(subject.ledger);
      for (const fence of [0, 2])
        expect(await take(subject.ledger, { to: "booting", fence })).toBe(null);
      expect(await take(subject.ledger, { to: "booting", spawnId: "two" })).toBe(null);
      expect(await take(subject.ledger, { to: "booting", tenant: "acme" })).toBe(null);
      expect(await recordedSpawn(subject.ledger)).toEqual(before);
    });

    it("does not record a full place with a rejected step", async () => {
      await using subject = await open();
      await begin(subject.ledger);
      const full = { offerings: ["zone-a"], until: 9_000 };
      await take(subject.ledger, { to: "booting", fence: 7, full });
      expect(await subject.ledger.fullOfferings(["zone-a"], 0)).toEqual(new Set());
    });

    it.each(SPAWN_STATES.filter((state) => state !== "pending"))(
      "allows only the valid transitions from %s",
      async (from) => {
        for (const to of SPAWN_STATES) {
          await using subject = await open();
          await begin(subject.ledger);
          for (const way of WAYS[from]) await stepped(subject.ledger, { to: way });
          const after = await take(subject.ledger, { to });
          expect([to, after?.spawn.state ?? null]).toEqual([
            to,
            LEADS_TO[from].includes(to) ? to : null,
          ]);
        }
      },
    );
  });
}

export function describeFullPlaces(open: OpenLedger): void {
  describe("full offerings", () => {
    it("stay full until their time, for every spawn", async () => {
      await using subject = await open();
      const { ledger } = subject;
      await begin(ledger);
      await stepped(ledger, { to: "launching", full: { offerings: ["a"], until: 500 } });
      await stepped(ledger, { to: "launching", full: { offerings: ["b", "d"], until: 700 } });
      expect(await ledger.fullOfferings(["a", "b", "c"], 499)).toEqual(new Set(["a", "b"]));
      expect(await ledger.fullOfferings(["a", "b", "c", "d"], 500)).toEqual(new Set(["b", "d"]));
      expect(await ledger.fullOfferings(["a"], 499)).toEqual(new Set(["a"]));
      expect(await ledger.fullOfferings([], 0)).toEqual(new Set());
    });

    it("are not reopened by an older observation", async () => {
      await using subject = await open();
      const { ledger } = subject;
      await begin(ledger);
      for (const until of [500, 300])
        await stepped(ledger, { to: "launching", full: { offerings: ["a"], until } });
      expect(await ledger.fullOfferings(["a"], 400)).toEqual(new Set(["a"]));
      await stepped(ledger, { to: "launching", full: { offerings: ["a"], until: 900 } });
      expect(await ledger.fullOfferings(["a"], 800)).toEqual(new Set(["a"]));
    });
  });
}

import { describe, expect, it } from "vitest";
import {
  begin,
  KEY,
  launchOf,
  machineOf,
  newSpawn,
  plan,
  stepped,
  take,
  recordedSpawn,
} from "./subject.ts";
import type { OpenLedger } from "./subject.ts";

const CLAIM = { ...KEY, fence: 1, worker: "worker-2", until: 5_000 };

export function describeLeases(open: OpenLedger): void {
  describe("claim", () => {
    it("is a compare-and-set of the fence", async () => {
      await using subject = await open();
      const { ledger } = subject;
      await begin(ledger);
      expect((await ledger.claim(CLAIM))?.lease).toEqual({
        worker: "worker-2",
        until: 5_000,
        fence: 2,
      });
      expect(await ledger.claim({ ...CLAIM, worker: "worker-3" })).toBe(null);
      expect((await recordedSpawn(ledger)).driven?.lease.worker).toBe("worker-2");
    });

    it("returns null for an unknown spawn", async () => {
      await using subject = await open();
      await begin(subject.ledger);
      expect(await subject.ledger.claim({ ...CLAIM, spawnId: "two" })).toBe(null);
      expect(await subject.ledger.claim({ ...CLAIM, tenant: "acme" })).toBe(null);
    });

    it("is won by one of many concurrent claims", async () => {
      await using subject = await open();
      await begin(subject.ledger);
      const claims = await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          subject.ledger.claim({ ...CLAIM, worker: `worker-${index}` }),
        ),
      );
      expect(claims.filter((one) => one !== null)).toHaveLength(1);
    });

    it("prevents further steps by the previous worker", async () => {
      await using subject = await open();
      await begin(subject.ledger);
      await subject.ledger.claim(CLAIM);
      expect(await take(subject.ledger, { to: "booting" })).toBe(null);
      await subject.ledger.release(KEY, 1);
      await subject.ledger.renew("worker-1", 9_000);
      const { driven, unfinished } = await recordedSpawn(subject.ledger);
      expect(driven?.lease).toEqual({ worker: "worker-2", until: 5_000, fence: 2 });
      expect(unfinished?.lease).toEqual(driven?.lease);
      expect(await take(subject.ledger, { to: "booting", fence: 2 })).not.toBe(null);
    });

    it("marks an unanswered launch as unknown, and leaves others unchanged", async () => {
      await using subject = await open();
      const { ledger } = subject;
      await begin(ledger);
      expect((await ledger.claim(CLAIM))?.launches).toMatchObject([{ outcome: "unknown" }]);
      expect((await recordedSpawn(ledger)).driven).toMatchObject({
        plan,
        launches: [{ outcome: "unknown", reason: null }],
        spawn: { attempts: [{ outcome: "unknown" }] },
      });
      const answer = { outcome: "rejected", reason: "QUOTA_EXCEEDED" } as const;
      await stepped(ledger, { to: "launching", fence: 2, answer, launch: launchOf("b") });
      const third = { ...CLAIM, fence: 2, worker: "worker-3" };
      expect((await ledger.claim(third))?.launches).toMatchObject([answer, { outcome: "unknown" }]);
      const accepted = { outcome: "accepted", reason: null } as const;
      await stepped(ledger, { to: "booting", fence: 3, answer: accepted, machine: machineOf("m") });
      const fourth = { ...CLAIM, fence: 3, worker: "worker-4" };
      expect((await ledger.claim(fourth))?.launches).toMatchObject([answer, accepted]);
    });
  });

  describe("leases", () => {
    it("are extended by their worker together, and by no other worker", async () => {
      await using subject = await open();
      const { ledger } = subject;
      await begin(ledger);
      await begin(ledger, newSpawn({ spawnId: "two", tenant: "acme" }));
      await begin(ledger, newSpawn({ spawnId: "three", worker: "worker-2" }));
      await ledger.renew("worker-1", 9_000);
      const untils = [
        (await ledger.find(KEY))?.lease.until,
        (await ledger.find({ tenant: "acme", spawnId: "two" }))?.lease.until,
        (await ledger.find({ tenant: "default", spawnId: "three" }))?.lease.until,
      ];
      expect(untils).toEqual([9_000, 9_000, 1_000]);
    });

    it("end with a release at the fence of their claim", async () => {
      await using subject = await open();
      const { ledger } = subject;
      await begin(ledger);
      await ledger.release(KEY, 2);
      expect((await ledger.find(KEY))?.lease.worker).toBe("worker-1");
      await ledger.release({ ...KEY, tenant: "acme" }, 1);
      await ledger.release(KEY, 1);
      expect((await ledger.find(KEY))?.lease).toMatchObject({ worker: null, fence: 1 });
      await ledger.renew("worker-1", 9_000);
      expect((await ledger.find(KEY))?.lease.until).toBe(1_000);
    });

    it.each([
      ["a step that releases the lease", { to: "launching", lease: "release" }],
      ["a step to a settled state", { to: "running" }],
      ["a step to failed", { to: "failed" }],
    ] as const)("end with %s", async (_, change) => {
      await using subject = await open();
      await begin(subject.ledger);
      expect((await stepped(subject.ledger, change)).lease.worker).toBe(null);
      expect((await subject.ledger.find(KEY))?.lease).toMatchObject({ worker: null, fence: 1 });
    });
  });
}

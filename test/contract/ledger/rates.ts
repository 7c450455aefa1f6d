import { describe, expect, it } from "vitest";
import type { RateRequest } from "../../../src/pacing/contract.ts";
import type { RateLimit } from "../../../src/pacing/rates.ts";
import { newSpawn } from "./subject.ts";
import type { OpenLedger } from "./subject.ts";

const LAUNCHES: RateLimit = {
  name: "RunInstances",
  requests: { capacity: 2, refill: 2, everyMilliseconds: 1_000, pace: "continuous" },
  resources: { capacity: 10, refill: 2, everyMilliseconds: 1_000, pace: "continuous" },
};
const READS: RateLimit = {
  name: "Read requests",
  requests: { capacity: 3, refill: 3, everyMilliseconds: 60_000, pace: "window" },
  resources: null,
};

function ask(changes: Partial<RateRequest> = {}): RateRequest {
  return {
    scope: "account 1 in here",
    limit: LAUNCHES,
    tenant: "default",
    queueId: "worker-1",
    now: 1_700_000_000_000,
    requests: 1,
    resources: { minimum: 1, maximum: 4 },
    isGone: () => false,
    ...changes,
  };
}

export function describeRates(open: OpenLedger): void {
  describe("spending a provider's rates", () => {
    it("grants what is available, and otherwise returns the wait and the number of earlier waiters", async () => {
      await using subject = await open();
      const { ledger } = subject;
      const granted = { granted: true, requests: 1, resources: 4, reservation: null };
      expect(await ledger.spend(ask())).toEqual(granted);
      expect(await ledger.spend(ask({ queueId: "worker-2" }))).toEqual(granted);
      const refused = { granted: false, wait: 750, ahead: 0, backlogTime: 750 };
      const single = { minimum: 1, maximum: 1 };
      expect(await ledger.spend(ask({ tenant: "acme", resources: single }))).toEqual(refused);
      expect(await ledger.spend(ask())).toMatchObject({ granted: false, ahead: 1 });
    });

    it("keeps buckets with another name or scope separate", async () => {
      await using subject = await open();
      const { ledger } = subject;
      await ledger.spend(ask({ requests: 2, resources: null }));
      expect(await ledger.spend(ask())).toMatchObject({ granted: false });
      expect(await ledger.spend(ask({ scope: "account 2 in here" }))).toMatchObject({
        granted: true,
      });
      const reads = { limit: READS, requests: 9, resources: null };
      expect(await ledger.spend(ask(reads))).toMatchObject({
        granted: true,
        requests: 3,
        resources: 0,
      });
      expect(await ledger.spend(ask(reads))).toEqual({
        granted: false,
        wait: 60_250,
        ahead: 0,
        backlogTime: 60_250,
      });
    });

    it.each([
      ["keeps the charge of a recorded grant", true, 0],
      ["loses the charge of an unrecorded grant", false, 10],
    ])("an ended process %s", async (_what, isRecorded, left) => {
      await using subject = await open();
      const { ledger } = subject;
      const all = ask({ resources: { minimum: 1, maximum: 10 }, isReserved: true });
      const answer = await ledger.spend(all);
      const reservation = answer.granted ? answer.reservation : null;
      expect(reservation).toMatchObject({ queueId: "worker-1", requests: 1, resources: 10 });
      if (isRecorded)
        await ledger.begin([newSpawn()], reservation === null ? null : { ...all, reservation });
      const next = {
        ...all,
        queueId: "worker-2",
        isGone: (queueId: string) => queueId === "worker-1",
      };
      const second = await ledger.spend(next);
      expect(second.granted ? second.resources : 0).toBe(left);
    });

    it("keeps the grant of a launch whose record was rejected", async () => {
      await using subject = await open();
      const { ledger } = subject;
      await ledger.begin([newSpawn()], null);
      const all = ask({ resources: { minimum: 1, maximum: 10 }, isReserved: true });
      const answer = await ledger.spend(all);
      const spent =
        answer.granted && answer.reservation ? { ...all, reservation: answer.reservation } : null;
      expect(await ledger.begin([newSpawn()], spent)).toMatchObject({ created: false });
      const next = {
        ...all,
        queueId: "worker-2",
        isGone: (queueId: string) => queueId === "worker-1",
      };
      expect(await ledger.spend(next)).toMatchObject({ granted: true, resources: 10 });
    });

    it("claims the rate token of a launch in the transaction that records it, at its time", async () => {
      await using subject = await open();
      const { ledger } = subject;
      const one = ask({ resources: { minimum: 1, maximum: 1 } });
      const first = await ledger.begin([newSpawn()], () => one);
      expect(first).toMatchObject({ created: true, driven: [{}], admittedAt: one.now });
      const rest = { ...one, resources: { minimum: 9, maximum: 9 } };
      expect(await ledger.spend(rest)).toMatchObject({ granted: true, resources: 9 });
      expect(await ledger.spend(one)).toMatchObject({ granted: false });
    });

    it("records nothing for a launch without a rate token", async () => {
      await using subject = await open();
      const { ledger } = subject;
      const one = ask({ resources: { minimum: 1, maximum: 1 } });
      await ledger.spend(ask({ requests: 2, resources: null }));
      const spawn = newSpawn();
      const refused = { created: false, existing: null };
      expect(await ledger.begin([spawn], () => one)).toEqual(refused);
      expect(await ledger.find(spawn)).toBeNull();
      // Nor does the launch join the queue: the next caller is first.
      const soon = { ...one, tenant: "acme" };
      expect(await ledger.spend(soon)).toMatchObject({ granted: false, ahead: 0 });
      // Waiters come first, even if there is already enough for this launch.
      const later = { ...one, now: one.now + 750 };
      expect(await ledger.begin([spawn], () => later)).toEqual(refused);
      expect(await ledger.spend({ ...later, tenant: "acme" })).toMatchObject({ granted: true });
    });

    it("charges nothing for a launch whose record was rejected", async () => {
      await using subject = await open();
      const { ledger } = subject;
      await ledger.begin([newSpawn()], null);
      const one = ask({ resources: { minimum: 1, maximum: 1 } });
      const again = await ledger.begin([newSpawn()], () => one);
      expect(again).toMatchObject({ created: false, existing: [{}] });
      const all = { ...one, resources: { minimum: 1, maximum: 10 } };
      expect(await ledger.spend(all)).toMatchObject({ granted: true, resources: 10 });
    });

    it("accepts unused tokens back, and slows down after throttling", async () => {
      await using subject = await open();
      const { ledger } = subject;
      await ledger.spend(ask({ resources: { minimum: 1, maximum: 10 } }));
      await ledger.correct(ask(), { kind: "unused", requests: 1, resources: 10 });
      const all = ask({ resources: { minimum: 10, maximum: 10 } });
      expect(await ledger.spend(all)).toMatchObject({ granted: true, resources: 10 });
      await ledger.correct(ask(), {
        kind: "throttled",
        resources: 10,
        retryAfterMilliseconds: 9_000,
      });
      expect(await ledger.spend(ask())).toMatchObject({ granted: false, wait: 9_000 });
    });

    it("does not wait for a waiter that has left", async () => {
      await using subject = await open();
      const { ledger } = subject;
      await ledger.spend(ask({ requests: 2, resources: null }));
      await ledger.spend(ask({ tenant: "acme" }));
      await ledger.correct(ask({ tenant: "acme" }), { kind: "left" });
      expect(await ledger.spend(ask({ tenant: "other" }))).toMatchObject({ ahead: 0 });
    });
  });
}

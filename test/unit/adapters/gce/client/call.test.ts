import { describe, expect, it } from "vitest";
import { callGce } from "../../../../../adapters/gce/client/call.ts";
import type { GceCallRules } from "../../../../../adapters/gce/client/call.ts";
import { GceThrottleReply } from "../../../../../adapters/gce/errors/failure.ts";
import { caughtError } from "../../../../support/caught.ts";

function refused(status: number, cause?: Error): Error {
  return Object.assign(new Error("refused", { cause }), { code: 2, httpStatusCode: status });
}
/** Where the client keeps the body of an error reply. */
const PAYLOAD = Symbol.for("google-gax.rawHttpResponsePayload");
const lost = Object.assign(new Error("socket hang up"), { code: 14 });
const unreachable = Object.assign(
  new Error("no", { cause: Object.assign(new Error("no"), { code: "ECONNREFUSED" }) }),
  { code: 14 },
);

const AT_ONCE = { wait: () => Promise.resolve(), throttled: () => Promise.resolve() };

/** Calls with the failures in turn, and an answer after them. */
function scene(failures: readonly Error[], change: Partial<GceCallRules> = {}) {
  const pauses: number[] = [];
  let sent = 0;
  const rules: GceCallRules = {
    what: "the call images.get",
    signal: new AbortController().signal,
    timeout: 1_000,
    reads: true,
    sleep: (milliseconds) => {
      pauses.push(milliseconds);
      return Promise.resolve();
    },
    pace: AT_ONCE,
    ...change,
  };
  const answer = callGce(rules, () => {
    const failure = failures[sent];
    sent += 1;
    return failure === undefined ? Promise.resolve("answer") : Promise.reject(failure);
  });
  return { answer, pauses, sent: () => sent };
}

describe("a read", () => {
  it.each([
    ["a server's failure", refused(503)],
    ["a throttle", refused(429)],
    ["a lost reply", lost],
  ])("is sent again after %s, a little later each time", async (_what, failure) => {
    const { answer, pauses, sent } = scene([failure, failure]);
    expect(await answer).toBe("answer");
    expect(pauses).toEqual([250, 500]);
    expect(sent()).toBe(3);
  });

  it.each([
    ["rateLimitExceeded", undefined],
    ["userRateLimitExceeded", undefined],
    ["forbidden", "RATE_LIMIT_EXCEEDED"],
  ])("is sent again after 403 %s %s, and reports the throttle", async (reason, detail) => {
    const details = detail === undefined ? [] : [{ reason: detail }];
    const body = JSON.stringify({ error: { message: "no", errors: [{ reason }], details } });
    const throttled = Object.assign(refused(403), { [PAYLOAD]: body });
    const throttles: (number | null)[] = [];
    const pace = {
      ...AT_ONCE,
      throttled: (seconds: number | null) => {
        throttles.push(seconds);
        return Promise.resolve();
      },
    };
    const { answer, sent } = scene([throttled], { pace });
    expect(await answer).toBe("answer");
    expect([sent(), throttles]).toEqual([2, [null]]);
  });

  it("is sent three times and no more", async () => {
    const { answer, sent } = scene([lost, lost, lost, lost]);
    await expect(answer).rejects.toMatchObject({ outcome: "lost" });
    expect(sent()).toBe(3);
  });

  it.each([
    ["what was refused for good", refused(404)],
    ["nobody who could be reached", unreachable],
  ])("is sent once for %s", async (_what, failure) => {
    const { answer, sent } = scene([failure]);
    await expect(answer).rejects.toMatchObject({ name: "GceCallFailure" });
    expect(sent()).toBe(1);
  });

  it("waits as long as it was asked to, but not for minutes", async () => {
    const soon = refused(429, new GceThrottleReply(429, "", 2));
    const { answer, pauses } = scene([soon]);
    expect(await answer).toBe("answer");
    expect(pauses).toEqual([2_000]);
    const late = scene([refused(429, new GceThrottleReply(429, "", 60))]);
    await expect(late.answer).rejects.toMatchObject({ retryAfterSeconds: 60 });
    expect(late.pauses).toEqual([]);
  });
});

it.each([refused(503), refused(429), lost])("what changes something is sent once", async (one) => {
  const { answer, sent } = scene([one], { reads: false });
  await expect(answer).rejects.toMatchObject({ name: "GceCallFailure" });
  expect(sent()).toBe(1);
});

describe("an aborted signal", () => {
  it("keeps a call from being sent", async () => {
    const { answer, sent } = scene([], { signal: AbortSignal.abort() });
    expect(await caughtError(() => answer)).toMatchObject({ code: "CANCELLED" });
    expect(sent()).toBe(0);
  });

  it("ends a call that receives no reply", async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const rules = { what: "it", signal, timeout: 1, reads: true, sleep: () => Promise.resolve() };
    const answer = callGce({ ...rules, pace: AT_ONCE }, () => new Promise<string>(() => undefined));
    controller.abort();
    expect(await caughtError(() => answer)).toMatchObject({ code: "CANCELLED" });
  });

  it("ends the pause before another try, whatever the pause makes of it", async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const { answer } = scene([lost], {
      signal,
      sleep: () => {
        controller.abort();
        return Promise.reject(new DOMException("gone", "AbortError"));
      },
    });
    expect(await caughtError(() => answer)).toMatchObject({ code: "CANCELLED" });
  });
});

describe("the pace", () => {
  it("is awaited before each try, and notified of each throttle", async () => {
    const told: (number | null | "wait")[] = [];
    const pace = {
      wait: async () => void told.push("wait"),
      throttled: async (seconds: number | null) => void told.push(seconds),
    };
    const failures = [refused(429), refused(503), refused(429, new GceThrottleReply(429, "", 2))];
    const { answer } = scene(failures, { pace });
    await expect(answer).rejects.toMatchObject({ status: 429 });
    expect(told).toEqual(["wait", null, "wait", "wait", 2]);
  });

  it("does not send a call whose signal is aborted in the meantime", async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const wait = async () => controller.abort();
    const { answer, sent } = scene([], { signal, pace: { ...AT_ONCE, wait } });
    expect(await caughtError(() => answer)).toMatchObject({ code: "CANCELLED" });
    expect(sent()).toBe(0);
  });
});

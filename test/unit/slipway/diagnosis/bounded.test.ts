import { describe, expect, it } from "vitest";
import { SlipwayError } from "../../../../src/errors.ts";
import { bounded } from "../../../../src/slipway/diagnosis/bounded.ts";
import { caughtError } from "../../../support/caught.ts";

const never = () => new Promise<never>(() => undefined);
const limit = { signal: new AbortController().signal, milliseconds: 60_000 };

describe("bounded", () => {
  it("returns the result", async () => {
    expect(await bounded("engine", limit, async () => 7)).toEqual({ result: 7, failure: null });
  });

  it("turns an error into a failed check, with its remedy", async () => {
    const error = new SlipwayError({
      code: "UNAVAILABLE",
      reason: "ENGINE_UNAVAILABLE",
      message: "no",
      remedy: "Start it.",
    });
    const { failure } = await bounded("engine", limit, () => Promise.reject(error));
    expect(failure).toMatchObject({
      name: "engine",
      outcome: "failed",
      code: "UNAVAILABLE",
      reason: "ENGINE_UNAVAILABLE",
      message: "no",
      remedy: "Start it.",
    });
  });

  it("turns silence into one too, and aborts the work", async () => {
    let given = new AbortController().signal;
    const { failure } = await bounded("aws", { ...limit, milliseconds: 5 }, (signal) => {
      given = signal;
      return never();
    });
    expect(failure).toMatchObject({ code: "DEADLINE_EXCEEDED", reason: "TIMED_OUT" });
    expect(given.aborted).toBe(true);
  });

  it("throws the caller's own cancellation, and a defect", async () => {
    const stop = new AbortController();
    const waiting = caughtError(() => bounded("gce", { ...limit, signal: stop.signal }, never));
    stop.abort();
    expect(await waiting).toMatchObject({ code: "CANCELLED" });
    const defect = new TypeError("a defect");
    await expect(bounded("gce", limit, () => Promise.reject(defect))).rejects.toBe(defect);
  });
});

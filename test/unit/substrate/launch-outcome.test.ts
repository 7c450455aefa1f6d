import { describe, expect, it } from "vitest";
import { invalidArgument } from "../../../src/errors.ts";
import {
  failedOutcome,
  settleMember,
  UnknownOutcome,
} from "../../../src/substrate/launch-outcome.ts";

const error = invalidArgument("INVALID_PLAN", "no");

describe("the outcome of a member", () => {
  it("is accepted with the attempt's machine", async () => {
    const machine = {
      id: "m-1",
      place: "zone-a",
      state: "running",
      architecture: "amd64",
      artifact: null,
      addresses: { private: null, public: null },
      ports: [],
      ownership: null,
      launchIndex: 0,
      end: null,
      createdAt: null,
    } as const;
    expect(await settleMember(async () => machine)).toEqual({ outcome: "accepted", machine });
  });

  it("is rejected for an error, and unknown if a machine may exist", async () => {
    const refused = await settleMember(() => Promise.reject(error));
    const lost = await settleMember(() => Promise.reject(new UnknownOutcome(error)));
    expect([refused, lost]).toEqual([
      { outcome: "rejected", error },
      { outcome: "unknown", error },
    ]);
    expect(new UnknownOutcome(error).message).toBe(error.message);
  });

  it("does not hide a defect", async () => {
    const defect = new TypeError("undefined is not a function");
    await expect(settleMember(() => Promise.reject(defect))).rejects.toBe(defect);
    expect(() => failedOutcome(defect)).toThrow(defect);
  });
});

import { describe, expect, it } from "vitest";
import { SlipwayError } from "../../../src/errors.ts";
import type { ErrorReason } from "../../../src/errors.ts";
import { createFailedReads, settled } from "../../../src/substrate/reading.ts";

function errorFor(reason: ErrorReason, message = "no"): SlipwayError {
  return new SlipwayError({ code: "UNAVAILABLE", reason, message });
}

describe("a settled read", () => {
  it("has a value or an error", async () => {
    const error = errorFor("CLOUD_UNAVAILABLE");
    expect(await settled(Promise.resolve(1))).toEqual({ value: 1, error: null });
    expect(await settled(Promise.reject(error))).toEqual({ value: null, error });
  });

  it("has the error that its provider's judge returns", async () => {
    const error = errorFor("CLOUD_UNAVAILABLE");
    expect(await settled(Promise.reject(new RangeError("503")), () => error)).toEqual({
      value: null,
      error,
    });
  });

  it.each<ErrorReason>(["INTERRUPTED", "TIMED_OUT", "INTERNAL"])(
    "is not a finding for %s",
    async (reason) => {
      const error = errorFor(reason);
      await expect(settled(Promise.reject(error))).rejects.toBe(error);
    },
  );

  it("passes on other errors than a SlipwayError", async () => {
    const defect = new TypeError("undefined is not a function");
    await expect(settled(Promise.reject(defect))).rejects.toBe(defect);
  });
});

describe("failed reads", () => {
  const { obstacleName, unread, obstacleChecks } = createFailedReads(
    "The Cloud",
    ({ metadata }) => metadata["operation"] === "AssumeRole",
  );
  const unreachable = errorFor("CLOUD_UNAVAILABLE");
  const absent = errorFor("IMAGE_NOT_FOUND", "no such image");

  it("fail the check whose read has its own error", () => {
    expect(obstacleName(absent)).toBeNull();
    expect(unread("image.exists", absent)).toMatchObject({
      name: "image.exists",
      outcome: "failed",
      message: "no such image",
    });
  });

  it("skip a check whose read has a cause common to all calls", () => {
    expect(unread("image.exists", unreachable)).toEqual({
      name: "image.exists",
      outcome: "skipped",
      message: "not known, because The Cloud did not answer",
    });
  });

  it("know the provider's own cause common to all calls", () => {
    const error = new SlipwayError({
      code: "PERMISSION_DENIED",
      reason: "CLOUD_PERMISSION_DENIED",
      message: "no",
      metadata: { operation: "AssumeRole" },
    });
    expect(obstacleName(error)).toBe("cloud.credentials");
    expect(obstacleName(errorFor("CLOUD_PERMISSION_DENIED"))).toBeNull();
  });

  it("report each common cause once", () => {
    const errors = [unreachable, null, absent, unreachable, errorFor("CLOUD_RATE_LIMITED")];
    expect(obstacleChecks("it answers", errors)).toMatchObject([
      { name: "cloud.reachable", outcome: "failed", reason: "CLOUD_UNAVAILABLE" },
      { name: "cloud.reachable", outcome: "failed", reason: "CLOUD_RATE_LIMITED" },
    ]);
  });

  it("report that the provider answers when it does", () => {
    expect(obstacleChecks("it answers", [null, absent])).toEqual([
      { name: "cloud.reachable", outcome: "passed", message: "it answers" },
    ]);
  });
});

import { describe, expect, it } from "vitest";
import { SlipwayError } from "../../../src/errors.ts";
import { spawnError, spawnErrorJson } from "../../../src/plan/error-document.ts";
import type { SpawnError } from "../../../src/plan/spawn-error.ts";

const timedOut = new SlipwayError({
  code: "DEADLINE_EXCEEDED",
  reason: "BOOT_TIMED_OUT",
  message: "still pending",
  blastRadius: "zone",
  metadata: { spawn_id: "one", machine_id: "i-1", machineAge: 3 },
  checks: [{ name: "a", outcome: "failed", message: "no", blastRadius: "image" }],
});

/** The compiler knows the details of a reason once the reason is known. */
function machineOf(error: SpawnError): string | null {
  // @ts-expect-error: not every reason has a machine
  const unknown: unknown = error.metadata.machine_id;
  if (error.reason === "BOOT_TIMED_OUT") return error.metadata.machine_id;
  // @ts-expect-error: a typo
  if (error.reason === "BOOT_TIMEDOUT") return null;
  return typeof unknown === "string" ? unknown : null;
}

describe("the error of a spawn", () => {
  it("has the details of its reason, and keeps the keys of its metadata", () => {
    const error = spawnError(timedOut.toJSON());
    expect(machineOf(error)).toBe("i-1");
    expect(error).toMatchObject({
      blastRadius: "zone",
      metadata: { machineAge: 3 },
      checks: [{ blastRadius: "image" }],
    });
  });

  it("is readable if a newer version has added its reason, code or scope", () => {
    const newer = { ...timedOut.toJSON(), reason: "NEW_REASON", blast_radius: "planet" };
    const error = spawnError(newer);
    expect(error).toMatchObject({
      reason: "UNKNOWN_REASON",
      recordedReason: "NEW_REASON",
      blastRadius: "planet",
    });
    expect(spawnErrorJson(error)).toEqual(newer);
  });

  it("is not taken for a known one without the details of its reason", () => {
    expect(spawnError({ ...timedOut.toJSON(), metadata: {} })).toMatchObject({
      reason: "UNKNOWN_REASON",
      recordedReason: "BOOT_TIMED_OUT",
    });
  });
});

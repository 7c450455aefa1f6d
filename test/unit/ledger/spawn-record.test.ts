import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkSpawnId, LONGEST_SPAWN_ID, newSpawnId } from "../../../src/ledger/spawn-record.ts";

describe("a spawn's id", () => {
  it.each(["a", "agent-1", "a--b-", "x".repeat(LONGEST_SPAWN_ID)])("may be %s", (spawnId) => {
    expect(() => checkSpawnId(spawnId)).not.toThrow();
  });

  it.each([
    "",
    "1a",
    "-a",
    "Agent",
    "a_b",
    "a.b",
    "a\n",
    "größe",
    "x".repeat(LONGEST_SPAWN_ID + 1),
    7,
    null,
    undefined,
  ])("may not be %j", (spawnId) => {
    expect(() => checkSpawnId(spawnId)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", reason: "INVALID_SPAWN_ID" }),
    );
  });

  it("is generated from the name of its workspace, whatever its length", () => {
    const names = fc.stringMatching(/^[a-z][a-z0-9-]{0,62}$/);
    fc.assert(
      fc.property(names, (name) => {
        const [one, other] = [newSpawnId(name, randomUUID()), newSpawnId(name, randomUUID())];
        checkSpawnId(one);
        expect(one.startsWith(name.slice(0, 52))).toBe(true);
        expect(one).not.toBe(other);
      }),
    );
  });
});

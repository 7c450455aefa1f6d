import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { instanceName, requestId, spawnIdIn } from "../../../../../adapters/gce/launch/names.ts";

const TOKEN = "0123456789abcdef".repeat(4);
const token = fc.stringMatching(/^[0-9a-f]{64}$/);
const spawnId = fc.stringMatching(/^[a-z][a-z0-9-]{0,62}$/);

describe("instanceName", () => {
  it("is this one for this member, in every process and version", () => {
    expect(instanceName(TOKEN, "agent-1")).toBe("agent-1-e2e2b52e203b8924");
    expect(instanceName(TOKEN, `a${"b".repeat(62)}`)).toHaveLength(63);
  });

  it("is always a name that Compute Engine takes", () => {
    fc.assert(
      fc.property(token, spawnId, (one, id) => {
        expect(instanceName(one, id)).toMatch(/^[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?$/);
      }),
    );
  });

  it("differs for another token and for another member, also where ids begin alike", () => {
    fc.assert(
      fc.property(token, token, spawnId, spawnId, (one, other, id, otherId) => {
        fc.pre(one !== other && id !== otherId);
        const names = [
          instanceName(one, id),
          instanceName(other, id),
          instanceName(one, otherId),
          instanceName(one, `${id}x`.slice(-63)),
        ];
        expect(new Set(names).size).toBe(`${id}x`.slice(-63) === otherId ? 3 : 4);
      }),
    );
    const long = "a".repeat(62);
    expect(instanceName(TOKEN, `${long}b`)).not.toBe(instanceName(TOKEN, `${long}c`));
  });

  it.each(["", "1a", "-a", "A", "a_b", "a.b", "a\n", "a".repeat(64)])("refuses %j", (id) => {
    expect(() => instanceName(TOKEN, id)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", reason: "INVALID_SPAWN_ID" }),
    );
  });
});

describe("spawnIdIn", () => {
  it("gives back the id that a name was made of, or says that it cannot", () => {
    fc.assert(
      fc.property(token, spawnId, (one, id) => {
        expect(spawnIdIn(instanceName(one, id))).toBe(id.length <= 45 ? id : null);
      }),
    );
  });

  it.each(["web-1", "", "a-0123456789abcde", "-0123456789abcdef", "a-0123456789ABCDEF"])(
    "recognizes that %j is not one of Slipway's names",
    (name) => expect(spawnIdIn(name)).toBe(null),
  );
});

describe("requestId", () => {
  it("is this one for this token, in every process and version", () => {
    expect(requestId(TOKEN, 0)).toBe("7bedbc6f-da11-8a0b-ad03-0ff94e25acc3");
  });

  it("is a UUID, never all zeros, and another one for another token or after a failure", () => {
    fc.assert(
      fc.property(token, token, fc.nat(9), (one, other, failures) => {
        fc.pre(one !== other);
        const id = requestId(one, failures);
        expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        expect(requestId(one, failures)).toBe(id);
        expect(requestId(one, failures + 1)).not.toBe(id);
        expect(requestId(other, failures)).not.toBe(id);
      }),
    );
  });
});

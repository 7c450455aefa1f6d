import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seal, sealingKey, unseal } from "../../../src/secrets/sealing.ts";

const key = sealingKey(new Uint8Array(32).fill(1));
const otherKey = sealingKey(new Uint8Array(32).fill(2));
const secret = { tenant: "acme", name: "TOKEN" };
const nonce = new Uint8Array(12).fill(3);
const value = new TextEncoder().encode("hunter2");
const sealed = seal(key, secret, { value, nonce });

const flip = (bytes: Uint8Array, index: number) =>
  bytes.map((byte, position) => (position === index ? byte ^ 1 : byte));

describe("a sealed value", () => {
  it("unseals with its key, tenant and name", () => {
    expect(unseal(key, secret, sealed)).toEqual(Buffer.from(value));
    expect(Buffer.from(sealed.ciphertext).includes("hunter2")).toBe(false);
    expect(sealed.ciphertext.byteLength).toBe(value.byteLength + 16);
  });

  it.each([
    ["another key", otherKey, secret],
    ["another tenant", key, { ...secret, tenant: "other" }],
    ["another name", key, { ...secret, name: "OTHER" }],
    ["a name and tenant with the same concatenation", key, { tenant: "acmeT", name: "OKEN" }],
  ])("does not unseal with %s", (_, withKey, under) => {
    expect(unseal(withKey, under, sealed)).toBeNull();
  });

  it("does not unseal if any bit was changed", () => {
    for (let index = 0; index < sealed.ciphertext.byteLength; index += 1) {
      const changed = { ...sealed, ciphertext: flip(sealed.ciphertext, index) };
      expect(unseal(key, secret, changed)).toBeNull();
    }
    expect(unseal(key, secret, { ...sealed, nonce: flip(nonce, 0) })).toBeNull();
  });

  it.each([
    { ...sealed, ciphertext: new Uint8Array(0) },
    { ...sealed, ciphertext: sealed.ciphertext.subarray(0, 15) },
    { ...sealed, nonce: new Uint8Array(0) },
    { ...sealed, nonce: new Uint8Array(16) },
  ])("does not unseal if it was truncated", (cut) => {
    expect(unseal(key, secret, cut)).toBeNull();
  });

  it("differs for every nonce", () => {
    const again = seal(key, secret, { value, nonce: new Uint8Array(12).fill(4) });
    expect(again.ciphertext).not.toEqual(sealed.ciphertext);
  });

  it("round-trips any value", () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.string(), fc.string(), (bytes, tenant, name) => {
        const content = { value: bytes, nonce };
        const opened = unseal(key, { tenant, name }, seal(key, { tenant, name }, content));
        expect(opened).toEqual(Buffer.from(bytes));
      }),
    );
  });
});

describe("a key", () => {
  it("has an id that identifies it without revealing it", () => {
    expect(key.id).toMatch(/^[0-9a-f]{16}$/);
    expect(key.id).not.toBe(otherKey.id);
    expect(JSON.stringify(key)).not.toContain("0101");
  });

  it("has 32 bytes", () => {
    expect(() => sealingKey(new Uint8Array(31))).toThrow(RangeError);
  });
});

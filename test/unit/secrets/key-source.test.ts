import { describe, expect, it } from "vitest";
import { givenKey } from "../../../src/secrets/key-source.ts";
import type { SealingKeys } from "../../../src/secrets/key-source.ts";
import { caughtError } from "../../support/caught.ts";

const text = (fill: number) => Buffer.alloc(32, fill).toString("base64");
const idsOf = (keys: SealingKeys | null) => keys?.map(({ id }) => id) ?? [];

describe("givenKey", () => {
  it("accepts 32 bytes, or their base64", async () => {
    const bytes = await givenKey(Buffer.alloc(32, 7)).load();
    expect(idsOf(bytes)).toHaveLength(1);
    expect(idsOf(await givenKey(`${text(7)}\n`).load())).toEqual(idsOf(bytes));
    expect(idsOf(await givenKey(text(7)).create())).toEqual(idsOf(bytes));
  });

  it("accepts several keys, the first of which seals", async () => {
    const [one, two] = [await givenKey(text(1)).load(), await givenKey(text(2)).load()];
    const both = givenKey(`${text(2)}\n${text(1)}\n`);
    expect(idsOf(await both.load())).toEqual([...idsOf(two), ...idsOf(one)]);
    const rotation = await both.rotate();
    expect(idsOf(rotation.keys)).toEqual([...idsOf(two), ...idsOf(one)]);
  });

  it.each([
    "",
    "x",
    `${text(7)}${text(7)}`,
    `${text(7)} x`,
    Buffer.alloc(31).toString("base64"),
    Array.from({ length: 17 }, () => text(7)).join(" "),
  ])("rejects %j", async (given) => {
    const error = await caughtError(() => givenKey(given, "SLIPWAY_KEY"));
    expect(error.message).toBe("SLIPWAY_KEY does not hold a key: 32 bytes in base64");
    expect(error.reason).toBe("SECRET_KEY_INVALID");
    expect(error.remedy).toContain("openssl rand -base64 32");
  });
});

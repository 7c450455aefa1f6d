import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import {
  readLimited,
  withoutTrailingNewline,
} from "../../../../src/cli/arguments/standard-input.ts";

const MEBIBYTE = 1024 * 1024;

describe("readLimited", () => {
  it("reads to the end", async () => {
    const stream = Readable.from([Buffer.from("a"), "ü"]);
    expect(await readLimited(stream, "standard input")).toEqual(new TextEncoder().encode("aü"));
  });

  it("accepts one mebibyte and not a byte more", async () => {
    const most = await readLimited(Readable.from([Buffer.alloc(MEBIBYTE)]), "standard input");
    expect(most.byteLength).toBe(MEBIBYTE);
    const more = Readable.from([Buffer.alloc(MEBIBYTE), Buffer.alloc(1)]);
    await expect(readLimited(more, "standard input")).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      reason: "INPUT_TOO_LARGE",
    });
  });

  it("stops reading at the limit", async () => {
    let read = 0;
    async function* endless() {
      for (;;) {
        read += 1;
        yield await Promise.resolve(Buffer.alloc(MEBIBYTE));
      }
    }
    await expect(readLimited(endless(), "standard input")).rejects.toThrow("standard input");
    expect(read).toBe(2);
  });
});

describe("withoutTrailingNewline", () => {
  it.each([
    ["value\n", "value"],
    ["value\n\n", "value\n"],
    ["value\r\n", "value\r"],
    ["value", "value"],
    ["\n", ""],
    ["", ""],
  ])("turns %j into %j", (input, value) => {
    expect(Buffer.from(withoutTrailingNewline(Buffer.from(input))).toString()).toBe(value);
  });
});

import { gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { expect, it } from "vitest";
import { detectCompression } from "../../../../src/oci/inspect/content-compression.ts";

const SKIPPABLE = Buffer.from([0x5f, 0x2a, 0x4d, 0x18, 0, 0, 0, 0]);

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

it.each([
  ["gzip", gzipSync("x")],
  ["zstd", zstdCompressSync("x")],
  ["zstd", Buffer.concat([SKIPPABLE, zstdCompressSync("x")])],
  ["none", Buffer.from("plain archive")],
  ["none", Buffer.from([0x1f, 0x8b])],
  ["none", Buffer.alloc(0)],
])("recognises %s by the first bytes %#, however they arrive", async (compression, bytes) => {
  for (const size of [1, 3, 4, 4096])
    expect(await detectCompression(pieces(bytes, size))).toMatchObject({ compression });
});

it("passes on every byte", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array(), fc.integer({ min: 1, max: 9 }), async (bytes, size) => {
      const { content } = await detectCompression(pieces(bytes, size));
      expect(Buffer.concat(await Array.fromAsync(content))).toEqual(Buffer.from(bytes));
    }),
  );
});

it("ends the source if its reader stops early", async () => {
  let ended = false;
  const source = (async function* () {
    try {
      for (;;) yield Buffer.from("bytes of an archive");
    } finally {
      ended = true;
    }
  })();
  const { content } = await detectCompression(source);
  for await (const piece of content) if (piece.length > 0) break;
  expect(ended).toBe(true);
});

import { randomBytes } from "node:crypto";
import { constants, gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LayerCompression } from "../../../../src/oci/image/media-types.ts";
import { unpackLayer } from "../../../../src/oci/inspect/unpack-layer.ts";

const TEXT = Buffer.from("The same again. ".repeat(20_000));
const NOISE = randomBytes(300_000);
const CHECKED = { params: { [constants.ZSTD_c_checksumFlag]: 1 } };
/** A skippable frame, which has no data: three bytes of a builder's index. */
const SKIPPABLE = Buffer.from([0x5e, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);

const UNPACKING = { mostFrames: 100, signal: new AbortController().signal };

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size)
    yield bytes.subarray(start, start + size);
}

async function unpack(
  bytes: Uint8Array,
  compression: LayerCompression,
  size = 1024,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  await unpackLayer(pieces(bytes, size), {
    ...UNPACKING,
    compression,
    take: (chunk) => chunks.push(chunk),
  });
  return Buffer.concat(chunks);
}

describe("unpackLayer", () => {
  it.each<[string, LayerCompression, Uint8Array, Uint8Array]>([
    ["plain bytes", "none", TEXT, TEXT],
    ["nothing", "none", Buffer.alloc(0), Buffer.alloc(0)],
    ["gzip", "gzip", gzipSync(TEXT), TEXT],
    [
      "gzip of several members",
      "gzip",
      Buffer.concat([gzipSync(TEXT), gzipSync(NOISE)]),
      Buffer.concat([TEXT, NOISE]),
    ],
    ["zstd", "zstd", zstdCompressSync(TEXT), TEXT],
    ["zstd with a checksum", "zstd", zstdCompressSync(NOISE, CHECKED), NOISE],
    ["zstd of empty content", "zstd", zstdCompressSync(Buffer.alloc(0)), Buffer.alloc(0)],
    ["an empty stream as zstd", "zstd", Buffer.alloc(0), Buffer.alloc(0)],
    ["only an index", "zstd", SKIPPABLE, Buffer.alloc(0)],
    [
      "zstd of several frames with an index between them",
      "zstd",
      Buffer.concat([
        SKIPPABLE,
        zstdCompressSync(TEXT, CHECKED),
        SKIPPABLE,
        zstdCompressSync(NOISE),
        SKIPPABLE,
      ]),
      Buffer.concat([TEXT, NOISE]),
    ],
  ])("unpacks %s, however it is split", async (_what, compression, packed, expected) => {
    for (const size of [1013, 65_536, packed.length + 1])
      expect((await unpack(packed, compression, size)).equals(expected)).toBe(true);
  });

  it("unpacks small frames of any size byte for byte", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 6 }),
        fc.integer({ min: 1, max: 50 }),
        async (frames, size) => {
          const packed = Buffer.concat(frames.map((frame) => zstdCompressSync(frame, CHECKED)));
          expect((await unpack(packed, "zstd", size)).equals(Buffer.concat(frames))).toBe(true);
        },
      ),
      { numRuns: 50 },
    );
  });

  it.each<[string, LayerCompression, Uint8Array, string]>([
    ["plain bytes as gzip", "gzip", TEXT, "not compressed with gzip"],
    ["zstd as gzip", "gzip", zstdCompressSync(TEXT), "not compressed with gzip"],
    ["gzip as zstd", "zstd", gzipSync(TEXT), "not compressed with zstd"],
    ["less than a magic number", "zstd", Buffer.from([0x28, 0xb5]), "not compressed with zstd"],
    ["gzip cut short", "gzip", gzipSync(TEXT).subarray(0, -4), "not compressed with gzip"],
    ["zstd cut short", "zstd", zstdCompressSync(NOISE).subarray(0, -4), "it is truncated"],
    [
      "zstd with a wrong checksum",
      "zstd",
      flipped(zstdCompressSync(TEXT, CHECKED)),
      "not compressed with zstd",
    ],
    [
      "zstd with trailing bytes",
      "zstd",
      Buffer.concat([zstdCompressSync(TEXT), TEXT]),
      "not compressed with zstd",
    ],
    ["an index that is cut short", "zstd", SKIPPABLE.subarray(0, -1), "it is truncated"],
  ])("rejects %s", async (_what, compression, packed, why) => {
    await expect(unpack(packed, compression)).rejects.toThrow(
      expect.objectContaining({ name: "UnpackError", message: expect.stringContaining(why) }),
    );
  });

  it.each<[LayerCompression, Uint8Array]>([
    ["none", TEXT],
    ["gzip", gzipSync(TEXT)],
    ["zstd", zstdCompressSync(TEXT)],
  ])("throws its reader's error and closes the source (%s)", async (compression, packed) => {
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const source = async function* (): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield packed;
      } finally {
        release();
      }
    };
    await expect(
      unpackLayer(source(), {
        ...UNPACKING,
        mostFrames: Infinity,
        compression,
        take() {
          throw new Error("enough");
        },
      }),
    ).rejects.toThrow("enough");
    await released;
  });

  it.each<[string, Uint8Array]>([
    ["empty frames", zstdCompressSync(Buffer.alloc(0))],
    ["frames with an empty block each", rawFrame(0, 1)],
    ["skippable frames", SKIPPABLE],
  ])("counts %s as frames", async (_what, frame) => {
    const frames = (count: number) => Buffer.concat(Array.from({ length: count }, () => frame));
    for (const size of [1, 1000])
      expect(await unpack(frames(UNPACKING.mostFrames), "zstd", size)).toHaveLength(0);
    await expect(unpack(frames(UNPACKING.mostFrames + 1), "zstd")).rejects.toThrow(
      expect.objectContaining({ name: "UnpackError", message: "it has more than 100 frames" }),
    );
  });

  it("stops at the signal, even between empty frames", async () => {
    const controller = new AbortController();
    let given = 0;
    const source = async function* (): AsyncGenerator<Uint8Array> {
      for (;;) {
        given += 1;
        if (given === 10) controller.abort();
        yield rawFrame(0, 1000);
      }
    };
    const unpacking = { mostFrames: Infinity, signal: controller.signal, take: () => undefined };
    await expect(
      unpackLayer(source(), { ...unpacking, compression: "zstd" }),
    ).rejects.toMatchObject({ name: "AbortError" });
    expect(given).toBeLessThan(100);
  });

  it("handles any number of empty blocks", async () => {
    // A million blocks: three megabytes, sent to the decoder in large pieces.
    expect(await unpack(rawFrame(5, 1_000_000), "zstd", 65_536)).toEqual(Buffer.alloc(5, 7));
  });

  it.each<LayerCompression>(["none", "gzip", "zstd"])(
    "throws its source's error (%s)",
    async (compression) => {
      const source = async function* (): AsyncGenerator<Uint8Array> {
        yield zstdCompressSync(NOISE).subarray(0, compression === "zstd" ? 1000 : 0);
        throw new Error("cut off");
      };
      await expect(
        unpackLayer(source(), { ...UNPACKING, compression, take: () => undefined }),
      ).rejects.toThrow("cut off");
    },
  );
});

/** A frame of this many empty blocks, followed by one with the data. */
function rawFrame(size: number, blocks: number): Buffer {
  const head = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, size]);
  const last = Buffer.from([(size << 3) | 1, 0, 0, ...Array.from({ length: size }, () => 7)]);
  return Buffer.concat([head, Buffer.alloc(3 * (blocks - 1)), last]);
}

function flipped(bytes: Buffer): Buffer {
  const other = Buffer.from(bytes);
  const last = other.length - 1;
  other[last] = (other[last] ?? 0) ^ 1;
  return other;
}

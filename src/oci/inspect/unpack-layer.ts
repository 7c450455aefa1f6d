import { pipeline } from "node:stream/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import type { LayerCompression } from "../image/media-types.ts";
import { byteReader, nextZstdFrame, zstdFrame, ZstdFormatError } from "./zstd-frames.ts";

/** Thrown where a layer's bytes are not packed as its media type says. */
export class UnpackError extends Error {
  override readonly name = "UnpackError";
}

/**
 * Unpacks a layer's bytes and hands over what comes out, piece by piece; nothing is kept. What `take` throws ends it.
 *
 * Throws {@link UnpackError}, and whatever the source throws.
 */
export async function unpackLayer(
  source: AsyncIterable<Uint8Array>,
  compression: LayerCompression,
  take: (chunk: Uint8Array) => void,
): Promise<void> {
  const drain = async (chunks: AsyncIterable<Uint8Array>): Promise<void> => {
    for await (const chunk of chunks) take(chunk);
  };
  try {
    switch (compression) {
      case "none":
        return await drain(source);
      case "gzip":
        return await pipeline(source, createGunzip(), drain);
      case "zstd":
        return await unpackZstd(source, drain);
    }
  } catch (caught) {
    if (caught instanceof ZstdFormatError) throw new UnpackError(caught.message);
    const code = caught instanceof Error && "code" in caught ? String(caught.code) : "";
    if (/^(?:Z_|ZSTD_)/i.test(code))
      throw new UnpackError(`it is not packed by ${compression} (${code})`);
    throw caught;
  }
}

async function unpackZstd(
  source: AsyncIterable<Uint8Array>,
  drain: (chunks: AsyncIterable<Uint8Array>) => Promise<void>,
): Promise<void> {
  const reader = byteReader(source);
  try {
    for (;;) {
      const start = await nextZstdFrame(reader);
      if (start === null) return;
      await pipeline(zstdFrame(reader, start), createZstdDecompress(), drain);
    }
  } finally {
    await reader.close();
  }
}

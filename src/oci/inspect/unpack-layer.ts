import { pipeline } from "node:stream/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { errorCode } from "../../host/error-code.ts";
import type { LayerCompression } from "../image/media-types.ts";
import { cutIntoFrames, ZstdFormatError } from "./zstd-frames.ts";

/** Thrown if a layer's bytes do not have the compression that its media type states. */
export class UnpackError extends Error {
  override readonly name = "UnpackError";
}

export interface Unpacking {
  readonly compression: LayerCompression;
  /** Maximum number of frames in a zstd layer. */
  readonly mostFrames: number;
  readonly signal: AbortSignal;
  /** Called with each piece of the output. Its errors end the unpacking and propagate. */
  readonly take: (chunk: Uint8Array) => void;
}

/**
 * Unpacks a layer's bytes without keeping them.
 *
 * @throws {@link UnpackError}; an `AbortError` after the signal is aborted; errors of the source and of `take`
 */
export async function unpackLayer(
  source: AsyncIterable<Uint8Array>,
  { compression, mostFrames, signal, take }: Unpacking,
): Promise<void> {
  const drain = async (chunks: AsyncIterable<Uint8Array>): Promise<void> => {
    for await (const chunk of chunks) take(chunk);
  };
  try {
    switch (compression) {
      case "none":
        return await pipeline(source, drain, { signal });
      case "gzip":
        return await pipeline(source, createGunzip(), drain, { signal });
      case "zstd": {
        const frames = cutIntoFrames(source, mostFrames);
        return await pipeline(frames, createZstdDecompress(), drain, { signal });
      }
    }
  } catch (caught) {
    if (caught instanceof ZstdFormatError) throw new UnpackError(caught.message);
    const code = errorCode(caught) ?? "";
    if (/^(?:Z_|ZSTD_)/i.test(code))
      throw new UnpackError(`it is not compressed with ${compression} (${code})`);
    throw caught;
  }
}

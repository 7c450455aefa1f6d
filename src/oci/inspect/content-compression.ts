import type { LayerCompression } from "../image/media-types.ts";

const LONGEST_MAGIC = 4;
const GZIP_MAGIC = 0x1f8b08;
const ZSTD_MAGIC = 0x28b52ffd;
/** Little-endian 0x184D2A50 to 0x184D2A5F: a frame of zstd that holds no data. */
const SKIPPABLE_MAGIC = 0x502a4d18;
const SKIPPABLE_MASK = 0xf0ffffff;

/** A layer's content with the compression that its first bytes show. */
export interface DetectedContent {
  readonly compression: LayerCompression;
  /** All bytes, including the first ones. */
  readonly content: AsyncIterable<Uint8Array>;
}

/**
 * Determines the compression of a layer as engines do: by its first bytes, whatever the media type says.
 *
 * Source: `DetectCompression` of containerd and of https://github.com/moby/go-archive
 */
export async function detectCompression(
  source: AsyncIterable<Uint8Array>,
): Promise<DetectedContent> {
  const rest = source[Symbol.asyncIterator]();
  const first: Uint8Array[] = [];
  let length = 0;
  while (length < LONGEST_MAGIC) {
    const next = await rest.next();
    if (next.done === true) break;
    first.push(next.value);
    length += next.value.length;
  }
  return { compression: compressionOf(Buffer.concat(first)), content: joined(first, rest) };
}

function compressionOf(head: Buffer): LayerCompression {
  if (head.length < LONGEST_MAGIC) return "none";
  if (head.readUIntBE(0, 3) === GZIP_MAGIC) return "gzip";
  const magic = head.readUInt32BE(0);
  const isSkippable = (magic & SKIPPABLE_MASK) >>> 0 === SKIPPABLE_MAGIC;
  return magic === ZSTD_MAGIC || isSkippable ? "zstd" : "none";
}

async function* joined(
  first: readonly Uint8Array[],
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* first;
    for (let next = await rest.next(); next.done !== true; next = await rest.next())
      yield next.value;
  } finally {
    await rest.return?.();
  }
}

/**
 * Node's decoder reads one frame of zstd and drops or refuses what follows it, and images are packed in many (one a
 * file, with an index between them, by the builders that allow single files to be fetched). So the frames are taken
 * apart here, by RFC 8878, and given to a decoder each.
 */

const FRAME_MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
const RLE_BLOCK = 1;
const RESERVED_BLOCK = 3;
const DICTIONARY_ID_BYTES = [0, 1, 2, 4] as const;
const CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const;

/** Thrown where the bytes are not what zstd prescribes. */
export class ZstdFormatError extends Error {
  override readonly name = "ZstdFormatError";
}

/** Reads a stream in pieces of wanted sizes. */
export interface ByteReader {
  /** Exactly so many bytes; fewer only at the end of the stream. */
  take(length: number): Promise<Uint8Array>;
  skip(length: number): Promise<void>;
  /** Lets go of the stream. */
  close(): Promise<void>;
}

export function byteReader(source: AsyncIterable<Uint8Array>): ByteReader {
  const iterator = source[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array(0);
  /** What there is, at most so many bytes; empty at the end. */
  const some = async (length: number): Promise<Uint8Array> => {
    while (rest.length === 0) {
      const next = await iterator.next();
      if (next.done === true) return rest;
      rest = next.value;
    }
    const piece = rest.subarray(0, length);
    rest = rest.subarray(length);
    return piece;
  };
  return {
    async take(length) {
      const pieces: Uint8Array[] = [];
      let missing = length;
      while (missing > 0) {
        const piece = await some(missing);
        if (piece.length === 0) break;
        pieces.push(piece);
        missing -= piece.length;
      }
      return Buffer.concat(pieces);
    },
    async skip(length) {
      let missing = length;
      while (missing > 0) {
        const piece = await some(missing);
        if (piece.length === 0) throw truncated();
        missing -= piece.length;
      }
    },
    async close() {
      await iterator.return?.();
    },
  };
}

/** The first bytes of the next frame that holds data, or null at the end of the stream. */
export async function nextZstdFrame(reader: ByteReader): Promise<Uint8Array | null> {
  for (;;) {
    const start = await reader.take(4);
    if (start.length === 0) return null;
    const magic = start.length === 4 ? littleEndian(start) : 0;
    if (magic === FRAME_MAGIC) return start;
    // The last four bits of a skippable frame's magic number are its owner's.
    if (magic >>> 4 !== SKIPPABLE_MAGIC >>> 4)
      throw new ZstdFormatError("it is not packed by zstd");
    await reader.skip(littleEndian(await exactly(reader, 4)));
  }
}

/** The bytes of one frame, from its first ones to its last. */
export async function* zstdFrame(
  reader: ByteReader,
  start: Uint8Array,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield start;
  const [descriptor = 0] = yield* passOn(reader, 1);
  const singleSegment = (descriptor & 0x20) !== 0;
  const hasChecksum = (descriptor & 0x04) !== 0;
  const contentSize = CONTENT_SIZE_BYTES[descriptor >> 6] ?? 0;
  const dictionary = DICTIONARY_ID_BYTES[descriptor & 3] ?? 0;
  yield* passOn(
    reader,
    (singleSegment ? 0 : 1) + dictionary + (singleSegment ? Math.max(1, contentSize) : contentSize),
  );
  for (let last = false; !last;) {
    const header = littleEndian(yield* passOn(reader, 3));
    const type = (header >> 1) & 3;
    if (type === RESERVED_BLOCK) throw new ZstdFormatError("it has a block of no known type");
    yield* passOn(reader, type === RLE_BLOCK ? 1 : header >>> 3);
    last = (header & 1) === 1;
  }
  if (hasChecksum) yield* passOn(reader, 4);
}

async function* passOn(
  reader: ByteReader,
  length: number,
): AsyncGenerator<Uint8Array, Uint8Array, undefined> {
  const bytes = await exactly(reader, length);
  if (length > 0) yield bytes;
  return bytes;
}

async function exactly(reader: ByteReader, length: number): Promise<Uint8Array> {
  const bytes = await reader.take(length);
  if (bytes.length < length) throw truncated();
  return bytes;
}

function littleEndian(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte, index) => sum + byte * 2 ** (8 * index), 0);
}

function truncated(): ZstdFormatError {
  return new ZstdFormatError("it ends before its end");
}

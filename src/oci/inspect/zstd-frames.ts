/**
 * Splits zstd streams at frame boundaries (RFC 8878). Node's decoder drops or rejects bytes that follow the end of a
 * frame within one piece of input, but continues with the next frame in the next piece. Images consist of many
 * frames: builders that support fetching single files write one per file, with an index between them.
 */

const FRAME_MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
const MAGIC_BYTES = 4;
const RLE_BLOCK = 1;
const RESERVED_BLOCK = 3;
const DICTIONARY_ID_BYTES = [0, 1, 2, 4] as const;
const CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const;
/** An empty frame. */
const EMPTY_FRAME = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x20, 0x00, 0x01, 0x00, 0x00);

/** Thrown if the bytes are not valid zstd or have too many frames. */
export class ZstdFormatError extends Error {
  override readonly name = "ZstdFormatError";
}

/**
 * Splits a zstd stream into pieces that never cross the end of a frame.
 *
 * @param mostFrames maximum number of frames, including empty ones: each costs time, however small it is
 * @throws ZstdFormatError
 */
export async function* cutIntoFrames(
  source: AsyncIterable<Uint8Array>,
  mostFrames: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const layout = layoutOfFrames();
  let part = layout.next(0).value;
  let value = 0;
  let missing = part.length;
  let frames = 0;
  /** Bytes of the current frame so far. */
  let begun = 0;
  for await (const piece of source) {
    let sent = 0;
    for (let at = 0; at < piece.length;) {
      const end = Math.min(at + missing, piece.length);
      if (part.kind === "field")
        value += littleEndian(piece.subarray(at, end), part.length - missing);
      missing -= end - at;
      begun += end - at;
      at = end;
      while (missing === 0) {
        if (part.kind === "end") {
          frames += 1;
          if (frames > mostFrames)
            throw new ZstdFormatError(`it has more than ${mostFrames} frames`);
          yield piece.subarray(sent, at);
          sent = at;
          begun = 0;
        }
        part = layout.next(value).value;
        value = 0;
        missing = part.length;
      }
    }
    if (sent < piece.length) yield piece.subarray(sent);
  }
  if (begun >= MAGIC_BYTES) throw new ZstdFormatError("it is truncated");
  if (begun > 0) throw notZstd();
  // An empty stream is an empty layer, which Node's decoder reports as truncated.
  if (frames === 0) yield EMPTY_FRAME;
}

/** A part of a frame: a field whose value determines the next part, bytes to skip, or the frame's end. */
interface Part {
  readonly kind: "field" | "bytes" | "end";
  readonly length: number;
}

const END: Part = { kind: "end", length: 0 };

function field(length: number): Part {
  return { kind: "field", length };
}

function bytes(length: number): Part {
  return { kind: "bytes", length };
}

/** Yields the parts of consecutive frames, endlessly. The caller sends each field's value back through `next`. */
function* layoutOfFrames(): Generator<Part, never, number> {
  for (;;) {
    const magic = yield field(MAGIC_BYTES);
    if (magic === FRAME_MAGIC) yield* layoutOfData();
    // A skippable frame's magic number ends with four user-defined bits.
    else if (magic >>> 4 === SKIPPABLE_MAGIC >>> 4) yield bytes(yield field(4));
    else throw notZstd();
    yield END;
  }
}

function* layoutOfData(): Generator<Part, void, number> {
  const descriptor = yield field(1);
  const singleSegment = (descriptor & 0x20) !== 0;
  const hasChecksum = (descriptor & 0x04) !== 0;
  const contentSize = CONTENT_SIZE_BYTES[descriptor >> 6] ?? 0;
  const dictionary = DICTIONARY_ID_BYTES[descriptor & 3] ?? 0;
  const window = singleSegment ? 0 : 1;
  yield bytes(window + dictionary + (singleSegment ? Math.max(1, contentSize) : contentSize));
  for (let last = false; !last;) {
    const header = yield field(3);
    const type = (header >> 1) & 3;
    if (type === RESERVED_BLOCK) throw new ZstdFormatError("it has a block of unknown type");
    yield bytes(type === RLE_BLOCK ? 1 : header >>> 3);
    last = (header & 1) === 1;
  }
  if (hasChecksum) yield bytes(4);
}

/** The value that these bytes add to a little-endian number, after `before` earlier bytes. */
function littleEndian(piece: Uint8Array, before: number): number {
  return piece.reduce((sum, byte, index) => sum + byte * 2 ** (8 * (before + index)), 0);
}

function notZstd(): ZstdFormatError {
  return new ZstdFormatError("it is not compressed with zstd");
}

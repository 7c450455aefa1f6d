import { isSlipwayError, SlipwayError, type ErrorReason } from "../../errors.ts";
import { digestVerifier } from "../digest.ts";
import type { OciInspection } from "./inspection.ts";
import type { Descriptor } from "../image/manifest.ts";
import { layerCompression, type LayerCompression } from "../image/media-types.ts";
import { quote } from "../quote.ts";
import { formatReference } from "../reference.ts";
import type { RegistryAccess, RegistryClient } from "../registry/contract.ts";
import { pipeline } from "node:stream/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { byteReader, nextZstdFrame, zstdFrame, ZstdFormatError } from "./zstd-frames.ts";

export interface VerifyLayersRequest extends RegistryAccess {
  readonly inspection: OciInspection;
  /** How many layers are fetched at once. Default 3. */
  readonly concurrency?: number;
  /** What a layer of so many bytes may unpack to. Default {@link unpackedLimit}. */
  readonly unpackedLimit?: (size: number) => number;
  /** Called when a layer is found good. */
  readonly onVerified?: (layer: VerifiedLayer) => void;
}

export interface VerifiedLayer {
  /** From bottom to top, beginning with 0. */
  readonly index: number;
  readonly digest: string;
  readonly diffId: string;
  /** Bytes as stored and as unpacked. */
  readonly size: number;
  readonly unpackedSize: number;
}

const DEFAULT_CONCURRENCY = 3;
const ALWAYS_ALLOWED_BYTES = 1024 ** 3;
const LARGEST_RATIO = 200;

/**
 * What a layer may unpack to: a gibibyte in any case, beyond it so many times what it takes packed. Tar archives of
 * real files stay far below; a small blob that unpacks without end is there to keep its reader busy.
 */
function unpackedLimit(size: number): number {
  return Math.max(ALWAYS_ALLOWED_BYTES, size * LARGEST_RATIO);
}

interface Layer {
  readonly index: number;
  readonly descriptor: Descriptor;
  readonly compression: LayerCompression;
  readonly diffId: string;
}

/**
 * Fetches every layer of an inspected image, and holds it to its digest as it is stored and to its DiffID as it is
 * unpacked. Nothing is written. A blob that several layers share is fetched once.
 *
 * Throws the first failure, which names the layer: what {@link RegistryClient.getBlob} throws, `DIGEST_MISMATCH`,
 * `IMAGE_INVALID` (not packed as the manifest says, or unpacking without end), `MEDIA_TYPE_UNSUPPORTED`.
 */
export async function verifyLayerBlobs(
  client: RegistryClient,
  request: VerifyLayersRequest,
): Promise<readonly VerifiedLayer[]> {
  const { inspection, credential } = request;
  return await client
    .redactor({ repository: inspection.requested, credential })
    .guard(() => verifyAll(client, request));
}

async function verifyAll(
  client: RegistryClient,
  request: VerifyLayersRequest,
): Promise<readonly VerifiedLayer[]> {
  const { concurrency = DEFAULT_CONCURRENCY, signal } = request;
  const layers = layersOf(request.inspection);
  const queue = layers.filter(
    (layer) => layers.find((other) => sameContent(layer, other)) === layer,
  );
  const verified: VerifiedLayer[] = [];
  const failure = new AbortController();
  const access = { ...request, signal: AbortSignal.any([signal, failure.signal]) };
  const work = async (): Promise<void> => {
    for (let layer = queue.shift(); layer !== undefined; layer = queue.shift()) {
      const done = await verifyLayer(client, layer, access);
      for (const same of layers.filter((other) => sameContent(other, done.layer))) {
        const result = { ...done.result, index: same.index };
        verified.push(result);
        request.onVerified?.(result);
      }
    }
  };
  const workers = Array.from({ length: concurrency }, async () => {
    try {
      await work();
    } catch (caught) {
      // The first failure stops the others, and is the one that is told.
      failure.abort(caught);
    }
  });
  await Promise.all(workers);
  failure.signal.throwIfAborted();
  return verified.toSorted((one, other) => one.index - other.index);
}

function layersOf(inspection: OciInspection): readonly Layer[] {
  return inspection.manifest.layers.map((descriptor, index) => {
    const compression = layerCompression(descriptor.mediaType);
    const diffId = inspection.diffIds[index];
    if (compression !== null && diffId !== undefined)
      return { index, descriptor, compression, diffId };
    throw layerFault(inspection, index, {
      reason: "MEDIA_TYPE_UNSUPPORTED",
      message: `its media type is ${quote(descriptor.mediaType)}, which is no file system layer's`,
    });
  });
}

function sameContent(one: Layer, other: Layer): boolean {
  return (
    one.descriptor.digest === other.descriptor.digest &&
    one.diffId === other.diffId &&
    one.compression === other.compression
  );
}

async function verifyLayer(
  client: RegistryClient,
  layer: Layer,
  request: VerifyLayersRequest,
): Promise<{ readonly layer: Layer; readonly result: VerifiedLayer }> {
  const { inspection, credential, signal } = request;
  const { descriptor, diffId, index } = layer;
  const limit = (request.unpackedLimit ?? unpackedLimit)(descriptor.size);
  const verifier = digestVerifier(diffId, "the unpacked layer");
  let unpackedSize = 0;
  try {
    const blob = await client.getBlob({
      repository: inspection.requested,
      descriptor,
      credential,
      signal,
    });
    await unpackLayer(blob, layer.compression, (chunk) => {
      unpackedSize += chunk.length;
      if (unpackedSize > limit) throw new UnpackError(`it unpacks to more than ${limit} bytes`);
      verifier.update(chunk);
    });
    verifier.finish();
  } catch (caught) {
    if (caught instanceof UnpackError)
      throw layerFault(inspection, index, { reason: "IMAGE_INVALID", message: caught.message });
    throw isSlipwayError(caught) ? layerFault(inspection, index, caught) : caught;
  }
  const { digest, size } = descriptor;
  return { layer, result: { index, digest, diffId, size, unpackedSize } };
}

/** What was found of a layer, with the image's and the layer's name. */
function layerFault(
  inspection: OciInspection,
  index: number,
  fault: SlipwayError | { readonly reason: ErrorReason; readonly message: string },
): SlipwayError {
  const { layers } = inspection.manifest;
  const digest = layers[index]?.digest ?? "";
  const layer = `${formatReference(inspection.requested)}: layer ${index + 1} of ${layers.length} (${digest})`;
  return new SlipwayError({
    code: "FAILED_PRECONDITION",
    remedy: "Push the image again.",
    blastRadius: "image",
    ...(isSlipwayError(fault) ? known(fault) : {}),
    reason: fault.reason,
    message: `${layer}: ${fault.message}`,
    metadata: { ...(isSlipwayError(fault) ? fault.metadata : {}), layer: index, digest },
  });
}

function known({ code, remedy, blastRadius, retry }: SlipwayError) {
  return { code, blastRadius, retry, ...(remedy === null ? {} : { remedy }) };
}

/** Thrown where a layer's bytes are not packed as its media type says. */
class UnpackError extends Error {
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

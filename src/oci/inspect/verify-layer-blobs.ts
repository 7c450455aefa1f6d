import { cancellation, createDeadline } from "../../async/cancellation.ts";
import { isSlipwayError, SlipwayError, type ErrorReason } from "../../errors.ts";
import { digestVerifier } from "../digest.ts";
import type { OciInspection } from "./inspection.ts";
import type { Descriptor } from "../image/manifest.ts";
import { layerCompression, type LayerCompression } from "../image/media-types.ts";
import { quote } from "../quote.ts";
import { formatReference } from "../reference.ts";
import type { RegistryAccess, RegistryClient } from "../registry/contract.ts";
import { unpackLayer, UnpackError } from "./unpack-layer.ts";

export interface VerifyLayersRequest extends RegistryAccess {
  readonly inspection: OciInspection;
  /** How many layers are fetched at once. Default 3. */
  readonly concurrency?: number;
  /** What a layer of so many bytes may take. Default {@link layerLimits}. */
  readonly limits?: (size: number) => LayerLimits;
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
/** What a layer may take of its reader. */
export interface LayerLimits {
  /** Bytes to which it may unpack. */
  readonly unpackedBytes: number;
  /** Frames of zstd, which cost time even without data. */
  readonly frames: number;
  /** Time to fetch and unpack it. */
  readonly milliseconds: number;
}

const ALWAYS_ALLOWED_BYTES = 1024 ** 3;
const LARGEST_RATIO = 200;
const ALWAYS_ALLOWED_FRAMES = 4096;
const FRAME_BYTES = 32;
const ALWAYS_ALLOWED_MILLISECONDS = 5 * 60_000;
const BYTES_A_MILLISECOND = 64;

/**
 * The default: a gibibyte in any case, and beyond it 200 times what the layer takes packed; 4,096 frames, and one more
 * for every 32 bytes (builders that allow single files to be fetched make two for each file, with its name in one of
 * them); five minutes, and a second more for every 64,000 bytes. Real layers stay far below; a small blob beyond it is
 * there to keep its reader busy.
 */
export function layerLimits(size: number): LayerLimits {
  return {
    unpackedBytes: Math.max(ALWAYS_ALLOWED_BYTES, size * LARGEST_RATIO),
    frames: ALWAYS_ALLOWED_FRAMES + Math.floor(size / FRAME_BYTES),
    milliseconds: ALWAYS_ALLOWED_MILLISECONDS + Math.floor(size / BYTES_A_MILLISECOND),
  };
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
 * `IMAGE_INVALID` (not packed as the manifest says, or beyond its {@link LayerLimits}), `TIMED_OUT`,
 * `MEDIA_TYPE_UNSUPPORTED`.
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
  const limits = (request.limits ?? layerLimits)(descriptor.size);
  const verifier = digestVerifier(diffId, "the unpacked layer");
  let unpackedSize = 0;
  using deadline = createDeadline(signal, limits.milliseconds);
  try {
    const blob = await client.getBlob({
      repository: inspection.requested,
      descriptor,
      credential,
      signal: deadline.signal,
    });
    await unpackLayer(blob, {
      compression: layer.compression,
      mostFrames: limits.frames,
      signal: deadline.signal,
      take(chunk) {
        unpackedSize += chunk.length;
        if (unpackedSize > limits.unpackedBytes)
          throw new UnpackError(`it unpacks to more than ${limits.unpackedBytes} bytes`);
        verifier.update(chunk);
      },
    });
    verifier.finish();
  } catch (caught) {
    if (signal.aborted) throw cancellation(signal, "verifying the layers");
    if (deadline.signal.aborted)
      throw layerFault(inspection, index, tookTooLong(limits.milliseconds));
    if (caught instanceof UnpackError)
      throw layerFault(inspection, index, { reason: "IMAGE_INVALID", message: caught.message });
    throw isSlipwayError(caught) ? layerFault(inspection, index, caught) : caught;
  }
  const { digest, size } = descriptor;
  return { layer, result: { index, digest, diffId, size, unpackedSize } };
}

function tookTooLong(milliseconds: number): SlipwayError {
  return new SlipwayError({
    code: "DEADLINE_EXCEEDED",
    reason: "TIMED_OUT",
    message: `it was not fetched and unpacked within ${milliseconds / 1000} seconds`,
    remedy: "Check the connection to the registry, then inspect the image again.",
  });
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

import { cancellation, createDeadline } from "../../async/cancellation.ts";
import { isSlipwayError, SlipwayError, type ErrorReason } from "../../errors.ts";
import { digestVerifier } from "../digest.ts";
import type { OciInspection } from "./inspection.ts";
import type { Descriptor } from "../image/manifest.ts";
import { layerTypeKind } from "../image/media-types.ts";
import { quote } from "../quote.ts";
import { formatReference } from "../reference.ts";
import type { RegistryAccess, RegistryClient } from "../registry/contract.ts";
import { detectCompression } from "./content-compression.ts";
import { unpackLayer, UnpackError } from "./unpack-layer.ts";

export interface VerifyLayersRequest extends RegistryAccess {
  readonly inspection: OciInspection;
  /** Number of layers fetched concurrently. Default 3. */
  readonly concurrency?: number;
  /** Limits for a layer of this size in bytes. Default {@link layerLimits}. */
  readonly limits?: (size: number) => LayerLimits;
  /** Called after each layer that passes verification. */
  readonly onVerified?: (layer: VerifiedLayer) => void;
}

export interface VerifiedLayer {
  /** 0-based position, from bottom to top. */
  readonly index: number;
  readonly digest: string;
  readonly diffId: string;
  /** Size in bytes, as stored and as unpacked. */
  readonly size: number;
  readonly unpackedSize: number;
}

const DEFAULT_CONCURRENCY = 3;
/** Resource limits for reading one layer. */
export interface LayerLimits {
  /** Maximum unpacked size in bytes. */
  readonly unpackedBytes: number;
  /** Maximum number of zstd frames, which cost time even if they are empty. */
  readonly frames: number;
  /** Maximum time to fetch and unpack it. */
  readonly milliseconds: number;
}

const ALWAYS_ALLOWED_BYTES = 1024 ** 3;
const LARGEST_RATIO = 200;
const ALWAYS_ALLOWED_FRAMES = 4096;
const FRAME_BYTES = 32;
const ALWAYS_ALLOWED_MILLISECONDS = 5 * 60_000;
const BYTES_A_MILLISECOND = 64;

/**
 * Default limits of a layer. Real layers stay far below them; a small blob that exceeds them was made to keep its
 * reader busy.
 *
 * Unpacked size: 1 GiB, or 200 times the compressed size if that is more. Frames: 4,096, plus one for every 32 bytes
 * (builders that support fetching single files write two frames per file, one of which has the file's name). Time:
 * five minutes, plus one second for every 64,000 bytes.
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
  readonly diffId: string;
}

/**
 * Fetches every layer of an inspected image and verifies its digest as stored and its DiffID as unpacked. It writes
 * nothing. A blob that several layers share is fetched once.
 *
 * @throws SlipwayError the first failure, whose message names the layer: the errors of {@link
 * RegistryClient.getBlob}, `DIGEST_MISMATCH`, `IMAGE_INVALID` (damaged, or beyond its
 * {@link LayerLimits}), `TIMED_OUT`, `MEDIA_TYPE_UNSUPPORTED`
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
      // The first failure aborts the other fetches and is the one that is thrown.
      failure.abort(caught);
    }
  });
  await Promise.all(workers);
  failure.signal.throwIfAborted();
  return verified.toSorted((one, other) => one.index - other.index);
}

function layersOf(inspection: OciInspection): readonly Layer[] {
  return inspection.manifest.layers.map((descriptor, index) => {
    const kind = layerTypeKind(descriptor.mediaType);
    const diffId = inspection.diffIds[index];
    if ((kind === "known" || kind === "generic") && diffId !== undefined)
      return { index, descriptor, diffId };
    throw layerFault(inspection, index, {
      reason: "MEDIA_TYPE_UNSUPPORTED",
      message: `its media type is ${quote(descriptor.mediaType)}, which is not that of a layer that Slipway can unpack`,
    });
  });
}

function sameContent(one: Layer, other: Layer): boolean {
  return one.descriptor.digest === other.descriptor.digest && one.diffId === other.diffId;
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
    const { compression, content } = await detectCompression(blob);
    await unpackLayer(content, {
      compression,
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

/** The error for a layer, with the names of the image and the layer. */
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

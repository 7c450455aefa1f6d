import { createDeadline } from "../../../src/async/cancellation.ts";
import { isSlipwayError, SlipwayError } from "../../../src/errors.ts";
import type { RegistryCredential } from "../../../src/oci/credential.ts";
import type { Reference } from "../../../src/oci/reference.ts";
import type { RegistryAccess, RegistryClient } from "../../../src/oci/registry/contract.ts";

/** The content of an image that a registry is asked for. */
export interface WantedImage {
  /** Contains the digest of one platform's manifest. */
  readonly reference: Reference;
  readonly credential: RegistryCredential | null;
  readonly signal: AbortSignal;
}

/**
 * Finds the registry's own error for a part of an image. `served`: the registry has just sent the manifest and the start
 * of each blob. `unknown`: it did not answer.
 */
export type FindRefusal = (wanted: WantedImage) => Promise<SlipwayError | "served" | "unknown">;

/** Only failed pulls pay this, and their spawn may be waiting to try again. */
const ASKING_MILLISECONDS = 20_000;

/**
 * The error of a pull whose engine does not pass on what the registry answered. Docker 29 reports only the message of a
 * refusal, and "not found" also for a lost connection. The registry is asked for the same content: its answer, with status
 * and code, decides. If it serves everything, the refusal has passed, or concerns the engine's own way to the registry.
 */
export async function clarifyRefusal(
  error: SlipwayError,
  wanted: WantedImage,
  findRefusal: FindRefusal,
): Promise<SlipwayError> {
  const found = await findRefusal(wanted);
  if (found === "unknown") return error;
  if (found !== "served")
    return new SlipwayError({
      code: found.code,
      reason: found.reason,
      message: `${error.message}; asked again: ${found.message}`,
      ...(found.remedy === null ? {} : { remedy: found.remedy }),
      blastRadius: found.blastRadius,
      retry: found.retry,
      metadata: { ...error.metadata, ...found.metadata },
      cause: error,
    });
  if (error.reason === "PULL_FAILED") return error;
  return new SlipwayError({
    code: "UNAVAILABLE",
    reason: "PULL_FAILED",
    message: `${error.message}; asked again, the registry serves the image`,
    remedy:
      "Spawn again. If the engine fails again, check its own way to the registry: its mirrors, its proxy and its trust settings.",
    blastRadius: "zone",
    retry: "same-token",
    metadata: error.metadata,
    cause: error,
  });
}

/** Asks the registry for the manifest and for the start of each blob, until one is refused. */
export function refusalFinder(
  registry: Pick<RegistryClient, "getManifest" | "getBlob">,
): FindRefusal {
  return async ({ reference, credential, signal }) => {
    using deadline = createDeadline(signal, ASKING_MILLISECONDS);
    try {
      await readParts(registry, reference, { credential, signal: deadline.signal });
      return "served";
    } catch (caught) {
      if (signal.aborted || !isSlipwayError(caught)) throw caught;
      // An error without the registry's status says nothing about the engine's pull: it uses another network.
      return typeof caught.metadata["status"] === "number" ? caught : "unknown";
    }
  };
}

async function readParts(
  registry: Pick<RegistryClient, "getManifest" | "getBlob">,
  reference: Reference,
  access: RegistryAccess,
): Promise<void> {
  const { manifest } = await registry.getManifest({ reference, ...access });
  if (manifest.kind !== "manifest") return;
  for (const descriptor of [manifest.config, ...manifest.layers]) {
    const blob = await registry.getBlob({ repository: reference, descriptor, ...access });
    // Leaving the loop closes the connection.
    for await (const _start of blob) break;
  }
}

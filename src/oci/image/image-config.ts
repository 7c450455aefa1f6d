import { invalidArgument } from "../../errors.ts";
import { sha256Digest } from "../digest.ts";
import type { ImageConfig } from "./image-config-type.ts";
import { imageConfigSchema } from "./image-config-schema.ts";
import { checkDocument, parseJsonDocument, type DocumentKind } from "./json-document.ts";
import type { ImageManifest } from "./manifest.ts";
import { quote } from "../quote.ts";

export type { ImageConfig } from "./image-config-type.ts";

const KIND: DocumentKind = { what: "image configuration", reason: "IMAGE_CONFIG_INVALID" };
const SHA256 = /^sha256:[0-9a-f]{64}$/;

/**
 * Parses an image configuration (media types `application/vnd.oci.image.config.v1+json` and
 * `application/vnd.docker.container.image.v1+json`). Unknown fields are dropped.
 *
 * @throws SlipwayError `IMAGE_CONFIG_INVALID`; the message has the path of the invalid field
 */
export function parseImageConfig(json: string | Uint8Array): ImageConfig {
  return checkDocument(imageConfigSchema, parseJsonDocument(json, KIND), KIND);
}

/**
 * Computes the ImageID: the SHA-256 digest of the configuration document's stored bytes.
 *
 * @throws SlipwayError `IMAGE_CONFIG_INVALID` if the argument is not a `Uint8Array`
 */
export function imageId(bytes: Uint8Array): string {
  // JavaScript callers may pass anything.
  if (!ArrayBuffer.isView(bytes))
    throw invalidArgument("IMAGE_CONFIG_INVALID", `${KIND.what}: it must be passed as bytes`);
  return sha256Digest(bytes);
}

/**
 * Computes the ChainID of layers, given from bottom to top: for one layer its DiffID, for more `SHA256(ChainID(below)
 * + " " + DiffID(top))`.
 *
 * @throws SlipwayError `INVALID_DIGEST` if the list is empty or has an element that is not a SHA-256 digest
 */
export function chainId(diffIds: readonly string[]): string {
  const top = chainIds(diffIds).at(-1);
  if (top === undefined)
    throw invalidArgument(
      "INVALID_DIGEST",
      "a chain id needs at least one layer: the list is empty",
    );
  return top;
}

/**
 * Computes the ChainID of each layer together with all layers below it, from bottom to top.
 *
 * @throws SlipwayError as {@link chainId}, except for an empty list
 */
export function chainIds(diffIds: readonly string[]): readonly string[] {
  const chain: string[] = [];
  // JavaScript callers may pass anything.
  if (!Array.isArray(diffIds))
    throw invalidArgument("INVALID_DIGEST", "a chain id needs a list of DiffIDs");
  for (const [layer, diffId] of diffIds.entries()) {
    if (typeof diffId !== "string" || !SHA256.test(diffId))
      throw invalidArgument(
        "INVALID_DIGEST",
        `layer ${layer}: ${quote(diffId)} is not a valid DiffID: it must be sha256: and 64 lower-case hexadecimal digits`,
      );
    const below = chain.at(-1);
    chain.push(below === undefined ? diffId : sha256Digest(`${below} ${diffId}`));
  }
  return chain;
}

/**
 * Compares the manifest's layers with the configuration's DiffIDs: engines refuse an image in which they differ.
 *
 * @throws SlipwayError `LAYERS_MISMATCH`
 */
export function verifyLayers(manifest: Pick<ImageManifest, "layers">, config: ImageConfig): void {
  const layers = manifest.layers.length;
  const diffIds = config.rootfs.diff_ids.length;
  if (layers === diffIds) return;
  throw invalidArgument(
    "LAYERS_MISMATCH",
    `image layers disagree: the manifest has ${layers} layers, the configuration ${diffIds} DiffIDs`,
    "Build and push the image again: its manifest and its configuration do not match.",
    { layers, diff_ids: diffIds },
  );
}

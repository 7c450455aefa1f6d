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
 * Reads an image configuration (media types `application/vnd.oci.image.config.v1+json` and
 * `application/vnd.docker.container.image.v1+json`). Unknown fields are left out.
 *
 * Throws `IMAGE_CONFIG_INVALID` with the path of what is wrong.
 */
export function parseImageConfig(json: string | Uint8Array): ImageConfig {
  return checkDocument(imageConfigSchema, parseJsonDocument(json, KIND), KIND);
}

/**
 * The ImageID: the digest of the configuration document, byte for byte as it was stored.
 *
 * Throws `IMAGE_CONFIG_INVALID` for anything but bytes.
 */
export function imageId(bytes: Uint8Array): string {
  // The library is called from JavaScript too.
  if (!ArrayBuffer.isView(bytes))
    throw invalidArgument("IMAGE_CONFIG_INVALID", `${KIND.what}: its bytes are wanted`);
  return sha256Digest(bytes);
}

/**
 * The ChainID of a stack of layers, from bottom to top: the DiffID of one, else
 * `SHA256(ChainID(below) + " " + DiffID(top))`. Throws `INVALID_DIGEST` for an empty list and for what is no
 * SHA-256 digest.
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

/** The ChainID of each layer with all below it, from bottom to top. Throws as {@link chainId}, but for no layers. */
export function chainIds(diffIds: readonly string[]): readonly string[] {
  const chain: string[] = [];
  // The library is called from JavaScript too.
  if (!Array.isArray(diffIds))
    throw invalidArgument("INVALID_DIGEST", "a chain id needs a list of DiffIDs");
  for (const [layer, diffId] of diffIds.entries()) {
    if (typeof diffId !== "string" || !SHA256.test(diffId))
      throw invalidArgument(
        "INVALID_DIGEST",
        `layer ${layer}: ${quote(diffId)} is no DiffID: it must be sha256: and 64 lower-case hexadecimal digits`,
      );
    const below = chain.at(-1);
    chain.push(below === undefined ? diffId : sha256Digest(`${below} ${diffId}`));
  }
  return chain;
}

/**
 * Holds the three counts of an image's layers against one another: the manifest's layers, the configuration's
 * DiffIDs, and the history's entries that are not marked `empty_layer` (where there is a history).
 *
 * Throws `LAYERS_MISMATCH`.
 */
export function verifyLayers(manifest: ImageManifest, config: ImageConfig): void {
  const layers = manifest.layers.length;
  const diffIds = config.rootfs.diff_ids.length;
  const history = config.history ?? [];
  const filled = history.filter((entry) => entry.empty_layer !== true).length;
  if (layers !== diffIds)
    throw layersMismatch(
      `the manifest has ${layers} layers, the configuration ${diffIds} DiffIDs`,
      {
        layers,
        diff_ids: diffIds,
      },
    );
  // Builders that keep no history write an empty one.
  if (history.length > 0 && filled !== layers)
    throw layersMismatch(
      `the image has ${layers} layers, its history tells of ${filled} (${history.length} entries less those without a layer)`,
      { layers, diff_ids: diffIds, history: filled },
    );
}

function layersMismatch(why: string, counts: Readonly<Record<string, number>>) {
  return invalidArgument(
    "LAYERS_MISMATCH",
    `image layers disagree: ${why}`,
    "Build and push the image again: its manifest and its configuration do not belong together.",
    counts,
  );
}

import { invalidArgument, SlipwayError } from "../../errors.ts";
import type { OciInspection } from "./inspection.ts";
import { imageFault, namingImage } from "../image/image-fault.ts";
import {
  chainIds,
  imageId,
  parseImageConfig,
  verifyLayers,
  type ImageConfig,
} from "../image/image-config.ts";
import type { ImageIndex, ImageManifest, Platform } from "../image/manifest.ts";
import {
  availablePlatforms,
  choosePlatform,
  formatPlatform,
  platformNotFound,
  samePlatform,
} from "../image/platform.ts";
import { withDigest } from "../reference.ts";
import type { FetchedManifest, ManifestRequest, RegistryClient } from "../registry/contract.ts";

export type { OciInspection } from "./inspection.ts";
export { verifyLayerBlobs } from "./verify-layer-blobs.ts";

export interface InspectRequest extends ManifestRequest {
  /** The requested platform; null for the image's only platform. */
  readonly platform: Platform | null;
}

/**
 * Reads the manifest or index, the platform's manifest and its configuration, and checks that they are consistent. It
 * takes at most three requests beyond those for tokens, two if the reference is not an index.
 *
 * @throws SlipwayError the errors of {@link RegistryClient}; `PLATFORM_NOT_FOUND`, `ARCHITECTURE_MISMATCH` (the index
 * and the configuration have different platforms), `IMAGE_CONFIG_INVALID`, `LAYERS_MISMATCH`
 */
export async function inspectOciImage(
  client: RegistryClient,
  request: InspectRequest,
): Promise<OciInspection> {
  const { reference: repository, credential } = request;
  return await client.redactor({ repository, credential }).guard(() => readImage(client, request));
}

async function readImage(client: RegistryClient, request: InspectRequest): Promise<OciInspection> {
  const { reference, credential, signal } = request;
  const first = await client.getManifest({ reference, credential, signal });
  const chosen = await selectManifest(client, request, first);
  const { manifest } = chosen;
  const bytes = await client.getConfig({
    repository: reference,
    descriptor: manifest.config,
    credential,
    signal,
  });
  return namingImage(reference, () => {
    const config = parseImageConfig(bytes);
    verifyLayers(manifest, config);
    const platform = platformOf(config);
    checkPlatform({ platform, listed: chosen.listed, wanted: request.platform });
    return {
      requested: reference,
      pinned: withDigest(reference, chosen.digest),
      floating: reference.digest === undefined,
      indexDigest: first.manifest.kind === "index" ? first.digest : null,
      manifestDigest: chosen.digest,
      manifest,
      platform,
      imageId: imageId(bytes),
      diffIds: config.rootfs.diff_ids,
      chainIds: chainIds(config.rootfs.diff_ids),
      config,
      size:
        chosen.size +
        [manifest.config, ...manifest.layers].reduce((sum, { size }) => sum + size, 0),
    };
  });
}

interface ChosenManifest {
  readonly digest: string;
  readonly size: number;
  readonly manifest: ImageManifest;
  /** The image's platform in the index. */
  readonly listed: Platform | null;
}

async function selectManifest(
  client: RegistryClient,
  request: InspectRequest,
  first: FetchedManifest,
): Promise<ChosenManifest> {
  const { reference, credential, signal } = request;
  if (first.manifest.kind === "manifest")
    return {
      digest: first.digest,
      size: first.bytes.length,
      manifest: first.manifest,
      listed: null,
    };
  const index = first.manifest;
  const entry = namingImage(reference, () =>
    choosePlatform(index, request.platform ?? onlyPlatform(index)),
  );
  const second = await client.getManifest({
    reference: withDigest(reference, entry.digest),
    credential,
    signal,
  });
  if (second.manifest.kind === "index")
    throw imageFault(
      reference,
      invalidArgument(
        "MANIFEST_INVALID",
        `the index lists ${entry.digest} as a manifest, but it is an index`,
      ),
    );
  return {
    digest: second.digest,
    size: second.bytes.length,
    manifest: second.manifest,
    listed: entry.platform,
  };
}

/** The default platform: the image's only one. */
function onlyPlatform(index: ImageIndex): Platform {
  const available = availablePlatforms(index);
  const platforms = index.manifests.flatMap((entry) =>
    entry.platform !== null && available.includes(formatPlatform(entry.platform))
      ? [entry.platform]
      : [],
  );
  const [only] = platforms;
  if (available.length === 1 && only !== undefined) return only;
  throw new SlipwayError({
    code: "INVALID_ARGUMENT",
    reason: "PLATFORM_NOT_FOUND",
    message: `the image has several platforms: ${available.join(", ")}`,
    remedy: "Name one of these platforms.",
    metadata: { available: [...available] },
  });
}

function platformOf(config: ImageConfig): Platform {
  const { os, architecture, variant } = config;
  return { os, architecture, ...(variant === undefined || variant === "" ? {} : { variant }) };
}

function checkPlatform(check: {
  readonly platform: Platform;
  readonly listed: Platform | null;
  readonly wanted: Platform | null;
}): void {
  const { platform, listed, wanted } = check;
  // Configurations often omit the variant that the index states, which is not a contradiction.
  if (
    listed !== null &&
    (platform.os !== listed.os || platform.architecture !== listed.architecture)
  )
    throw new SlipwayError({
      code: "FAILED_PRECONDITION",
      reason: "ARCHITECTURE_MISMATCH",
      message: `the index lists the image as ${formatPlatform(listed)}, its configuration says ${formatPlatform(platform)}`,
      remedy: "Build and push the image again: its index does not match its configuration.",
      blastRadius: "image",
    });
  if (listed === null && wanted !== null && !samePlatform(platform, wanted))
    throw platformNotFound(wanted, [formatPlatform(platform)]);
}

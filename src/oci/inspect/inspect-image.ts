import { boundFindings } from "../image/finding.ts";
import { namingImage } from "../image/image-fault.ts";
import { chainIds, imageId, verifyLayers } from "../image/image-config.ts";
import { withDigest } from "../reference.ts";
import type { RegistryClient } from "../registry/contract.ts";
import type { OciInspection } from "./inspection.ts";
import { type InspectRequest, selectManifest } from "./select-manifest.ts";

export type { OciInspection } from "./inspection.ts";
export { verifyLayerBlobs } from "./verify-layer-blobs.ts";

export type { InspectRequest } from "./select-manifest.ts";

/**
 * Reads the manifest or index, the platform's manifest and its configuration as engines read them, and checks that they
 * are consistent. Departures from the specification that engines accept are among the result's findings. It takes at
 * most three requests beyond those for tokens, two if the reference is not an index, and one more for each level of
 * nested indexes.
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
  const { manifest, platform, findings } = chosen;
  const { config, statesPlatform } = chosen.config;
  return namingImage(reference, () => {
    verifyLayers(manifest, config);
    return {
      requested: reference,
      pinned: withDigest(reference, chosen.digest),
      floating: reference.digest === undefined,
      indexDigest: first.manifest.kind === "index" ? first.digest : null,
      manifestDigest: chosen.digest,
      manifest,
      platform,
      statesPlatform,
      imageId: imageId(chosen.configBytes),
      diffIds: config.rootfs.diff_ids,
      chainIds: chainIds(config.rootfs.diff_ids),
      config,
      findings: boundFindings(findings),
      size:
        chosen.size +
        [manifest.config, ...manifest.layers].reduce((sum, { size }) => sum + size, 0),
    };
  });
}

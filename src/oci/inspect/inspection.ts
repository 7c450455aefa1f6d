import type { ImageConfig } from "../image/image-config.ts";
import type { ImageFinding } from "../image/finding.ts";
import type { ImageManifest, Platform } from "../image/manifest.ts";
import type { Reference } from "../reference.ts";

/** The image of a reference for one platform, read from the registry without pulling, and verified. */
export interface OciInspection {
  /** The requested reference. */
  readonly requested: Reference;
  /** The platform's manifest by digest, as a plan pins it. */
  readonly pinned: Reference & { readonly digest: string };
  /** True if the request had no digest: the tag may point to another image later. */
  readonly floating: boolean;
  /** Digest of the index; null if the reference points directly to a manifest. */
  readonly indexDigest: string | null;
  readonly manifestDigest: string;
  readonly manifest: ImageManifest;
  /** The platform in the configuration; what it omits is as the index or the request states it. */
  readonly platform: Platform;
  /** False if the configuration omits its operating system or architecture. */
  readonly statesPlatform: boolean;
  readonly imageId: string;
  readonly diffIds: readonly string[];
  /** One per layer, from bottom to top; the last is the image's ChainID. */
  readonly chainIds: readonly string[];
  /** The configuration as engines read it. */
  readonly config: ImageConfig;
  /** Departures from the specification, and what keeps engines from running the image. */
  readonly findings: readonly ImageFinding[];
  /** Total size in bytes of the manifest, the configuration and the compressed layers. */
  readonly size: number;
}

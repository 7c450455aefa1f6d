import type { ImageConfig } from "../image/image-config.ts";
import type { ImageManifest, Platform } from "../image/manifest.ts";
import type { Reference } from "../reference.ts";

/** What a reference means for one platform, read from the registry without pulling, and verified. */
export interface OciInspection {
  /** The reference that was asked for. */
  readonly requested: Reference;
  /** The platform's manifest, by digest: what a plan pins. */
  readonly pinned: Reference & { readonly digest: string };
  /** True where the request named no digest: the tag may mean another image tomorrow. */
  readonly floating: boolean;
  /** Digest of the index, or null where the reference is a manifest itself. */
  readonly indexDigest: string | null;
  readonly manifestDigest: string;
  readonly manifest: ImageManifest;
  /** The platform as the configuration has it. */
  readonly platform: Platform;
  readonly imageId: string;
  readonly diffIds: readonly string[];
  /** One for each layer, from bottom to top; the last is the image's chain id. */
  readonly chainIds: readonly string[];
  readonly config: ImageConfig;
  /** Bytes of manifest, configuration and packed layers together. */
  readonly size: number;
}

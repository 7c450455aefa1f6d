import type { RegistryCredential } from "../credential.ts";
import type { Descriptor, ImageIndex, ImageManifest } from "../image/manifest.ts";
import type { Reference, Repository } from "../reference.ts";
import type { Redactor } from "../../redaction/redactor.ts";

/** The caller's credential and abort signal, which every request has. */
export interface RegistryAccess {
  /** Null for an anonymous request. */
  readonly credential: RegistryCredential | null;
  readonly signal: AbortSignal;
}

/** The caller whose secrets a registry knows. */
export interface RegistryCaller {
  readonly repository: Repository;
  readonly credential: RegistryCredential | null;
}

/** A manifest by the reference's digest if it has one, otherwise by its tag. */
export interface ManifestRequest extends RegistryAccess {
  readonly reference: Reference;
}

/** A blob of a repository. */
export interface BlobRequest extends RegistryAccess {
  readonly repository: Repository;
  readonly descriptor: Descriptor;
}

export interface FetchedManifest {
  /** Digest of the bytes, computed locally and never taken from a header. */
  readonly digest: string;
  readonly bytes: Uint8Array;
  readonly manifest: ImageIndex | ImageManifest;
}

/** A registry's description of a manifest, without the manifest. */
export interface ManifestHead {
  readonly digest: string;
  readonly mediaType: string;
}

/**
 * Read-only access to registries. Documents are cached by digest, and a cached document is returned only after the
 * registry has accepted the caller's own credential.
 *
 * All methods throw `SlipwayError` with one of the reasons `IMAGE_NOT_FOUND`, `REGISTRY_UNAUTHENTICATED`,
 * `REGISTRY_PERMISSION_DENIED`, `REGISTRY_RATE_LIMITED`, `REGISTRY_UNAVAILABLE`, `REGISTRY_TLS`, `REGISTRY_PROTOCOL`,
 * `REDIRECT_REFUSED`, `DIGEST_MISMATCH`, `MANIFEST_TOO_LARGE`, `MANIFEST_INVALID`, `MEDIA_TYPE_UNSUPPORTED`,
 * `INTERRUPTED`.
 */
export interface RegistryClient {
  /** Returns the manifest or index, with its digest verified. It takes one round trip, plus those for a new token. */
  getManifest(request: ManifestRequest): Promise<FetchedManifest>;
  /**
   * Checks that this caller may read the manifest and returns its digest, without downloading it. It takes one round
   * trip.
   */
  headManifest(request: ManifestRequest): Promise<ManifestHead>;
  /**
   * Returns the bytes of an image configuration, verified. A cached one takes no request: the caller got the manifest
   * that names it with this credential.
   */
  getConfig(request: BlobRequest): Promise<Uint8Array>;
  /** Streams a blob, at most as many bytes as its descriptor states. The end of the stream verifies its digest. */
  getBlob(request: BlobRequest): Promise<AsyncIterable<Uint8Array>>;
  /**
   * Redacts the caller's credential, and its tokens for the repository, in texts about a registry's documents. The
   * errors of the methods above are already redacted.
   */
  redactor(caller: RegistryCaller): Redactor;
  /** Closes idle connections. The client must not be used afterwards. */
  close(): void;
}

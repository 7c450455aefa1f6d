import type { RegistryCredential } from "../credential.ts";
import type { Descriptor, ImageIndex, ImageManifest } from "../image/manifest.ts";
import type { Reference, Repository } from "../reference.ts";
import type { Redactor } from "../../redaction/redactor.ts";

/** Who asks, and until when. Every request has both. */
export interface RegistryAccess {
  /** Null asks as nobody. */
  readonly credential: RegistryCredential | null;
  readonly signal: AbortSignal;
}

/** Whose secrets a registry knows. */
export interface RegistryCaller {
  readonly repository: Repository;
  readonly credential: RegistryCredential | null;
}

/** A manifest by its digest where the reference has one, else by its tag. */
export interface ManifestRequest extends RegistryAccess {
  readonly reference: Reference;
}

/** A blob of a repository. */
export interface BlobRequest extends RegistryAccess {
  readonly repository: Repository;
  readonly descriptor: Descriptor;
}

export interface FetchedManifest {
  /** Digest of the bytes, computed here and never taken from a header. */
  readonly digest: string;
  readonly bytes: Uint8Array;
  readonly manifest: ImageIndex | ImageManifest;
}

/** What a registry says of a manifest without sending it. */
export interface ManifestHead {
  readonly digest: string;
  readonly mediaType: string;
}

/**
 * What is asked of registries: reading, nothing else. Every request is answered by the registry with the caller's
 * own credential; what is remembered is remembered by digest, and handed out only after that.
 *
 * All throw `SlipwayError` with one of the reasons `IMAGE_NOT_FOUND`, `REGISTRY_UNAUTHENTICATED`,
 * `REGISTRY_PERMISSION_DENIED`, `REGISTRY_RATE_LIMITED`, `REGISTRY_UNAVAILABLE`, `REGISTRY_TLS`,
 * `REGISTRY_PROTOCOL`, `REDIRECT_REFUSED`, `DIGEST_MISMATCH`, `MANIFEST_TOO_LARGE`, `MANIFEST_INVALID`,
 * `MEDIA_TYPE_UNSUPPORTED`, `INTERRUPTED`.
 */
export interface RegistryClient {
  /** The manifest or index, its digest verified. One round trip, besides those for a token that is not yet known. */
  getManifest(request: ManifestRequest): Promise<FetchedManifest>;
  /** Asks whether this caller may have the manifest, and for its digest; nothing is downloaded. One round trip. */
  headManifest(request: ManifestRequest): Promise<ManifestHead>;
  /**
   * The bytes of an image configuration, verified. One that is remembered is handed out without a request: the
   * caller holds a manifest that names it, and got that with this credential.
   */
  getConfig(request: BlobRequest): Promise<Uint8Array>;
  /** A blob as it comes, at most as long as its descriptor says; the end of the stream is where it is verified. */
  getBlob(request: BlobRequest): Promise<AsyncIterable<Uint8Array>>;
  /**
   * Keeps the caller's credential, and the tokens that it was granted for the repository, out of what is said of a
   * registry's documents. What the methods above throw has been through it.
   */
  redactor(caller: RegistryCaller): Redactor;
  /** Closes idle connections. The client is not used afterwards. */
  close(): void;
}

import { gzipSync, zstdCompressSync } from "node:zlib";
import type { JsonObject } from "../../src/errors.ts";
import {
  type Content,
  type DocumentFields,
  type MediaTypeFamily,
  MEDIA_TYPES,
  content,
  descriptor,
  jsonContent,
  sha256Digest,
} from "./content.ts";
import { type LayerEntry, writeTar } from "./tar.ts";

export type LayerCompression = "gzip" | "zstd" | "none";

/** A layer as an image refers to it; its media type follows from the image that takes it. */
export interface BuiltLayer {
  readonly compression: LayerCompression;
  /** The archive as it is stored and sent. */
  readonly bytes: Uint8Array;
  /** Over `bytes`. */
  readonly digest: string;
  /** Over the archive before compression. */
  readonly diffId: string;
}

export interface ImagePlatform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

/** An image for one platform, complete in memory. */
export interface BuiltImage {
  readonly kind: "image";
  readonly platform: ImagePlatform;
  readonly mediaTypes: MediaTypeFamily;
  readonly config: Content;
  readonly manifest: Content;
  readonly layers: readonly BuiltLayer[];
  /** Everything the manifest refers to, by digest: the configuration and the layers. */
  readonly blobs: ReadonlyMap<string, Content>;
}

/** An index (manifest list) over images, complete in memory. */
export interface BuiltIndex {
  readonly kind: "index";
  readonly mediaTypes: MediaTypeFamily;
  /** The index document itself. */
  readonly manifest: Content;
  readonly images: readonly BuiltImage[];
}

export interface ImageOptions {
  readonly platform: ImagePlatform;
  readonly layers: readonly BuiltLayer[];
  /** The `config` section of the image configuration. Default `{ "WorkingDir": "/" }`; `null` is written as such. */
  readonly config?: JsonObject | null;
  /** Default one entry for each layer; `null` leaves the property out. */
  readonly history?: readonly JsonObject[] | null;
  /** Default `oci`. */
  readonly mediaTypes?: MediaTypeFamily;
  /** RFC 3339. Default the first second of 1980, so that builds repeat. */
  readonly created?: string;
  /**
   * Top-level fields laid over the finished documents, for images that break a rule; `undefined` removes a field.
   * The digests hold all the same: the manifest names the configuration that results.
   */
  readonly overrides?: { readonly config?: DocumentFields; readonly manifest?: DocumentFields };
}

const CREATED = "1980-01-01T00:00:00Z";

/** Packs entries into a layer. The same entries give the same bytes (on one version of zlib). */
export function buildLayer(
  entries: readonly LayerEntry[],
  options: { readonly compression?: LayerCompression } = {},
): BuiltLayer {
  const compression = options.compression ?? "gzip";
  const archive = writeTar(entries);
  const bytes = compress(archive, compression);
  return { compression, bytes, digest: sha256Digest(bytes), diffId: sha256Digest(archive) };
}

function compress(archive: Uint8Array, compression: LayerCompression): Uint8Array {
  switch (compression) {
    case "none":
      return archive;
    case "gzip":
      return new Uint8Array(gzipSync(archive));
    case "zstd":
      return new Uint8Array(zstdCompressSync(archive));
  }
}

/** Builds the image configuration and the manifest over the layers. */
export function buildImage(options: ImageOptions): BuiltImage {
  const mediaTypes = options.mediaTypes ?? "oci";
  const names = MEDIA_TYPES[mediaTypes];
  const config = jsonContent(names.config, {
    ...configDocument(options),
    ...options.overrides?.config,
  });
  const layers = options.layers.map((layer) =>
    content(names.layer[layer.compression], layer.bytes),
  );
  const manifest = jsonContent(names.manifest, {
    schemaVersion: 2,
    mediaType: names.manifest,
    config: descriptor(config),
    layers: layers.map(descriptor),
    ...options.overrides?.manifest,
  });
  return {
    kind: "image",
    platform: options.platform,
    mediaTypes,
    config,
    manifest,
    layers: options.layers,
    blobs: new Map([config, ...layers].map((blob) => [blob.digest, blob])),
  };
}

function configDocument(options: ImageOptions): DocumentFields {
  const created = options.created ?? CREATED;
  const history =
    options.history === undefined
      ? options.layers.map((layer) => ({ created, created_by: `add ${layer.diffId}` }))
      : options.history;
  return {
    created,
    architecture: options.platform.architecture,
    variant: options.platform.variant,
    os: options.platform.os,
    config: options.config === undefined ? { WorkingDir: "/" } : options.config,
    rootfs: { type: "layers", diff_ids: options.layers.map((layer) => layer.diffId) },
    history: history ?? undefined,
  };
}

/** Builds an index over the images, in the order given. The family defaults to the first image's. */
export function buildIndex(
  images: readonly BuiltImage[],
  options: {
    readonly mediaTypes?: MediaTypeFamily;
    /** Top-level fields laid over the finished document; `undefined` removes a field. */
    readonly overrides?: DocumentFields;
  } = {},
): BuiltIndex {
  const mediaTypes = options.mediaTypes ?? images[0]?.mediaTypes ?? "oci";
  const mediaType = MEDIA_TYPES[mediaTypes].index;
  const manifest = jsonContent(mediaType, {
    schemaVersion: 2,
    mediaType,
    manifests: images.map((image) => ({
      ...descriptor(image.manifest),
      platform: { ...image.platform },
    })),
    ...options.overrides,
  });
  return { kind: "index", mediaTypes, manifest, images };
}

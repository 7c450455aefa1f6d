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

/** A layer; its media type depends on the image that contains it. */
export interface BuiltLayer {
  readonly compression: LayerCompression;
  /** The archive as stored and transferred. */
  readonly bytes: Uint8Array;
  /** Digest of `bytes`. */
  readonly digest: string;
  /** Digest of the uncompressed archive. */
  readonly diffId: string;
}

export interface ImagePlatform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

/** A complete image for one platform, in memory. */
export interface BuiltImage {
  readonly kind: "image";
  readonly platform: ImagePlatform;
  readonly mediaTypes: MediaTypeFamily;
  readonly config: Content;
  readonly manifest: Content;
  readonly layers: readonly BuiltLayer[];
  /** Everything that the manifest refers to, by digest: the configuration and the layers. */
  readonly blobs: ReadonlyMap<string, Content>;
}

/** A complete index (manifest list) of images, in memory. */
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
  /** Default: one entry per layer; `null` omits the property. */
  readonly history?: readonly JsonObject[] | null;
  /** Default `oci`. */
  readonly mediaTypes?: MediaTypeFamily;
  /** RFC 3339. Default: the first second of 1980, so that builds are reproducible. */
  readonly created?: string;
  /**
   * Top-level fields that override those of the finished documents, for invalid images; `undefined` removes a field.
   * The digests stay correct: the manifest refers to the resulting configuration.
   */
  readonly overrides?: { readonly config?: DocumentFields; readonly manifest?: DocumentFields };
}

const CREATED = "1980-01-01T00:00:00Z";

/** Packs entries into a layer. The same entries yield the same bytes (with the same version of zlib). */
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

/** Builds the image configuration and the manifest for the layers. */
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

/** Builds an index of the images, in the given order. The family defaults to that of the first image. */
export function buildIndex(
  images: readonly BuiltImage[],
  options: {
    readonly mediaTypes?: MediaTypeFamily;
    /** Top-level fields that override those of the finished document; `undefined` removes a field. */
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

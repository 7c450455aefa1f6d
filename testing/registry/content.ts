import { createHash } from "node:crypto";
import type { JsonValue } from "../../src/errors.ts";

/** The family of media types that a document uses. */
export type MediaTypeFamily = "oci" | "docker";

/** Media types by family, after the OCI image specification and Docker's image manifest version 2, schema 2. */
export const MEDIA_TYPES = {
  oci: {
    index: "application/vnd.oci.image.index.v1+json",
    manifest: "application/vnd.oci.image.manifest.v1+json",
    config: "application/vnd.oci.image.config.v1+json",
    layer: {
      none: "application/vnd.oci.image.layer.v1.tar",
      gzip: "application/vnd.oci.image.layer.v1.tar+gzip",
      zstd: "application/vnd.oci.image.layer.v1.tar+zstd",
    },
  },
  docker: {
    index: "application/vnd.docker.distribution.manifest.list.v2+json",
    manifest: "application/vnd.docker.distribution.manifest.v2+json",
    config: "application/vnd.docker.container.image.v1+json",
    layer: {
      none: "application/vnd.docker.image.rootfs.diff.tar",
      gzip: "application/vnd.docker.image.rootfs.diff.tar.gzip",
      zstd: "application/vnd.docker.image.rootfs.diff.tar.zstd",
    },
  },
} as const;

/** Bytes with their media type and digest. */
export interface Content {
  readonly mediaType: string;
  /** `sha256:` and 64 hexadecimal digits, over `bytes`. */
  readonly digest: string;
  readonly size: number;
  readonly bytes: Uint8Array;
}

/** A JSON object under construction: a property that is `undefined` is omitted from the document. */
export type DocumentFields = { readonly [key: string]: JsonValue | undefined };

export function sha256Digest(bytes: Uint8Array | string): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

export function content(mediaType: string, bytes: Uint8Array): Content {
  return { mediaType, digest: sha256Digest(bytes), size: bytes.byteLength, bytes };
}

/** The document as UTF-8 JSON with the properties in the given order: the same fields yield the same digest. */
export function jsonContent(mediaType: string, document: DocumentFields): Content {
  return content(mediaType, new TextEncoder().encode(JSON.stringify(document)));
}

/** The three fields with which one document refers to another. */
export function descriptor(of: Content): {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
} {
  return { mediaType: of.mediaType, digest: of.digest, size: of.size };
}

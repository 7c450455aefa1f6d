/** The media types of OCI and Docker images, and which of them are equivalent. */

export const OCI_INDEX = "application/vnd.oci.image.index.v1+json";
export const OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
export const DOCKER_MANIFEST_LIST = "application/vnd.docker.distribution.manifest.list.v2+json";
export const DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";

/** Sent as `Accept`: a registry converts or refuses manifests of other types. */
export const MANIFEST_ACCEPT = [
  OCI_INDEX,
  OCI_MANIFEST,
  DOCKER_MANIFEST_LIST,
  DOCKER_MANIFEST,
].join(", ");

export const OCI_CONFIG = "application/vnd.oci.image.config.v1+json";

const CONFIG_TYPES: ReadonlySet<string> = new Set([
  OCI_CONFIG,
  "application/vnd.docker.container.image.v1+json",
]);

/** The compression of a layer's tar archive. */
export type LayerCompression = "none" | "gzip" | "zstd";

const LAYER_COMPRESSIONS: ReadonlyMap<string, LayerCompression> = new Map([
  ["application/vnd.oci.image.layer.v1.tar", "none"],
  ["application/vnd.oci.image.layer.v1.tar+gzip", "gzip"],
  ["application/vnd.oci.image.layer.v1.tar+zstd", "zstd"],
  ["application/vnd.oci.image.layer.nondistributable.v1.tar", "none"],
  ["application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", "gzip"],
  ["application/vnd.oci.image.layer.nondistributable.v1.tar+zstd", "zstd"],
  ["application/vnd.docker.image.rootfs.diff.tar", "none"],
  ["application/vnd.docker.image.rootfs.diff.tar.gzip", "gzip"],
  ["application/vnd.docker.image.rootfs.diff.tar.zstd", "zstd"],
  ["application/vnd.docker.image.rootfs.foreign.diff.tar", "none"],
  ["application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", "gzip"],
]);

const FOREIGN_LAYER =
  /^application\/vnd\.(?:docker\.image\.rootfs\.foreign|oci\.image\.layer\.nondistributable)\./;

/** Layer types that Docker's graph-driver store accepts besides the generic ones. */
const DOCKER_PREFIXES = /^application\/vnd\.(?:oci\.image|docker)\./;

/** Generic types of a configuration or a layer that Docker accepts. */
const GENERIC_CONTENT_TYPES: ReadonlySet<string> = new Set([
  "",
  "application/octet-stream",
  "application/json",
  "text/html",
]);

/** Generic types that registries and object stores send for any file; the document's own `mediaType` counts instead. */
const GENERIC_TYPES: ReadonlySet<string> = new Set([
  "",
  "application/json",
  "application/octet-stream",
  "binary/octet-stream",
  "text/plain",
]);

/** The layers of Docker's own format, which does not define zstd. */
const DOCKER_LAYER = /^application\/vnd\.docker\.image\.rootfs\.diff\.tar(?:\.gzip)?$/;

/** The type in lower case without its parameters; empty if there is none. */
export function bareMediaType(header: string | undefined): string {
  return (header ?? "").split(";", 1).join("").trim().toLowerCase();
}

export function isGenericType(mediaType: string): boolean {
  return GENERIC_TYPES.has(mediaType);
}

/** Whether the type is that of a layer in Docker's own format. */
export function isDockerLayer(mediaType: string): boolean {
  return DOCKER_LAYER.test(mediaType);
}

export function isIndexType(mediaType: string): boolean {
  return mediaType === OCI_INDEX || mediaType === DOCKER_MANIFEST_LIST;
}

export function isManifestType(mediaType: string): boolean {
  return mediaType === OCI_MANIFEST || mediaType === DOCKER_MANIFEST;
}

/** Docker's first manifest format, signed or unsigned. It has no configuration document and was withdrawn long ago. */
export function isSchemaOneType(mediaType: string): boolean {
  return mediaType.startsWith("application/vnd.docker.distribution.manifest.v1+");
}

/**
 * Whether the type is a container image's configuration (`known`), whether it says nothing, as the first builders of
 * manifests left it (`generic`), or whether it is something else, such as a chart (null).
 *
 * Source: moby's `defaultImageTypes`, after https://github.com/distribution/distribution/issues/1621
 */
export function configTypeKind(mediaType: string): "known" | "generic" | null {
  if (CONFIG_TYPES.has(mediaType.toLowerCase())) return "known";
  return GENERIC_CONTENT_TYPES.has(mediaType.toLowerCase()) ? "generic" : null;
}

/**
 * How engines treat a layer of this type.
 *
 * - `known`: every engine unpacks it.
 * - `encrypted`: only a runtime with the key can unpack it (ocicrypt), and no Docker engine is one.
 * - `foreign`: the registry does not hold it, and engines on Linux do not fetch it from elsewhere.
 * - `generic`: Docker's graph-driver store looks at the content; containerd skips the layer.
 * - `unknown`: no engine unpacks it.
 */
export function layerTypeKind(
  mediaType: string,
): "known" | "encrypted" | "foreign" | "generic" | "unknown" {
  const type = mediaType.toLowerCase();
  if (/\+(?:enc|encrypted)$/.test(type)) return "encrypted";
  if (FOREIGN_LAYER.test(type)) return "foreign";
  if (LAYER_COMPRESSIONS.has(type)) return "known";
  return GENERIC_CONTENT_TYPES.has(type) || DOCKER_PREFIXES.test(type) ? "generic" : "unknown";
}

/** The compression of a layer of this type; null if the type is not a file system layer's. */
export function layerCompression(mediaType: string): LayerCompression | null {
  return LAYER_COMPRESSIONS.get(mediaType) ?? null;
}

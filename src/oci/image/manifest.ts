import { z } from "zod";
import { invalidArgument } from "../../errors.ts";
import { isDigest } from "../digest.ts";
import { checkDocument, parseJsonDocument, type DocumentKind } from "./json-document.ts";
import {
  bareMediaType,
  DOCKER_MANIFEST,
  DOCKER_MANIFEST_LIST,
  isGenericType,
  isImageConfigType,
  isIndexType,
  isManifestType,
  isSchemaOneType,
  OCI_INDEX,
  OCI_MANIFEST,
} from "./media-types.ts";
import { quote } from "../quote.ts";

/** The platform that an image runs on, in Go's terms (`GOOS`, `GOARCH`). */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

/** Reference to content by digest, with its media type and its size in bytes. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

export interface IndexEntry extends Descriptor {
  /** Null if the index does not state it. */
  readonly platform: Platform | null;
  readonly annotations: Readonly<Record<string, string>>;
}

/** An OCI image index or a Docker manifest list. */
export interface ImageIndex {
  readonly kind: "index";
  readonly mediaType: string;
  readonly manifests: readonly IndexEntry[];
}

/** An OCI image manifest or a Docker manifest of schema 2. */
export interface ImageManifest {
  readonly kind: "manifest";
  readonly mediaType: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

const KIND: DocumentKind = { what: "image manifest", reason: "MANIFEST_INVALID" };

const digest = z.string().refine(isDigest, "not a digest");
const size = z.int("not a size in bytes").nonnegative("not a size in bytes");
// Other programs write these documents: the schemas validate the fields that we use and ignore the rest.
const descriptor = z.object({ mediaType: z.string(), digest, size });
const platform = z.object({
  os: z.string(),
  architecture: z.string(),
  variant: z.string().optional(),
});
const annotations = z.record(z.string(), z.string());
const indexEntry = descriptor.extend({
  platform: platform.nullish(),
  annotations: annotations.nullish(),
});
const schemaVersion = z.literal(2, "the schema version is not 2");
const imageIndex = z.object({ schemaVersion, manifests: z.array(indexEntry) });
const imageManifest = z.object({ schemaVersion, config: descriptor, layers: z.array(descriptor) });
const outline = z.looseObject({
  schemaVersion: z.unknown(),
  mediaType: z.string().optional(),
});

/**
 * Parses a manifest or an index.
 *
 * The `Content-Type` of the response and the document's own `mediaType` decide which of the two it is, and must
 * agree. Without both, the document's fields decide. A document with the fields of both an index and a manifest is
 * rejected: two programs would run different images from one digest (CVE-2021-41190).
 *
 * @throws SlipwayError `MANIFEST_INVALID`; `MEDIA_TYPE_UNSUPPORTED` for other documents (schema 1, artifacts)
 */
export function parseManifest(
  json: string | Uint8Array,
  contentType?: string,
): ImageIndex | ImageManifest {
  const document = checkDocument(outline, parseJsonDocument(json, KIND), KIND);
  const mediaType = documentType(document, bareMediaType(contentType));
  if (isIndexType(mediaType)) {
    const index = checkDocument(imageIndex, document, KIND);
    return { kind: "index", mediaType, manifests: index.manifests.map(toIndexEntry) };
  }
  const { config, layers } = checkDocument(imageManifest, document, KIND);
  if (!isImageConfigType(config.mediaType))
    throw unsupported(
      `the configuration has the media type ${quote(config.mediaType)}, which is not a container image's`,
    );
  return { kind: "manifest", mediaType, config, layers };
}

/**
 * Determines which of the four supported media types the document has.
 *
 * @throws SlipwayError for every other type
 */
function documentType(document: z.output<typeof outline>, contentType: string): string {
  const claimed = document.mediaType ?? "";
  if (document.schemaVersion === 1 || isSchemaOneType(claimed) || isSchemaOneType(contentType))
    throw unsupported("it is a Docker manifest of schema 1, which has no image configuration");
  const hasManifests = Object.hasOwn(document, "manifests");
  const hasLayers = Object.hasOwn(document, "layers") || Object.hasOwn(document, "config");
  if (hasManifests && hasLayers)
    throw invalid("it claims to be an index and a manifest at once: it has manifests and layers");
  const sent = isGenericType(contentType) ? "" : contentType;
  if (claimed !== "" && sent !== "" && claimed !== sent)
    throw invalid(`its mediaType is ${quote(claimed)}, but its Content-Type is ${quote(sent)}`);

  const mediaType = claimed || sent;
  // Only OCI documents may omit their type.
  if (mediaType === "") return hasManifests ? OCI_INDEX : OCI_MANIFEST;
  if (isIndexType(mediaType) || isManifestType(mediaType)) return mediaType;
  throw unsupported(`its media type is ${quote(mediaType)}`);
}

function toIndexEntry(entry: z.output<typeof indexEntry>): IndexEntry {
  return {
    mediaType: entry.mediaType,
    digest: entry.digest,
    size: entry.size,
    platform: entry.platform == null ? null : toPlatform(entry.platform),
    annotations: entry.annotations ?? {},
  };
}

function toPlatform(value: z.output<typeof platform>): Platform {
  const { os, architecture, variant } = value;
  return { os, architecture, ...(variant === undefined || variant === "" ? {} : { variant }) };
}

function invalid(why: string) {
  return invalidArgument(KIND.reason, `${KIND.what}: ${why}`);
}

function unsupported(why: string) {
  return invalidArgument(
    "MEDIA_TYPE_UNSUPPORTED",
    `${KIND.what}: ${why}`,
    `Push a container image: ${OCI_MANIFEST}, ${OCI_INDEX}, ${DOCKER_MANIFEST} or ${DOCKER_MANIFEST_LIST}.`,
  );
}

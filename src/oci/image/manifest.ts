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

/** What runs an image, in Go's words (`GOOS`, `GOARCH`). */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

/** Content by its digest, with its type and its size in bytes. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

export interface IndexEntry extends Descriptor {
  /** Null where the index does not say. */
  readonly platform: Platform | null;
  readonly annotations: Readonly<Record<string, string>>;
}

/** OCI image index, or Docker manifest list. */
export interface ImageIndex {
  readonly kind: "index";
  readonly mediaType: string;
  readonly manifests: readonly IndexEntry[];
}

/** OCI image manifest, or Docker manifest of schema 2. */
export interface ImageManifest {
  readonly kind: "manifest";
  readonly mediaType: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

const KIND: DocumentKind = { what: "image manifest", reason: "MANIFEST_INVALID" };

const digest = z.string().refine(isDigest, "not a digest");
const size = z.int("not a size in bytes").nonnegative("not a size in bytes");
// Others' documents: what we do not use may be anything, what we use must be right.
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
 * Reads a manifest or an index.
 *
 * What it is follows from the `Content-Type` under which it came and from its own `mediaType`, which must not
 * differ; where neither says anything, from its fields. A document that could be read as both an index and a
 * manifest is refused: two programs would run two different images from one digest (CVE-2021-41190).
 *
 * Throws `MANIFEST_INVALID`, and `MEDIA_TYPE_UNSUPPORTED` for what is no image we can read (schema 1, artifacts).
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

/** One of the four types that we read; throws for every other. */
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
    throw invalid(`it calls itself ${quote(claimed)} and was sent as ${quote(sent)}`);

  const mediaType = claimed || sent;
  // Only OCI documents may leave out their type.
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

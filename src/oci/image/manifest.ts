import { invalidArgument } from "../../errors.ts";
import { isDigest } from "../digest.ts";
import { deviation, EVERY_ENGINE, type ImageFinding } from "./finding.ts";
import {
  type Decoded,
  type DecodingState,
  formatNote,
  goInteger,
  goList,
  goMap,
  goPointer,
  goStruct,
  goText,
  goTexts,
} from "./go-json.ts";
import { type DocumentKind, readJsonDocument } from "./json-document.ts";
import { configFindings, layerFindings } from "./layer-findings.ts";
import {
  bareMediaType,
  DOCKER_MANIFEST,
  DOCKER_MANIFEST_LIST,
  configTypeKind,
  isGenericType,
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
  /** Places outside of the registry that have the content, as an index or manifest lists them. */
  readonly urls?: readonly string[];
}

export interface IndexEntry extends Descriptor {
  /** Null if the index does not state it. */
  readonly platform: Platform | null;
  /** The type of an artifact, such as a list of an image's contents; absent for an image. */
  readonly artifactType?: string;
  readonly annotations: Readonly<Record<string, string>>;
}

/** An OCI image index or a Docker manifest list. */
export interface ImageIndex {
  readonly kind: "index";
  readonly mediaType: string;
  readonly manifests: readonly IndexEntry[];
  readonly findings: readonly ImageFinding[];
}

/** An OCI image manifest or a Docker manifest of schema 2. */
export interface ImageManifest {
  readonly kind: "manifest";
  readonly mediaType: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly findings: readonly ImageFinding[];
}

const KIND: DocumentKind = { what: "image manifest", reason: "MANIFEST_INVALID" };

// Registries and engines read these documents with Go. Members that we do not use are skipped, whatever they are.
const descriptorMembers = { mediaType: goText, digest: goText, size: goInteger, urls: goTexts };
const platformMembers = { os: goText, architecture: goText, variant: goText };
const documentDecoder = goStruct({
  schemaVersion: goInteger,
  mediaType: goText,
  config: goPointer(goStruct(descriptorMembers)),
  layers: goList(goStruct(descriptorMembers), {}),
  manifests: goList(
    goStruct({
      ...descriptorMembers,
      platform: goPointer(goStruct(platformMembers)),
      artifactType: goText,
      annotations: goMap(goText, ""),
    }),
    {},
  ),
  fsLayers: goList(goStruct({}), {}),
});
type Document = NonNullable<ReturnType<typeof documentDecoder.decode>>;
type DocumentEntry = NonNullable<Document["manifests"]>[number];

/**
 * Parses a manifest or an index, the way engines do: names match in any case, and `null` or an empty string counts as
 * absent.
 *
 * The document's own `mediaType` decides whether it is an index or a manifest, or else the `Content-Type` of the
 * response; these two must agree. Without both, the document's fields decide. A document with the fields of both an
 * index and a manifest is rejected: two programs would run different images from one digest (CVE-2021-41190).
 *
 * @throws SlipwayError `MANIFEST_INVALID`; `MEDIA_TYPE_UNSUPPORTED` for other documents (schema 1, artifacts)
 */
export function parseManifest(
  json: string | Uint8Array,
  contentType?: string,
): ImageIndex | ImageManifest {
  const { text, value, isUtf8 } = readJsonDocument(json, KIND);
  if (value === null) throw invalid("it is null");
  const state: DecodingState = { text, at: 0, notes: [] };
  const document = documentDecoder.decode(state, [], undefined) ?? {};
  const fault = state.notes.find(({ kind }) => kind === "type");
  if (fault !== undefined) throw invalid(formatNote(fault));
  const { mediaType, findings: typed } = documentType(document, bareMediaType(contentType));
  const notes = state.notes.map((note) =>
    deviation("manifest", `${KIND.what}: ${formatNote(note)}`),
  );
  const version =
    document.schemaVersion === 2
      ? []
      : [
          deviation(
            "manifest",
            `${KIND.what}: schemaVersion: is ${document.schemaVersion ?? "missing"}, not 2`,
          ),
        ];
  const encoding = isUtf8 ? [] : [deviation("manifest", `${KIND.what}: is not UTF-8`)];
  const deviations = [...encoding, ...notes, ...version, ...typed];
  if (isIndexType(mediaType)) {
    // Go writes an empty list as null.
    if (document.manifests === undefined) throw invalid("manifests: is missing");
    const manifests = (document.manifests ?? []).map(toIndexEntry);
    // The engine pulls one platform's manifest by its digest, and never reads the index.
    const findings = deviations.map((finding) => ({ ...finding, refusedBy: [] }));
    return { kind: "index", mediaType, manifests, findings };
  }
  return toManifest(document, mediaType, deviations);
}

function toManifest(
  document: Document,
  mediaType: string,
  deviations: readonly ImageFinding[],
): ImageManifest {
  const config = toDescriptor(document.config ?? undefined, "config");
  if (configTypeKind(config.mediaType) === null)
    throw unsupported(
      `the configuration has the media type ${quote(config.mediaType)}, which is not a container image's`,
    );
  if (document.layers === undefined) throw invalid("layers: is missing");
  const layers = (document.layers ?? []).map((layer, index) =>
    toDescriptor(layer, `layers[${index}]`),
  );
  const findings = [
    ...deviations,
    ...configFindings(config, mediaType),
    ...layerFindings(layers, mediaType),
  ];
  return { kind: "manifest", mediaType, config, layers, findings };
}

/**
 * Determines which of the four supported media types the document has.
 *
 * @throws SlipwayError for every other type
 */
function documentType(
  document: Document,
  contentType: string,
): { readonly mediaType: string; readonly findings: readonly ImageFinding[] } {
  const claimed = (document.mediaType ?? "").toLowerCase();
  if (
    document.schemaVersion === 1 ||
    document.fsLayers !== undefined ||
    isSchemaOneType(claimed) ||
    isSchemaOneType(contentType)
  )
    throw unsupported("it is a Docker manifest of schema 1, which has no image configuration");
  const hasManifests = document.manifests !== undefined && document.manifests !== null;
  const hasLayers = (document.layers ?? document.config ?? null) !== null;
  if (hasManifests && hasLayers)
    throw invalid("it claims to be an index and a manifest at once: it has manifests and layers");
  const sent = isGenericType(contentType) ? "" : contentType;
  // Only OCI documents may omit their type.
  const mediaType = claimed || sent || (hasManifests ? OCI_INDEX : OCI_MANIFEST);
  if (!isIndexType(mediaType) && !isManifestType(mediaType))
    throw unsupported(`its media type is ${quote(mediaType)}`);
  return { mediaType, findings: typeFindings(claimed, contentType, sent) };
}

/** The registry's word about the document against the document's own. */
function typeFindings(claimed: string, contentType: string, sent: string): readonly ImageFinding[] {
  if (sent === "") {
    // Docker and Podman then read it as a manifest of schema 1, and containerd not at all:
    // https://github.com/moby/moby/issues/31318, https://github.com/containerd/cri/issues/787
    const what = contentType === "" ? "no Content-Type" : `the Content-Type ${quote(contentType)}`;
    const message = `${KIND.what}: the registry sent it with ${what}`;
    return [deviation("manifest", message, EVERY_ENGINE)];
  }
  if (claimed === sent || (claimed === "" && !sent.startsWith(DOCKER_PREFIX))) return [];
  if (claimed !== "" && isIndexType(claimed) !== isIndexType(sent))
    throw invalid(`its mediaType is ${quote(claimed)}, but its Content-Type is ${quote(sent)}`);
  if (!isIndexType(sent) && !isManifestType(sent))
    throw unsupported(`its media type is ${quote(sent)}`);
  const own = claimed === "" ? "it has no mediaType" : `its mediaType is ${quote(claimed)}`;
  return [
    deviation("manifest", `${KIND.what}: ${own}, but its Content-Type is ${quote(sent)}`, [
      "docker-graph-driver",
      "podman",
    ]),
  ];
}

const DOCKER_PREFIX = "application/vnd.docker.";

function toDescriptor(
  value: Decoded<typeof descriptorMembers> | undefined,
  where: string,
): Descriptor {
  if (value === undefined) throw invalid(`${where}: is missing`);
  const { mediaType = "", digest = "", size, urls } = value;
  if (!isDigest(digest)) throw invalid(`${where}.digest: not a digest`);
  if (size === undefined || size < 0) throw invalid(`${where}.size: not a size in bytes`);
  return { mediaType, digest, size, ...(urls == null || urls.length === 0 ? {} : { urls }) };
}

function toIndexEntry(entry: DocumentEntry, index: number): IndexEntry {
  const { urls: _unused, ...descriptor } = toDescriptor(entry, `manifests[${index}]`);
  return {
    ...descriptor,
    platform: toPlatform(entry.platform ?? {}),
    ...artifactTypeOf(entry),
    annotations: entry.annotations ?? {},
  };
}

/** Some programs state the type of an image's configuration as its artifact type. */
function artifactTypeOf({ artifactType = "" }: DocumentEntry): Pick<IndexEntry, "artifactType"> {
  return artifactType === "" || configTypeKind(artifactType) === "known" ? {} : { artifactType };
}

/** Null if the entry names neither operating system nor architecture: Go programs write an empty platform so. */
function toPlatform({ os = "", architecture = "", variant = "" }: Decoded<typeof platformMembers>) {
  if (os === "" && architecture === "") return null;
  return { os, architecture, ...(variant === "" ? {} : { variant }) };
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

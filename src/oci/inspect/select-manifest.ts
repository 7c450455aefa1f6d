import { invalidArgument, isSlipwayError, SlipwayError } from "../../errors.ts";
import { boundFindings, type ImageFinding } from "../image/finding.ts";
import { imageFault, namingImage } from "../image/image-fault.ts";
import type { ImageIndex, ImageManifest, IndexEntry, Platform } from "../image/manifest.ts";
import { isIndexType, isManifestType } from "../image/media-types.ts";
import {
  availablePlatforms,
  candidateEntries,
  fits,
  formatPlatform,
  isArtifact,
  parsePlatform,
  platformNotFound,
} from "../image/platform.ts";
import { type EngineConfig, readImageConfig } from "../image/engine-config.ts";
import { withDigest } from "../reference.ts";
import type { FetchedManifest, ManifestRequest, RegistryClient } from "../registry/contract.ts";
import { checkListed, platformOf, variantFindings } from "./config-platform.ts";

export interface InspectRequest extends ManifestRequest {
  /** The requested platform; null for the image's only platform. */
  readonly platform: Platform | null;
}

/** The manifest of one platform, with its configuration. */
export interface SelectedManifest {
  readonly digest: string;
  readonly size: number;
  readonly manifest: ImageManifest;
  readonly configBytes: Uint8Array;
  readonly config: EngineConfig;
  /** The platform in the configuration, or else in the index. */
  readonly platform: Platform;
  readonly findings: readonly ImageFinding[];
}

/** Indexes may contain indexes. Real ones have two levels: one for each platform's manifest and its attestation. */
const DEEPEST_INDEX = 4;
/** Documents that one search reads. An index can name thousands of others. */
const MOST_DOCUMENTS = 16;

/** Assumed if neither the caller, an index nor the configuration states one. */
const DEFAULT_PLATFORM: Platform = { os: "linux", architecture: "amd64" };

interface Search {
  readonly client: RegistryClient;
  readonly request: InspectRequest;
  readonly wanted: Platform;
  /** Platforms seen so far, for the message if none fits. */
  readonly available: Set<string>;
  documents: number;
  /** Why the first entry that turned out not to be an image was passed over. */
  artifact: SlipwayError | null;
}

/**
 * Finds the manifest of a platform, following nested indexes.
 *
 * @throws SlipwayError `PLATFORM_NOT_FOUND`; `MANIFEST_INVALID` if an entry's size or type is wrong, or if the indexes
 * are nested too deeply; the errors of {@link RegistryClient}
 */
export async function selectManifest(
  client: RegistryClient,
  request: InspectRequest,
  first: FetchedManifest,
): Promise<SelectedManifest> {
  const { reference } = request;
  if (first.manifest.kind === "manifest") {
    const only = { ...first, manifest: first.manifest, listed: null };
    const found = await readPlatform(client, request, only, request.platform);
    if (request.platform === null || fits(found.platform, request.platform)) return found;
    throw imageFault(
      reference,
      platformNotFound(request.platform, [formatPlatform(found.platform)]),
    );
  }
  const index = first.manifest;
  const wanted = namingImage(reference, () => request.platform ?? onlyPlatform(index));
  const available = new Set<string>();
  const search: Search = { client, request, wanted, available, documents: 0, artifact: null };
  const found = await searchIndex(search, index, 1);
  if (found === null)
    throw search.artifact ?? imageFault(reference, platformNotFound(wanted, [...available]));
  return { ...found, findings: boundFindings([...index.findings, ...found.findings]) };
}

async function searchIndex(
  search: Search,
  index: ImageIndex,
  depth: number,
): Promise<SelectedManifest | null> {
  for (const platform of availablePlatforms(index)) search.available.add(platform);
  for (const entry of candidateEntries(index, search.wanted)) {
    try {
      const found = await searchEntry(search, entry, depth);
      if (found !== null) return found;
    } catch (caught) {
      if (!isPassedOver(entry, caught)) throw caught;
      search.artifact ??= caught;
    }
  }
  return null;
}

/** Whether an entry that no platform singles out is not an image: another may be one. */
function isPassedOver(entry: IndexEntry, caught: unknown): caught is SlipwayError {
  const isOpen = entry.platform === null || isArtifact(entry);
  return isOpen && isSlipwayError(caught) && caught.reason === "MEDIA_TYPE_UNSUPPORTED";
}

async function searchEntry(
  search: Search,
  entry: IndexEntry,
  depth: number,
): Promise<SelectedManifest | null> {
  const { client, request } = search;
  const { reference, credential, signal } = request;
  search.documents += 1;
  if (search.documents > MOST_DOCUMENTS)
    throw invalidIndex(
      search,
      `it takes more than ${MOST_DOCUMENTS} documents to find the platform`,
    );
  const fetched = await listedManifest(search, entry, () =>
    client.getManifest({ reference: withDigest(reference, entry.digest), credential, signal }),
  );
  checkEntry(search, entry, fetched);
  const { manifest } = fetched;
  if (manifest.kind === "manifest")
    return await readEntry(search, { ...fetched, manifest, listed: entry.platform });
  if (depth >= DEEPEST_INDEX)
    throw invalidIndex(search, `its indexes are nested more than ${DEEPEST_INDEX} levels deep`);
  const found = await searchIndex(search, manifest, depth + 1);
  return found === null ? null : { ...found, findings: [...manifest.findings, ...found.findings] };
}

/**
 * Reads a manifest that an index lists. If it is missing, neither the name nor the credential is at fault, because the registry
 * has just served the index. Programs that delete untagged manifests also delete those that an index lists.
 */
async function listedManifest(
  { request }: Search,
  { digest }: IndexEntry,
  read: () => Promise<FetchedManifest>,
): Promise<FetchedManifest> {
  try {
    return await read();
  } catch (caught) {
    if (!isSlipwayError(caught) || caught.reason !== "IMAGE_NOT_FOUND") throw caught;
    throw imageFault(
      request.reference,
      new SlipwayError({
        code: caught.code,
        reason: caught.reason,
        message: `the index lists the manifest ${digest}, which the registry does not have: ${caught.message}`,
        remedy:
          "Push the image again for all its platforms. If the registry deletes untagged manifests, keep those that an index lists.",
        blastRadius: "image",
        metadata: caught.metadata,
        cause: caught,
      }),
    );
  }
}

interface ListedManifest {
  readonly digest: string;
  readonly bytes: Uint8Array;
  readonly manifest: ImageManifest;
  /** The image's platform in the index. */
  readonly listed: Platform | null;
}

/** Reads a listed manifest; null if the index does not state its platform and the configuration has another. */
async function readEntry(search: Search, entry: ListedManifest): Promise<SelectedManifest | null> {
  const { client, request, wanted } = search;
  const found = await readPlatform(client, request, entry, wanted);
  if (entry.listed !== null || fits(found.platform, wanted)) return found;
  search.available.add(formatPlatform(found.platform));
  return null;
}

/** Reads the configuration, and checks the platform that the image states or the index lists. */
async function readPlatform(
  client: RegistryClient,
  { reference, credential, signal }: InspectRequest,
  { digest, bytes, manifest, listed }: ListedManifest,
  wanted: Platform | null,
): Promise<SelectedManifest> {
  const configBytes = await client.getConfig({
    repository: reference,
    descriptor: manifest.config,
    credential,
    signal,
  });
  return namingImage(reference, () => {
    const config = readImageConfig(configBytes);
    const platform = platformOf(config, listed ?? wanted ?? DEFAULT_PLATFORM);
    checkListed(platform, listed);
    const variant = wanted === null ? [] : variantFindings(listed ?? platform, wanted);
    const findings = [...manifest.findings, ...config.findings, ...variant];
    return { digest, size: bytes.length, manifest, configBytes, config, platform, findings };
  });
}

/** An entry's size and kind are part of what the index's digest covers. */
function checkEntry(search: Search, entry: IndexEntry, fetched: FetchedManifest): void {
  const { digest, mediaType, size } = entry;
  if (fetched.bytes.length !== size)
    throw invalidIndex(
      search,
      `the index lists ${digest} with ${size} bytes, but it has ${fetched.bytes.length}`,
    );
  const { kind } = fetched.manifest;
  if (isManifestType(mediaType) && kind === "index")
    throw invalidIndex(search, `the index lists ${digest} as a manifest, but it is an index`);
  if (isIndexType(mediaType) && kind === "manifest")
    throw invalidIndex(search, `the index lists ${digest} as an index, but it is a manifest`);
}

function invalidIndex({ request }: Search, why: string): SlipwayError {
  return imageFault(request.reference, invalidArgument("MANIFEST_INVALID", why));
}

/** The default platform: the image's only one. */
function onlyPlatform(index: ImageIndex): Platform {
  const available = availablePlatforms(index);
  const [only] = available;
  if (available.length === 1 && only !== undefined) return parsePlatform(only);
  throw new SlipwayError({
    code: "INVALID_ARGUMENT",
    reason: "PLATFORM_NOT_FOUND",
    message: `the image has several platforms: ${available.join(", ")}`,
    remedy: "Name one of these platforms.",
    metadata: { available: [...available] },
  });
}

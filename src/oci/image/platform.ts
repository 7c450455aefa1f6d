import { invalidArgument, SlipwayError } from "../../errors.ts";
import type { ImageIndex, IndexEntry, Platform } from "./manifest.ts";
import { isManifestType } from "./media-types.ts";
import { quote } from "../quote.ts";

const PLATFORM_PART = /^[A-Za-z0-9_.-]{1,64}$/;

/** BuildKit stores provenance in the index as manifests of this platform; nothing runs them. */
const ATTESTATION_PLATFORM = "unknown/unknown";
const ATTESTATION_ANNOTATION = "vnd.docker.reference.type";

/** The variant that an architecture has where none is written: `arm64` is `arm64/v8`. */
const BASE_VARIANTS: ReadonlyMap<string, string> = new Map([
  ["amd64", "v1"],
  ["arm64", "v8"],
  ["arm", "v7"],
]);

/** Reads `os/architecture[/variant]`. Throws `INVALID_INPUT`. */
export function parsePlatform(text: string): Platform {
  // The library is called from JavaScript too.
  const [os = "", architecture = "", variant, ...rest] =
    typeof text === "string" ? text.split("/") : [];
  const parts = [os, architecture, ...(variant === undefined ? [] : [variant])];
  if (rest.length > 0 || !parts.every((part) => PLATFORM_PART.test(part)))
    throw invalidArgument(
      "INVALID_INPUT",
      `${quote(text)} is no platform`,
      "Write it as OS/ARCHITECTURE[/VARIANT], such as linux/arm64.",
    );
  return { os, architecture, ...(variant === undefined ? {} : { variant }) };
}

/** A platform as people write it, such as `linux/arm64/v8`. */
export function formatPlatform(platform: Platform): string {
  const variant = platform.variant === undefined ? "" : `/${platform.variant}`;
  return `${platform.os}/${platform.architecture}${variant}`;
}

/** True where an image of the one platform is meant by the other: a base variant may be written or left out. */
export function samePlatform(one: Platform, other: Platform): boolean {
  return (
    one.os === other.os &&
    one.architecture === other.architecture &&
    variantOf(one) === variantOf(other)
  );
}

/**
 * The entry of an index for a platform: the first that fits, as the specification wants. Attestations are not
 * images and are passed over. An index whose only image has no platform is taken at its word: its configuration
 * will tell.
 *
 * Throws `PLATFORM_NOT_FOUND` that names the platforms there are.
 */
export function choosePlatform(index: ImageIndex, wanted: Platform): IndexEntry {
  const images = index.manifests.filter(isImage);
  const fitting = images.find(
    (entry) => entry.platform !== null && samePlatform(entry.platform, wanted),
  );
  if (fitting !== undefined) return fitting;
  const [only] = images;
  if (images.length === 1 && only !== undefined && only.platform === null) return only;
  throw platformNotFound(
    wanted,
    images.flatMap((entry) => (entry.platform === null ? [] : [formatPlatform(entry.platform)])),
  );
}

/** The platforms for which an index has an image, as text, in its order, each once. */
export function availablePlatforms(index: ImageIndex): readonly string[] {
  const platforms = index.manifests
    .filter(isImage)
    .flatMap((entry) => (entry.platform === null ? [] : [formatPlatform(entry.platform)]));
  return [...new Set(platforms)];
}

/** The error for an image that has others, but not the platform that is wanted. */
export function platformNotFound(wanted: Platform, available: readonly string[]): SlipwayError {
  const platforms = [...new Set(available)];
  const there = platforms.length === 0 ? "none" : platforms.join(", ");
  return new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "PLATFORM_NOT_FOUND",
    message: `the image has no platform ${formatPlatform(wanted)}; available: ${there}`,
    remedy: `Push the image for ${formatPlatform(wanted)}, or ask for a platform that it has.`,
    blastRadius: "image",
    metadata: { wanted: formatPlatform(wanted), available: platforms },
  });
}

function isImage(entry: IndexEntry): boolean {
  return (
    isManifestType(entry.mediaType) &&
    (entry.platform === null || formatPlatform(entry.platform) !== ATTESTATION_PLATFORM) &&
    !Object.hasOwn(entry.annotations, ATTESTATION_ANNOTATION)
  );
}

function variantOf(platform: Platform): string {
  return platform.variant ?? BASE_VARIANTS.get(platform.architecture) ?? "";
}

import { invalidArgument, SlipwayError } from "../../errors.ts";
import type { ImageIndex, IndexEntry, Platform } from "./manifest.ts";
import { isManifestType } from "./media-types.ts";
import { quote } from "../quote.ts";

const PLATFORM_PART = /^[A-Za-z0-9_.-]{1,64}$/;

/** BuildKit stores provenance in the index as manifests of this platform; they cannot be run. */
const ATTESTATION_PLATFORM = "unknown/unknown";
const ATTESTATION_ANNOTATION = "vnd.docker.reference.type";

/** The implied variant of an architecture: `arm64` is `arm64/v8`. */
const BASE_VARIANTS: ReadonlyMap<string, string> = new Map([
  ["amd64", "v1"],
  ["arm64", "v8"],
  ["arm", "v7"],
]);

/**
 * Parses `os/architecture[/variant]`.
 *
 * @throws SlipwayError `INVALID_INPUT`
 */
export function parsePlatform(text: string): Platform {
  // JavaScript callers may pass anything.
  const [os = "", architecture = "", variant, ...rest] =
    typeof text === "string" ? text.split("/") : [];
  const parts = [os, architecture, ...(variant === undefined ? [] : [variant])];
  if (rest.length > 0 || !parts.every((part) => PLATFORM_PART.test(part)))
    throw invalidArgument(
      "INVALID_INPUT",
      `${quote(text)} is not a valid platform`,
      "Write it as OS/ARCHITECTURE[/VARIANT], such as linux/arm64.",
    );
  return { os, architecture, ...(variant === undefined ? {} : { variant }) };
}

/** Formats a platform, such as `linux/arm64/v8`. */
export function formatPlatform(platform: Platform): string {
  const variant = platform.variant === undefined ? "" : `/${platform.variant}`;
  return `${platform.os}/${platform.architecture}${variant}`;
}

/** Whether two platforms are the same; an architecture's base variant may be omitted. */
export function samePlatform(one: Platform, other: Platform): boolean {
  return (
    one.os === other.os &&
    one.architecture === other.architecture &&
    variantOf(one) === variantOf(other)
  );
}

/**
 * Finds the entry of an index for a platform: the first match, as the specification requires. Attestations are not
 * images and are skipped. If the index has a single image without a platform, that image is returned; the caller
 * checks the platform in its configuration.
 *
 * @throws SlipwayError `PLATFORM_NOT_FOUND`; the message lists the available platforms
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

/** The distinct platforms of an index's images, as text, in the index's order. */
export function availablePlatforms(index: ImageIndex): readonly string[] {
  const platforms = index.manifests
    .filter(isImage)
    .flatMap((entry) => (entry.platform === null ? [] : [formatPlatform(entry.platform)]));
  return [...new Set(platforms)];
}

/** The error for an image that lacks the requested platform. */
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

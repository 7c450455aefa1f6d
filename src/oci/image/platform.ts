import { invalidArgument, SlipwayError } from "../../errors.ts";
import type { ImageIndex, IndexEntry, Platform } from "./manifest.ts";
import { isIndexType, isManifestType } from "./media-types.ts";
import { quote } from "../quote.ts";

const PLATFORM_PART = /^[A-Za-z0-9_.-]{1,64}$/;

/** Types that say nothing: engines take the registry's word when they fetch the entry. */
const IMAGE_LIKE: ReadonlySet<string> = new Set([
  "",
  "application/json",
  "application/octet-stream",
]);

/** BuildKit stores provenance in the index as manifests of this platform; they cannot be run. */
const ATTESTATION_PLATFORM = "unknown/unknown";
const ATTESTATION_ANNOTATION = "vnd.docker.reference.type";

/** The implied variant of an architecture: `arm64` is `arm64/v8`. */
const BASE_VARIANTS: ReadonlyMap<string, string> = new Map([
  ["amd64", "v1"],
  ["arm64", "v8"],
  ["arm", "v7"],
]);

const ARCHITECTURE_ALIASES: ReadonlyMap<
  string,
  Pick<Platform, "architecture" | "variant">
> = new Map([
  ["x86_64", { architecture: "amd64" }],
  ["x86-64", { architecture: "amd64" }],
  ["aarch64", { architecture: "arm64" }],
  ["i386", { architecture: "386" }],
  ["armhf", { architecture: "arm", variant: "v7" }],
  ["armel", { architecture: "arm", variant: "v6" }],
]);

const OS_ALIASES: ReadonlyMap<string, string> = new Map([
  ["", "linux"],
  ["macos", "darwin"],
]);

const VARIANT_ALIASES: ReadonlyMap<string, string> = new Map([
  ["v8.0", "v8"],
  ["v9.0", "v9"],
  ["9.0", "v9"],
]);

/**
 * Spells a platform as Go does: `Linux/x86_64` is `linux/amd64`, `linux/aarch64/8` is `linux/arm64/v8`. An empty
 * operating system is the engine's own, Linux.
 *
 * Source: `Normalize` of https://github.com/containerd/platforms
 */
export function normalizePlatform({ os, architecture, variant }: Platform): Platform {
  const lowerOs = os.toLowerCase();
  const lower = architecture.toLowerCase();
  const alias = ARCHITECTURE_ALIASES.get(lower);
  const lowerVariant = (variant ?? "").toLowerCase();
  const numbered = /^\d$/.test(lowerVariant) ? `v${lowerVariant}` : lowerVariant;
  const spelled = alias?.variant ?? VARIANT_ALIASES.get(numbered) ?? numbered;
  return {
    os: OS_ALIASES.get(lowerOs) ?? lowerOs,
    architecture: alias?.architecture ?? lower,
    ...(spelled === "" || lower === "i386" ? {} : { variant: spelled }),
  };
}

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
  return normalizePlatform({ os, architecture, ...(variant === undefined ? {} : { variant }) });
}

/** Formats a platform, such as `linux/arm64/v8`. */
export function formatPlatform(platform: Platform): string {
  const variant = platform.variant === undefined ? "" : `/${platform.variant}`;
  return `${platform.os}/${platform.architecture}${variant}`;
}

/** Whether two platforms are the same, however they are spelled; an architecture's base variant may be omitted. */
export function samePlatform(one: Platform, other: Platform): boolean {
  return sameArchitecture(one, other) && variantOf(one) === variantOf(other);
}

/** Whether two platforms differ at most in the variant. */
export function sameArchitecture(one: Platform, other: Platform): boolean {
  const [left, right] = [normalizePlatform(one), normalizePlatform(other)];
  return left.os === right.os && left.architecture === right.architecture;
}

/**
 * Whether a processor of the platform `wanted` runs programs for `platform`: those of its variant and of earlier ones.
 *
 * Source: `platformVector` of https://github.com/containerd/platforms
 */
export function runsOn(platform: Platform, wanted: Platform): boolean {
  if (!sameArchitecture(platform, wanted)) return false;
  if (samePlatform(platform, wanted)) return true;
  const [own, processor] = [levelOf(platform), levelOf(wanted)];
  if (own === null || processor === null) return false;
  if (normalizePlatform(wanted).architecture !== "arm64") return own.major <= processor.major;
  // Armv9.0 includes Armv8.5.
  const later = processor.major - own.major;
  return (later === 0 || later === 1) && own.minor <= processor.minor + later * 5;
}

/** Whether an image for `platform` answers a request for `wanted`. A caller who names a variant gets no newer one. */
export function fits(platform: Platform, wanted: Platform): boolean {
  return wanted.variant === undefined
    ? sameArchitecture(platform, wanted)
    : runsOn(platform, wanted);
}

/**
 * The entries of an index that may be for a platform, the best first, as containerd orders them: the platform itself and
 * earlier variants, the latest first; then newer variants from the lowest, unless the caller names a variant; then
 * entries without a platform, whose configuration decides. Attestations are skipped, and what is listed as an artifact
 * comes last: an index may list an image's artifacts under its platform.
 */
export function candidateEntries(index: ImageIndex, wanted: Platform): readonly IndexEntry[] {
  const images = index.manifests.filter(isImage);
  const fitting = images.flatMap((entry) => {
    const { platform } = entry;
    return platform !== null && fits(platform, wanted) ? [{ entry, platform }] : [];
  });
  const [running, newer] = [true, false].map((runs) =>
    fitting
      .filter(({ platform }) => runsOn(platform, wanted) === runs)
      .toSorted((one, other) => (runs ? -1 : 1) * compareLevels(one.platform, other.platform)),
  );
  const ordered = [
    ...[...(running ?? []), ...(newer ?? [])].map(({ entry }) => entry),
    ...images.filter(({ platform }) => platform === null),
  ];
  return ordered.toSorted((one, other) => Number(isArtifact(one)) - Number(isArtifact(other)));
}

/** Whether an index lists the entry as something other than a container image. */
export function isArtifact({ artifactType }: IndexEntry): boolean {
  return artifactType !== undefined;
}

interface VariantLevel {
  readonly major: number;
  readonly minor: number;
}

/** The variant as a number: `v3` of amd64, `v7` of arm, `v8.2` of arm64. Null for other variants. */
function levelOf(platform: Platform): VariantLevel | null {
  const match = /^v(\d{1,3})(?:\.(\d{1,3}))?$/.exec(variantOf(platform));
  return match === null ? null : { major: Number(match[1]), minor: Number(match[2] ?? 0) };
}

function compareLevels(one: Platform, other: Platform): number {
  const [left, right] = [one, other].map((platform) => {
    const { major, minor } = levelOf(platform) ?? { major: 0, minor: 0 };
    return major * 1000 + minor;
  });
  return (left ?? 0) - (right ?? 0);
}

/** The distinct platforms of an index's images, as text, in the index's order. */
export function availablePlatforms(index: ImageIndex): readonly string[] {
  const platforms = index.manifests
    .filter(isImage)
    .flatMap(({ platform }) =>
      platform === null ? [] : [formatPlatform(normalizePlatform(platform))],
    );
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
    (IMAGE_LIKE.has(entry.mediaType) ||
      isManifestType(entry.mediaType) ||
      isIndexType(entry.mediaType)) &&
    (entry.platform === null || formatPlatform(entry.platform) !== ATTESTATION_PLATFORM) &&
    !Object.hasOwn(entry.annotations, ATTESTATION_ANNOTATION)
  );
}

function variantOf(platform: Platform): string {
  const { architecture, variant } = normalizePlatform(platform);
  return variant ?? BASE_VARIANTS.get(architecture) ?? "";
}

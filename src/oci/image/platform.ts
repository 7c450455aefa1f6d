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

const VARIANT_ALIASES: ReadonlyMap<string, string> = new Map([
  ["v8.0", "v8"],
  ["v9.0", "v9"],
  ["9.0", "v9"],
]);

/**
 * Spells a platform as Go does: `Linux/x86_64` is `linux/amd64`, `linux/aarch64/8` is `linux/arm64/v8`.
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
    os: lowerOs === "macos" ? "darwin" : lowerOs,
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
 * The entries of an index that may be for a platform, the best first, as containerd orders them: the platform itself,
 * then other variants of the architecture from the lowest (which need a newer processor), then entries without a
 * platform, whose configuration decides. Attestations and other artifacts are not images and are skipped.
 */
export function candidateEntries(index: ImageIndex, wanted: Platform): readonly IndexEntry[] {
  const images = index.manifests.filter(isImage);
  const named = images.filter(
    ({ platform }) => platform !== null && sameArchitecture(platform, wanted),
  );
  const isExact = ({ platform }: IndexEntry) => platform !== null && samePlatform(platform, wanted);
  const variants = named.filter((entry) => !isExact(entry)).toSorted(byVariant);
  return [
    ...named.filter(isExact),
    // A caller who names a variant gets no other.
    ...(wanted.variant === undefined ? variants : []),
    ...images.filter(({ platform }) => platform === null),
  ];
}

function byVariant(one: IndexEntry, other: IndexEntry): number {
  const [left = "", right = ""] = [one, other].map(({ platform }) => platform?.variant);
  return left < right ? -1 : Number(left > right);
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

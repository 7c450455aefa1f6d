import { SlipwayError } from "../../errors.ts";
import type { EngineConfig } from "../image/engine-config.ts";
import { deviation, type ImageFinding } from "../image/finding.ts";
import type { Platform } from "../image/manifest.ts";
import { formatPlatform, normalizePlatform, runsOn, sameArchitecture } from "../image/platform.ts";

/** The platform in a configuration. What it omits is as `assumed`, as engines run such an image without question. */
export function platformOf({ config }: EngineConfig, assumed: Platform): Platform {
  const { os, architecture, variant } = config;
  return normalizePlatform({
    os: os === "" ? assumed.os : os,
    architecture: architecture === "" ? assumed.architecture : architecture,
    ...(variant === undefined ? {} : { variant }),
  });
}

/**
 * Checks an image's platform against that in its index. Configurations often omit the variant that the index states,
 * which is not a contradiction.
 *
 * @throws SlipwayError `ARCHITECTURE_MISMATCH`
 */
export function checkListed(platform: Platform, listed: Platform | null): void {
  if (listed === null || sameArchitecture(platform, listed)) return;
  throw new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "ARCHITECTURE_MISMATCH",
    message: `the index lists the image as ${formatPlatform(listed)}, its configuration says ${formatPlatform(platform)}`,
    remedy: "Build and push the image again: its index does not match its configuration.",
    blastRadius: "image",
  });
}

/** Says that the image needs a newer processor than that of the request. */
export function variantFindings(platform: Platform, wanted: Platform): readonly ImageFinding[] {
  if (runsOn(platform, wanted) || !sameArchitecture(platform, wanted)) return [];
  const what = `the image is for ${formatPlatform(platform)}: its programs may need a processor of that variant`;
  return [deviation("platform", what)];
}

import { isSlipwayError } from "../../../src/errors.ts";
import type { ErrorReason, JsonObject, SlipwayError } from "../../../src/errors.ts";
import { inspectOciImage } from "../../../src/oci/inspect/inspect-image.ts";
import type { OciInspection } from "../../../src/oci/inspect/inspect-image.ts";
import type { ImageFinding } from "../../../src/oci/image/finding.ts";
import { formatPlatform } from "../../../src/oci/image/platform.ts";
import { withRenewal } from "../../../src/oci/renewal.ts";
import { formatReference, parseReference } from "../../../src/oci/reference.ts";
import type { RegistryClient } from "../../../src/oci/registry/contract.ts";
import type { Redactor } from "../../../src/redaction/redactor.ts";
import { ARCHITECTURES } from "../../../src/plan/plan.ts";
import type { Artifact, Check } from "../../../src/plan/plan.ts";
import type { ImageInspection, ImageSource, ImageTarget } from "../../../src/substrate/contract.ts";
import { failed, failedBy, passed, skipped, warning } from "../../../src/substrate/check.ts";

type DockerImage = Extract<ImageSource, { substrate: "DOCKER" }>;

/** The checks of an image, in this order. After a failure the rest are skipped. */
const STAGES = [
  "image.reference",
  "image.manifest",
  "image.platform",
  "image.config",
  "image.layers",
] as const;
type Stage = (typeof STAGES)[number];

/** The check that an error belongs to; any other error belongs to reading the manifest. */
const STAGE_OF: Partial<Record<ErrorReason, Stage>> = {
  INVALID_REFERENCE: "image.reference",
  PLATFORM_NOT_FOUND: "image.platform",
  ARCHITECTURE_MISMATCH: "image.platform",
  IMAGE_CONFIG_INVALID: "image.config",
  LAYERS_MISMATCH: "image.layers",
};

/**
 * Reads manifest, platform and configuration from the registry without pulling, verifies them, and pins the
 * platform's manifest. Problems of the image are failed checks; only a cancellation is thrown.
 */
export async function inspectDockerImage(
  registry: RegistryClient,
  image: DockerImage,
  target: ImageTarget,
  signal: AbortSignal,
): Promise<ImageInspection> {
  const { imageRef, credential } = image;
  const platform = { os: "linux", architecture: target.architecture };
  try {
    const reference = parseReference(imageRef);
    const found = await withRenewal(credential, signal, (current) =>
      inspectOciImage(registry, { reference, platform, credential: current, signal }),
    );
    const redactor = registry.redactor({ repository: reference, credential });
    return readImage(found, { requested: imageRef, target, redactor });
  } catch (caught) {
    if (!isSlipwayError(caught) || signal.aborted || caught.code === "CANCELLED") throw caught;
    return unreadImage(target, imageRef, caught);
  }
}

function readImage(
  found: OciInspection,
  {
    requested,
    target,
    redactor,
  }: { readonly requested: string; readonly target: ImageTarget; readonly redactor: Redactor },
): ImageInspection {
  const { imageName, hasCommand = false } = target;
  const id = formatReference(found.pinned);
  const platform = formatPlatform(found.platform);
  const artifact: Artifact = {
    id,
    requested,
    pinned: true,
    indexDigest: found.indexDigest,
    imageId: found.imageId,
    chainId: found.chainIds.at(-1) ?? null,
    ...(found.statesPlatform ? { platform } : {}),
    createdAt: found.config.created ?? null,
  };
  const reference = formatReference(found.requested);
  return {
    artifact,
    architecture:
      ARCHITECTURES.find((architecture) => architecture === found.platform.architecture) ?? null,
    checks: [
      passed("image.reference", `${requested} means ${reference}`),
      passed("image.manifest", `the registry has the manifest ${found.manifestDigest}`),
      passed("image.platform", `the image is for ${platform}`),
      passed("image.config", `the configuration ${found.imageId} is readable`),
      passed("image.layers", `${layersAgree(found.diffIds.length)} with the configuration`),
      ...found.findings
        .filter(({ subject }) => subject !== "command" || !hasCommand)
        .map((finding) => findingCheck(finding, `image ${imageName}: `, redactor)),
    ],
    // A digest is fixed; a tag may move when it is pushed again.
    floating: found.floating
      ? [{ reference, value: found.indexDigest ?? found.manifestDigest }]
      : [],
    sources: sourcesOf(found),
    facts: factsOf(found, platform, redactor),
  };
}

/** A departure from the specification warns; what no engine runs fails. The engine's own checks judge the rest. */
function findingCheck(
  { subject, message, obstacle }: ImageFinding,
  prefix: string,
  redactor: Redactor,
): Check {
  const name = `image.${subject}`;
  // The message quotes the document, which may contain anything.
  const finding = `${prefix}${redactor.text(message)}`;
  if (obstacle === null)
    return warning(name, {
      message: finding,
      remedy: "Nothing is needed if the image runs; a current builder follows the specification.",
    });
  return failed(name, {
    code: "FAILED_PRECONDITION",
    message: finding,
    blastRadius: "image",
    ...obstacle,
  });
}

function unreadImage(target: ImageTarget, imageRef: string, error: SlipwayError): ImageInspection {
  const { imageName } = target;
  const stage = STAGE_OF[error.reason] ?? "image.manifest";
  const failedAt = STAGES.indexOf(stage);
  // A registry that cannot answer has checked nothing, not even the name.
  const answered = error.code !== "UNAVAILABLE";
  const checks = STAGES.map((name, index): Check => {
    if (index === failedAt) return failedStage(name, error, target);
    if (index > failedAt || !answered)
      return skipped(name, `image ${imageName}: skipped, because ${stage} failed`);
    return name === "image.reference"
      ? passed(name, `${imageRef} means ${formatReference(parseReference(imageRef))}`)
      : passed(name, `image ${imageName}: no problem found`);
  });
  return { artifact: null, architecture: null, checks, floating: [], sources: {}, facts: {} };
}

function failedStage(
  name: string,
  error: SlipwayError,
  { imageName, architecture }: ImageTarget,
): Check {
  const failure = failedBy(name, error, `image ${imageName}: `);
  if (error.reason !== "PLATFORM_NOT_FOUND") return failure;
  // The record asks for the platform, not the caller.
  const remedy = `Push the image for linux/${architecture}, or set architecture of image ${imageName} to one that it has.`;
  return { ...failure, remedy };
}

function sourcesOf(found: OciInspection): Record<string, string> {
  const { registry } = found.requested;
  const manifest = `manifest ${found.manifestDigest} of ${registry}`;
  const index = found.indexDigest === null ? manifest : `index ${found.indexDigest} of ${registry}`;
  const config = `image configuration ${found.imageId}`;
  return {
    "/artifact/id": `${formatReference(found.requested)} as ${registry} reads it`,
    "/artifact/index_digest": index,
    "/artifact/image_id": manifest,
    "/artifact/chain_id": config,
    "/artifact/platform": config,
    "/artifact/created_at": config,
  };
}

/** As long as a token: no user name is that long, and a launch's messages may contain user names. */
const LONGEST_ACCOUNT = 32;

/**
 * The plan shows the configuration, so secrets that a registry may have put into it are redacted. The engine reads
 * its own copy from the image.
 */
function factsOf(found: OciInspection, platform: string, redactor: Redactor): JsonObject {
  const { config: execution } = found.config;
  const user = execution?.User ?? "";
  const config = {
    ...redactor.data(execution ?? {}),
    User: user.length > LONGEST_ACCOUNT ? redactor.text(user) : user,
  };
  // A round trip through JSON drops members that zod leaves as `undefined`.
  const plain: unknown = JSON.parse(JSON.stringify(config));
  const refusals = found.findings.flatMap(({ message, refusedBy, obstacle }) =>
    obstacle === null && refusedBy.length > 0
      ? [{ message: redactor.text(message), refused_by: refusedBy }]
      : [],
  );
  const manifestType = found.manifest.mediaType;
  return {
    config: isObject(plain) ? plain : {},
    platform,
    size: found.size,
    refusals,
    manifest_type: manifestType,
  };
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function layersAgree(count: number): string {
  return count === 1 ? "the one layer agrees" : `the ${count} layers agree`;
}

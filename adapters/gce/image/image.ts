import { SlipwayError } from "../../../src/errors.ts";
import type { Check } from "../../../src/plan/plan.ts";
import { failedBy, passed, skipped } from "../../../src/substrate/check.ts";
import type { ImageInspection, ImageSource } from "../../../src/substrate/contract.ts";
import { cancellation } from "../../../src/async/cancellation.ts";
import { absenceError, textOf } from "./image-absence.ts";
import { imageChecks } from "./image-checks.ts";
import { architectureOf, artifactOf, imageFactsOf } from "./image-facts.ts";
import { partialLink, readImageLink } from "./links.ts";
import type { ImageLink } from "./links.ts";
import { obstacleName } from "../errors/failed-reads.ts";
import type { GceReads } from "../client/reads.ts";
import type { ImageReply } from "../client/replies.ts";

type GceImage = Extract<ImageSource, { substrate: "GCP" }>;

export interface ImagePorts {
  readonly reads: Pick<GceReads, "image" | "imageOfFamily" | "images" | "project">;
  /** The project of links without one. */
  readonly project: string;
}

/** The checks that need an existing image. */
const OF_A_FOUND_IMAGE = ["image.state", "image.deprecation", "image.architecture"] as const;

/**
 * Reads an image, or the image that a family resolves to now, once, and pins it by self-link and numeric id. Problems
 * are failed checks; only a cancellation is thrown.
 */
export async function inspectGceImage(
  { reads, project }: ImagePorts,
  { selfLink }: GceImage,
  imageName: string,
  signal: AbortSignal,
): Promise<ImageInspection> {
  const link = readImageLink(selfLink, project);
  if (link === null) return unread(imageName, noLink(selfLink), null);
  if (signal.aborted) throw cancellation(signal, "reading the image");
  try {
    const image = await readImage(reads, link, signal);
    return inspected({ imageName, requested: selfLink, link, image });
  } catch (caught) {
    if (signal.aborted) throw cancellation(signal, "reading the image");
    const error = await absenceError({ link, caught, reads, project, signal });
    if (error.reason === "INTERNAL") throw error;
    return unread(imageName, error, referenceCheck(selfLink, link));
  }
}

async function readImage(
  reads: ImagePorts["reads"],
  { kind, project, name }: ImageLink,
  signal: AbortSignal,
): Promise<ImageReply> {
  return kind === "image"
    ? await reads.image({ project, image: name }, signal)
    : await reads.imageOfFamily({ project, family: name }, signal);
}

function inspected(found: {
  readonly imageName: string;
  readonly requested: string;
  readonly link: ImageLink;
  readonly image: ImageReply;
}): ImageInspection {
  const { imageName, requested, link, image } = found;
  const facts = imageFactsOf(image, link.project);
  const family = link.kind === "family" ? link.name : null;
  const checks = [
    referenceCheck(requested, link),
    ...imageChecks({ name: imageName, family, image, facts }),
  ];
  const isRefused = checks.some(({ outcome }) => outcome === "failed");
  const source = `images.${family === null ? "get" : "getFromFamily"} of ${textOf(link)}`;
  return {
    artifact: isRefused ? null : artifactOf(image, facts, requested),
    architecture: architectureOf(facts.architecture),
    checks,
    floating: family === null ? [] : [{ reference: textOf(link), value: facts.link }],
    sources: isRefused
      ? {}
      : {
          "/artifact/id": source,
          "/artifact/numeric_id": source,
          "/artifact/created_at": source,
        },
    facts: { image: facts },
  };
}

/** The image or family that a link names; Compute Engine resolves it. */
function referenceCheck(requested: string, { kind, project, name }: ImageLink): Check {
  return passed("image.reference", `${requested} names ${kind} ${name} of project ${project}`);
}

/**
 * After a failed step, the later ones are unknown.
 *
 * @param reference null if the link itself is invalid
 */
function unread(imageName: string, error: SlipwayError, reference: Check | null): ImageInspection {
  const stage = reference === null ? "image.reference" : "image.found";
  const obstacle = obstacleName(error);
  const failure = failedBy(obstacle ?? stage, error, `image ${imageName}: `);
  const reason = `image ${imageName}: unknown, because ${obstacle ?? stage} failed`;
  const after: readonly Check[] = [
    ...(reference === null || obstacle !== null ? [skipped("image.found", reason)] : []),
    ...OF_A_FOUND_IMAGE.map((name) => skipped(name, reason)),
  ];
  return {
    artifact: null,
    architecture: null,
    checks: [...(reference === null ? [] : [reference]), failure, ...after],
    floating: [],
    sources: {},
    facts: obstacle === null ? {} : { unanswered: true },
  };
}

function noLink(selfLink: string): SlipwayError {
  const shown = JSON.stringify((partialLink(selfLink) ?? selfLink).slice(0, 200));
  return new SlipwayError({
    code: "INVALID_ARGUMENT",
    reason: "INVALID_REFERENCE",
    message: `${shown} is not a link of an image`,
    remedy: "Write projects/P/global/images/N, or projects/P/global/images/family/F.",
    blastRadius: "image",
  });
}

import { SlipwayError } from "../../../src/errors.ts";
import type { ErrorReason } from "../../../src/errors.ts";
import { gceError } from "../errors/errors.ts";
import { familyLink, imageLink, partialLink } from "./links.ts";
import type { ImageLink } from "./links.ts";
import { settledRead } from "../errors/failed-reads.ts";
import { isDenied, sharedRefusal, wordsOf } from "../errors/shared-refusal.ts";
import type { GceReads } from "../client/reads.ts";
import type { ImageReply } from "../client/replies.ts";

export interface AbsentImage {
  readonly link: ImageLink;
  /** The error of the read. */
  readonly caught: unknown;
  readonly reads: Pick<GceReads, "images" | "project">;
  /** The placement's. */
  readonly project: string;
  readonly signal: AbortSignal;
}

/**
 * Explains why an image or a family could not be read. A 404 may concern the project or the image, so this lists the
 * project's images of the family: one more call, on this path only.
 */
export async function absenceError(absent: AbsentImage): Promise<SlipwayError> {
  const { link, caught, reads, signal } = absent;
  const subject = textOf(link);
  const error = gceError(caught, { doing: `reading ${subject}` });
  if (isDenied(error)) return (await projectRefusal(absent, error)) ?? denied(link, error);
  if (error.code !== "NOT_FOUND") return error;
  const { project, name } = link;
  const listed = await settledRead(
    reads.images({ project, filter: `family = "${name}"` }, signal),
    {
      doing: `listing the images of family ${name} in project ${project}`,
    },
  );
  if (listed.error?.code === "NOT_FOUND") return noProject(link, listed.error);
  // A caller may be allowed to read but not to list: then only the first reply is known.
  const members = listed.value ?? [];
  if (link.kind === "image") return noImage(link, members.length > 0);
  return members.length === 0 ? noFamily(link, listed.error) : emptyFamily(link, members);
}

export function textOf({ kind, project, name }: ImageLink): string {
  return kind === "image" ? imageLink(project, name) : familyLink(project, name);
}

/**
 * The error if all of the placement's project is closed to the caller, and not the image. One more call, if the message
 * does not name anything of the image's project.
 */
async function projectRefusal(
  { link, reads, project, signal }: AbsentImage,
  error: SlipwayError,
): Promise<SlipwayError | null> {
  if (wordsOf(error)?.includes(`projects/${link.project}/`)) return null;
  const read = await settledRead(reads.project({ project }, signal), {
    doing: `reading project ${project}`,
  });
  return sharedRefusal([error, read.error], project);
}

function denied(link: ImageLink, error: SlipwayError): SlipwayError {
  return new SlipwayError({
    code: "PERMISSION_DENIED",
    reason: "IMAGE_PERMISSION_DENIED",
    message: `${textOf(link)}: the caller may not see it, or there is no project ${link.project}: ${error.message}`,
    remedy: `Ask the owner of project ${link.project} to grant the placement's account roles/compute.imageUser on the image or on the project. Where the message asks for something else, follow it.`,
    blastRadius: "credential",
    metadata: { ...error.metadata, project: link.project },
  });
}

function noProject(link: ImageLink, error: SlipwayError): SlipwayError {
  return absence(link, {
    reason: "PROJECT_NOT_FOUND",
    message: `${textOf(link)}: there is no project ${link.project}, or the caller may not know of it: ${wordsOf(error) ?? error.message}`,
    remedy: `Correct the project in the image's self-link, or have roles/compute.imageUser granted in it.`,
  });
}

function noImage(link: ImageLink, isFamily: boolean): SlipwayError {
  return absence(link, {
    reason: "IMAGE_NOT_FOUND",
    message: `${textOf(link)}: project ${link.project} has no image of this name${isFamily ? `, but a family of it` : ""}`,
    remedy: isFamily
      ? `Write ${familyLink(link.project, link.name)} for the family's newest image.`
      : `List them with \`gcloud compute images list --project ${link.project}\`, and correct the image record.`,
  });
}

function noFamily(link: ImageLink, unlisted: SlipwayError | null): SlipwayError {
  const unsure = unlisted === null ? "" : ` (${unlisted.message})`;
  return absence(link, {
    reason: "IMAGE_FAMILY_NOT_FOUND",
    message: `${textOf(link)}: project ${link.project} has no image of this family${unsure}`,
    remedy: `List them with \`gcloud compute images list --project ${link.project}\`, and correct the image record.`,
  });
}

/** A family resolves to its newest image that is READY and has no deprecation state. */
function emptyFamily(link: ImageLink, members: readonly ImageReply[]): SlipwayError {
  const states = members
    .toSorted((one, other) => timeOf(other) - timeOf(one))
    .slice(0, MOST_LISTED)
    .map((image) => `${image.name} is ${image.deprecated?.state ?? image.status}`);
  const more = members.length > MOST_LISTED ? `, and ${members.length - MOST_LISTED} more` : "";
  const replacement = members.find(({ deprecated }) => deprecated?.replacement)?.deprecated
    ?.replacement;
  const instead = replacement ? (partialLink(replacement) ?? replacement) : null;
  return absence(link, {
    code: "FAILED_PRECONDITION",
    reason: "IMAGE_FAMILY_EMPTY",
    message: `${textOf(link)}: no image of this family is active: ${states.join(", ")}${more}`,
    remedy:
      instead === null
        ? "Add an image to the family, or put another family's self-link into the image record."
        : `Put ${instead}, which is named as a successor, or another family into the image record.`,
  });
}

const MOST_LISTED = 5;

function timeOf({ creationTimestamp }: ImageReply): number {
  const time = Date.parse(creationTimestamp ?? "");
  return Number.isNaN(time) ? 0 : time;
}

function absence(
  link: ImageLink,
  problem: {
    readonly code?: "FAILED_PRECONDITION";
    readonly reason: ErrorReason;
    readonly message: string;
    readonly remedy: string;
  },
): SlipwayError {
  return new SlipwayError({
    code: "NOT_FOUND",
    ...problem,
    blastRadius: "image",
    metadata: { project: link.project, [link.kind]: link.name },
  });
}

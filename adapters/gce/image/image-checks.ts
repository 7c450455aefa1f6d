import type { ErrorReason } from "../../../src/errors.ts";
import type { Check } from "../../../src/plan/plan.ts";
import { failed, passed, warning } from "../../../src/substrate/check.ts";
import { architectureOf, isUnspecified } from "./image-facts.ts";
import type { ImageFacts } from "./image-facts.ts";
import { lastPart, partialLink } from "./links.ts";
import type { ImageReply } from "../client/replies.ts";

export interface ImageCheckInput {
  /** Name of the image record. */
  readonly name: string;
  /** The family that resolved to this image; null for an image named directly. */
  readonly family: string | null;
  readonly image: ImageReply;
  readonly facts: ImageFacts;
}

interface Refusal {
  readonly reason: ErrorReason;
  readonly means: string;
  readonly remedy: string;
}

/** The states from which no disk can be created; the API's only other state is `READY`. */
const REFUSED_STATES: ReadonlyMap<string, Refusal> = new Map([
  [
    "PENDING",
    {
      reason: "IMAGE_NOT_READY",
      means: "it is still being created",
      remedy: "Wait until its status is READY, then resolve again.",
    },
  ],
  [
    "FAILED",
    {
      reason: "IMAGE_FAILED",
      means: "its creation failed",
      remedy: "Create the image again, and put the new self-link into the image record.",
    },
  ],
  [
    "DELETING",
    {
      reason: "IMAGE_DELETED",
      means: "it is being deleted",
      remedy: "Put the self-link of an existing image into the image record.",
    },
  ],
]);

const WITHDRAWN: ReadonlyMap<string, Refusal> = new Map([
  [
    "OBSOLETE",
    {
      reason: "IMAGE_OBSOLETE",
      means: "its owner has withdrawn it from new machines",
      remedy: "Put its successor's self-link, or its family's, into the image record.",
    },
  ],
  [
    "DELETED",
    {
      reason: "IMAGE_DELETED",
      means: "its owner has marked it as deleted",
      remedy: "Put its successor's self-link, or its family's, into the image record.",
    },
  ],
]);

/** The checks of an existing image, in a fixed order. */
export function imageChecks(input: ImageCheckInput): readonly Check[] {
  return [foundCheck(input), stateCheck(input), deprecationCheck(input), architectureCheck(input)];
}

function foundCheck({ family, image, facts }: ImageCheckInput): Check {
  const { diskSizeGb, licenses, guestOsFeatures, link, numericId } = facts;
  const notes = [
    `id ${numericId}`,
    diskSizeGb === null ? "disk size unknown" : `${diskSizeGb} GB`,
    ...(licenses.length === 0 ? [] : [`licences ${licenses.map(lastPart).join(", ")}`]),
    ...(guestOsFeatures.length === 0 ? [] : [`guest features ${guestOsFeatures.join(", ")}`]),
  ];
  const led = family === null ? "" : `family ${family} is now `;
  const made = image.creationTimestamp === null ? "" : ` of ${image.creationTimestamp}`;
  return passed("image.found", `${led}${link}${made}: ${notes.join("; ")}`);
}

function stateCheck({ name, image, facts }: ImageCheckInput): Check {
  const check = "image.state";
  const { status } = image;
  const refused = REFUSED_STATES.get(status);
  if (status === "READY" || status === "") return passed(check, `${facts.link} is ready`);
  return refusal(check, {
    name,
    facts,
    state: status,
    refused: refused ?? {
      reason: "IMAGE_NOT_READY",
      means: "no disk can be created from it now",
      remedy: "Wait until its status is READY, then resolve again.",
    },
  });
}

function deprecationCheck({ name, image, facts }: ImageCheckInput): Check {
  const check = "image.deprecation";
  const state = image.deprecated?.state ?? "ACTIVE";
  const successor = successorOf(image);
  const instead = successor === null ? "" : `; ${successor} replaces it`;
  const refused = WITHDRAWN.get(state);
  if (refused !== undefined)
    return refusal(check, {
      name,
      facts,
      state,
      refused: {
        ...refused,
        means: refused.means + instead,
        remedy: successor === null ? refused.remedy : `Put ${successor} into image record ${name}.`,
      },
    });
  if (state !== "DEPRECATED") return passed(check, `${facts.link} is not deprecated`);
  return warning(check, {
    reason: "IMAGE_DEPRECATED",
    message: `image ${name}: ${facts.link} is deprecated${instead}`,
    remedy:
      successor === null
        ? `Put its successor's self-link, or its family's, into image record ${name}.`
        : `Put ${successor} into image record ${name}.`,
  });
}

function architectureCheck({ name, facts }: ImageCheckInput): Check {
  const check = "image.architecture";
  const { architecture, link } = facts;
  if (isUnspecified(architecture))
    return warning(check, {
      reason: "ARCHITECTURE_UNKNOWN",
      message: `image ${name}: ${link} has no architecture, and is treated as amd64, as older images are`,
      remedy: "Create the image again with its architecture, so that Slipway need not assume it.",
    });
  if (architectureOf(architecture) !== null) return passed(check, `${link} is for ${architecture}`);
  return failed(check, {
    code: "FAILED_PRECONDITION",
    reason: "IMAGE_UNSUPPORTED",
    message: `image ${name}: ${link} is for ${architecture}, which Slipway does not launch`,
    remedy: "Use an image for X86_64 or ARM64.",
    blastRadius: "image",
    metadata: { image: link, architecture },
  });
}

function refusal(
  check: string,
  about: {
    readonly name: string;
    readonly facts: ImageFacts;
    readonly state: string;
    readonly refused: Refusal;
  },
): Check {
  const { name, facts, state, refused } = about;
  return failed(check, {
    code: "FAILED_PRECONDITION",
    reason: refused.reason,
    message: `image ${name}: ${facts.link} is ${state}: ${refused.means}`,
    remedy: refused.remedy,
    blastRadius: "image",
    metadata: { image: facts.link, image_id: facts.numericId, state },
  });
}

/** The replacement that the owner names. It may be any text, so it is only a hint. */
function successorOf({ deprecated }: ImageReply): string | null {
  const replacement = deprecated?.replacement ?? null;
  return replacement === null ? null : (partialLink(replacement) ?? replacement);
}

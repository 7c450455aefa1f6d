import { z } from "zod";
import type { JsonObject } from "../../../src/errors.ts";
import { WITHOUT_COMPILING } from "../../../src/json/zod-options.ts";
import type { Architecture, Artifact } from "../../../src/plan/plan.ts";
import { imageLink, partialLink } from "./links.ts";
import type { ImageReply } from "../client/replies.ts";

const imageFacts = z.object({
  /** Partial. */
  link: z.string(),
  numericId: z.string(),
  /** GiB; null if the API reports none. */
  diskSizeGb: z.number().nullable(),
  /** As reported by the API; null if absent. */
  architecture: z.string().nullable(),
  /** Partial links. */
  licenses: z.array(z.string()),
  /** `UEFI_COMPATIBLE`, `GVNIC`, … */
  guestOsFeatures: z.array(z.string()),
});

/** Facts about an image, for the checks of its machine. */
export type ImageFacts = z.output<typeof imageFacts>;

/** If Compute Engine was unreachable for the image, no other read is tried. */
const facts = z.object({ image: imageFacts.optional(), unanswered: z.boolean().optional() });

export function imageFactsOf(image: ImageReply, project: string): ImageFacts {
  return {
    link: imageLink(project, image.name),
    numericId: image.id,
    diskSizeGb: image.diskSizeGb,
    architecture: image.architecture,
    licenses: image.licenses.map((license) => partialLink(license) ?? license),
    guestOsFeatures: image.guestOsFeatures.map(({ type }) => type),
  };
}

/** Parses the facts of `inspectImage`; null for a plan whose image was not read. */
export function readFacts(given: JsonObject): {
  readonly image: ImageFacts | null;
  readonly unanswered: boolean;
} {
  const parsed = facts.safeParse(given, WITHOUT_COMPILING);
  if (!parsed.success) return { image: null, unanswered: false };
  return { image: parsed.data.image ?? null, unanswered: parsed.data.unanswered ?? false };
}

export function artifactOf(
  { id, creationTimestamp }: ImageReply,
  { link }: ImageFacts,
  requested: string,
): Artifact {
  return { id: link, requested, pinned: true, numericId: id, createdAt: creationTimestamp };
}

const ARCHITECTURES: ReadonlyMap<string, Architecture> = new Map([
  ["X86_64", "amd64"],
  ["ARM64", "arm64"],
]);

/**
 * Old images and types have no architecture: they are all amd64. Null for an architecture that Slipway does not
 * launch.
 */
export function architectureOf(value: string | null): Architecture | null {
  return isUnspecified(value) ? "amd64" : (ARCHITECTURES.get(value) ?? null);
}

/** Whether the API reports no architecture. */
export function isUnspecified(value: string | null): value is null {
  return value === null || value === "ARCHITECTURE_UNSPECIFIED";
}

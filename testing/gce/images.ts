import type { JsonObject } from "../../src/errors.ts";
import { found } from "./context.ts";
import { GceFailure } from "./failure.ts";
import { imageState, timestamp } from "./lifecycle.ts";
import { fullLink } from "./links.ts";
import type { DeprecationState, Image, Project } from "./records.ts";
import { compact, fingerprint, unlessEmpty } from "./render.ts";

export function imageLink(project: string, name: string): string {
  return `projects/${project}/global/images/${name}`;
}

function familyLink(project: string, family: string): string {
  return `projects/${project}/global/images/family/${family}`;
}

/** @throws GceFailure `notFound` */
export function findImage(project: Project, name: string): Image {
  return found(project.images.get(name), imageLink(project.id, name));
}

/**
 * The newest image of the family whose deprecation state is ACTIVE, as the API reference specifies.
 *
 * @throws GceFailure `notFound` if there is none.
 */
export function imageOfFamily(project: Project, family: string, now: number): Image {
  const candidates = [...project.images.values()].filter(
    (image) =>
      image.family === family &&
      deprecationOf(image) === "ACTIVE" &&
      imageState(image, now) === "READY",
  );
  const newest = candidates.toSorted(
    (one, other) => other.createdAt - one.createdAt || (one.name < other.name ? -1 : 1),
  )[0];
  return found(newest, familyLink(project.id, family));
}

export function deprecationOf(image: Image): DeprecationState {
  return image.deprecation?.state ?? "ACTIVE";
}

/** @throws GceFailure if no disk can be created from the image. */
export function requireUsable(project: string, image: Image, now: number): void {
  const link = imageLink(project, image.name);
  const deprecation = deprecationOf(image);
  if (deprecation === "OBSOLETE" || deprecation === "DELETED")
    throw new GceFailure(
      "invalid",
      `The resource '${link}' is ${deprecation.toLowerCase()} and cannot be used.`,
    );
  if (imageState(image, now) !== "READY")
    throw new GceFailure("resourceNotReady", `The resource '${link}' is not ready`);
}

export function renderImage(project: string, image: Image, now: number): JsonObject {
  const { source, deprecation } = image;
  return compact({
    kind: "compute#image",
    id: image.id,
    creationTimestamp: timestamp(image.createdAt),
    name: image.name,
    description: image.description,
    sourceType: "RAW",
    rawDisk: { source: "", containerType: "TAR" },
    deprecated:
      deprecation === null
        ? undefined
        : compact({
            ...deprecation,
            replacement:
              deprecation.replacement === null ? null : fullLink(deprecation.replacement),
          }),
    status: imageState(image, now),
    archiveSizeBytes: String(image.archiveSizeBytes),
    diskSizeGb: String(image.diskSizeGb),
    sourceDisk: source.kind === "disk" ? fullLink(source.link) : undefined,
    sourceDiskId: source.kind === "disk" ? source.id : undefined,
    sourceImage: source.kind === "image" ? fullLink(source.link) : undefined,
    sourceImageId: source.kind === "image" ? source.id : undefined,
    licenses: unlessEmpty(image.licenses.map(fullLink)),
    family: image.family,
    selfLink: fullLink(imageLink(project, image.name)),
    labels: unlessEmpty(image.labels),
    labelFingerprint: fingerprint(image.labels),
    guestOsFeatures: unlessEmpty(image.guestOsFeatures.map((type) => ({ type }))),
    architecture: image.architecture,
  });
}

import type { Context } from "./context.ts";
import { findImage, imageLink, imageOfFamily, requireUsable } from "./images.ts";
import { malformedLink, readLink } from "./links.ts";
import { requirePermission } from "./permissions.ts";
import type { Image } from "./records.ts";
import { requireProject } from "./projects.ts";

export interface ChosenImage {
  readonly image: Image;
  /** Partial. */
  readonly link: string;
}

/**
 * The image that a link names, directly or by family, in this project or another one.
 *
 * @throws GceFailure if the link is malformed, or the image is missing, not permitted to this caller, or not usable.
 */
export function chooseImage(context: Context, text: string, field: string): ChosenImage {
  const { world, now, project: own } = context;
  const read = readLink(text, field, own.id);
  const project = requireProject(world, read.project);
  const image = named(read.path);
  const link = imageLink(project.id, image.name);
  requirePermission({ world, project }, "compute.images.useReadOnly", link);
  requireUsable(project.id, image, now);
  return { image, link };

  function named(path: readonly string[]): Image {
    const [scope, second, third, fourth] = path;
    if (scope === "global" && second === "images" && third !== undefined) {
      if (path.length === 3) return findImage(project, third);
      if (path.length === 4 && third === "family" && fourth !== undefined)
        return imageOfFamily(project, fourth, now);
    }
    if (scope === "zones" && third === "imageFamilyViews" && fourth !== undefined)
      return imageOfFamily(project, fourth, now);
    throw malformedLink(text, field);
  }
}

/** The target of a Compute Engine link. */
export interface ResourceLink {
  /** With its domain, if it has one: `example.com:agents`. */
  readonly project: string;
  /** `global`, `zones/Z` or `regions/R`. */
  readonly scope: string;
  /** `images`, `subnetworks`, … */
  readonly collection: string;
  readonly name: string;
}

/** An image by its own name or by its family's. */
export type ImageLink =
  | { readonly kind: "image"; readonly project: string; readonly name: string }
  | { readonly kind: "family"; readonly project: string; readonly name: string };

const PROJECT =
  /^(?:(?:[-a-z0-9]{1,63}\.)*[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?:)?(?:[0-9]{1,19}|[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)$/;
const NAME = /^[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
const PLACE = /^[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
const LONGEST_LINK = 2_048;
/** Hosts, versions and overrides differ; the path behind `projects/` is the same everywhere. */
const BEFORE_PROJECTS = /^https?:\/\/[^/?#\s]+\/(?:[^/?#\s]+\/){0,4}(?=projects\/)/;

/** The part from `projects/` on, of a full URL with any prefix or of a partial link; null for other texts. */
export function partialLink(link: string): string | null {
  if (link.length > LONGEST_LINK) return null;
  const path = link.replace(BEFORE_PROJECTS, "").replace(/^\/(?=projects\/)/, "");
  return path.startsWith("projects/") && !/[?#\s]/.test(path) ? path : null;
}

/** Null for a text that is not a link of a resource in a project. */
export function readResourceLink(link: string): ResourceLink | null {
  const parts = partialLink(link)?.split("/") ?? [];
  const [, project = "", first = "", ...rest] = parts;
  const scope = first === "global" ? first : `${first}/${rest.shift() ?? ""}`;
  const [collection = "", name = "", ...beyond] = rest;
  if (!PROJECT.test(project) || beyond.length > 0 || !isScope(scope)) return null;
  if (!/^[a-zA-Z]{1,63}$/.test(collection) || !/^[-a-z0-9]{1,63}$/.test(name)) return null;
  return { project, scope, collection, name };
}

/**
 * Parses an image's link: `projects/P/global/images/N`, `…/images/family/F`, full URLs of both, and links without a
 * project (`global/images/N`), which mean the given project. Null for other texts.
 */
export function readImageLink(link: string, ownProject: string): ImageLink | null {
  const relative = link.startsWith("global/images/") ? `projects/${ownProject}/${link}` : link;
  const path = partialLink(relative)?.split("/") ?? [];
  const [, project = "", global = "", images = "", ...rest] = path;
  if (global !== "global" || images !== "images" || !PROJECT.test(project)) return null;
  const [first = "", second] = rest;
  if (rest.length === 1 && NAME.test(first)) return { kind: "image", project, name: first };
  if (rest.length === 2 && first === "family" && second !== undefined && NAME.test(second))
    return { kind: "family", project, name: second };
  return null;
}

export function imageLink(project: string, name: string): string {
  return `projects/${project}/global/images/${name}`;
}

export function familyLink(project: string, name: string): string {
  return `projects/${project}/global/images/family/${name}`;
}

export function subnetworkLink(project: string, region: string, name: string): string {
  return `projects/${project}/regions/${region}/subnetworks/${name}`;
}

/** The last part of a link, or a bare name. */
export function lastPart(link: string): string {
  return link.slice(link.lastIndexOf("/") + 1);
}

function isScope(scope: string): boolean {
  const [kind = "", place] = scope.split("/");
  if (kind === "global") return place === undefined;
  return (kind === "zones" || kind === "regions") && place !== undefined && PLACE.test(place);
}

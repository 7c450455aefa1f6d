import { invalidField } from "./failure.ts";
import type { Scope } from "./records.ts";

/** The base of all links, on any server: clients compare links as text. */
const BASE = "https://www.googleapis.com/compute/v1/";

/** The full link for a partial one. */
export function fullLink(partial: string): string {
  return `${BASE}${partial}`;
}

/** `zones/us-central1-a`: the key of a scope in aggregated lists. */
export function scopeName(scope: Scope): string {
  return scope.kind === "global" ? "global" : `${scope.kind}s/${scope.name}`;
}

/** `projects/P/zones/Z/instances/N`. */
export function partialLink(
  project: string,
  scope: Scope,
  collection: string,
  name: string,
): string {
  return `projects/${project}/${scopeName(scope)}/${collection}/${name}`;
}

export function zoneLink(project: string, zone: string): string {
  return `projects/${project}/zones/${zone}`;
}

export function regionLink(project: string, region: string): string {
  return `projects/${project}/regions/${region}`;
}

/** A parsed link: the project, and the path that follows it. */
export interface ReadLink {
  readonly project: string;
  /** The parts of, for example, `global/images/family/debian-12`. */
  readonly path: readonly string[];
}

const SCOPES = new Set(["zones", "regions", "global"]);

/**
 * Parses a link in any form that the API accepts: a full URL on any host, `projects/…`, or a path within the request's
 * own project that begins with its scope. A bare name is not a link.
 */
export function readLink(link: string, field: string, project: string): ReadLink {
  const parts = withoutHost(link).split("/");
  const malformed = parts.some((part) => part === "");
  if (!malformed && parts[0] === "projects" && parts.length > 3 && parts[1] !== undefined)
    return { project: parts[1], path: parts.slice(2) };
  if (!malformed && parts.length > 1 && SCOPES.has(parts[0] ?? "")) return { project, path: parts };
  throw malformedLink(link, field);
}

export function malformedLink(link: string, field: string): ReturnType<typeof invalidField> {
  return invalidField(field, link, "The URL is malformed.");
}

/** An endpoint override may have any prefix before `projects/`. */
function withoutHost(link: string): string {
  if (!/^https?:\/\//.test(link)) return link;
  const start = link.indexOf("/projects/");
  return start < 0 ? "" : link.slice(start + 1);
}

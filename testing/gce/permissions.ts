import type { Context } from "./context.ts";
import { GceFailure } from "./failure.ts";
import type { Denial } from "./records.ts";

/** @throws GceFailure `forbidden` */
export function requirePermission(
  { world: { denials }, project }: Pick<Context, "world" | "project">,
  permission: string,
  link: string,
): void {
  if (!isAllowed(denials, { project: project.id, permission, resource: link }))
    throw new GceFailure("forbidden", `Required '${permission}' permission for '${link}'`);
}

/** True unless a denial of the project names the permission, for all resources or for this one. */
export function isAllowed(
  denials: readonly Denial[],
  wanted: { readonly project: string; readonly permission: string; readonly resource: string },
): boolean {
  return !denials.some(
    ({ project, permission, resource }) =>
      project === wanted.project &&
      permission === wanted.permission &&
      (resource === null || resource === wanted.resource),
  );
}

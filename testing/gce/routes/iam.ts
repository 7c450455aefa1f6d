import { z } from "zod";
import type { JsonObject } from "../../../src/errors.ts";
import { resource } from "../body.ts";
import type { Context } from "../context.ts";
import { isAllowed } from "../permissions.ts";

export const permissionsBody = resource({ permissions: z.array(z.string()).max(100).optional() });

/** The subset of the permissions that the caller has on the resource. */
export function grantedPermissions(
  { world, project }: Context,
  link: string,
  { permissions = [] }: z.output<typeof permissionsBody>,
): JsonObject {
  const granted = permissions.filter((permission) =>
    isAllowed(world.denials, { project: project.id, permission, resource: link }),
  );
  return granted.length === 0 ? {} : { permissions: granted };
}

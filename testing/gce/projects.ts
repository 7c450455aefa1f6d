import { GceFailure, invalidField } from "./failure.ts";
import type { Project } from "./records.ts";
import { type World, projectOf } from "./world.ts";

/** An id, with the domain that old projects have, or a number. */
const PROJECT =
  /^(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?:)?(?:[0-9]{1,19}|[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)$/;

/** @throws GceFailure `invalid` for what is no id, `notFound` for a project that there is not. */
export function requireProject(world: World, id: string): Project {
  if (!PROJECT.test(id))
    throw invalidField(
      "project",
      id,
      "Must be a match of regex '(?:(?:[-a-z0-9]{1,63}\\.)*(?:[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?):)?(?:[0-9]{1,19}|(?:[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?))'",
    );
  if (world.missingProjects.has(id))
    throw new GceFailure("notFound", `Failed to find project ${id}`);
  return projectOf(world, id);
}

import { GceFailure, invalidField } from "./failure.ts";
import type { Project } from "./records.ts";
import { type World, projectOf } from "./world.ts";

/** A project id, optionally with the domain prefix of old projects, or a project number. */
const PROJECT =
  /^(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?:)?(?:[0-9]{1,19}|[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)$/;

/** @throws GceFailure `invalid` for a malformed id, `notFound` for a project that does not exist. */
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

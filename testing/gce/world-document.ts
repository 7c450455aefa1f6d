import { z } from "zod";
import {
  type Project,
  closedZoneSchema,
  denialSchema,
  policySchema,
  poolSchema,
  projectSchema,
  quotaSchema,
} from "./records.ts";
import type { World } from "./world.ts";

/** Parses the document of a state file into a world. */
export const worldSchema = z
  .strictObject({
    version: z.literal(1),
    seed: z.string(),
    nextId: z.number(),
    projects: z
      .array(z.tuple([z.string(), projectSchema]))
      .transform((entries) => new Map(entries)),
    missingProjects: z.array(z.string()).transform((names) => new Set(names)),
    downZones: z.array(z.string()).transform((names) => new Set(names)),
    closedZones: z.array(closedZoneSchema).default([]),
    policies: z.array(policySchema).default([]),
    pools: z.array(poolSchema),
    quotas: z.array(quotaSchema),
    denials: z.array(denialSchema),
  })
  .transform(({ version: _version, ...world }): World => world);

/** The world as the document of a state file: maps and sets become lists. */
export function worldDocument(world: World) {
  const { seed, nextId, closedZones, policies, pools, quotas, denials } = world;
  return {
    version: 1,
    seed,
    nextId,
    projects: [...world.projects].map(([id, project]) => [id, projectDocument(project)]),
    missingProjects: [...world.missingProjects],
    downZones: [...world.downZones],
    closedZones,
    policies,
    pools,
    quotas,
    denials,
  };
}

function projectDocument(project: Project) {
  return Object.fromEntries(
    Object.entries(project).map(([name, value]) => [
      name,
      value instanceof Map ? [...value] : value,
    ]),
  );
}

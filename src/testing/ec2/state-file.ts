import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { invalidArgument } from "../../errors.ts";
import {
  denialSchema,
  imageSchema,
  instanceSchema,
  launchTokenSchema,
  networkInterfaceSchema,
  offeringSchema,
  poolSchema,
  quotaSchema,
  securityGroupSchema,
  sessionSchema,
  subnetSchema,
  volumeSchema,
  vpcSchema,
} from "./records.ts";
import type { Region, World } from "./world.ts";

const regionSchema = z.object({
  name: z.string(),
  zones: z.array(z.object({ name: z.string(), id: z.string() })),
  instances: z.array(instanceSchema),
  volumes: z.array(volumeSchema),
  interfaces: z.array(networkInterfaceSchema),
  images: z.array(imageSchema),
  vpcs: z.array(vpcSchema),
  subnets: z.array(subnetSchema),
  securityGroups: z.array(securityGroupSchema),
  offerings: z.array(offeringSchema),
  tokens: z.array(launchTokenSchema),
  pools: z.array(poolSchema),
  quotas: z.array(quotaSchema),
});

const worldSchema = z.object({
  version: z.literal(1),
  seed: z.string(),
  nextId: z.number(),
  regions: z.array(regionSchema),
  sessions: z.array(sessionSchema),
  denials: z.array(denialSchema),
});

/** Everything as JSON. */
function worldToJson(world: World): string {
  const { seed, nextId, denials } = world;
  const document: z.infer<typeof worldSchema> = {
    version: 1,
    seed,
    nextId,
    regions: [...world.regions.values()].map(regionDocument),
    sessions: [...world.sessions.values()],
    denials,
  };
  return JSON.stringify(document);
}

function regionDocument(region: Region): z.infer<typeof regionSchema> {
  return {
    name: region.name,
    zones: [...region.zones],
    instances: [...region.instances.values()],
    volumes: [...region.volumes.values()],
    interfaces: [...region.interfaces.values()],
    images: [...region.images.values()],
    vpcs: [...region.vpcs.values()],
    subnets: [...region.subnets.values()],
    securityGroups: [...region.securityGroups.values()],
    offerings: [...region.offerings].map(([instanceType, zones]) => ({
      instanceType,
      zones: [...zones],
    })),
    tokens: region.tokens,
    pools: region.pools,
    quotas: region.quotas,
  };
}

/** @throws SlipwayError `INVALID_INPUT` for what {@link worldToJson} has not written */
function worldFromJson(text: string): World {
  const parsed = worldSchema.safeParse(parseJson(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalidArgument(
      "INVALID_INPUT",
      `the state file is not one of this stand-in: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`,
      "Name another file, or delete it to begin anew.",
    );
  }
  const { seed, nextId, regions, sessions, denials } = parsed.data;
  return {
    seed,
    nextId,
    regions: new Map(regions.map((region) => [region.name, regionFromDocument(region)])),
    sessions: new Map(sessions.map((session) => [session.accessKeyId, session])),
    denials,
  };
}

function regionFromDocument(region: z.infer<typeof regionSchema>): Region {
  return {
    ...region,
    instances: byId(region.instances),
    volumes: byId(region.volumes),
    interfaces: byId(region.interfaces),
    images: byId(region.images),
    vpcs: byId(region.vpcs),
    subnets: byId(region.subnets),
    securityGroups: byId(region.securityGroups),
    offerings: new Map(region.offerings.map(({ instanceType, zones }) => [instanceType, zones])),
  };
}

function byId<T extends { readonly id: string }>(records: readonly T[]): Map<string, T> {
  return new Map(records.map((record) => [record.id, record]));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The schema refuses it, with the right words.
    return null;
  }
}

/** What an earlier stand-in kept there, or null where there is no such file yet. */
export function readStateFile(path: string): World | null {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
  return worldFromJson(text);
}

/** Replaces the file as a whole: whoever reads it, after a crash too, sees one state or the next. */
export function writeStateFile(path: string, world: World): void {
  const draft = `${path}.new`;
  writeFileSync(draft, worldToJson(world), { mode: 0o600 });
  renameSync(draft, path);
}

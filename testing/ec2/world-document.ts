import { z } from "zod";
import {
  accountSchema,
  capacityReservationSchema,
  denialSchema,
  hostSchema,
  imageSchema,
  instanceSchema,
  keyPairSchema,
  launchTemplateSchema,
  launchTokenSchema,
  networkInterfaceSchema,
  offeringSchema,
  poolSchema,
  quotaSchema,
  securityGroupSchema,
  sessionSchema,
  spotPriceSchema,
  subnetSchema,
  volumeSchema,
  vpcSchema,
} from "./records.ts";
import { type Region, type World, tokenKey } from "./world.ts";

const regionSchema = z.strictObject({
  name: z.string(),
  zones: z.array(z.object({ name: z.string(), id: z.string() })),
  instances: z.array(instanceSchema),
  volumes: z.array(volumeSchema),
  interfaces: z.array(networkInterfaceSchema),
  images: z.array(imageSchema),
  vpcs: z.array(vpcSchema),
  subnets: z.array(subnetSchema),
  securityGroups: z.array(securityGroupSchema),
  keyPairs: z.array(keyPairSchema).default([]),
  hosts: z.array(hostSchema).default([]),
  capacityReservations: z.array(capacityReservationSchema).default([]),
  launchTemplates: z.array(launchTemplateSchema).default([]),
  offerings: z.array(offeringSchema),
  tokens: z.array(launchTokenSchema),
  pools: z.array(poolSchema),
  quotas: z.array(quotaSchema),
  spotPrices: z.array(spotPriceSchema).default([]),
});

const documentSchema = z.strictObject({
  version: z.literal(1),
  seed: z.string(),
  nextId: z.number(),
  regions: z.array(regionSchema),
  sessions: z.array(sessionSchema),
  denials: z.array(denialSchema),
  accounts: z.array(accountSchema).default([]),
});

type WorldDocument = z.infer<typeof documentSchema>;

/** Parses the document of a state file into a world. */
export const worldSchema = documentSchema.transform(
  ({ seed, nextId, regions, sessions, denials, accounts }): World => ({
    seed,
    nextId,
    regions: new Map(regions.map((region) => [region.name, regionFromDocument(region)])),
    sessions: new Map(sessions.map((session) => [session.accessKeyId, session])),
    denials,
    accounts: new Map(accounts.map((account) => [account.account, account])),
  }),
);

/** The world as the document of a state file. */
export function worldDocument(world: World): WorldDocument {
  const { seed, nextId, regions, sessions, denials, accounts } = world;
  return {
    version: 1,
    seed,
    nextId,
    regions: [...regions.values()].map(regionDocument),
    sessions: [...sessions.values()],
    denials,
    accounts: [...accounts.values()],
  };
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
    keyPairs: [...region.keyPairs.values()],
    hosts: [...region.hosts.values()],
    capacityReservations: [...region.capacityReservations.values()],
    launchTemplates: [...region.launchTemplates.values()],
    offerings: [...region.offerings].map(([instanceType, zones]) => ({
      instanceType,
      zones: [...zones],
    })),
    tokens: [...region.tokens.values()],
    pools: region.pools,
    quotas: region.quotas,
    spotPrices: region.spotPrices,
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
    keyPairs: byId(region.keyPairs),
    hosts: byId(region.hosts),
    capacityReservations: byId(region.capacityReservations),
    launchTemplates: byId(region.launchTemplates),
    offerings: new Map(region.offerings.map(({ instanceType, zones }) => [instanceType, zones])),
    tokens: new Map(region.tokens.map((token) => [tokenKey(token), token])),
  };
}

function byId<T extends { readonly id: string }>(records: readonly T[]): Map<string, T> {
  return new Map(records.map((record) => [record.id, record]));
}

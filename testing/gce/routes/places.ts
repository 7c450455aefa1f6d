import type { JsonObject } from "../../../src/errors.ts";
import { type Context, found } from "../context.ts";
import { numericId } from "../ids.ts";
import { timestamp } from "../lifecycle.ts";
import { fullLink, regionLink, zoneLink } from "../links.ts";
import { list } from "../lists.ts";
import { REGIONS, ZONES, regionOf, zonesOf } from "../places.ts";
import { QUOTA_METRICS } from "../records.ts";
import { compact } from "../render.ts";
import { defaultServiceAccount } from "../service-accounts.ts";
import { LIST_QUERY, type Route, reading } from "../route.ts";
import { limitOf, usageOf } from "../usage.ts";

/** Regions and zones are older than any project. */
const CREATED = Date.UTC(2014, 4, 30);

export const placeRoutes: readonly Route[] = [
  reading({
    id: "projects.get",
    path: "projects/{project}",
    permission: "compute.projects.get",
    read: ({ project }) => ({
      kind: "compute#project",
      id: numericId(project.id, "project"),
      creationTimestamp: timestamp(project.createdAt),
      name: project.id,
      commonInstanceMetadata: { kind: "compute#metadata", fingerprint: "42WmSpB8rSM=" },
      selfLink: fullLink(`projects/${project.id}`),
      defaultServiceAccount: defaultServiceAccount(project.id),
      xpnProjectStatus: "UNSPECIFIED_XPN_PROJECT_STATUS",
      defaultNetworkTier: "PREMIUM",
    }),
  }),
  reading({
    id: "zones.list",
    path: "projects/{project}/zones",
    permission: "compute.zones.list",
    query: LIST_QUERY,
    read: (context, call) =>
      list(call, {
        kind: "zone",
        link: `projects/${context.project.id}/zones`,
        records: ZONES,
        render: (zone) => renderZone(context, zone),
        keyOf: placeKey,
      }),
  }),
  reading({
    id: "zones.get",
    path: "projects/{project}/zones/{zone}",
    permission: "compute.zones.get",
    read(context, call) {
      const name = call.part("zone");
      const zone = ZONES.find((one) => one === name);
      return renderZone(context, found(zone, zoneLink(context.project.id, name)));
    },
  }),
  reading({
    id: "regions.list",
    path: "projects/{project}/regions",
    permission: "compute.regions.list",
    query: LIST_QUERY,
    read: (context, call) =>
      list(call, {
        kind: "region",
        link: `projects/${context.project.id}/regions`,
        records: REGIONS,
        render: (region) => renderRegion(context, region),
        keyOf: placeKey,
      }),
  }),
  reading({
    id: "regions.get",
    path: "projects/{project}/regions/{region}",
    permission: "compute.regions.get",
    read(context, call) {
      const name = call.part("region");
      const region = REGIONS.find((one) => one === name);
      return renderRegion(context, found(region, regionLink(context.project.id, name)));
    },
  }),
];

function placeKey(name: string) {
  return { name, id: numericId(name), createdAt: CREATED };
}

function renderZone({ project, world }: Context, zone: string): JsonObject {
  return compact({
    kind: "compute#zone",
    id: numericId("zone", zone),
    creationTimestamp: timestamp(CREATED),
    name: zone,
    description: zone,
    status: world.downZones.has(zone) ? "DOWN" : "UP",
    region: fullLink(regionLink(project.id, regionOf(zone) ?? "")),
    selfLink: fullLink(zoneLink(project.id, zone)),
    availableCpuPlatforms: [
      "Intel Broadwell",
      "Intel Cascade Lake",
      "Ampere Altra",
      "Google Axion",
    ],
    supportsPzs: false,
  });
}

function renderRegion(context: Context, region: string): JsonObject {
  const { project, world } = context;
  return {
    kind: "compute#region",
    id: numericId("region", region),
    creationTimestamp: timestamp(CREATED),
    name: region,
    description: region,
    status: "UP",
    zones: zonesOf(region).map((zone) => fullLink(zoneLink(project.id, zone))),
    quotas: QUOTA_METRICS.map((metric) => ({
      metric,
      limit: limitOf(world, { project: project.id, region, metric }) ?? UNLIMITED,
      usage: usageOf(context, region, metric),
    })),
    selfLink: fullLink(regionLink(project.id, region)),
    supportsPzs: false,
  };
}

/** The limit that a region reports if none is configured. */
const UNLIMITED = 1_000_000;

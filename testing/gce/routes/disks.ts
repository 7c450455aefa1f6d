import { resource } from "../body.ts";
import { type Call, type Context, found, zoneOf } from "../context.ts";
import { diskLink, renderDisk } from "../disks.ts";
import { GceFailure } from "../failure.ts";
import { aggregatedList, list } from "../lists.ts";
import type { Disk, Project } from "../records.ts";
import { AGGREGATED_QUERY, LIST_QUERY, type Route, mutation, reading } from "../route.ts";

const DISKS = "projects/{project}/zones/{zone}/disks";

export const diskRoutes: readonly Route[] = [
  reading({
    id: "disks.list",
    path: DISKS,
    permission: "compute.disks.list",
    query: LIST_QUERY,
    read(context, call) {
      const zone = zoneOf(call);
      const inZone = [...context.project.disks.values()].filter((disk) => disk.zone === zone);
      return list(call, listing(context.project, `zones/${zone}`, inZone));
    },
  }),
  reading({
    id: "disks.aggregatedList",
    path: "projects/{project}/aggregated/disks",
    permission: "compute.disks.list",
    query: AGGREGATED_QUERY,
    read: ({ project }, call) =>
      aggregatedList(call, {
        ...listing(project, "aggregated", project.disks.values()),
        collection: "disks",
        scopes: "zones",
        scopeOf: ({ zone }) => ({ kind: "zone", name: zone }),
      }),
  }),
  reading({
    id: "disks.get",
    path: `${DISKS}/{disk}`,
    permission: "compute.disks.get",
    read: (context, call) => renderDisk(context.project.id, diskOf(context, call)),
  }),
  mutation({
    id: "disks.delete",
    method: "DELETE",
    path: `${DISKS}/{disk}`,
    permission: "compute.disks.delete",
    body: resource({}),
    prepare(context, call) {
      const { project, now, timing } = context;
      const disk = diskOf(context, call);
      const link = diskLink(project.id, disk.zone, disk.name);
      if (disk.user !== null)
        throw new GceFailure(
          "resourceInUseByAnotherResource",
          `The disk resource '${link}' is already being used by 'projects/${project.id}/zones/${disk.zone}/instances/${disk.user}'`,
        );
      return {
        scope: { kind: "zone", name: disk.zone },
        type: "delete",
        targetLink: link,
        targetId: disk.id,
        durationMs: timing.otherMs,
        takeEffect() {
          disk.goneAt = now + timing.otherMs;
        },
      };
    },
  }),
];

function diskOf({ project }: Context, call: Call): Disk {
  const zone = zoneOf(call);
  const name = call.part("disk");
  return found(project.disks.get(`${zone}/${name}`), diskLink(project.id, zone, name));
}

function listing(project: Project, scope: string, records: Iterable<Disk>) {
  return {
    kind: "disk",
    link: `projects/${project.id}/${scope}/disks`,
    records,
    render: (disk: Disk) => renderDisk(project.id, disk),
    keyOf: (disk: Disk) => disk,
  };
}

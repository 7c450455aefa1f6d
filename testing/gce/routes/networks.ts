import { type Call, type Context, found, regionOfCall } from "../context.ts";
import { aggregatedList, list } from "../lists.ts";
import { networkLink, renderNetwork, renderSubnetwork, subnetworkLink } from "../networks.ts";
import type { Subnetwork } from "../records.ts";
import { AGGREGATED_QUERY, LIST_QUERY, type Route, postReading, reading } from "../route.ts";
import { grantedPermissions, permissionsBody } from "./iam.ts";

const NETWORKS = "projects/{project}/global/networks";
const SUBNETWORKS = "projects/{project}/regions/{region}/subnetworks";

export const networkRoutes: readonly Route[] = [
  reading({
    id: "networks.list",
    path: NETWORKS,
    permission: "compute.networks.list",
    query: LIST_QUERY,
    read: ({ project }, call) =>
      list(call, {
        kind: "network",
        link: `projects/${project.id}/global/networks`,
        records: project.networks.values(),
        render: (network) => renderNetwork(project, network),
        keyOf: (network) => network,
      }),
  }),
  reading({
    id: "networks.get",
    path: `${NETWORKS}/{network}`,
    permission: "compute.networks.get",
    read({ project }, call) {
      const name = call.part("network");
      const network = found(project.networks.get(name), networkLink(project.id, name));
      return renderNetwork(project, network);
    },
  }),
  reading({
    id: "subnetworks.list",
    path: SUBNETWORKS,
    permission: "compute.subnetworks.list",
    query: LIST_QUERY,
    read(context, call) {
      const region = regionOfCall(call);
      const inRegion = [...context.project.subnetworks.values()].filter(
        (one) => one.region === region,
      );
      return list(call, listing(context, `regions/${region}`, inRegion));
    },
  }),
  reading({
    id: "subnetworks.aggregatedList",
    path: "projects/{project}/aggregated/subnetworks",
    permission: "compute.subnetworks.list",
    query: AGGREGATED_QUERY,
    read: (context, call) =>
      aggregatedList(call, {
        ...listing(context, "aggregated", context.project.subnetworks.values()),
        collection: "subnetworks",
        scopes: "regions",
        scopeOf: ({ region }) => ({ kind: "region", name: region }),
      }),
  }),
  reading({
    id: "subnetworks.get",
    path: `${SUBNETWORKS}/{subnetwork}`,
    permission: "compute.subnetworks.get",
    read: (context, call) =>
      renderSubnetwork(context.project.id, subnetworkOf(context, call, "subnetwork")),
  }),
  postReading({
    id: "subnetworks.testIamPermissions",
    path: `${SUBNETWORKS}/{resource}/testIamPermissions`,
    permission: null,
    body: permissionsBody,
    read(context, call, body) {
      const { region, name } = subnetworkOf(context, call, "resource");
      return grantedPermissions(context, subnetworkLink(context.project.id, region, name), body);
    },
  }),
];

function subnetworkOf({ project }: Context, call: Call, part: string): Subnetwork {
  const region = regionOfCall(call);
  const name = call.part(part);
  return found(
    project.subnetworks.get(`${region}/${name}`),
    subnetworkLink(project.id, region, name),
  );
}

function listing({ project }: Context, scope: string, records: Iterable<Subnetwork>) {
  return {
    kind: "subnetwork",
    link: `projects/${project.id}/${scope}/subnetworks`,
    records,
    render: (one: Subnetwork) => renderSubnetwork(project.id, one),
    keyOf: (one: Subnetwork) => one,
  };
}

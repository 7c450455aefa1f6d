import { z } from "zod";
import { resource } from "../body.ts";
import { type Call, type Context, found, zoneOf } from "../context.ts";
import { GceFailure, invalidField } from "../failure.ts";
import { instanceLink, renderInstance } from "../instances.ts";
import { draftBulk } from "../launch/bulk.ts";
import { draftMember, noReservations } from "../launch/make.ts";
import { planLaunch } from "../launch/plan.ts";
import { requirePolicies } from "../policies.ts";
import { bulkBody, instanceBody } from "../launch/request.ts";
import { fullLink } from "../links.ts";
import { aggregatedList, list } from "../lists.ts";
import { requireLabels, requireName } from "../names.ts";
import type { Instance } from "../records.ts";
import { fingerprint } from "../render.ts";
import {
  AGGREGATED_QUERY,
  LIST_QUERY,
  type Route,
  postReading,
  mutation,
  reading,
} from "../route.ts";
import { serialOutput } from "../serial-output.ts";
import { grantedPermissions, permissionsBody } from "./iam.ts";

export const INSTANCES = "projects/{project}/zones/{zone}/instances";

/** Methods that read, create and modify instances. */
export const instanceRoutes: readonly Route[] = [
  reading({
    id: "instances.list",
    path: INSTANCES,
    permission: "compute.instances.list",
    query: LIST_QUERY,
    read(context, call) {
      const zone = zoneOf(call);
      const inZone = [...context.project.instances.values()].filter((one) => one.zone === zone);
      return list(call, listing(context, `zones/${zone}`, inZone));
    },
  }),
  reading({
    id: "instances.aggregatedList",
    path: "projects/{project}/aggregated/instances",
    permission: "compute.instances.list",
    query: AGGREGATED_QUERY,
    read: (context, call) =>
      aggregatedList(call, {
        ...listing(context, "aggregated", context.project.instances.values()),
        collection: "instances",
        scopes: "zones",
        scopeOf: ({ zone }) => ({ kind: "zone", name: zone }),
      }),
  }),
  reading({
    id: "instances.get",
    path: `${INSTANCES}/{instance}`,
    permission: "compute.instances.get",
    read: (context, call) =>
      renderInstance(context.project, instanceOf(context, call, "instance"), context.now),
  }),
  reading({
    id: "instances.getSerialPortOutput",
    path: `${INSTANCES}/{instance}/serialPort`,
    permission: "compute.instances.getSerialPortOutput",
    query: ["port", "start"],
    read(context, call) {
      const instance = instanceOf(context, call, "instance");
      const link = instanceLink(context.project.id, instance.zone, instance.name);
      return {
        kind: "compute#serialPortOutput",
        selfLink: fullLink(`${link}/serialPort`),
        ...serialOutput(instance, context.now, call.query),
      };
    },
  }),
  mutation({
    id: "instances.insert",
    path: INSTANCES,
    permission: "compute.instances.create",
    query: ["sourceInstanceTemplate", "sourceMachineImage"],
    body: instanceBody,
    prepare(context, call, { name, hostname, deletionProtection, ...properties }) {
      const { project } = context;
      const zone = zoneOf(call);
      for (const source of ["sourceInstanceTemplate", "sourceMachineImage"])
        if (call.query.has(source))
          throw new GceFailure("notImplemented", `the fake does not support ${source}`, 501);
      requireName(name, "resource.name");
      const plan = planLaunch(context, { zone, typesBy: "link" }, properties);
      requirePolicies(context, plan, name);
      if (project.instances.has(`${zone}/${name}`))
        throw new GceFailure(
          "alreadyExists",
          `The resource '${instanceLink(project.id, zone, name)}' already exists`,
        );
      const member = {
        name,
        hostname: hostname ?? null,
        deletionProtection: deletionProtection ?? false,
      };
      return draftMember(context, plan, member, noReservations());
    },
  }),
  mutation({
    id: "instances.bulkInsert",
    path: `${INSTANCES}/bulkInsert`,
    permission: "compute.instances.create",
    body: bulkBody,
    prepare: (context, call, body) => draftBulk(context, zoneOf(call), body),
  }),
  mutation({
    id: "instances.setLabels",
    path: `${INSTANCES}/{instance}/setLabels`,
    permission: "compute.instances.setLabels",
    body: resource({
      labels: z.record(z.string(), z.string()).optional(),
      labelFingerprint: z.string(),
    }),
    prepare(context, call, { labels = {}, labelFingerprint }) {
      const { project, timing } = context;
      const instance = instanceOf(context, call, "instance");
      requireLabels(labels, "labels");
      requireBase64(labelFingerprint);
      if (labelFingerprint !== fingerprint(instance.labels))
        throw new GceFailure(
          "conditionNotMet",
          "Labels fingerprint either invalid or resource labels have changed",
        );
      return {
        scope: { kind: "zone", name: instance.zone },
        type: "setLabels",
        targetLink: instanceLink(project.id, instance.zone, instance.name),
        targetId: instance.id,
        durationMs: timing.otherMs,
        takeEffect() {
          instance.labels = { ...labels };
        },
      };
    },
  }),
  postReading({
    id: "instances.testIamPermissions",
    path: `${INSTANCES}/{resource}/testIamPermissions`,
    permission: null,
    body: permissionsBody,
    read(context, call, body) {
      const { zone, name } = instanceOf(context, call, "resource");
      return grantedPermissions(context, instanceLink(context.project.id, zone, name), body);
    },
  }),
];

/** The instance in the path, by its name or its numeric id. @throws GceFailure `notFound` */
export function instanceOf({ project }: Context, call: Call, part: string): Instance {
  const zone = zoneOf(call);
  const name = call.part(part);
  const byName = project.instances.get(`${zone}/${name}`);
  const byId = [...project.instances.values()].find((one) => one.id === name && one.zone === zone);
  return found(byName ?? byId, instanceLink(project.id, zone, name));
}

function requireBase64(text: string): void {
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(text) || text.length % 4 !== 0)
    throw invalidField("labelFingerprint", text, "Base64 decoding failed.");
}

function listing({ project, now }: Context, scope: string, records: Iterable<Instance>) {
  return {
    kind: "instance",
    link: `projects/${project.id}/${scope}/instances`,
    records,
    render: (instance: Instance) => renderInstance(project, instance, now),
    keyOf: (instance: Instance) => instance,
  };
}

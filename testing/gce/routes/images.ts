import { z } from "zod";
import { resource, wholeNumber } from "../body.ts";
import { makeImage } from "../built-in-images.ts";
import { type Context, found } from "../context.ts";
import { diskLink } from "../disks.ts";
import { GceFailure, invalidField } from "../failure.ts";
import { chooseImage } from "../image-choice.ts";
import { instanceLink } from "../instances.ts";
import { findImage, imageLink, imageOfFamily, renderImage } from "../images.ts";
import { isConsuming } from "../lifecycle.ts";
import { malformedLink, readLink } from "../links.ts";
import { list } from "../lists.ts";
import { requireLabels, requireName } from "../names.ts";
import { ARCHITECTURES, DEPRECATION_STATES, type Image } from "../records.ts";
import { LIST_QUERY, type Route, postReading, mutation, reading } from "../route.ts";
import { newId, projectOf } from "../world.ts";
import { grantedPermissions, permissionsBody } from "./iam.ts";

const IMAGES = "projects/{project}/global/images";
const GLOBAL = { kind: "global" } as const;

const imageBody = resource(
  {
    name: z.string(),
    description: z.string().max(2048).optional(),
    family: z.string().optional(),
    architecture: z.enum(ARCHITECTURES).optional(),
    diskSizeGb: wholeNumber.optional(),
    labels: z.record(z.string(), z.string()).optional(),
    licenses: z.array(z.string()).optional(),
    guestOsFeatures: z.array(resource({ type: z.string() })).optional(),
    sourceDisk: z.string().optional(),
    sourceImage: z.string().optional(),
    rawDisk: resource({ source: z.string() }, "containerType sha1Checksum").optional(),
  },
  "kind id creationTimestamp selfLink status archiveSizeBytes sourceType labelFingerprint storageLocations " +
    "shieldedInstanceInitialState enableConfidentialCompute licenseCodes sourceDiskId sourceImageId params",
);
type ImageBody = z.output<typeof imageBody>;

const deprecationBody = resource({
  state: z.enum(DEPRECATION_STATES).optional(),
  replacement: z.string().optional(),
  deprecated: z.string().optional(),
  obsolete: z.string().optional(),
  deleted: z.string().optional(),
});

export const imageRoutes: readonly Route[] = [
  reading({
    id: "images.list",
    path: IMAGES,
    permission: "compute.images.list",
    query: LIST_QUERY,
    read: ({ project, now }, call) =>
      list(call, {
        kind: "image",
        link: `projects/${project.id}/global/images`,
        records: project.images.values(),
        render: (image) => renderImage(project.id, image, now),
        keyOf: (image) => image,
      }),
  }),
  reading({
    id: "images.getFromFamily",
    path: `${IMAGES}/family/{family}`,
    permission: "compute.images.getFromFamily",
    read: ({ project, now }, call) =>
      renderImage(project.id, imageOfFamily(project, call.part("family"), now), now),
  }),
  reading({
    id: "images.get",
    path: `${IMAGES}/{image}`,
    permission: "compute.images.get",
    read: ({ project, now }, call) =>
      renderImage(project.id, findImage(project, call.part("image")), now),
  }),
  reading({
    id: "imageFamilyViews.get",
    path: "projects/{project}/zones/{zone}/imageFamilyViews/{family}",
    permission: "compute.images.getFromFamily",
    read: ({ project, now }, call) => ({
      image: renderImage(project.id, imageOfFamily(project, call.part("family"), now), now),
    }),
  }),
  mutation({
    id: "images.insert",
    path: IMAGES,
    permission: "compute.images.create",
    query: ["forceCreate"],
    body: imageBody,
    prepare(context, call, body) {
      const { project, now, timing } = context;
      requireIdleDisk(context, body, call.query.get("forceCreate") === "true");
      const image = imageFrom(context, body);
      const readyAt = now + timing.otherMs;
      return {
        scope: GLOBAL,
        type: "insert",
        targetLink: imageLink(project.id, image.name),
        targetId: image.id,
        durationMs: timing.otherMs,
        takeEffect: () =>
          project.images.set(image.name, {
            ...image,
            history: [
              { at: now, state: "PENDING" },
              { at: readyAt, state: "READY" },
            ],
          }),
      };
    },
  }),
  mutation({
    id: "images.delete",
    method: "DELETE",
    path: `${IMAGES}/{image}`,
    permission: "compute.images.delete",
    body: resource({}),
    prepare({ project, now, timing }, call) {
      const image = findImage(project, call.part("image"));
      return {
        scope: GLOBAL,
        type: "delete",
        targetLink: imageLink(project.id, image.name),
        targetId: image.id,
        durationMs: timing.otherMs,
        takeEffect() {
          image.history = [...image.history, { at: now, state: "DELETING" }];
          image.goneAt = now + timing.otherMs;
        },
      };
    },
  }),
  mutation({
    id: "images.deprecate",
    path: `${IMAGES}/{image}/deprecate`,
    permission: "compute.images.deprecate",
    body: deprecationBody,
    prepare({ project, timing }, call, body) {
      const image = findImage(project, call.part("image"));
      const replacement =
        body.replacement === undefined ? null : partial(body.replacement, project.id);
      return {
        scope: GLOBAL,
        type: "deprecate",
        targetLink: imageLink(project.id, image.name),
        targetId: image.id,
        durationMs: timing.otherMs,
        takeEffect() {
          image.deprecation =
            body.state === undefined || body.state === "ACTIVE"
              ? null
              : {
                  state: body.state,
                  replacement,
                  deprecated: body.deprecated ?? null,
                  obsolete: body.obsolete ?? null,
                  deleted: body.deleted ?? null,
                };
        },
      };
    },
  }),
  postReading({
    id: "images.testIamPermissions",
    path: `${IMAGES}/{resource}/testIamPermissions`,
    permission: null,
    body: permissionsBody,
    read(context, call, body) {
      const image = findImage(context.project, call.part("resource"));
      return grantedPermissions(context, imageLink(context.project.id, image.name), body);
    },
  }),
];

function partial(link: string, project: string): string {
  const read = readLink(link, "replacement", project);
  return `projects/${read.project}/${read.path.join("/")}`;
}

/** @throws GceFailure for a body that does not describe a valid image. */
function imageFrom(context: Context, body: ImageBody): Image {
  const { project, now, world } = context;
  requireName(body.name, "resource.name");
  if (body.family !== undefined) requireName(body.family, "resource.family");
  requireLabels(body.labels ?? {}, "resource.labels");
  const link = imageLink(project.id, body.name);
  if (project.images.has(body.name))
    throw new GceFailure("alreadyExists", `The resource '${link}' already exists`);
  const origin = originOf(context, body);
  const diskSizeGb = body.diskSizeGb ?? origin.diskSizeGb;
  if (diskSizeGb < origin.diskSizeGb)
    throw invalidField("resource.diskSizeGb", String(diskSizeGb), "It is smaller than the source.");
  const architecture = body.architecture ?? origin.architecture;
  const image = makeImage(project.id, now, {
    name: body.name,
    id: newId(world),
    architecture,
    diskSizeGb,
    licenses: [...origin.licenses, ...(body.licenses ?? []).map((one) => partial(one, project.id))],
    guestOsFeatures: [
      ...origin.guestOsFeatures,
      ...(body.guestOsFeatures ?? []).map(({ type }) => type),
    ],
    labels: body.labels ?? {},
    ...(body.family === undefined ? {} : { family: body.family }),
    ...(body.description === undefined ? {} : { description: body.description }),
  });
  return { ...image, source: origin.source };
}

/** @throws GceFailure for the disk of a running machine, which is copied only if the caller insists */
function requireIdleDisk({ world, project, now }: Context, body: ImageBody, force: boolean): void {
  if (body.sourceDisk === undefined || force) return;
  const read = readLink(body.sourceDisk, "resource.sourceDisk", project.id);
  const [, zone = "", , name = ""] = read.path;
  const owner = projectOf(world, read.project);
  const user = owner.disks.get(`${zone}/${name}`)?.user ?? null;
  const machine = user === null ? undefined : owner.instances.get(`${zone}/${user}`);
  if (machine === undefined || !isConsuming(machine, now)) return;
  throw new GceFailure(
    "resourceInUseByAnotherResource",
    `The disk resource '${diskLink(read.project, zone, name)}' is already being used by '${instanceLink(read.project, zone, machine.name)}'`,
  );
}

type Origin = Pick<
  Image,
  "diskSizeGb" | "architecture" | "licenses" | "guestOsFeatures" | "source"
>;

/** The source of the image: exactly one of several kinds. */
function originOf(context: Context, body: ImageBody): Origin {
  const { project } = context;
  const sources = [body.sourceDisk, body.sourceImage, body.rawDisk].filter(
    (one) => one !== undefined,
  );
  if (sources.length !== 1)
    throw new GceFailure(
      "invalid",
      "Exactly one of sourceDisk, sourceImage and rawDisk.source is required.",
    );
  if (body.sourceDisk !== undefined) {
    const read = readLink(body.sourceDisk, "resource.sourceDisk", project.id);
    const [scope, zone, collection, name] = read.path;
    if (scope !== "zones" || collection !== "disks" || zone === undefined || name === undefined)
      throw malformedLink(body.sourceDisk, "resource.sourceDisk");
    const link = diskLink(read.project, zone, name);
    const disk = found(projectOf(context.world, read.project).disks.get(`${zone}/${name}`), link);
    return { ...disk, diskSizeGb: disk.sizeGb, source: { kind: "disk", link, id: disk.id } };
  }
  if (body.sourceImage !== undefined) {
    const { image, link } = chooseImage(context, body.sourceImage, "resource.sourceImage");
    return { ...image, source: { kind: "image", link, id: image.id } };
  }
  return {
    diskSizeGb: 10,
    architecture: null,
    licenses: [],
    guestOsFeatures: [],
    source: { kind: "raw", link: body.rawDisk?.source ?? "", id: null },
  };
}

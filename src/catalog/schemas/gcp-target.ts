/** `target.gcp` of placements. */
import { z } from "zod";
import type { GcpPlacement } from "../kinds.ts";
import { once } from "../../async/memoize.ts";
import { regionOfZone } from "../../plan/gce-region.ts";
import { computeEngineClashes, computeEngineFields } from "./compute-engine.ts";
import { distinct, hasPrefix, serviceAccount, text } from "./common.ts";
import { interfaceClashes, interfaceFields } from "./network-interfaces.ts";

// Compute Engine's own grammar, with the prefix of a domain or a universe. It is the judge of everything else about a
// name: zones with names of another form (us-central1-ai1a) came after this field.
const GCE_PROJECT =
  /^(?:(?:[-a-z0-9]{1,63}\.)*[a-z][-a-z0-9]{0,62}:)?[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
const ZONE = /^[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
const SUBNETWORK =
  /^(?:(?:(?:https:\/\/[a-z0-9.-]{1,253}\/(?:compute\/)?[a-z0-9]{1,16}\/)?projects\/[a-z0-9.:-]{1,128}\/)?regions\/([a-z0-9-]{1,63})\/subnetworks\/)?[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?$/;

/** https://cloud.google.com/compute/docs/labeling-resources#requirements */
const gcpLabels = once(() =>
  z
    .record(
      z
        .string()
        .regex(
          /^[\p{Ll}\p{Lo}][\p{Ll}\p{Lo}\p{N}_-]{0,62}$/u,
          "must have keys of 1 to 63 lower-case letters, digits, _ and -, starting with a letter",
        ),
      z
        .string()
        .regex(
          /^[\p{Ll}\p{Lo}\p{N}_-]{0,63}$/u,
          "must be at most 63 lower-case letters, digits, _ and -",
        ),
    )
    .refine((map) => !hasPrefix(map, "slipway-"), "must not have keys that start with slipway-"),
);

const project = text(GCE_PROJECT, "must be a project id", 128);
const subnetwork = text(SUBNETWORK, "must be a subnetwork's name or partial self-link", 512);

const networkInterface = once(() =>
  z.strictObject({
    subnet: subnetwork.meta({
      description:
        "The subnet of this interface, as a name or a partial self-link. Each interface has one of its own.",
      examples: ["data"],
    }),
    networkProject: project.exactOptional().meta({
      description: "The project of the subnet, if it is shared by another project.",
      examples: ["acme-network"],
    }),
    ...interfaceFields(),
  }),
);

/** Each subnet with its path in the placement. */
function subnetsOf({
  subnet,
  networkInterfaces = [],
}: Pick<GcpPlacement, "subnet" | "networkInterfaces">): readonly LocatedSubnet[] {
  const own: readonly LocatedSubnet[] =
    subnet === undefined ? [] : [{ path: ["subnet"], name: subnet }];
  const further = networkInterfaces.map((one, index) => ({
    path: ["networkInterfaces", index, "subnet"],
    name: one.subnet,
  }));
  return [...own, ...further];
}

interface LocatedSubnet {
  readonly path: (string | number)[];
  readonly name: string;
}

export const gcpTarget = once(() =>
  z
    .strictObject({
      project: project.meta({ description: "The project of the machines.", examples: ["acme"] }),
      zones: distinct(text(ZONE, "must be a zone such as us-central1-a", 64))
        .min(1, "must list at least one zone")
        .refine((zones) => regionsOf(zones).size <= 1, "must all be in one region")
        .meta({
          description: "Zones of one region, in the order in which they are tried.",
          examples: [["us-central1-a", "us-central1-b"]],
        }),
      subnet: subnetwork.exactOptional().meta({
        description:
          "The subnet, as a name or a partial self-link. Required without `network_interfaces`.",
        examples: ["default"],
      }),
      networkProject: project.exactOptional().meta({
        description: "The project of the subnet, if it is shared by another project.",
        examples: ["acme-network"],
      }),
      assignPublicIp: z
        .boolean("must be true or false")
        .exactOptional()
        .meta({
          description: "Whether the machine has an external IPv4 address.",
          default: false,
          examples: [true],
        }),
      wifProviderResourceName: text(
        /^(?:\/\/iam\.googleapis\.com\/)?(?:projects|locations)\/[^\s]+$/,
        "must be a provider's resource name, projects/… or locations/…",
      )
        .exactOptional()
        .meta({
          description:
            "The provider of workload identity federation, by which the process authenticates.",
          examples: ["projects/123/locations/global/workloadIdentityPools/ci/providers/slipway"],
        }),
      wifServiceAccount: serviceAccount.exactOptional().meta({
        description: "The service account to impersonate for launching and terminating.",
        examples: ["launcher@acme.iam.gserviceaccount.com"],
      }),
      wifReadonlyServiceAccount: serviceAccount.exactOptional().meta({
        description: "The service account to impersonate for reading.",
        examples: ["launcher-read@acme.iam.gserviceaccount.com"],
      }),
      labels: gcpLabels()
        .exactOptional()
        .meta({
          description:
            "Labels for every launched resource. Keys that begin with `slipway-` are reserved.",
          examples: [{ team: "search" }],
        }),
      ...computeEngineFields(),
      networkInterfaces: z
        .array(networkInterface())
        .min(1, "must list at least one network interface")
        .exactOptional()
        .meta({
          description:
            "Several network interfaces, in place of `subnet`, `network_project` and `assign_public_ip`.",
          examples: [[{ subnet: "default" }, { subnet: "data" }]],
        }),
    })
    .superRefine((placement, context) => {
      for (const { path, message } of computeEngineClashes(placement))
        context.addIssue({ code: "custom", path: [...path], message });
      for (const { path, message } of interfaceClashes(placement))
        context.addIssue({ code: "custom", path: [...path], message });
      for (const { path, name } of subnetsOf(placement)) {
        const region = SUBNETWORK.exec(name)?.[1];
        if (region !== undefined && regionsOf([...placement.zones, `${region}-`]).size > 1)
          context.addIssue({ code: "custom", path, message: "must be in the zones' region" });
      }
    }),
);

/** The regions of the zones, as far as their names have one. */
function regionsOf(zones: readonly string[]): ReadonlySet<string> {
  return new Set(zones.flatMap((zone) => regionOfZone(zone) ?? []));
}

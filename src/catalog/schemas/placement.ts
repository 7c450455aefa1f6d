/** The placement kind, with exactly one of `aws`, `gcp` and `docker` under `target`. */
import { isIP } from "node:net";
import { z } from "zod";
import type { CatalogSubstrate, GcpPlacement, PlacementFields } from "../kinds.ts";
import { once } from "../../async/memoize.ts";
import { regionOfZone } from "../../plan/gce-region.ts";
import { MARKETS } from "../../plan/market.ts";
import { isFields } from "../violation.ts";
import type { LooseFields, Normalized, Rule } from "../violation.ts";
import { interfaceClashes, interfaceFields } from "./network-interfaces.ts";
import { computeEngineClashes, computeEngineFields } from "./compute-engine.ts";
import { commonRules, described, exactlyOne, distinct, substrate, text } from "./common.ts";
import { containerHostFields } from "./container.ts";
import { awsId, instanceClashes, instanceFields } from "./instance.ts";

export const PLACEMENT_ARMS = ["aws", "gcp", "docker"] as const;
const SUBSTRATE_OF: Readonly<Record<(typeof PLACEMENT_ARMS)[number], CatalogSubstrate>> = {
  aws: "AWS",
  gcp: "GCP",
  docker: "DOCKER",
};

export const placementRules: readonly Rule[] = commonRules("placement");

/** Moves an arm (`aws`, `gcp` or `docker`) from the root to `target`, and derives a missing substrate from the arm. */
export function normalizePlacement(fields: LooseFields): Normalized {
  const target = fields["target"] ?? {};
  const atRoot = PLACEMENT_ARMS.filter((arm) => fields[arm] !== undefined);
  if (!isFields(target)) return { fields, violations: [] };
  const violations = atRoot
    .filter((arm) => target[arm] !== undefined)
    .map((arm) => ({
      path: [arm],
      message: `${arm} is given twice, at the root and under target`,
      remedy: `Keep only \`target.${arm}\`.`,
    }));
  const rest = Object.entries(fields).filter(([name]) => !atRoot.some((arm) => arm === name));
  const arms = atRoot.map((arm) => [arm, fields[arm]] as const);
  const merged = { ...Object.fromEntries(arms), ...target };
  const substrateOfArm = onlyArm(merged);
  return {
    fields: {
      ...(substrateOfArm === undefined ? {} : { substrate: substrateOfArm }),
      ...Object.fromEntries(rest),
      ...(fields["target"] === undefined && atRoot.length === 0 ? {} : { target: merged }),
    },
    violations,
  };
}

function onlyArm(target: LooseFields): CatalogSubstrate | undefined {
  const [arm, ...others] = PLACEMENT_ARMS.filter((name) => target[name] !== undefined);
  return arm === undefined || others.length > 0 ? undefined : SUBSTRATE_OF[arm];
}

const REGION = /^[a-z]+(?:-[a-z]+)+-[0-9]+$/;
// Compute Engine's own grammar, with the prefix of a domain or a universe. It is the judge of everything else about a
// name: zones with names of another form (us-central1-ai1a) came after this field.
const GCE_PROJECT =
  /^(?:(?:[-a-z0-9]{1,63}\.)*[a-z][-a-z0-9]{0,62}:)?[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
const ZONE = /^[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
const SUBNETWORK =
  /^(?:(?:(?:https:\/\/[a-z0-9.-]{1,253}\/(?:compute\/)?[a-z0-9]{1,16}\/)?projects\/[a-z0-9.:-]{1,128}\/)?regions\/([a-z0-9-]{1,63})\/subnetworks\/)?[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?$/;

const iamArn = (resource: string) =>
  text(
    new RegExp(`^arn:aws[a-z-]*:iam::[0-9]{12}:${resource}/[\\w+=,.@/-]+$`),
    `must be an ARN such as arn:aws:iam::123456789012:${resource}/name`,
    2048,
  );

/** YAML parses twelve digits as a number, which is lossless unless there is a leading zero. */
const accountId = once(() =>
  z.preprocess(
    (value) => (typeof value === "number" && Number.isSafeInteger(value) ? String(value) : value),
    text(/^[0-9]{12}$/, "must be 12 digits, quoted if it starts with 0"),
  ),
);

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions */
const tags = once(() =>
  z
    .record(
      z
        .string()
        .min(1, "must have a key of 1 to 128 characters")
        .max(128, "must have a key of 1 to 128 characters"),
      z.string().max(256, "must have at most 256 characters"),
    )
    .refine((map) => !hasPrefix(map, "aws:"), "must not have keys that start with aws:")
    .refine((map) => !hasPrefix(map, "slipway:"), "must not have keys that start with slipway:"),
);

const aws = once(() =>
  z
    .strictObject({
      accountId: accountId(),
      region: text(REGION, "must be a region such as us-east-1", 64),
      vpcId: awsId("vpc").exactOptional(),
      subnetIds: distinct(awsId("subnet")).min(1, "must list at least one subnet"),
      securityGroupId: awsId("sg").exactOptional(),
      instanceProfileArn: iamArn("instance-profile").exactOptional(),
      roleArn: iamArn("role").exactOptional(),
      readonlyRoleArn: iamArn("role").exactOptional(),
      tags: tags().exactOptional(),
      assignPublicIp: z.boolean("must be true or false").exactOptional(),
      keepVolumes: z.boolean("must be true or false").exactOptional(),
      market: z.enum(MARKETS, `must be one of ${MARKETS.join(", ")}`).exactOptional(),
      ...instanceFields(),
    })
    .superRefine((placement, context) => {
      for (const { path, message } of instanceClashes(placement))
        context.addIssue({ code: "custom", path: [...path], message });
    }),
);

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
const serviceAccount = text(
  /^[^\s@]+@[^\s@]+$|^default$/,
  "must be a service account's address",
  320,
);

const subnetwork = text(SUBNETWORK, "must be a subnetwork's name or partial self-link", 512);

const networkInterface = once(() =>
  z.strictObject({
    subnet: subnetwork,
    networkProject: project.exactOptional(),
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

const gcp = once(() =>
  z
    .strictObject({
      project,
      zones: distinct(text(ZONE, "must be a zone such as us-central1-a", 64))
        .min(1, "must list at least one zone")
        .refine((zones) => regionsOf(zones).size <= 1, "must all be in one region"),
      subnet: subnetwork.exactOptional(),
      networkProject: project.exactOptional(),
      assignPublicIp: z.boolean("must be true or false").exactOptional(),
      wifProviderResourceName: text(
        /^(?:\/\/iam\.googleapis\.com\/)?(?:projects|locations)\/[^\s]+$/,
        "must be a provider's resource name, projects/… or locations/…",
      ).exactOptional(),
      wifServiceAccount: serviceAccount.exactOptional(),
      wifReadonlyServiceAccount: serviceAccount.exactOptional(),
      labels: gcpLabels().exactOptional(),
      ...computeEngineFields(),
      networkInterfaces: z
        .array(networkInterface())
        .min(1, "must list at least one network interface")
        .exactOptional(),
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

const docker = once(() =>
  z.strictObject({
    host: z
      .string()
      .max(1024, "must have at most 1024 characters")
      .refine(isEngineAddress, "must be an address unix:///path, tcp://host:port or ssh://host")
      .exactOptional(),
    network: text(
      /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/,
      "must be the name of a network",
      128,
    ).exactOptional(),
    labels: z
      .record(z.string().min(1, "must not have an empty key"), z.string())
      .refine(
        (map) => !hasPrefix(map, "dev.slipway."),
        "must not have keys that start with dev.slipway.",
      )
      .exactOptional(),
    platforms: distinct(
      text(/^[a-z0-9]+\/[a-z0-9]+(?:\/[a-z0-9.]+)?$/, "must be a platform such as linux/arm64", 64),
    ).exactOptional(),
    publishAddress: z
      .string()
      .refine((address) => isIP(address) !== 0, "must be an IP address")
      .exactOptional(),
    ...containerHostFields(),
  }),
);

export const placementSchema = once(() =>
  z
    .strictObject({
      ...described("placement"),
      substrate,
      serviceAccount: serviceAccount.exactOptional(),
      target: z
        .strictObject({
          aws: z.lazy(aws).exactOptional(),
          gcp: z.lazy(gcp).exactOptional(),
          docker: z.lazy(docker).exactOptional(),
        })
        .meta(exactlyOne(...PLACEMENT_ARMS)),
    })
    .transform((fields, context): PlacementFields => {
      const { target, substrate: where, ...common } = fields;
      const { name, description, serviceAccount: account } = common;
      const head = { name, ...(description === undefined ? {} : { description }) };
      const arms = PLACEMENT_ARMS.filter((arm) => target[arm] !== undefined);
      if (arms.length !== 1) {
        context.addIssue({
          code: "custom",
          path: ["target"],
          message: `must have exactly one of ${PLACEMENT_ARMS.join(", ")}`,
        });
        return z.NEVER;
      }
      if (account !== undefined && where !== "GCP") {
        context.addIssue({
          code: "custom",
          path: ["serviceAccount"],
          message: "is for GCP only; on AWS set target.aws.instance_profile_arn",
        });
        return z.NEVER;
      }
      if (account === undefined && target.gcp?.serviceAccountScopes !== undefined) {
        context.addIssue({
          code: "custom",
          path: ["target", "gcp", "serviceAccountScopes"],
          message:
            "must not be set without service_account: set that to an address, or to default for the project's default account",
        });
        return z.NEVER;
      }
      const rest = account === undefined ? {} : { serviceAccount: account };
      if (where === "AWS" && target.aws !== undefined)
        return { ...head, substrate: where, ...rest, target: { aws: target.aws } };
      if (where === "GCP" && target.gcp !== undefined)
        return { ...head, substrate: where, ...rest, target: { gcp: target.gcp } };
      if (where === "DOCKER" && target.docker !== undefined)
        return { ...head, substrate: where, ...rest, target: { docker: target.docker } };
      context.addIssue({
        code: "custom",
        path: ["target"],
        message: `must match substrate ${where}, but it has ${arms.join(", ")}`,
      });
      return z.NEVER;
    }),
);

/** The regions of the zones, as far as their names have one. */
function regionsOf(zones: readonly string[]): ReadonlySet<string> {
  return new Set(zones.flatMap((zone) => regionOfZone(zone) ?? []));
}

function hasPrefix(map: Readonly<Record<string, string>>, prefix: string): boolean {
  return Object.keys(map).some((key) => key.toLowerCase().startsWith(prefix));
}

function isEngineAddress(address: string): boolean {
  if (/[\s\p{Cc}]/u.test(address)) return false;
  if (address.startsWith("unix://")) return /^unix:\/\/\/./.test(address);
  if (!/^(?:tcp|ssh):\/\/./.test(address) || !URL.canParse(address)) return false;
  const { hostname, password, search, hash } = new URL(address);
  return hostname !== "" && password === "" && search === "" && hash === "";
}

/** The placement kind, with exactly one of `aws`, `gcp` and `docker` under `target`. */
import { z } from "zod";
import type { CatalogSubstrate, PlacementFields } from "../kinds.ts";
import { once } from "../../async/memoize.ts";
import { isFields } from "../violation.ts";
import type { LooseFields, Normalized, Rule } from "../violation.ts";
import { awsTarget } from "./aws-target.ts";
import { commonRules, described, exactlyOne, serviceAccount, substrate } from "./common.ts";
import { dockerTarget } from "./docker-target.ts";
import { gcpTarget } from "./gcp-target.ts";

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

export const placementSchema = once(() =>
  z
    .strictObject({
      ...described("placement"),
      substrate: substrate.meta({
        description: "The substrate, which the section of `target` must match.",
        examples: ["DOCKER"],
      }),
      serviceAccount: serviceAccount.exactOptional().meta({
        description:
          "The service account of the machines: an address, or `default`. GCP only; without it, the machines have none.",
        examples: ["agent@acme.iam.gserviceaccount.com"],
      }),
      target: z
        .strictObject({
          aws: z.lazy(awsTarget).exactOptional().describe("An account and region of EC2."),
          gcp: z.lazy(gcpTarget).exactOptional().describe("A project and zones of Compute Engine."),
          docker: z.lazy(dockerTarget).exactOptional().describe("A container engine."),
        })
        .meta(exactlyOne(...PLACEMENT_ARMS))
        .meta({ description: "The place, with exactly one section.", examples: [{ docker: {} }] }),
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
        params: {
          remedy: `Write target.${where.toLowerCase()}, or substrate: ${arms.join(" or ").toUpperCase()}.`,
        },
      });
      return z.NEVER;
    }),
);

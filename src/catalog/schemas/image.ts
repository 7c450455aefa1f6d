/**
 * The image kind, exactly as specified: the rules are the rows of the specification's error table, in its order. Two
 * rules are Slipway's own: the form of `docker.image_ref`, and the single region of a baked AMI.
 */
import { z } from "zod";
import { isSlipwayError } from "../../errors.ts";
import { parseReference } from "../../oci/reference.ts";
import { printedText } from "../body.ts";
import { CATALOG_ARCHITECTURES, PULL_CREDENTIALS } from "../kinds.ts";
import type { ImageFields } from "../kinds.ts";
import { once } from "../../async/memoize.ts";
import { fieldRule, isFields, valueRemedy } from "../violation.ts";
import type { LooseFields, Rule } from "../violation.ts";
import {
  ARCHITECTURE_NAMES,
  architecture,
  commonRules,
  described,
  exactlyOne,
  nameOf,
  text,
} from "./common.ts";

const SOURCES = ["aws", "gce", "docker"] as const;
const AMI_ID = /^ami-[0-9a-f]{8,17}$/;
// Project and resource names as documented for the Compute Engine API; a project may belong to a domain.
const PROJECT =
  "(?:(?:[-a-z0-9]{1,63}\\.)*[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?:)?(?:[0-9]{1,19}|[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)";
const RESOURCE = "[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?";
const GCE_IMAGE = new RegExp(`^projects/${PROJECT}/global/images/(?:family/)?${RESOURCE}$`);
const LONGEST_SELF_LINK = 512;

/** Rows 1 to 12, for every image, hand-written or baked. */
export const imageRules: readonly Rule[] = [
  ...commonRules("image"),
  fieldRule("architecture", {
    broken: (value) => value === undefined,
    message: "architecture is required",
    remedy: "Set `architecture` to `ARCHITECTURE_AMD64` or `ARCHITECTURE_ARM64`.",
  }),
  fieldRule("architecture", {
    broken: (value) =>
      value !== undefined && !CATALOG_ARCHITECTURES.some((architecture) => architecture === value),
    message: "unknown architecture value",
    remedy: "Use a valid architecture enum value.",
    choices: ARCHITECTURE_NAMES,
  }),
  sourceGiven,
  amiIdsPresent,
  amiRegionsPresent,
  amiIdsValid,
  sourceFieldRequired("gce", "selfLink"),
  selfLinkValid,
  sourceFieldRequired("docker", "imageRef"),
  imageRefValid,
];

/** Row 13, for hand-written bodies only. */
export const handWrittenRule: Rule = (fields) => {
  const holders: readonly (readonly [readonly string[], unknown])[] = [
    [[], fields],
    ...SOURCES.map((source) => [[source], fields[source]] as const),
  ];
  return holders
    .filter(([, holder]) => isFields(holder) && holder["provenance"] !== undefined)
    .map(([path]) => ({
      path: [...path, "provenance"],
      message: "provenance cannot be set via SetResource",
      remedy:
        "Provenance is set by the bake process. Remove the `provenance` field from your input.",
    }));
};

/** A baked AMI exists only in the region in which the bake ran. */
export const bakedRule: Rule = (fields) => {
  const aws = fields["aws"];
  if (!isFields(aws) || aws["provenance"] === undefined || amiEntries(fields).length <= 1)
    return [];
  return [
    { path: ["aws", "amiIds"], message: "aws.ami_ids: a baked image has exactly one region" },
  ];
};

const provenance = once(() =>
  z
    .strictObject({
      recipeRef: nameOf("image").meta({
        description: "The recipe of the bake.",
        examples: ["agent-base"],
      }),
      imageHash: text(/^[0-9a-f]{64}$/, "must be 64 lower-case hex digits").meta({
        description: "SHA-256 of the inputs of the bake.",
        examples: ["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
      }),
    })
    .exactOptional()
    .describe(
      "The recipe and inputs of a baked image, which is immutable. Only the library's `recordBake` sets it.",
    ),
);

const dockerImage = once(() =>
  z
    .strictObject({
      imageRef: z.string().meta({
        description:
          "An image reference with a tag or digest. Without a registry it refers to Docker Hub.",
        examples: ["ghcr.io/acme/agent:v1.4"],
      }),
      pullCredentialSecret: nameOf("secret")
        .exactOptional()
        .meta({
          description:
            "The secret with the credential of the registry. Without it, Docker's own configuration is used.",
          examples: ["REGISTRY_LOGIN"],
        }),
      pullCredential: z
        .enum(PULL_CREDENTIALS, "must be ECR, GAR or NONE")
        .exactOptional()
        .meta({
          description:
            "Instead of a secret: a token of the process's own identity in the cloud of the registry (`ECR`, `GAR`), or an anonymous pull (`NONE`).",
          examples: ["ECR"],
        }),
      provenance: provenance(),
    })
    .refine(
      ({ pullCredential, pullCredentialSecret }) =>
        pullCredential === undefined || pullCredentialSecret === undefined,
      "must not have both pull_credential and pull_credential_secret",
    ),
);

export const imageSchema = once(() =>
  z
    .strictObject({
      ...described("image"),
      architecture: architecture.meta({
        description:
          "The architecture of the image. `amd64` or `x86_64`, and `arm64` or `aarch64`, are accepted too.",
        examples: ["ARCHITECTURE_AMD64"],
      }),
      preinstalled: z
        .string()
        .exactOptional()
        .meta({
          description: "A summary of the installed software, for people.",
          examples: ["Node 24, git, ripgrep"],
        }),
      aws: z
        .strictObject({
          amiIds: z.record(z.string(), z.string()).meta({
            description: "AMI ids by region. Only the entry for the placement's region is used.",
            examples: [{ "us-east-1": "ami-0abc123def456789a" }],
          }),
          provenance: provenance(),
        })
        .exactOptional()
        .describe("An image for EC2. An image has exactly one of `docker`, `aws` and `gce`."),
      gce: z
        .strictObject({
          selfLink: z.string().meta({
            description:
              "The image or image family, as a partial self-link. A family is resolved to its newest image each time.",
            examples: ["projects/debian-cloud/global/images/family/debian-12"],
          }),
          provenance: provenance(),
        })
        .exactOptional()
        .describe(
          "An image for Compute Engine. An image has exactly one of `docker`, `aws` and `gce`.",
        ),
      docker: dockerImage()
        .exactOptional()
        .describe(
          "An image for containers. An image has exactly one of `docker`, `aws` and `gce`.",
        ),
    })
    .meta(exactlyOne(...SOURCES))
    .transform(({ aws, gce, docker, ...common }, context): ImageFields => {
      if (aws !== undefined) return { ...common, aws };
      if (gce !== undefined) return { ...common, gce };
      if (docker !== undefined) return { ...common, docker };
      // The rule for `source` has reported this already, with the specification's message.
      context.addIssue({ code: "custom", path: ["source"], message: "must have a source" });
      return z.NEVER;
    }),
);

function amiEntries(fields: LooseFields): readonly (readonly [string, unknown])[] {
  const aws = fields["aws"];
  return isFields(aws) && isFields(aws["amiIds"]) ? Object.entries(aws["amiIds"]) : [];
}

function sourceGiven(fields: LooseFields): ReturnType<Rule> {
  const given = SOURCES.filter((source) => fields[source] !== undefined);
  if (given.length === 1) return [];
  const several = given.length === 0 ? "" : ` The image has ${given.join(" and ")}.`;
  return [
    {
      path: ["source"],
      message: "source is required (aws, gce, or docker)",
      remedy: `Provide exactly one of \`aws\`, \`gce\`, or \`docker\`.${several}`,
      alternatives: SOURCES.map((source) => [source]),
    },
  ];
}

function amiIdsPresent(fields: LooseFields): ReturnType<Rule> {
  if (fields["aws"] === undefined || amiEntries(fields).length > 0) return [];
  return [
    {
      path: ["aws", "amiIds"],
      message: "aws.ami_ids must be non-empty",
      remedy: "Add at least one region-to-AMI entry in `aws.ami_ids`.",
    },
  ];
}

function amiRegionsPresent(fields: LooseFields): ReturnType<Rule> {
  if (amiEntries(fields).every(([region]) => region.trim() !== "")) return [];
  return [
    {
      path: ["aws", "amiIds", ""],
      message: "aws.ami_ids: region key must be non-empty",
      remedy: "Every key in `aws.ami_ids` must be a non-empty region string.",
    },
  ];
}

function amiIdsValid(fields: LooseFields): ReturnType<Rule> {
  return amiEntries(fields)
    .filter(([, id]) => !(typeof id === "string" && AMI_ID.test(id)))
    .map(([region, id]) => {
      const field = `aws.ami_ids[${printedText(region)}]`;
      const { remedy = "" } = valueRemedy(field, id, []);
      return {
        path: ["aws", "amiIds", region],
        message: `${field}: must match ami-[0-9a-f]{8,17}`,
        remedy:
          `Each AMI ID must be a valid AWS AMI identifier (e.g. \`ami-0abc123def456789a\`). ${remedy}`.trimEnd(),
      };
    });
}

function sourceFieldRequired(source: "gce" | "docker", field: "selfLink" | "imageRef"): Rule {
  const printed = source === "gce" ? "gce.self_link" : "docker.image_ref";
  return (fields) => {
    const arm = fields[source];
    if (arm === undefined || (isFields(arm) && arm[field] !== undefined)) return [];
    return [
      {
        path: [source, field],
        message: `${printed} is required`,
        remedy: `Provide a \`${printed}\` value.`,
      },
    ];
  };
}

function selfLinkValid(fields: LooseFields): ReturnType<Rule> {
  const gce = fields["gce"];
  const selfLink = isFields(gce) ? gce["selfLink"] : undefined;
  if (selfLink === undefined || (typeof selfLink === "string" && isGceImage(selfLink))) return [];
  return [
    {
      path: ["gce", "selfLink"],
      message: "gce.self_link: invalid GCE image reference",
      remedy: `Use the format \`projects/<project>/global/images/<name>\` or \`projects/<project>/global/images/family/<family>\`.${partialLink(selfLink)}`,
    },
  ];
}

/** The valid link at the end of a full URL, as advice. */
function partialLink(selfLink: unknown): string {
  const [link = ""] = /projects\/.*$/.exec(String(selfLink)) ?? [];
  return isGceImage(link) && /^[\w.:/-]+$/.test(String(selfLink))
    ? ` Write ${link} in place of ${String(selfLink)}.`
    : "";
}

function isGceImage(selfLink: string): boolean {
  return selfLink.length <= LONGEST_SELF_LINK && GCE_IMAGE.test(selfLink);
}

function imageRefValid(fields: LooseFields): ReturnType<Rule> {
  const docker = fields["docker"];
  const imageRef = isFields(docker) ? docker["imageRef"] : undefined;
  if (imageRef === undefined || (typeof imageRef === "string" && isReference(imageRef))) return [];
  return [
    {
      path: ["docker", "imageRef"],
      message: "docker.image_ref: invalid OCI image reference",
      remedy: `Use an OCI image reference such as \`ghcr.io/foo/bar:v1.2\`.${shownReference(imageRef)}`,
    },
  ];
}

/** A path has a slash, unlike most tokens, and without an at sign it has no password in front of one. */
function shownReference(imageRef: unknown): string {
  return typeof imageRef === "string" && /^(?=.*\/)[\w./: -]{1,64}$/.test(imageRef)
    ? ` \`docker.image_ref\` is "${imageRef}".`
    : "";
}

function isReference(imageRef: string): boolean {
  try {
    parseReference(imageRef);
    return true;
  } catch (caught) {
    if (isSlipwayError(caught) && caught.code === "INVALID_ARGUMENT") return false;
    throw caught;
  }
}

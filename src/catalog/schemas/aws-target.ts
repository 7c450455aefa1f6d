/** `target.aws` of placements. */
import { z } from "zod";
import { once } from "../../async/memoize.ts";
import { MARKETS } from "../../plan/market.ts";
import { distinct, hasPrefix, text } from "./common.ts";
import { awsId, instanceClashes, instanceFields } from "./instance.ts";

const REGION = /^[a-z]+(?:-[a-z]+)+-[0-9]+$/;

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

/** The identities of the machines and of the process that launches them. */
const identityFields = once(() => ({
  instanceProfileArn: iamArn("instance-profile")
    .exactOptional()
    .meta({
      description: "The instance profile of the machines.",
      examples: ["arn:aws:iam::123456789012:instance-profile/agent"],
    }),
  roleArn: iamArn("role")
    .exactOptional()
    .meta({
      description: "The role to assume for launching and terminating.",
      examples: ["arn:aws:iam::123456789012:role/launcher"],
    }),
  readonlyRoleArn: iamArn("role")
    .exactOptional()
    .meta({
      description: "The role to assume for reading.",
      examples: ["arn:aws:iam::123456789012:role/launcher-read"],
    }),
}));

export const awsTarget = once(() =>
  z
    .strictObject({
      accountId: accountId().meta({
        description:
          "The account, as 12 digits. The credentials must be of this account. Quote an id that begins with 0.",
        examples: ["123456789012"],
      }),
      region: text(REGION, "must be a region such as us-east-1", 64).meta({
        description: "The region of the subnets.",
        examples: ["us-east-1"],
      }),
      vpcId: awsId("vpc")
        .exactOptional()
        .meta({
          description:
            "The VPC of the subnets and security groups. The dry run checks that they belong to it.",
          examples: ["vpc-0abc123def4567890"],
        }),
      subnetIds: distinct(awsId("subnet"))
        .min(1, "must list at least one subnet")
        .meta({
          description:
            "Subnets, one for each availability zone, in the order in which they are tried.",
          examples: [["subnet-0abc123def4567890"]],
        }),
      securityGroupId: awsId("sg")
        .exactOptional()
        .meta({
          description: "The security group of the machines. `security_group_ids` names several.",
          examples: ["sg-0abc123def4567890"],
        }),
      ...identityFields(),
      tags: tags()
        .exactOptional()
        .meta({
          description:
            "Tags for every launched resource. Keys that begin with `aws:` or `slipway:` are reserved.",
          examples: [{ team: "search" }],
        }),
      assignPublicIp: z
        .boolean("must be true or false")
        .exactOptional()
        .meta({
          description: "Whether the machine has a public IPv4 address.",
          default: false,
          examples: [true],
        }),
      keepVolumes: z
        .boolean("must be true or false")
        .exactOptional()
        .meta({
          description:
            "Whether volumes that the image keeps stay after the machine's termination, and cost money.",
          default: false,
          examples: [true],
        }),
      market: z
        .enum(MARKETS, `must be one of ${MARKETS.join(", ")}`)
        .exactOptional()
        .meta({
          description:
            "Where capacity is bought. `SPOT_THEN_ON_DEMAND` tries the spot market of every place first.",
          default: "ON_DEMAND",
          examples: ["SPOT"],
        }),
      ...instanceFields(),
    })
    .superRefine((placement, context) => {
      for (const { path, message } of instanceClashes(placement))
        context.addIssue({ code: "custom", path: [...path], message });
    }),
);

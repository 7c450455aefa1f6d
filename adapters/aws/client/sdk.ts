import type * as Ec2 from "@aws-sdk/client-ec2";
import type * as Sts from "@aws-sdk/client-sts";
import { createRequire } from "node:module";
import { INSTANCE_MEMBERS } from "../machine.ts";
import { leaveMembers } from "./sdk-members.ts";
import { partsReader } from "./sdk-parts.ts";
import type { PartsReader } from "./sdk-parts.ts";

/**
 * The SDK's packages are CommonJS. `import()` would read the two megabytes of EC2's twice more, to find out that they
 * are and which names they export, and that takes as long as to run them.
 */
const require = createRequire(import.meta.url);

type Part<Name extends keyof typeof Ec2> = Pick<typeof Ec2, Name>;

/** What is used of EC2's package, each with the file of it that it is in. */
const EC2_PARTS = {
  EC2Client: (): Part<"EC2Client"> => require("@aws-sdk/client-ec2/dist-es/EC2Client.js"),
  DescribeImagesCommand: (): Part<"DescribeImagesCommand"> =>
    require("@aws-sdk/client-ec2/dist-es/commands/DescribeImagesCommand.js"),
  DescribeInstancesCommand: (): Part<"DescribeInstancesCommand"> =>
    seeing(require("@aws-sdk/client-ec2/dist-es/commands/DescribeInstancesCommand.js")),
  DescribeInstanceTypeOfferingsCommand: (): Part<"DescribeInstanceTypeOfferingsCommand"> =>
    require("@aws-sdk/client-ec2/dist-es/commands/DescribeInstanceTypeOfferingsCommand.js"),
  DescribeInstanceTypesCommand: (): Part<"DescribeInstanceTypesCommand"> =>
    require("@aws-sdk/client-ec2/dist-es/commands/DescribeInstanceTypesCommand.js"),
  DescribeRegionsCommand: (): Part<"DescribeRegionsCommand"> =>
    require("@aws-sdk/client-ec2/dist-es/commands/DescribeRegionsCommand.js"),
  DescribeSecurityGroupsCommand: (): Part<"DescribeSecurityGroupsCommand"> =>
    require("@aws-sdk/client-ec2/dist-es/commands/DescribeSecurityGroupsCommand.js"),
  DescribeSubnetsCommand: (): Part<"DescribeSubnetsCommand"> =>
    require("@aws-sdk/client-ec2/dist-es/commands/DescribeSubnetsCommand.js"),
  GetConsoleOutputCommand: (): Part<"GetConsoleOutputCommand"> =>
    require("@aws-sdk/client-ec2/dist-es/commands/GetConsoleOutputCommand.js"),
  RunInstancesCommand: (): Part<"RunInstancesCommand"> =>
    seeing(require("@aws-sdk/client-ec2/dist-es/commands/RunInstancesCommand.js")),
  TerminateInstancesCommand: (): Part<"TerminateInstancesCommand"> =>
    require("@aws-sdk/client-ec2/dist-es/commands/TerminateInstancesCommand.js"),
  VolumeType: (): Part<"VolumeType"> => require("@aws-sdk/client-ec2/dist-es/models/enums.js"),
};

type Ec2Name = keyof typeof EC2_PARTS;

/** A call that answers with instances, of which it reads what is looked at. The shapes are not those of `dist-cjs`. */
function seeing<Call>(call: Call): Call {
  const schemas: Partial<
    Record<"Instance$", unknown>
  > = require("@aws-sdk/client-ec2/dist-es/schemas/schemas_0.js");
  leaveMembers(schemas.Instance$, INSTANCE_MEMBERS);
  return call;
}

/** What those files import of the one with the shapes: a call's bears its name. */
const EC2_SCHEMAS = [
  "errorTypeRegistries",
  ...Object.keys(EC2_PARTS)
    .flatMap((name) => /^(\w+)Command$/.exec(name)?.slice(1) ?? [])
    .map((call) => `${call}$`),
];
export type Ec2Sdk = Pick<typeof Ec2, Ec2Name>;

// Kept here, because finding a loaded package again is a search of the file system's names, at every call.
let ec2: Ec2Sdk | null = null;
let sts: typeof Sts | null = null;

/** Each of it is loaded when it is first asked for. */
export function ec2Sdk(): Ec2Sdk {
  ec2 ??= loadEc2();
  return ec2;
}

export function stsSdk(): typeof Sts {
  const sdk: typeof Sts = (sts ??= require("@aws-sdk/client-sts"));
  return sdk;
}

function loadEc2(): Ec2Sdk {
  const manifest = require.resolve("@aws-sdk/client-ec2/package.json");
  const reading = partsReader({
    manifest,
    files: ["EC2Client", "commands/RunInstancesCommand"],
    schemas: { file: "schemas/schemas_0", exports: EC2_SCHEMAS },
  });
  if (reading !== null) return partByPart(reading);
  const whole: Ec2Sdk = require("@aws-sdk/client-ec2");
  return whole;
}

function partByPart(reading: PartsReader): Ec2Sdk {
  const parts = EC2_PARTS;
  const kept: { -readonly [Name in Ec2Name]?: Ec2Sdk[Name] } = {};
  return {
    get EC2Client() {
      return (kept.EC2Client ??= reading(parts.EC2Client).EC2Client);
    },
    get DescribeImagesCommand() {
      return (kept.DescribeImagesCommand ??= reading(
        parts.DescribeImagesCommand,
      ).DescribeImagesCommand);
    },
    get DescribeInstancesCommand() {
      return (kept.DescribeInstancesCommand ??= reading(
        parts.DescribeInstancesCommand,
      ).DescribeInstancesCommand);
    },
    get DescribeInstanceTypeOfferingsCommand() {
      return (kept.DescribeInstanceTypeOfferingsCommand ??= reading(
        parts.DescribeInstanceTypeOfferingsCommand,
      ).DescribeInstanceTypeOfferingsCommand);
    },
    get DescribeInstanceTypesCommand() {
      return (kept.DescribeInstanceTypesCommand ??= reading(
        parts.DescribeInstanceTypesCommand,
      ).DescribeInstanceTypesCommand);
    },
    get DescribeRegionsCommand() {
      return (kept.DescribeRegionsCommand ??= reading(
        parts.DescribeRegionsCommand,
      ).DescribeRegionsCommand);
    },
    get DescribeSecurityGroupsCommand() {
      return (kept.DescribeSecurityGroupsCommand ??= reading(
        parts.DescribeSecurityGroupsCommand,
      ).DescribeSecurityGroupsCommand);
    },
    get DescribeSubnetsCommand() {
      return (kept.DescribeSubnetsCommand ??= reading(
        parts.DescribeSubnetsCommand,
      ).DescribeSubnetsCommand);
    },
    get GetConsoleOutputCommand() {
      return (kept.GetConsoleOutputCommand ??= reading(
        parts.GetConsoleOutputCommand,
      ).GetConsoleOutputCommand);
    },
    get RunInstancesCommand() {
      return (kept.RunInstancesCommand ??= reading(parts.RunInstancesCommand).RunInstancesCommand);
    },
    get TerminateInstancesCommand() {
      return (kept.TerminateInstancesCommand ??= reading(
        parts.TerminateInstancesCommand,
      ).TerminateInstancesCommand);
    },
    get VolumeType() {
      return (kept.VolumeType ??= reading(parts.VolumeType).VolumeType);
    },
  };
}

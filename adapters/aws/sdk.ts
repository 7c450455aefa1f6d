import type * as Ec2 from "@aws-sdk/client-ec2";
import type * as Sts from "@aws-sdk/client-sts";
import { createRequire } from "node:module";
import { join } from "node:path";
import { packageParts } from "./sdk-parts.ts";
import type { PackageParts } from "./sdk-parts.ts";

/**
 * The SDK's packages are CommonJS. `import()` would read the two megabytes of EC2's twice more, to find out that they
 * are and which names they export, and that takes as long as to run them.
 */
const require = createRequire(import.meta.url);

/** What is used of EC2's package, and the file of it that each is in. */
const EC2_FILES = {
  EC2Client: "EC2Client",
  DescribeImagesCommand: "commands/DescribeImagesCommand",
  DescribeInstancesCommand: "commands/DescribeInstancesCommand",
  DescribeInstanceTypeOfferingsCommand: "commands/DescribeInstanceTypeOfferingsCommand",
  DescribeInstanceTypesCommand: "commands/DescribeInstanceTypesCommand",
  DescribeRegionsCommand: "commands/DescribeRegionsCommand",
  DescribeSecurityGroupsCommand: "commands/DescribeSecurityGroupsCommand",
  DescribeSubnetsCommand: "commands/DescribeSubnetsCommand",
  GetConsoleOutputCommand: "commands/GetConsoleOutputCommand",
  RunInstancesCommand: "commands/RunInstancesCommand",
  TerminateInstancesCommand: "commands/TerminateInstancesCommand",
  VolumeType: "models/enums",
} as const satisfies { readonly [Name in keyof typeof Ec2]?: string };

type Ec2Name = keyof typeof EC2_FILES;
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
  const parts = packageParts(manifest, Object.values(EC2_FILES));
  if (parts !== null) return partByPart(parts);
  const whole: Ec2Sdk = require("@aws-sdk/client-ec2");
  return whole;
}

function partByPart({ folder, reading }: PackageParts): Ec2Sdk {
  const loaded: { -readonly [Name in Ec2Name]?: Ec2Sdk[Name] } = {};
  const part = <Name extends Ec2Name>(name: Name): Ec2Sdk[Name] => {
    const file: Pick<Ec2Sdk, Name> = reading(() => require(join(folder, `${EC2_FILES[name]}.js`)));
    return file[name];
  };
  return {
    get EC2Client() {
      return (loaded.EC2Client ??= part("EC2Client"));
    },
    get DescribeImagesCommand() {
      return (loaded.DescribeImagesCommand ??= part("DescribeImagesCommand"));
    },
    get DescribeInstancesCommand() {
      return (loaded.DescribeInstancesCommand ??= part("DescribeInstancesCommand"));
    },
    get DescribeInstanceTypeOfferingsCommand() {
      return (loaded.DescribeInstanceTypeOfferingsCommand ??= part(
        "DescribeInstanceTypeOfferingsCommand",
      ));
    },
    get DescribeInstanceTypesCommand() {
      return (loaded.DescribeInstanceTypesCommand ??= part("DescribeInstanceTypesCommand"));
    },
    get DescribeRegionsCommand() {
      return (loaded.DescribeRegionsCommand ??= part("DescribeRegionsCommand"));
    },
    get DescribeSecurityGroupsCommand() {
      return (loaded.DescribeSecurityGroupsCommand ??= part("DescribeSecurityGroupsCommand"));
    },
    get DescribeSubnetsCommand() {
      return (loaded.DescribeSubnetsCommand ??= part("DescribeSubnetsCommand"));
    },
    get GetConsoleOutputCommand() {
      return (loaded.GetConsoleOutputCommand ??= part("GetConsoleOutputCommand"));
    },
    get RunInstancesCommand() {
      return (loaded.RunInstancesCommand ??= part("RunInstancesCommand"));
    },
    get TerminateInstancesCommand() {
      return (loaded.TerminateInstancesCommand ??= part("TerminateInstancesCommand"));
    },
    get VolumeType() {
      return (loaded.VolumeType ??= part("VolumeType"));
    },
  };
}

import { ERROR_RULES } from "../../../adapters/aws/errors/error-rules.ts";
import { createAwsAdapter } from "../../../adapters/aws/index.ts";
import type { Clock } from "../../../src/host/clock.ts";
import { startEc2 } from "../../../testing/ec2/index.ts";
import type { Ec2Fake } from "../../../testing/ec2/index.ts";
import { awsTarget, EC2_ACCOUNT } from "../ec2-launch.ts";
import { recordWorkspace } from "../faults/fault-substrate.ts";
import { slipwayOn } from "./refusal-cloud.ts";
import type { RefusalCloud, RefusalScene } from "./refusal-cloud.ts";

interface Ec2Refusal {
  readonly name: string;
  readonly code: string;
  readonly status?: number;
  readonly message?: string;
}

const PROFILE = `arn:aws:iam::${EC2_ACCOUNT}:instance-profile/agents`;
const REGION = "us-east-1";

/** Codes that mean several things, by the form of the message or by the status. */
const VARIANTS: readonly Ec2Refusal[] = [
  { name: "an unknown code", code: "SomethingNew" },
  { name: "an unknown code of the server", code: "SomethingNew", status: 500 },
  { name: "a code with its side", code: "Client.MaxSpotInstanceCountExceeded" },
  { name: "a code with a suffix", code: "InvalidKMSKey.InvalidState" },
  { name: "an image that is not shared", code: "AuthFailure", status: 403 },
  {
    name: "Marketplace terms",
    code: "OptInRequired",
    status: 401,
    message: "To do so please visit https://aws.amazon.com/marketplace/pp?sku=abc123",
  },
  {
    name: "a value of the subnet",
    code: "InvalidParameterCombination",
    message: "The instance type is not supported in the IPv6-only subnet subnet-0a1b2c3d.",
  },
  {
    name: "a value of the zone",
    code: "InvalidParameterValue",
    message: "Invalid availability zone: [us-east-1a]",
  },
  {
    name: "an image without ENA",
    code: "InvalidParameterCombination",
    message:
      "Enhanced networking with the Elastic Network Adapter (ENA) is required for the 'm7i.large' instance type. Ensure that you are using an AMI that is enabled for ENA.",
  },
  {
    name: "an image that boots with UEFI",
    code: "InvalidParameterValue",
    message:
      "The t2.micro instance type does not support an AMI with a boot mode of UEFI. Only instance types built on the Nitro System support UEFI. Specify an instance type that supports UEFI, and try again.",
  },
  {
    name: "a type that the product does not support",
    code: "UnsupportedOperation",
    message:
      "The instance configuration for this AWS Marketplace product is not supported. Please see http://aws.amazon.com/marketplace/pp?sku=f43e for more information about supported instance types, regions, and operating systems.",
  },
  {
    name: "a security group of another VPC",
    code: "InvalidGroup.NotFound",
    message: "The security group 'sg-0a1b2c3d' does not exist in VPC 'vpc-0a1b2c3d'",
  },
  {
    name: "a type that the zone does not offer",
    code: "Unsupported",
    message:
      "Your requested instance type (m7i.large) is not supported in your requested Availability Zone (us-east-1a).",
  },
  {
    name: "a VPC with dedicated tenancy",
    code: "Unsupported",
    message:
      "The requested configuration is currently not supported. Please check the documentation for supported configurations.",
  },
  {
    name: "an unknown profile",
    code: "InvalidParameterValue",
    message: `Value (${PROFILE}) for parameter iamInstanceProfile.arn is invalid. Invalid IAM Instance Profile ARN`,
  },
  {
    name: "a profile without a role",
    code: "InvalidParameterValue",
    message: `IAM Instance Profile "${PROFILE}" has no associated IAM Roles`,
  },
  ...["subnet/subnet-0a", "spot-instances-request/*", "image/ami-0a", "instance/*"].map(
    (resource) => ({
      name: `denied on ${resource}`,
      code: "UnauthorizedOperation",
      message: `User: u is not authorized to perform: ec2:RunInstances on resource: arn:aws:ec2:us-east-1:1:${resource} because no identity-based policy allows the ec2:RunInstances action.`,
    }),
  ),
];

interface Layout {
  readonly subnetsOf: (ec2: Ec2Fake) => readonly string[];
  readonly market: "ON_DEMAND" | "SPOT_THEN_ON_DEMAND";
  /** Default: Slipway chooses one. */
  readonly instanceTypes?: readonly string[];
}

export const EC2_REFUSALS: RefusalCloud<Ec2Refusal> = {
  cloud: "EC2",
  refusals: [
    ...ERROR_RULES.flatMap(({ codes }) => codes.map((code) => ({ name: code, code }))),
    ...VARIANTS,
  ],
  layouts: {
    "two zones": (clock) =>
      openScene(clock, {
        subnetsOf: (ec2) => Object.values(ec2.region(REGION, EC2_ACCOUNT).subnets).slice(0, 2),
        market: "ON_DEMAND",
      }),
    "two subnets of a zone": (clock) =>
      openScene(clock, { subnetsOf: twoSubnets, market: "ON_DEMAND" }),
    "the spot market and on demand": (clock) =>
      openScene(clock, {
        subnetsOf: (ec2) => Object.values(ec2.region(REGION, EC2_ACCOUNT).subnets).slice(0, 1),
        market: "SPOT_THEN_ON_DEMAND",
      }),
    "two machine types": (clock) =>
      openScene(clock, {
        subnetsOf: (ec2) => Object.values(ec2.region(REGION, EC2_ACCOUNT).subnets).slice(0, 1),
        market: "ON_DEMAND",
        instanceTypes: ["m7i.large", "m6i.large"],
      }),
  },
};

function twoSubnets(ec2: Ec2Fake): readonly string[] {
  const region = ec2.region(REGION, EC2_ACCOUNT);
  const zone = region.zones[0] ?? "";
  return [region.subnets[zone] ?? "", region.addSubnet({ zone, cidr: "172.31.240.0/24" })];
}

async function openScene(clock: Clock, layout: Layout): Promise<RefusalScene<Ec2Refusal>> {
  const ec2 = await startEc2({ rates: "off", timing: { pendingMs: 0, endingMs: 0 } });
  const region = ec2.region(REGION, EC2_ACCOUNT);
  const subnetIds = layout.subnetsOf(ec2);
  const adapter = createAwsAdapter({
    target: awsTarget(),
    environment: {
      AWS_ENDPOINT_URL: ec2.url,
      AWS_ACCESS_KEY_ID: EC2_ACCOUNT,
      AWS_SECRET_ACCESS_KEY: "test",
    },
    home: "/nowhere",
    now: () => clock.now(),
    sleep: (milliseconds, signal) => clock.sleep(milliseconds, signal),
  });
  const opened = await slipwayOn(clock, adapter);
  const { slipway } = opened;
  const aws = { accountId: EC2_ACCOUNT, region: REGION, subnetIds, market: layout.market };
  const workspace = await recordWorkspace(slipway, {
    image: { aws: { amiIds: { [REGION]: region.images.x86_64 } } },
    placement: {
      substrate: "AWS",
      target: { aws: { ...aws, instanceProfileArn: PROFILE } },
    },
    machineType: layout.instanceTypes ? { aws: { instanceTypes: layout.instanceTypes } } : null,
  });
  const markets = layout.market === "ON_DEMAND" ? ["on-demand"] : ["spot", "on-demand"];
  const candidates = markets.flatMap((market) =>
    (layout.instanceTypes ?? [null]).flatMap((type) =>
      subnetIds.map((subnet) => ({ market, type, subnet })),
    ),
  );
  return {
    slipway,
    workspace,
    refuse({ code, status, message }, moment) {
      const fault = ec2.fault({
        kind: "error",
        action: "RunInstances",
        dryRun: moment === "dry-run",
        times: 1,
        code,
        ...(status === undefined ? {} : { status }),
        ...(message === undefined ? {} : { message }),
      });
      return () => fault.remove();
    },
    candidateOf({ machine }) {
      const found = region.instances().find(({ id }) => id === machine?.id);
      return candidates.findIndex(
        ({ market, type, subnet }) =>
          market === found?.market &&
          subnet === found.subnetId &&
          (type === null || type === found.instanceType),
      );
    },
    async [Symbol.asyncDispose]() {
      await opened[Symbol.asyncDispose]();
      await ec2.close();
    },
  };
}

import type { Sample, SampleResource } from "../server/sample.ts";
import { DEFAULT_ACCOUNT } from "./credentials.ts";
import { builtInImageId } from "./images.ts";
import { defaultNetwork } from "./network.ts";
import { DEFAULT_REGIONS, emptyRegion } from "./world.ts";

const NAME = "fake-ec2";
const DESCRIPTION = "From slipway fake ec2 --apply";
const REGION = "us-east-1";
const ZONES = ["us-east-1a", "us-east-1b"];

/** How to use a new fake of EC2 as account 000000000000. */
export function ec2Sample(): Sample {
  const regions = Object.entries(DEFAULT_REGIONS).map(([name, letters]) => {
    const { vpc, subnets, securityGroup } = defaultNetwork(
      emptyRegion(name, letters),
      DEFAULT_ACCOUNT,
    );
    const subnetIds = new Map([...subnets].map(([zone, { id }]) => [zone, id]));
    return { name, vpcId: vpc.id, subnetIds, groupId: securityGroup.id };
  });
  const home = regions.find(({ name }) => name === REGION);
  const named = { name: NAME, description: DESCRIPTION };
  return {
    name: NAME,
    resources: regions.flatMap(({ name: region, vpcId, subnetIds, groupId }): SampleResource[] => [
      ...(["x86_64", "arm64"] as const).map((architecture) => ({
        region,
        zone: null,
        resource: `image (${architecture})`,
        id: builtInImageId(region, architecture),
      })),
      { region, zone: null, resource: "VPC", id: vpcId },
      { region, zone: null, resource: "security group", id: groupId },
      ...[...subnetIds].map(([zone, id]) => ({ region, zone, resource: "subnet", id })),
    ]),
    documents: [
      {
        kind: "image",
        ...named,
        architecture: "ARCHITECTURE_AMD64",
        aws: {
          ami_ids: Object.fromEntries(
            regions.map(({ name }) => [name, builtInImageId(name, "x86_64")]),
          ),
        },
      },
      {
        kind: "machine-type",
        ...named,
        vcpus: 2,
        memory_gb: 1,
        architecture: "ARCHITECTURE_AMD64",
        spec: { aws: { instance_type: "t3.micro" } },
      },
      {
        kind: "environment",
        ...named,
        substrate: "AWS",
        machine_type_ref: NAME,
        disk_type_ref: "slipway-gp3",
        disk_size_gb: 20,
      },
      {
        kind: "placement",
        ...named,
        substrate: "AWS",
        target: {
          aws: {
            account_id: DEFAULT_ACCOUNT,
            region: REGION,
            subnet_ids: ZONES.flatMap((zone) => home?.subnetIds.get(zone) ?? []),
            ...(home === undefined ? {} : { security_group_id: home.groupId }),
            assign_public_ip: true,
          },
        },
      },
      {
        kind: "workspace",
        ...named,
        image_ref: NAME,
        placement: NAME,
        environment_ref: NAME,
      },
    ],
    variables: (url) => ({
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: "anything",
      AWS_SECRET_ACCESS_KEY: "anything",
    }),
  };
}

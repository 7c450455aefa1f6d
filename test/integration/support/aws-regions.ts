import { join } from "node:path";
import { createAwsAdapter } from "../../../adapters/aws/index.ts";
import { isSlipwayError } from "../../../src/errors.ts";
import { createSlipway } from "../../../src/slipway/create-slipway.ts";
import { startEc2 } from "../../../testing/ec2/index.ts";
import { EC2_ACCOUNT } from "../../support/ec2-launch.ts";
import { scratchFolder } from "../../support/scratch.ts";

/** Images of one release by architecture, with their AMIs by region. */
export interface RegionalImages {
  readonly images: Readonly<
    Record<string, { readonly aws: { readonly ami_ids: Readonly<Record<string, string>> } }>
  >;
}

export interface RegionalPlan {
  readonly architecture: string;
  readonly region: string;
  /** The AMI of the plan, or the reason why there is none. */
  readonly found: string;
  readonly machineType: string | null;
}

/** A region for which no release has an image. */
export const LACKING_REGION = "xx-nowhere-1";

/**
 * Sets each image as it is, and resolves it in each of its regions and in one that it lacks, on a fake that has these
 * regions with these AMIs and no others.
 */
export async function resolveEverywhere(release: RegionalImages): Promise<readonly RegionalPlan[]> {
  const regions = [
    ...new Set(Object.values(release.images).flatMap(({ aws }) => Object.keys(aws.ami_ids))),
    LACKING_REGION,
  ];
  using folder = scratchFolder();
  await using ec2 = await startEc2({
    seed: "regions",
    rates: "off",
    regions: Object.fromEntries(regions.map((region) => [region, "ab"])),
  });
  const environment = {
    AWS_ENDPOINT_URL: ec2.url,
    AWS_ACCESS_KEY_ID: EC2_ACCOUNT,
    AWS_SECRET_ACCESS_KEY: "test",
  };
  await using slipway = await createSlipway({
    database: join(folder.path, "slipway.db"),
    environment,
    ports: {
      openAdapter: async (target) => {
        if (target.substrate !== "AWS") throw new Error(`a placement on ${target.substrate}`);
        return createAwsAdapter({ target, environment, home: folder.path, now: () => Date.now() });
      },
    },
  });
  for (const region of regions) {
    const { subnets } = ec2.region(region, EC2_ACCOUNT);
    const aws = { account_id: EC2_ACCOUNT, region, subnet_ids: Object.values(subnets) };
    await slipway.catalog.setDocument("placement", { name: region, aws });
  }
  const plans: RegionalPlan[] = [];
  for (const [architecture, { aws }] of Object.entries(release.images)) {
    const image = architecture.toLowerCase().replaceAll("_", "-");
    await slipway.catalog.setDocument("image", { name: image, architecture, aws });
    for (const [region, id] of Object.entries(aws.ami_ids))
      ec2.region(region, EC2_ACCOUNT).addImage({
        id,
        isPublic: true,
        owner: "125523088429",
        architecture: architecture === "ARCHITECTURE_ARM64" ? "arm64" : "x86_64",
      });
    for (const region of regions) {
      const workspace = `${image}-${region}`;
      await slipway.catalog.setDocument("workspace", {
        name: workspace,
        image_ref: image,
        placement: region,
      });
      plans.push({
        architecture,
        region,
        ...(await found(() => slipway.resolveWorkspace(workspace))),
      });
    }
  }
  return plans;
}

async function found(
  resolve: () => Promise<{
    readonly artifact: { readonly id: string };
    readonly machineType: string;
  }>,
): Promise<Pick<RegionalPlan, "found" | "machineType">> {
  try {
    const { artifact, machineType } = await resolve();
    return { found: artifact.id, machineType };
  } catch (caught) {
    if (!isSlipwayError(caught)) throw caught;
    return { found: caught.reason, machineType: null };
  }
}

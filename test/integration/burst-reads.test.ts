/** How often a cloud is asked for a burst of spawns: each thing once, whatever shares it. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createSlipway } from "../../src/slipway/create-slipway.ts";
import type { Slipway } from "../../src/slipway/slipway.ts";
import { startEc2 } from "../../testing/ec2/index.ts";
import { startGce } from "../../testing/gce/index.ts";
import { scratchFolder } from "../support/scratch.ts";

const ACCOUNT = "123456789012";
const WORKSPACES = ["one", "two", "three", "four"];

/** Spawns 100 machines of four workspaces with one image and placement. Returns when floating references were read. */
async function burst(
  slipway: Slipway,
  records: { readonly image: object; readonly placement: object },
): Promise<readonly string[]> {
  const { catalog } = slipway;
  await catalog.setDocument("image", {
    name: "base",
    architecture: "ARCHITECTURE_AMD64",
    ...records.image,
  });
  await catalog.setDocument("placement", { name: "there", ...records.placement });
  for (const name of WORKSPACES)
    await catalog.set("workspace", { name, imageRef: "base", placement: "there" });
  const wanted = Array.from({ length: 100 }, (_, place) => WORKSPACES[place % 4] ?? "");
  const results = await slipway.spawnWorkspaces(wanted, { wait: "accepted" });
  expect(results.map(({ error }) => error)).toEqual(wanted.map(() => null));
  const plans = await Promise.all(
    results.slice(0, 4).map(async ({ spawnId }) => (await slipway.describeSpawn(spawnId)).plan),
  );
  expect(new Set(plans.map(({ planId }) => planId)).size).toBe(4);
  return plans.flatMap(({ floatingReads }) => floatingReads.map(({ readAt }) => readAt));
}

function tally(names: readonly (string | null)[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name ?? ""] = (counts[name ?? ""] ?? 0) + 1;
  return counts;
}

describe("100 spawns of four workspaces alike", () => {
  it("read each thing from EC2 once, and make one dry run", async () => {
    using folder = scratchFolder();
    const ec2 = await startEc2({ rates: "off", timing: { pendingMs: 0 } });
    const region = ec2.region("us-east-1", ACCOUNT);
    const environment = {
      AWS_ENDPOINT_URL: ec2.url,
      AWS_ACCESS_KEY_ID: ACCOUNT,
      AWS_SECRET_ACCESS_KEY: "test",
    };
    const database = join(folder.path, "slipway.db");
    {
      await using slipway = await createSlipway({ database, environment });
      const subnetIds = Object.values(region.subnets);
      const aws = { accountId: ACCOUNT, region: "us-east-1", subnetIds };
      await burst(slipway, {
        image: { aws: { amiIds: { "us-east-1": region.images.x86_64 } } },
        placement: { substrate: "AWS", target: { aws } },
      });
    }
    await ec2.close();
    const reads = ec2.requests.filter(({ isRead, isDryRun }) => isRead || isDryRun);
    expect(tally(reads.map(({ action }) => action))).toEqual({
      GetCallerIdentity: 1,
      DescribeImages: 1,
      DescribeInstanceTypes: 1,
      DescribeInstanceTypeOfferings: 1,
      DescribeSubnets: 1,
      DescribeSecurityGroups: 1,
      RunInstances: 1,
    });
  });

  it("ask Compute Engine for each thing once, the family among them", async () => {
    using folder = scratchFolder();
    const gce = await startGce({ timing: { provisioningMs: 1, stagingMs: 1, endingMs: 1 } });
    gce.addImage("agents", { name: "agent-base-v1", family: "agent-base", createdAt: 1_000 });
    const environment = {
      CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE: `${gce.url}/compute/v1/`,
      CLOUDSDK_AUTH_ACCESS_TOKEN: "anything",
    };
    const database = join(folder.path, "slipway.db");
    let readAt: readonly string[] = [];
    {
      await using slipway = await createSlipway({ database, environment });
      const zones = ["us-central1-a", "us-central1-b"];
      readAt = await burst(slipway, {
        image: { gce: { selfLink: "projects/agents/global/images/family/agent-base" } },
        placement: {
          substrate: "GCP",
          target: { gcp: { project: "agents", zones, subnet: "default" } },
        },
      });
    }
    await gce.close();
    expect(readAt).toHaveLength(4);
    const reads = gce.requests.filter(({ isMutation }) => !isMutation);
    // Instances, their disks and the operations on them are the launches' own.
    const launching = /^(?:instances|disks|.*operations)\./iu;
    const resolving = reads.filter(({ call }) => !launching.test(call ?? ""));
    for (const [what, count] of Object.entries(tally(resolving.map(({ path }) => path))))
      expect([what, count]).toEqual([what, 1]);
    expect(resolving.length).toBeLessThan(16);
  });
});

import { describe, expect, it } from "vitest";
import { z } from "zod";
import { startEc2 } from "../../../testing/ec2/index.ts";
import { ec2Sample } from "../../../testing/ec2/sample.ts";
import { startGce } from "../../../testing/gce/index.ts";
import { gceSample } from "../../../testing/gce/sample.ts";
import type { SampleResource } from "../../../testing/server/sample.ts";

function idsOf(
  resources: readonly SampleResource[],
  wanted: Partial<SampleResource>,
): readonly string[] {
  const matches = resources.filter((one) =>
    Object.entries(wanted).every(([field, value]) =>
      Object.entries(one).some(([key, own]) => key === field && own === value),
    ),
  );
  return matches.map(({ id }) => id);
}

describe("the sample of the EC2 fake", () => {
  it.each(["us-east-1", "us-west-2", "eu-west-1"])("has the resources of %s", async (region) => {
    await using ec2 = await startEc2();
    const { images, vpcId, securityGroupId, subnets } = ec2.region(region);
    const { resources } = ec2Sample();
    const own = resources.filter((one) => one.region === region);
    expect(own.map(({ zone, id }) => ({ zone, id }))).toEqual([
      { zone: null, id: images.x86_64 },
      { zone: null, id: images.arm64 },
      { zone: null, id: vpcId },
      { zone: null, id: securityGroupId },
      ...Object.entries(subnets).map(([zone, id]) => ({ zone, id })),
    ]);
    expect(idsOf(own, { resource: "image (arm64)" })).toEqual([images.arm64]);
  });

  it("has every region", async () => {
    const regions = new Set(ec2Sample().resources.map(({ region }) => region));
    expect([...regions]).toEqual(["us-east-1", "us-west-2", "eu-west-1"]);
  });
});

const listed = z.object({ items: z.array(z.object({ name: z.string() })) });

describe("the sample of the Compute Engine fake", () => {
  it("has its resources", async () => {
    await using gce = await startGce();
    const namesIn = async (path: string): Promise<readonly string[]> => {
      const response = await fetch(`${gce.url}/compute/v1/projects/slipway-fake/${path}`, {
        headers: { Authorization: "Bearer x" },
      });
      return listed.parse(await response.json()).items.map(({ name }) => name);
    };
    const { resources } = gceSample();
    const ids = resources.map(({ id }) => id);
    const images = await namesIn("global/images");
    expect(ids.filter((id) => /images\/[^/]+$/.test(id)).toSorted()).toEqual(
      images.map((name) => `projects/slipway-fake/global/images/${name}`).toSorted(),
    );
    expect(idsOf(resources, { resource: "network" })).toEqual(await namesIn("global/networks"));
    expect(idsOf(resources, { resource: "zone" }).toSorted()).toEqual(
      (await namesIn("zones")).toSorted(),
    );
    for (const region of await namesIn("regions"))
      expect(idsOf(resources, { region, resource: "subnet" })).toEqual(
        await namesIn(`regions/${region}/subnetworks`),
      );
  });
});

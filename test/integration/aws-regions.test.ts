import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { LACKING_REGION, resolveEverywhere } from "./support/aws-regions.ts";
import type { RegionalImages } from "./support/aws-regions.ts";

const FILE = join(import.meta.dirname, "../fixtures/ec2/image-regions.json");

it("an image resolves to the AMI of the region, and is refused in regions without one", async () => {
  const release: RegionalImages = JSON.parse(readFileSync(FILE, "utf8"));
  const plans = await resolveEverywhere(release);
  const types = { ARCHITECTURE_AMD64: "m6i.large", ARCHITECTURE_ARM64: "m7g.large" };
  const expected = Object.entries(types).flatMap(([architecture, machineType]) => [
    ...Object.entries(release.images[architecture]?.aws.ami_ids ?? {}).map(([region, id]) => ({
      architecture,
      region,
      found: id,
      machineType,
    })),
    { architecture, region: LACKING_REGION, found: "REGION_MISMATCH", machineType: null },
  ]);
  expect(expected).toHaveLength(12);
  expect(plans).toEqual(expected);
});

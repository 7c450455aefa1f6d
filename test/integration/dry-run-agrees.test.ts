import { describe, expect, it } from "vitest";
import { EC2_REFUSALS } from "../support/refusals/ec2-refusals.ts";
import { playRefusals } from "../support/refusals/refusal-cloud.ts";

describe.each([EC2_REFUSALS])("each refusal of $cloud at the first of two candidates", (cloud) => {
  it.each(Object.keys(cloud.layouts))(
    "leaves the same in the dry run as at the launch: %s",
    { timeout: 120_000 },
    async (layout) => {
      const played = await playRefusals(cloud, layout);
      expect(Object.keys(played.launch)).toHaveLength(cloud.refusals.length);
      expect(played["dry-run"]).toEqual(played.launch);
    },
  );
});

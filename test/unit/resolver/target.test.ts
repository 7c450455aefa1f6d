import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { initialCandidates } from "../../../src/resolver/target.ts";
import { awsTarget } from "../../support/ec2-launch.ts";
import { gcpTarget } from "../../support/gce-launches.ts";

const TYPES = ["m7i.large", "m6i.large"];
const target = awsTarget({ subnetIds: ["subnet-1", "subnet-2"], market: "SPOT_THEN_ON_DEMAND" });

function shown(candidates: ReturnType<typeof initialCandidates>) {
  return candidates.map(({ market, subnet, machineType }) =>
    [market, subnet, machineType].filter((part) => part !== undefined).join(" "),
  );
}

describe("the candidates of a plan", () => {
  it("try the first type in every place, and each market before the next", () => {
    expect(shown(initialCandidates(target, TYPES))).toEqual([
      "spot subnet-1 m7i.large",
      "spot subnet-2 m7i.large",
      "spot subnet-1 m6i.large",
      "spot subnet-2 m6i.large",
      "on-demand subnet-1 m7i.large",
      "on-demand subnet-2 m7i.large",
      "on-demand subnet-1 m6i.large",
      "on-demand subnet-2 m6i.large",
    ]);
  });

  it("are in every market and zone of a Compute Engine placement, and name no market without one", () => {
    const zones = ["zone-a", "zone-b"];
    const markets = (change: Parameters<typeof gcpTarget>[0]) =>
      initialCandidates(gcpTarget({ zones, ...change }), ["only"]).map(({ place, market }) => [
        market,
        place,
      ]);
    expect(markets({})).toEqual([
      [undefined, "zone-a"],
      [undefined, "zone-b"],
    ]);
    expect(markets({ market: "SPOT_THEN_ON_DEMAND" })).toEqual([
      ["spot", "zone-a"],
      ["spot", "zone-b"],
      ["on-demand", "zone-a"],
      ["on-demand", "zone-b"],
    ]);
  });

  it("try every type in the first place if places come first", () => {
    expect(shown(initialCandidates(target, TYPES, "PLACE_FIRST")).slice(0, 4)).toEqual([
      "spot subnet-1 m7i.large",
      "spot subnet-1 m6i.large",
      "spot subnet-2 m7i.large",
      "spot subnet-2 m6i.large",
    ]);
  });

  it("name no machine type if the plan has one", () => {
    for (const one of [target, gcpTarget()])
      for (const candidate of initialCandidates(one, ["only"]))
        expect(candidate).not.toHaveProperty("machineType");
  });

  it("are the same in either order: each type in each place, once", () => {
    const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,4}$/), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(names, names, (zones, types) => {
        const here = gcpTarget({ zones });
        const byType = initialCandidates(here, types, "TYPE_FIRST");
        const byPlace = initialCandidates(here, types, "PLACE_FIRST");
        expect(byType).toHaveLength(zones.length * types.length);
        expect(new Set(byType.map((one) => JSON.stringify(one)))).toEqual(
          new Set(byPlace.map((one) => JSON.stringify(one))),
        );
        expect(byPlace.map(({ place }) => place)).toEqual(
          zones.flatMap((zone) => types.map(() => zone)),
        );
      }),
    );
  });
});

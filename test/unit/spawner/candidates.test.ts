import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Candidate } from "../../../src/plan/plan.ts";
import {
  addressesOf,
  noCandidateLeft,
  offeringOf,
  openCandidates,
} from "../../../src/spawner/candidates.ts";
import { samplePlan } from "../../support/sample-plan.ts";

const candidate: fc.Arbitrary<Candidate> = fc
  .record({ zone: fc.constantFrom("a", "b", "c", "d"), rejected: fc.boolean() })
  .map(({ zone, rejected }) => ({
    place: `zone-${zone}`,
    verdict: rejected ? "rejected" : "eligible",
    reason: rejected ? "NO_SUCH_TYPE" : null,
  }));

const scenes = fc.array(candidate, { maxLength: 8 }).chain((candidates) =>
  fc.record({
    candidates: fc.constant(candidates),
    tried: fc.subarray(candidates.map((_one, index) => index)),
    full: fc.subarray(["zone-a", "zone-b", "zone-c", "zone-d"]),
  }),
);

describe("openCandidates", () => {
  it("keeps the plan's order, with full places last, and omits tried and rejected ones", () => {
    fc.assert(
      fc.property(scenes, ({ candidates, tried, full }) => {
        const plan = samplePlan({ candidates });
        const offerings = new Set(full.map((place) => offeringOf(plan, { place })));
        const earlier = tried.map((index) => ({ candidate: index, blastRadius: null }));
        const open = openCandidates(plan, earlier, offerings);
        const indexes = open.map(({ index }) => index);
        const allowed = candidates.flatMap(({ verdict }, index) =>
          verdict === "eligible" && !tried.includes(index) ? [index] : [],
        );
        expect(indexes.toSorted((a, b) => a - b)).toEqual(allowed);
        const isFull = open.map((one) => full.includes(one.candidate.place));
        expect(isFull.toSorted((a, b) => Number(a) - Number(b))).toEqual(isFull);
        for (const state of [true, false]) {
          const alike = indexes.filter((_index, at) => isFull[at] === state);
          expect(alike).toEqual(alike.toSorted((a, b) => a - b));
        }
        for (const one of open) expect(one.candidate).toEqual(candidates[one.index]);
      }),
    );
  });
});

describe("a full subnet", () => {
  it("comes last in every market and for every machine type", () => {
    const of = (subnet: string, market: "spot" | "on-demand", machineType: string) => ({
      ...eligible("zone-a"),
      subnet,
      market,
      machineType,
    });
    const candidates = [
      of("subnet-a", "spot", "small"),
      of("subnet-b", "spot", "small"),
      of("subnet-a", "on-demand", "large"),
    ];
    const plan = samplePlan({ candidates });
    const full = addressesOf(plan, { subnet: "subnet-a" });
    const open = openCandidates(plan, [], new Set([full ?? ""]));
    expect(open.map(({ index }) => index)).toEqual([1, 0, 2]);
  });
});

describe("the candidates after a refusal", () => {
  const markets = ["spot", "on-demand"] as const;
  const candidates = markets.flatMap((market) =>
    ["a", "b"].map((zone) => ({ ...eligible(`zone-${zone}`), subnet: `subnet-${zone}`, market })),
  );
  const plan = samplePlan({ candidates });

  it.each([
    ["market", [2, 3]],
    ["type-in-market", [2, 3]],
    ["place", [1, 3]],
    ["type-in-zone", [1, 2, 3]],
    ["zone", [1, 3]],
    ["request", [1, 2, 3]],
    ["region", []],
    [null, [1, 2, 3]],
  ] as const)("after one of radius %s are those that it is not about", (blastRadius, left) => {
    const open = openCandidates(plan, [{ candidate: 0, blastRadius }], new Set());
    expect(open.map(({ index }) => index)).toEqual(left);
  });

  it("are ruled out by any earlier launch, not only by the latest", () => {
    const earlier = [
      { candidate: 0, blastRadius: "market" },
      { candidate: 2, blastRadius: "type-in-zone" },
    ] as const;
    expect(openCandidates(plan, earlier, new Set()).map(({ index }) => index)).toEqual([3]);
  });
});

function eligible(place: string): Candidate {
  return { place, verdict: "eligible", reason: null };
}

describe("offeringOf", () => {
  it("differs by account, place, machine type and market, and by nothing else", () => {
    const plan = samplePlan();
    const other = samplePlan({ workspace: "other", architecture: "arm64" });
    const place = { place: "zone-a" };
    const here = offeringOf(plan, place);
    expect(offeringOf(other, place)).toBe(here);
    const all = [
      here,
      offeringOf(plan, { place: "zone-b" }),
      offeringOf(plan, { place: "zone-a", market: "spot" }),
      offeringOf(plan, { place: "zone-a", machineType: "small-spot" }),
      offeringOf(samplePlan({ machineType: "small" }), place),
      offeringOf({ ...plan, target: { ...dockerTarget(), host: "unix:///b.sock" } }, place),
    ];
    expect(new Set(all).size).toBe(all.length);
  });
});

function dockerTarget() {
  const { target } = samplePlan();
  if (target.substrate !== "DOCKER") throw new Error("the sample plan is of Docker");
  return target;
}

it("gives the reason of each rejected place if none is left", () => {
  const rejected = { place: "zone-a", verdict: "rejected", reason: "NO_SUCH_TYPE" } as const;
  expect(noCandidateLeft(samplePlan({ candidates: [rejected] }))).toMatchObject({
    code: "FAILED_PRECONDITION",
    message: "workspace agent-dev: no place is left to launch in (zone-a: NO_SUCH_TYPE)",
  });
});

describe("an offering", () => {
  it("is on demand without a market, so that plans with and without markets share what is full", () => {
    const plan = samplePlan({ candidates: [] });
    const at = (market?: "spot" | "on-demand") =>
      offeringOf(plan, { place: "zone-a", ...(market === undefined ? {} : { market }) });
    expect(at()).toBe(at("on-demand"));
    expect(at()).not.toBe(at("spot"));
  });
});

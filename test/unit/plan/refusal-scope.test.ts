import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BLAST_RADII, RETRY_VERDICTS } from "../../../src/errors.ts";
import type { BlastRadius } from "../../../src/errors.ts";
import type { Candidate } from "../../../src/plan/plan.ts";
import { rulesOut } from "../../../src/plan/refusal-scope.ts";

type Where = readonly [
  zone: string,
  subnet: string | undefined,
  market: "spot" | "on-demand" | undefined,
  machineType?: string | undefined,
];

function candidateAt([place, subnet, market, machineType]: Where): Candidate {
  return {
    place,
    ...(subnet === undefined ? {} : { subnet }),
    ...(market === undefined ? {} : { market }),
    ...(machineType === undefined ? {} : { machineType }),
    verdict: "eligible",
    reason: null,
  };
}

const REFUSED: Where = ["zone-a", "subnet-1", "spot", "small"];
const OTHERS = {
  itself: REFUSED,
  "its other market": ["zone-a", "subnet-1", "on-demand", "small"],
  "another subnet of its zone": ["zone-a", "subnet-2", "spot", "small"],
  "another subnet and market of its zone": ["zone-a", "subnet-2", "on-demand", "small"],
  "another zone": ["zone-b", "subnet-3", "spot", "small"],
  "another zone and market": ["zone-b", "subnet-3", "on-demand", "small"],
  "another machine type": ["zone-a", "subnet-1", "spot", "large"],
  "another machine type in another zone": ["zone-b", "subnet-3", "spot", "large"],
} as const satisfies Record<string, Where>;

const RULED_OUT: Readonly<Record<BlastRadius, readonly (keyof typeof OTHERS)[]>> = {
  launch: [],
  request: ["itself"],
  place: ["itself", "its other market", "another machine type"],
  "type-in-zone": ["itself", "another subnet of its zone"],
  zone: [
    "itself",
    "its other market",
    "another subnet of its zone",
    "another subnet and market of its zone",
    "another machine type",
  ],
  "type-in-market": ["itself", "another subnet of its zone", "another zone"],
  market: [
    "itself",
    "another subnet of its zone",
    "another zone",
    "another machine type",
    "another machine type in another zone",
  ],
  region: Object.keys(OTHERS).filter(isName),
  account: Object.keys(OTHERS).filter(isName),
  credential: Object.keys(OTHERS).filter(isName),
  image: Object.keys(OTHERS).filter(isName),
};

function isName(name: string): name is keyof typeof OTHERS {
  return name in OTHERS;
}

const candidate = fc
  .record({
    place: fc.constantFrom("zone-a", "zone-b"),
    subnet: fc.constantFrom("subnet-1", "subnet-2", undefined),
    market: fc.constantFrom("spot" as const, "on-demand" as const, undefined),
    machineType: fc.constantFrom("small", "large", undefined),
  })
  .map(({ place, subnet, market, machineType }) =>
    candidateAt([place, subnet, market, machineType]),
  );

describe("rulesOut", () => {
  it.each(BLAST_RADII)("rules out what a refusal of radius %s is about", (blastRadius) => {
    const refused = candidateAt(REFUSED);
    const names = Object.entries(OTHERS).flatMap(([name, where]) => {
      const other = name === "itself" ? refused : candidateAt(where);
      return rulesOut({ blastRadius, retry: "next-candidate" }, refused, other) ? [name] : [];
    });
    expect(names.toSorted()).toEqual(RULED_OUT[blastRadius].toSorted());
  });

  it("groups the candidates: each refusal rules out a whole group or nothing of it", () => {
    const groupRadius = fc.constantFrom(
      ...BLAST_RADII.filter((radius) => radius !== "launch" && radius !== "request"),
    );
    fc.assert(
      fc.property(groupRadius, candidate, candidate, candidate, (blastRadius, a, b, c) => {
        const isRuledOut = (one: Candidate, other: Candidate) =>
          rulesOut({ blastRadius, retry: "next-candidate" }, one, other);
        expect(isRuledOut(a, { ...a })).toBe(true);
        expect(isRuledOut(a, b)).toBe(isRuledOut(b, a));
        expect(isRuledOut(a, b) && isRuledOut(a, c) !== isRuledOut(b, c)).toBe(false);
      }),
    );
  });

  it("never rules out less for a wider radius", () => {
    const wider = fc.constantFrom<readonly [BlastRadius, BlastRadius]>(
      ["launch", "request"],
      ["request", "place"],
      ["request", "type-in-zone"],
      ["place", "zone"],
      ["type-in-zone", "zone"],
      ["type-in-zone", "type-in-market"],
      ["type-in-market", "market"],
      ["zone", "region"],
      ["market", "region"],
      ["region", "account"],
    );
    fc.assert(
      fc.property(wider, candidate, candidate, ([narrow, wide], refused, other) => {
        const isRuledOut = (blastRadius: BlastRadius) =>
          rulesOut({ blastRadius, retry: "next-candidate" }, refused, other);
        expect(isRuledOut(narrow) && !isRuledOut(wide)).toBe(false);
      }),
    );
  });

  it("rules out everything after `never`, and nothing while the same token may still succeed", () => {
    const radius = fc.constantFrom(...BLAST_RADII);
    const retries = fc.constantFrom(
      ...RETRY_VERDICTS.filter((retry) => retry !== "next-candidate"),
    );
    fc.assert(
      fc.property(radius, retries, candidate, candidate, (blastRadius, retry, refused, other) => {
        expect(rulesOut({ blastRadius, retry }, refused, other)).toBe(retry === "never");
      }),
    );
  });
});

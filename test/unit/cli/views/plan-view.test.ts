import { expect, it } from "vitest";
import { planTable } from "../../../../src/cli/views/plan-view.ts";
import type { Candidate } from "../../../../src/plan/plan.ts";
import { samplePlan } from "../../../support/sample-plan.ts";

function linesWith(candidates: readonly Candidate[], word: string): readonly string[] {
  return planTable(samplePlan({ candidates }), null)
    .split("\n")
    .filter((line) => line.includes(word))
    .map((line) => line.split(/ {2,}/).join(" | "));
}

const place = { place: "us-east-1a", subnet: "subnet-1" } as const;

it("shows the market of each candidate on EC2, and why one was rejected", () => {
  const candidates: readonly Candidate[] = [
    { ...place, market: "spot", verdict: "rejected", reason: "Unsupported: EC2's words" },
    { ...place, market: "on-demand", verdict: "eligible", reason: null },
  ];
  expect(linesWith(candidates, "VERDICT")).toEqual(["PLACE | SUBNET | MARKET | VERDICT | REASON"]);
  expect(linesWith(candidates, "us-east-1a")).toEqual([
    "us-east-1a | subnet-1 | spot | rejected | Unsupported: EC2's words",
    "us-east-1a | subnet-1 | on-demand | eligible | -",
  ]);
});

it("shows no markets where there are none", () => {
  const candidates: readonly Candidate[] = [{ ...place, verdict: "eligible", reason: null }];
  expect(linesWith(candidates, "VERDICT")).toEqual(["PLACE | SUBNET | VERDICT | REASON"]);
});

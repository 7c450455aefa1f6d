import { expect, it } from "vitest";
import { candidatePhrase, placePhrase } from "../../../src/plan/place.ts";

it.each([
  ["AWS", "us-east-1a", "in us-east-1a"],
  ["GCP", "us-central1-a", "in us-central1-a"],
  ["DOCKER", "vm", "on engine vm"],
] as const)("names the place of a machine on %s", (substrate, place, phrase) => {
  expect(placePhrase(substrate, place)).toBe(phrase);
});

it.each([
  ["spot", "in us-east-1a on the spot market"],
  ["on-demand", "in us-east-1a on demand"],
] as const)("names the market %s", (market, phrase) => {
  expect(candidatePhrase("AWS", { place: "us-east-1a", market })).toBe(phrase);
});

it("puts the machine type in front, if the plan has several", () => {
  const where = { place: "us-east-1a", market: "spot", machineType: "m7i.large" } as const;
  expect(candidatePhrase("AWS", where)).toBe("m7i.large in us-east-1a on the spot market");
});

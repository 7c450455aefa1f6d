import { expect, it } from "vitest";
import { placePhrase } from "../../../src/plan/place.ts";

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
  expect(placePhrase("AWS", "us-east-1a", market)).toBe(phrase);
});

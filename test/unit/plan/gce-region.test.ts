import { describe, expect, it } from "vitest";
import { regionOfZone, regionOfZones } from "../../../src/plan/gce-region.ts";

it.each([
  ["us-central1-a", "us-central1"],
  ["us-central1-ai1a", "us-central1"],
  ["us-central1-ai1", "us-central1"],
  ["us-central1-ai1-a", "us-central1"],
  ["u-germany-northeast1-a", "u-germany-northeast1"],
  ["us-central1", null],
  ["nowhere", null],
  ["", null],
])("the region of %j is %j", (zone, region) => {
  expect(regionOfZone(zone)).toBe(region);
});

describe("the region of several zones", () => {
  it.each([
    [["nowhere", "us-central1-a"], "us-central1"],
    [["us-central1"], "us"],
    [["nowhere"], "nowhere"],
    [[], ""],
  ])("%j is %j", (zones, region) => {
    expect(regionOfZones(zones)).toBe(region);
  });
});

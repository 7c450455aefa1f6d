import { describe, expect, it } from "vitest";
import {
  confidentialMigrates,
  confidentialSupport,
} from "../../../../../adapters/gce/launch/confidential.ts";

describe("confidential machines", () => {
  it.each([
    ["n2d-standard-2", "SEV", "documented"],
    ["c2d-highcpu-4", "SEV", "documented"],
    ["c4d-standard-4", "SEV", "documented"],
    ["c4d-standard-384-metal", "SEV", "refused"],
    ["g4-standard-48", "SEV", "documented"],
    ["g4-standard-96", "SEV", "refused"],
    ["n2-standard-2", "SEV", "refused"],
    ["n2d-standard-2", "SEV_SNP", "documented"],
    ["c3d-standard-4", "SEV_SNP", "refused"],
    ["c3-standard-4", "TDX", "documented"],
    ["c3-highmem-4", "TDX", "refused"],
    ["c3-standard-192-metal", "TDX", "refused"],
    ["a3-highgpu-1g", "TDX", "documented"],
    ["a3-highgpu-8g", "TDX", "refused"],
    ["c4a-standard-1", "SEV", "refused"],
    ["q7-standard-2", "SEV", "unknown"],
  ] as const)("of type %s with %s are %s", (machineType, technology, support) => {
    expect(confidentialSupport(machineType, technology)).toBe(support);
  });

  it.each([
    ["n2d-standard-2", "SEV", true],
    ["c3d-standard-4", "SEV", true],
    ["c2d-standard-4", "SEV", false],
    ["n2d-standard-2", "SEV_SNP", false],
    ["c3-standard-4", "TDX", false],
  ] as const)("of type %s with %s migrate: %s", (machineType, technology, migrates) => {
    expect(confidentialMigrates(machineType, technology)).toBe(migrates);
  });
});

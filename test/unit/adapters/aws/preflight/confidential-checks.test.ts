import type { Image, InstanceTypeInfo } from "@aws-sdk/client-ec2";
import { describe, expect, it } from "vitest";
import { imageFactsOf } from "../../../../../adapters/aws/image/image-facts.ts";
import {
  confidentialImageChecks,
  confidentialTypeChecks,
} from "../../../../../adapters/aws/preflight/confidential-checks.ts";

const REQUESTED = { amdSevSnp: true } as const;

describe("the checks of a confidential placement", () => {
  it.each<readonly [InstanceTypeInfo["ProcessorInfo"], string]>([
    [{ SupportedFeatures: ["amd-sev-snp"] }, "passed"],
    [{ SupportedFeatures: ["nested-virtualization"] }, "failed"],
    [{}, "failed"],
    [undefined, "failed"],
  ])("of a type with the processor %j: %s", (ProcessorInfo, outcome) => {
    const info = ProcessorInfo === undefined ? {} : { ProcessorInfo };
    expect(confidentialTypeChecks(REQUESTED, "m6a.large", info)).toMatchObject([
      { name: "machine-type.confidential", outcome },
    ]);
  });

  it.each<readonly [Image["BootMode"], string]>([
    ["uefi", "passed"],
    ["uefi-preferred", "passed"],
    ["legacy-bios", "failed"],
    [undefined, "failed"],
  ])("of an image with the boot mode %s: %s", (BootMode, outcome) => {
    const image = imageFactsOf({ ImageId: "ami-1", ...(BootMode && { BootMode }) });
    expect(confidentialImageChecks(REQUESTED, image)).toMatchObject([
      { name: "image.confidential", outcome },
    ]);
  });

  it("are none if the placement requests nothing", () => {
    expect(confidentialTypeChecks(undefined, "m6a.large", {})).toEqual([]);
    expect(confidentialImageChecks(undefined, imageFactsOf({}))).toEqual([]);
  });
});

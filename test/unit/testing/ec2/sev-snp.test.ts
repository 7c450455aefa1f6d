import { RunInstancesCommand } from "@aws-sdk/client-ec2";
import { describe, expect, it } from "vitest";
import { launchOf, refusal, subject } from "./support.ts";
import type { Subject } from "./support.ts";

describe("AMD SEV-SNP", () => {
  it.each<readonly [string, (it: Subject) => object, RegExp]>([
    [
      "on a type without it",
      () => ({ InstanceType: "m7i.large" }),
      /AMD SEV-SNP is not supported with the 'm7i.large'/,
    ],
    [
      "with an image that boots without UEFI",
      ({ region }) => ({ ImageId: region.addImage({ bootMode: "legacy-bios" }) }),
      /boot mode uefi/,
    ],
  ])("is refused %s", async (_what, change, message) => {
    await using it = await subject();
    const request = { ...launchOf(it.region), InstanceType: "m6a.xlarge" as const, ...change(it) };
    const command = new RunInstancesCommand({ ...request, CpuOptions: { AmdSevSnp: "enabled" } });
    expect(await refusal(it.client.send(command))).toMatchObject({
      code: "InvalidParameterCombination",
      message: expect.stringMatching(message),
    });
    expect(it.region.instances()).toEqual([]);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  dataVolumeChecks,
  dataVolumesOf,
} from "../../../../../adapters/aws/preflight/data-volumes.ts";
import { imageFactsOf } from "../../../../../adapters/aws/image/image-facts.ts";
import type { TypeChoice } from "../../../../../adapters/aws/preflight/type-choice.ts";

/** An image that maps these devices; those of the second list belong to instance stores. */
function imageOf(devices: readonly string[], others: readonly string[] = []) {
  return imageFactsOf({
    ImageId: "ami-1",
    RootDeviceName: devices[0],
    BlockDeviceMappings: [
      ...devices.map((DeviceName) => ({ DeviceName, Ebs: { VolumeSize: 8 } })),
      ...others.map((DeviceName) => ({ DeviceName, VirtualName: "ephemeral0" })),
    ],
  });
}

function disks(count: number) {
  return Array.from({ length: count }, (_, at) => ({
    name: `d${at}`,
    diskType: null,
    sizeGb: 1,
    keepOnTermination: false,
  }));
}

function devicesOf(count: number, image: ReturnType<typeof imageOf>): readonly string[] {
  return dataVolumesOf({ shape: { dataDisks: disks(count) }, image }).map(({ device }) => device);
}

describe("the devices of data disks", () => {
  it("begin at /dev/sdf and skip what the image uses, whatever its spelling", () => {
    const image = imageOf(["/dev/xvda", "/dev/sdf1", "xvdg"], ["/dev/sdi"]);
    expect(devicesOf(4, image)).toEqual(["/dev/sdh", "/dev/sdj", "/dev/sdk", "/dev/sdl"]);
  });

  it("are distinct, never the image's, and the same for the same image", () => {
    const letter = fc.constantFrom("a", "b", "c", "f", "g", "h", "m", "p", "y", "z");
    const device = fc
      .tuple(fc.constantFrom("/dev/sd", "/dev/xvd", "xvd"), letter)
      .map(([prefix, last]) => `${prefix}${last}`);
    const mapping = fc.uniqueArray(device, { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(mapping, fc.integer({ min: 1, max: 60 }), (mapped, count) => {
        const image = imageOf(mapped);
        const devices = devicesOf(count, image);
        const last = (name: string) => name.replace(/^.*(?:sd|xvd)/, "");
        expect(new Set(devices).size).toBe(count);
        const taken = new Set(mapped.map(last));
        expect(devices.filter((name) => taken.has(last(name)))).toEqual([]);
        expect(devicesOf(count, image)).toEqual(devices);
      }),
    );
  });
});

function attachments(count: number, types: Readonly<Record<string, readonly [number, string]>>) {
  const machineTypes = Object.entries(types).map(([name, [most, kind]]) => ({
    name,
    info: {
      EbsInfo: {
        MaximumEbsAttachments: most,
        AttachmentLimitType: kind === "shared" ? ("shared" as const) : ("dedicated" as const),
      },
    },
    zones: null,
    refusal: null,
  })) satisfies readonly TypeChoice[];
  return dataVolumeChecks({
    shape: { dataDisks: disks(count) },
    image: imageOf(["/dev/xvda"]),
    volumeTypes: ["gp3"],
    machineTypes,
  }).map(({ name, outcome }) => `${name} ${outcome}`);
}

describe("the number of data disks", () => {
  const fits = ["data-disks.devices passed"];
  it.each([
    [27, { a: [28, "dedicated"] }, []],
    [28, { a: [28, "dedicated"] }, ["data-disks.attachments failed"]],
    [26, { a: [28, "shared"] }, []],
    [27, { a: [28, "shared"] }, ["data-disks.attachments failed"]],
    // The launch goes on with the type that takes them.
    [27, { a: [28, "shared"], b: [32, "dedicated"] }, ["data-disks.attachments warning"]],
  ] as const)("%i beside the root volume, for %j", (count, types, found) => {
    expect(attachments(count, types)).toEqual([...fits, ...found]);
  });

  it("is limited by the names of devices", () => {
    expect(attachments(80, {})).toEqual(["data-disks.devices failed"]);
  });
});

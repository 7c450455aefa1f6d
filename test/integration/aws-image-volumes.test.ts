import { describe, expect, it } from "vitest";
import { freezePlan } from "../../src/plan/plan.ts";
import type { Check } from "../../src/plan/plan.ts";
import type { Ec2ImageOptions } from "../../testing/ec2/index.ts";
import { ec2Launch, ec2Plan, summary } from "../support/ec2-launch.ts";
import { ec2Scene, failures } from "../support/ec2-resolve.ts";
import type { Ec2Scene, ResolveParameters } from "../support/ec2-resolve.ts";
import { inUsEast } from "./support/aws-failure.ts";

const { signal } = new AbortController();

/** Resolves a workspace of the image, launches its plan and returns the machine's volumes by device. */
async function launched(
  scene: Ec2Scene,
  options: Ec2ImageOptions,
  question: Omit<ResolveParameters, "amiIds"> = {},
) {
  const id = scene.region.addImage(options);
  const asked = { ...inUsEast(id), ...question };
  const { report, checks, inspection } = await scene.resolve(asked);
  expect(failures(checks)).toEqual({});
  const { planId: _planId, ...plan } = ec2Plan(scene.region, {
    plan: {
      artifact: inspection.artifact ?? { id, requested: id, pinned: true },
      candidates: report.candidates,
      machineType: report.machineType,
      settings: report.settings,
    },
  });
  const adapter = scene.open(asked);
  const outcomes = await adapter.launch(ec2Launch(freezePlan(plan)), signal);
  expect(summary(outcomes)).toEqual([expect.stringMatching(/^i-/)]);
  return {
    checks,
    settings: report.settings,
    volumes: volumesOf(scene),
    terminate: async () => {
      const ids = outcomes.flatMap((one) => (one.outcome === "accepted" ? [one.machine.id] : []));
      await adapter.terminate(ids, signal);
      await scene.clock.advance(60_000);
      return volumesOf(scene);
    },
  };
}

function volumesOf({ region }: Ec2Scene): Readonly<Record<string, string>> {
  const entries = region
    .volumes()
    .map(({ device, sizeGib, type, iops }) => [device, `${sizeGib} ${type} ${iops}`]);
  return Object.fromEntries(entries);
}

function messageOf(checks: readonly Check[], name: string): string | undefined {
  return checks.find((check) => check.name === name)?.message;
}

describe("the root device", () => {
  it.each([
    ["/dev/sda1", ["/dev/sda"]],
    ["/dev/sda1", ["/dev/xvda", "/dev/xvdb"]],
    ["/dev/xvda", ["/dev/sda1", "/dev/sdb"]],
    ["/dev/sda1", ["xvda"]],
  ])("%s is the first volume of a mapping that has only %j", async (rootDeviceName, mapping) => {
    await using scene = await ec2Scene();
    const devices = mapping.map((device) => ({ device }));
    const { volumes } = await launched(
      scene,
      { rootDeviceName, devices },
      { shape: { diskSizeGb: 40, diskType: "gp3" } },
    );
    const [root = "", ...others] = mapping;
    expect(volumes).toEqual({
      [root]: "40 gp3 3000",
      ...Object.fromEntries(others.map((device) => [device, "8 gp3 3000"])),
    });
  });

  it("may be anywhere in the mapping", async () => {
    await using scene = await ec2Scene();
    const devices = [{ device: "/dev/sdb", sizeGib: 100 }, { device: "/dev/sda1" }];
    const { volumes } = await launched(
      scene,
      { rootDeviceName: "/dev/sda1", devices },
      { shape: { diskSizeGb: 40 } },
    );
    expect(volumes).toEqual({ "/dev/sdb": "100 gp3 3000", "/dev/sda1": "40 gp3 3000" });
  });

  it("may be smaller than the snapshot of another volume, but not than its own", async () => {
    await using scene = await ec2Scene();
    const devices = [
      { device: "/dev/sda", sizeGib: 30 },
      { device: "/dev/sdf", sizeGib: 500 },
    ];
    const id = scene.region.addImage({ rootDeviceName: "/dev/sda1", devices });
    const failed = async (diskSizeGb: number) =>
      failures((await scene.resolve({ ...inUsEast(id), shape: { diskSizeGb } })).checks);
    expect(await failed(20)).toEqual({ "volume.size": "DISK_TOO_SMALL" });
    expect(await failed(40)).toEqual({});
  });

  it("has the record's IOPS rather than the image's", async () => {
    await using scene = await ec2Scene();
    const devices = [{ device: "/dev/xvda", type: "io2", iops: 7000 }];
    const { volumes, settings } = await launched(
      scene,
      { devices },
      { shape: { diskSizeGb: 50, diskType: "io2", disk: { iops: 9000 } } },
    );
    expect(volumes).toEqual({ "/dev/xvda": "50 io2 9000" });
    expect(settings).toMatchObject({
      instance: { volumes: [{ device: "/dev/xvda", type: "io2", iops: 9000 }] },
    });
  });

  it("keeps the image's IOPS if the environment names the image's own type", async () => {
    await using scene = await ec2Scene();
    const devices = [{ device: "/dev/xvda", type: "io2", iops: 7000 }];
    const { volumes, settings, checks } = await launched(
      scene,
      { devices },
      { shape: { diskSizeGb: 50, diskType: "io2" } },
    );
    expect(volumes).toEqual({ "/dev/xvda": "50 io2 7000" });
    expect(settings).toMatchObject({ instance: { rootVolume: { sizeGb: 50, type: null } } });
    expect(messageOf(checks, "volume.type")).toBe(
      "the root volume is of type io2, as in the image",
    );
  });
});

const KEEPING: Ec2ImageOptions = {
  devices: [
    { device: "/dev/xvda", deleteOnTermination: false },
    { device: "/dev/sdf", sizeGib: 100, type: "gp2", deleteOnTermination: false },
    { device: "/dev/sdg", sizeGib: 5 },
  ],
  virtualDevices: [{ device: "/dev/sdh", name: "ephemeral0" }],
};

describe("volumes that the image keeps after termination", () => {
  it("end with the machine", async () => {
    await using scene = await ec2Scene();
    const { checks, settings, volumes, terminate } = await launched(scene, KEEPING, {
      shape: { diskSizeGb: 20 },
    });
    expect(volumes).toEqual({
      "/dev/xvda": "20 gp3 3000",
      "/dev/sdf": "100 gp2 300",
      "/dev/sdg": "5 gp3 3000",
    });
    expect(settings).toMatchObject({
      instance: {
        volumes: [
          { device: "/dev/xvda", sizeGb: 20, type: "gp3", deleteOnTermination: true },
          { device: "/dev/sdf", sizeGb: 100, type: "gp2", deleteOnTermination: true },
          { device: "/dev/sdg", sizeGb: 5, type: "gp3", deleteOnTermination: true },
        ],
      },
    });
    expect(messageOf(checks, "volume.termination")).toMatch(
      /^EC2 deletes \/dev\/xvda \(20 GiB gp3\) and \/dev\/sdf \(100 GiB gp2\) with the machine, although ami-\w+ would keep it$/,
    );
    expect(await terminate()).toEqual({});
  });

  it("stay if the placement keeps them, and the plan says so", async () => {
    await using scene = await ec2Scene();
    const { checks, settings, terminate } = await launched(scene, KEEPING, {
      target: { keepVolumes: true },
    });
    expect(settings).toMatchObject({
      instance: {
        volumes: [
          { device: "/dev/xvda", deleteOnTermination: false },
          { device: "/dev/sdf", deleteOnTermination: false },
          { device: "/dev/sdg", deleteOnTermination: true },
        ],
      },
    });
    expect(messageOf(checks, "volume.termination")).toBe(
      "/dev/xvda (8 GiB gp3) and /dev/sdf (100 GiB gp2) will stay after the machine's termination, because the placement has keep_volumes: true",
    );
    expect(await terminate()).toEqual({ "/dev/xvda": "8 gp3 3000", "/dev/sdf": "100 gp2 300" });
  });

  it.each([
    [false, true, { "/dev/sdf": "100 gp2 300" }],
    [true, false, { "/dev/xvda": "8 gp3 3000" }],
    [true, true, { "/dev/xvda": "8 gp3 3000", "/dev/sdf": "100 gp2 300" }],
  ])(
    "about the root volume the environment has the last word: %s, with keep_volumes: %s",
    async (keepDisk, keepVolumes, kept) => {
      await using scene = await ec2Scene();
      const { terminate } = await launched(scene, KEEPING, {
        target: { keepVolumes },
        shape: { keepDisk },
      });
      expect(await terminate()).toEqual(kept);
    },
  );

  it("are not mentioned if there are none", async () => {
    await using scene = await ec2Scene();
    const { checks, terminate } = await launched(scene, {}, { target: { keepVolumes: true } });
    expect(messageOf(checks, "volume.termination")).toBe(
      "EC2 deletes /dev/xvda (8 GiB gp3) with the machine",
    );
    expect(await terminate()).toEqual({});
  });
});

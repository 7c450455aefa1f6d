import { describe, expect, it } from "vitest";
import { EC2_ACCOUNT } from "../support/ec2-launch.ts";
import { changes, ec2Scene, failures, REGION, resolveOn } from "../support/ec2-resolve.ts";
import { inUsEast, NO_IMAGE, NO_SUBNET } from "./support/aws-failure.ts";

const DAY = 24 * 60 * 60_000;

function byName(one: string, other: string): number {
  return one < other ? -1 : 1;
}

describe("resolving on EC2", () => {
  it("makes a plan from concurrent reads, and changes nothing", async () => {
    await using scene = await ec2Scene();
    const { inspection, report, checks } = await scene.resolve();
    expect(failures(checks)).toEqual({});
    // The subnets of a default VPC assign public addresses.
    expect(checks.filter(({ outcome }) => outcome !== "passed")).toMatchObject([
      { name: "subnets.public-address", outcome: "warning", reason: "PUBLIC_ADDRESS" },
    ]);
    expect(inspection).toMatchObject({
      artifact: {
        id: scene.region.images.x86_64,
        pinned: true,
        createdAt: "2025-01-15T00:00:00.000Z",
      },
      architecture: "amd64",
    });
    expect(report).toMatchObject({
      machineType: "m7i.large",
      candidates: [{ place: "us-east-1a", verdict: "eligible", reason: null }],
      settings: {
        instance: {
          instanceType: "m7i.large",
          rootDeviceName: "/dev/xvda",
          rootVolume: { sizeGb: null, type: null },
          securityGroupIds: [scene.region.securityGroupId],
        },
      },
    });
    expect(scene.ec2.requests.map(({ action }) => action ?? "").toSorted(byName)).toEqual([
      "DescribeImages",
      "DescribeInstanceTypeOfferings",
      "DescribeInstanceTypes",
      "DescribeSecurityGroups",
      "DescribeSubnets",
      "GetCallerIdentity",
      "RunInstances",
    ]);
    expect(changes(scene.ec2)).toEqual([]);
  });

  it("gives the same answer twice, and asks once for what rarely changes", async () => {
    await using scene = await ec2Scene();
    const adapter = scene.open();
    const first = await resolveOn(adapter, scene.region);
    expect(await resolveOn(adapter, scene.region)).toEqual(first);
    const sent = (name: string) => scene.ec2.requests.filter(({ action }) => action === name);
    expect(sent("GetCallerIdentity")).toHaveLength(1);
    expect(sent("DescribeInstanceTypes")).toHaveLength(1);
    expect(sent("DescribeSubnets")).toHaveLength(2);
  });

  it("shares its reads and its dry run among concurrent callers", async () => {
    await using scene = await ec2Scene();
    const adapter = scene.open();
    const answers = await Promise.all([1, 2, 3].map(() => resolveOn(adapter, scene.region)));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(scene.ec2.requests.filter(({ action }) => action === "RunInstances")).toHaveLength(1);
  });

  it("warns about a deprecated image", async () => {
    await using scene = await ec2Scene();
    const id = scene.region.addImage({ deprecatedAt: -DAY, createdAt: -2 * DAY });
    const { checks } = await scene.resolve(inUsEast(id));
    expect(failures(checks)).toEqual({});
    expect(checks.filter(({ outcome }) => outcome === "warning")).toMatchObject([
      { name: "image.deprecation", reason: "IMAGE_DEPRECATED" },
      { name: "subnets.public-address" },
    ]);
  });

  it("warns about an image that the account's Allowed AMIs criteria exclude, and names its product", async () => {
    await using scene = await ec2Scene();
    const id = scene.region.addImage({ isAllowed: false, productCodes: ["abc123"] });
    const { checks } = await scene.resolve(inUsEast(id));
    expect(failures(checks)).toEqual({});
    expect(checks.find(({ name }) => name === "image.allowed")).toMatchObject({
      outcome: "warning",
      reason: "IMAGE_NOT_ALLOWED",
    });
    expect(checks.find(({ name }) => name === "image.found")?.message).toMatch(
      /, with product code abc123 \(marketplace\)$/,
    );
  });

  it("accepts an image without ENA, and one of the legacy BIOS, on a type of the Xen hypervisor", async () => {
    await using scene = await ec2Scene();
    const id = scene.region.addImage({ enaSupport: false, bootMode: "legacy-bios" });
    const shape = { vcpus: 1, memoryGb: 1 };
    const { checks } = await scene.resolve({ ...inUsEast(id), machineType: "t2.micro", shape });
    expect(failures(checks)).toEqual({});
  });

  it("reports all faults at once", async () => {
    await using scene = await ec2Scene();
    scene.ec2.deny("ec2:RunInstances", EC2_ACCOUNT);
    const { checks } = await scene.resolve({
      ...inUsEast(scene.region.addImage({ state: "pending" })),
      machineType: "c7gn.large",
      shape: { vcpus: 4, diskSizeGb: 2, diskType: "st1" },
      target: { accountId: "210987654321", subnetIds: [NO_SUBNET], tags: { "a/b": "" } },
    });
    expect(failures(checks)).toEqual({
      "image.state": "IMAGE_NOT_READY",
      "account.launcher": "ACCOUNT_MISMATCH",
      "machine-type.architecture": "ARCHITECTURE_MISMATCH",
      "machine-type.shape": "MACHINE_TYPE_MISMATCH",
      "subnets.exist": "SUBNET_NOT_FOUND",
      "volume.size": "DISK_TOO_SMALL",
      "volume.type": "RESOURCE_VALUE_REFUSED",
      "tags.allowed": "TAG_INVALID",
      "permission.launch": "CLOUD_PERMISSION_DENIED",
    });
    expect(changes(scene.ec2)).toEqual([]);
  });

  it("makes all other checks if the record has no AMI for the region", async () => {
    await using scene = await ec2Scene();
    const { inspection, checks } = await scene.resolve({
      amiIds: { "eu-west-1": NO_IMAGE },
      target: { subnetIds: [NO_SUBNET] },
    });
    expect(inspection.artifact).toBeNull();
    expect(failures(checks)).toEqual({ "subnets.exist": "SUBNET_NOT_FOUND" });
    expect(scene.ec2.requests.filter(({ action }) => action === "DescribeImages")).toEqual([]);
    expect(checks.find(({ name }) => name === "permission.launch")?.outcome).toBe("skipped");
  });

  it("asks each region at most twice for a missing image", async () => {
    await using scene = await ec2Scene();
    await scene.resolve({ amiIds: { [REGION]: NO_IMAGE, "us-west-2": NO_IMAGE } });
    const regions = scene.ec2.requests
      .filter(({ action }) => action === "DescribeImages")
      .map(({ region }) => region ?? "");
    expect(regions.toSorted(byName)).toEqual(["eu-west-1", REGION, REGION, "us-west-2"]);
  });

  it("reports a cause that makes every read fail once if the image was not read", async () => {
    await using scene = await ec2Scene();
    scene.ec2.fault({ kind: "error", code: "AuthFailure" });
    const { checks } = await scene.resolve({ amiIds: {} });
    const failed = checks.filter(({ outcome }) => outcome === "failed");
    expect(failed).toMatchObject([{ name: "cloud.credentials", reason: "CLOUD_UNAUTHENTICATED" }]);
  });

  it("sends no more requests if reading the image failed for a cause that makes every read fail", async () => {
    await using scene = await ec2Scene();
    scene.ec2.fault({ kind: "error", code: "RequestExpired" });
    const { checks } = await scene.resolve({ target: { tags: { "a b": "" } } });
    const failed = checks.filter(({ outcome }) => outcome === "failed");
    expect(failed.map(({ name }) => name)).toEqual(["cloud.credentials", "tags.allowed"]);
    expect(scene.ec2.requests).toHaveLength(1);
  });

  it("treats a throttled dry run as a warning, not as a refusal", async () => {
    await using scene = await ec2Scene();
    scene.ec2.fault({ kind: "error", code: "RequestLimitExceeded", dryRun: true });
    const { checks } = await scene.resolve();
    expect(failures(checks)).toEqual({});
    expect(checks.find(({ name }) => name === "permission.launch")).toMatchObject({
      outcome: "warning",
      reason: "CLOUD_RATE_LIMITED",
    });
  });

  it("keeps EC2's encoded message of a refusal", async () => {
    await using scene = await ec2Scene();
    scene.ec2.deny("ec2:RunInstances", EC2_ACCOUNT);
    const { checks } = await scene.resolve();
    const refusal = checks.find(({ name }) => name === "permission.launch");
    expect(refusal?.metadata).toMatchObject({
      action: "ec2:RunInstances",
      encoded_message: expect.stringMatching(/^[\w-]{20,}$/),
    });
    expect(refusal?.message).not.toContain("Encoded");
  });

  it("stops when the signal is aborted", async () => {
    await using scene = await ec2Scene();
    const stop = new AbortController();
    scene.ec2.fault({ kind: "slow-reply", action: "DescribeImages" });
    const source = { substrate: "AWS", amiIds: { [REGION]: NO_IMAGE }, baked: false } as const;
    const reading = scene
      .open()
      .inspectImage(source, { imageName: "a", architecture: "amd64" }, stop.signal);
    stop.abort();
    await expect(reading).rejects.toMatchObject({ code: "CANCELLED", reason: "INTERRUPTED" });
  });
});

import { describe, expect, it } from "vitest";
import type { ErrorReason } from "../../src/errors.ts";
import { EC2_ACCOUNT } from "../support/ec2-launch.ts";
import { changes, ec2Scene, failures, REGION, resolveOn } from "../support/ec2-resolve.ts";
import type { Ec2Question, Ec2Scene } from "../support/ec2-resolve.ts";

const NO_SUBNET = "subnet-00000000000000001";
const NO_IMAGE = "ami-00000000000000001";
const DAY = 24 * 60 * 60_000;

interface Failure {
  readonly name: string;
  /** Makes the stand-in so, and says what to resolve. */
  readonly given: (scene: Ec2Scene) => Ec2Question;
  readonly check: string;
  readonly reason: ErrorReason;
  readonly message: RegExp;
  readonly remedy: RegExp;
}

function inUsEast(id: string): Ec2Question {
  return { amiIds: { [REGION]: id } };
}

const IMAGES: readonly Failure[] = [
  {
    name: "an AMI that nobody knows",
    given: () => inUsEast(NO_IMAGE),
    check: "image.found",
    reason: "IMAGE_NOT_FOUND",
    message: /^image agent-base: EC2 knows no ami-00000000000000001 in us-east-1/,
    remedy: /owns or that is shared/,
  },
  {
    name: "an id that is none",
    given: () => inUsEast("ami-latest"),
    check: "image.found",
    reason: "INVALID_REFERENCE",
    message: /ami-latest.*InvalidAMIID.Malformed/,
    remedy: /hex digits/,
  },
  {
    name: "an AMI of another region that the record does not name",
    given: ({ ec2 }) => {
      const id = ec2.region("eu-west-1", EC2_ACCOUNT).addImage({ id: "ami-0000000000000000e" });
      return inUsEast(id);
    },
    check: "image.found",
    reason: "REGION_MISMATCH",
    message: /^image agent-base: ami-0000000000000000e is in eu-west-1, not us-east-1$/,
    remedy: /copy-image --source-region eu-west-1 --region us-east-1/,
  },
  {
    name: "an AMI of another region, of which this one has a copy",
    given: ({ ec2, region }) => {
      const id = ec2.region("us-west-2", EC2_ACCOUNT).addImage({ name: "agent-7" });
      region.addImage({ id: "ami-0000000000000000c", name: "agent-7" });
      return { amiIds: { [REGION]: id, "us-west-2": id } };
    },
    check: "image.found",
    reason: "REGION_MISMATCH",
    message: /is in us-west-2, not us-east-1$/,
    remedy: /^Put ami-0000000000000000c, which has its name in us-east-1/,
  },
  {
    name: "a pending AMI",
    given: ({ region }) => inUsEast(region.addImage({ state: "pending" })),
    check: "image.state",
    reason: "IMAGE_NOT_READY",
    message: /is pending: it is still being made/,
    remedy: /^Wait/,
  },
  {
    name: "a failed AMI",
    given: ({ region }) => {
      const stateReason = { code: "Client.SnapshotError", message: "the snapshot was lost" };
      return inUsEast(region.addImage({ state: "failed", stateReason }));
    },
    check: "image.state",
    reason: "IMAGE_FAILED",
    message: /is failed: making it failed \(the snapshot was lost\)/,
    remedy: /^Make the AMI again/,
  },
  {
    name: "a disabled AMI",
    given: ({ region }) => inUsEast(region.addImage({ state: "disabled" })),
    check: "image.state",
    reason: "IMAGE_OBSOLETE",
    message: /its owner has disabled it/,
    remedy: /successor/,
  },
  {
    name: "an AMI of 32 bits",
    given: ({ region }) => inUsEast(region.addImage({ architecture: "i386" })),
    check: "image.platform",
    reason: "IMAGE_UNSUPPORTED",
    message: /is for i386/,
    remedy: /32 bits/,
  },
  {
    name: "an AMI of macOS",
    given: ({ region }) => inUsEast(region.addImage({ architecture: "arm64_mac" })),
    check: "image.platform",
    reason: "IMAGE_UNSUPPORTED",
    message: /is for macOS/,
    remedy: /Linux/,
  },
  {
    name: "a paravirtual AMI",
    given: ({ region }) => inUsEast(region.addImage({ virtualizationType: "paravirtual" })),
    check: "image.platform",
    reason: "IMAGE_UNSUPPORTED",
    message: /is paravirtual/,
    remedy: /hvm/,
  },
];

const MACHINES: readonly Failure[] = [
  {
    name: "an arm64 image on an x86 type",
    given: ({ region }) => ({ ...inUsEast(region.images.arm64), architecture: "arm64" }),
    check: "machine-type.architecture",
    reason: "ARCHITECTURE_MISMATCH",
    message: /m7i.large runs x86_64, but the image is for arm64/,
    remedy: /runs arm64/,
  },
  ...["c7gn.large", "m7gd.large", "x8g.large", "mac2.metal"].map((machineType) => ({
    name: `an x86_64 image on ${machineType}`,
    given: () => ({ machineType, shape: { vcpus: null, memoryGb: null } }),
    check: "machine-type.architecture",
    reason: "ARCHITECTURE_MISMATCH" as const,
    message: new RegExp(`${machineType} runs arm64`),
    remedy: /runs amd64/,
  })),
  {
    name: "a type that there is not",
    given: () => ({ machineType: "m99.large" }),
    check: "machine-type.exists",
    reason: "MACHINE_TYPE_NOT_FOUND",
    message: /EC2 knows no instance type m99.large in us-east-1/,
    remedy: /aws.instance_type/,
  },
  {
    name: "a type that is offered in other zones alone",
    given: ({ region }) => {
      region.setOffering("m7i.large", ["us-east-1f"]);
      return {};
    },
    check: "machine-type.offered",
    reason: "MACHINE_TYPE_NOT_OFFERED",
    message: /^m7i.large is not offered in us-east-1a$/,
    remedy: /zones that have the type/,
  },
  {
    name: "a type that is offered nowhere in the region",
    given: ({ region }) => {
      region.setOffering("m7i.large", []);
      return {};
    },
    check: "machine-type.offered",
    reason: "MACHINE_TYPE_NOT_OFFERED",
    message: /^m7i.large is not offered in us-east-1a$/,
    remedy: /another machine type/,
  },
  {
    name: "a record that says more than the type has",
    given: () => ({ shape: { vcpus: 4, memoryGb: 16 } }),
    check: "machine-type.shape",
    reason: "MACHINE_TYPE_MISMATCH",
    message: /machine-type large says 4 vCPUs and 16 GiB, but m7i.large has 2 vCPUs and 8 GiB/,
    remedy: /Correct vcpus and memory_gb of machine-type large/,
  },
  {
    name: "an image without the network adapter that the type needs",
    given: ({ region }) => inUsEast(region.addImage({ enaSupport: false })),
    check: "machine-type.boots",
    reason: "IMAGE_UNSUPPORTED",
    message: /cannot boot on m7i.large: .*ENA/,
    remedy: /another machine type/,
  },
  {
    name: "an image for BIOS on a type with UEFI alone",
    given: ({ region }) => ({
      ...inUsEast(region.addImage({ architecture: "arm64", bootMode: "legacy-bios" })),
      architecture: "arm64",
      machineType: "m7g.large",
    }),
    check: "machine-type.boots",
    reason: "IMAGE_UNSUPPORTED",
    message: /its boot mode is legacy-bios, the type has uefi/,
    remedy: /another machine type/,
  },
  {
    name: "a root volume smaller than the snapshot",
    given: () => ({ shape: { diskSizeGb: 4 } }),
    check: "volume.size",
    reason: "DISK_TOO_SMALL",
    message: /4 GiB is smaller than the snapshot of ami-\w+, which has 8 GiB/,
    remedy: /disk_size_gb of the environment to 8 or more/,
  },
  {
    name: "a volume type that there is not",
    given: () => ({ shape: { diskType: "gp9" } }),
    check: "volume.type",
    reason: "DISK_TYPE_NOT_FOUND",
    message: /EC2 has no volume type gp9; it has .*gp3/,
    remedy: /gp3/,
  },
];

const PLACES: readonly Failure[] = [
  {
    name: "a full subnet",
    given: ({ region }) => ({ target: { subnetIds: [fullSubnet(region)] } }),
    check: "subnets.addresses",
    reason: "SUBNET_FULL",
    message: /has no free address$/,
    remedy: /Free addresses/,
  },
  {
    name: "a missing subnet",
    given: () => ({ target: { subnetIds: [NO_SUBNET] } }),
    check: "subnets.exist",
    reason: "SUBNET_NOT_FOUND",
    message: /^account 123456789012 sees no subnet-00000000000000001 in us-east-1$/,
    remedy: /subnet_ids/,
  },
  {
    name: "a subnet in another VPC",
    given: ({ region }) => ({
      target: {
        vpcId: region.vpcId,
        subnetIds: [region.addSubnet({ zone: "us-east-1a", vpcId: region.addVpc() })],
      },
    }),
    check: "subnets.network",
    reason: "NETWORK_MISMATCH",
    message: /^subnet-\w+ is in vpc-\w+, not in vpc-\w+$/,
    remedy: /of one VPC/,
  },
  {
    name: "a security group in another VPC than the subnet",
    given: ({ region }) => ({
      target: {
        securityGroupId: region.addSecurityGroup({ name: "web", vpcId: region.addVpc() }),
      },
    }),
    check: "subnets.network",
    reason: "NETWORK_MISMATCH",
    message: /^subnet-\w+ is in vpc-\w+, not in vpc-\w+ as sg-\w+ is$/,
    remedy: /security_group_id/,
  },
  {
    name: "a security group in another VPC than the placement's",
    given: ({ region }) => ({
      target: {
        vpcId: region.vpcId,
        securityGroupId: region.addSecurityGroup({ name: "web", vpcId: region.addVpc() }),
      },
    }),
    check: "security-group.exists",
    reason: "NETWORK_MISMATCH",
    message: /^security group sg-\w+ is in vpc-\w+, not in vpc-\w+$/,
    remedy: /Name a security group of vpc-/,
  },
  {
    name: "a missing security group",
    given: () => ({ target: { securityGroupId: "sg-00000000000000001" } }),
    check: "security-group.exists",
    reason: "SECURITY_GROUP_NOT_FOUND",
    message: /no security group sg-00000000000000001/,
    remedy: /security_group_id/,
  },
  {
    name: "a tag that the instance metadata does not allow",
    given: () => ({ target: { tags: { "cost center": "7" } } }),
    check: "tags.allowed",
    reason: "TAG_INVALID",
    message: /"cost center"/,
    remedy: /without spaces or slashes/,
  },
  {
    name: "user data over 16 KiB",
    given: () => ({ userData: "#".repeat(16_385) }),
    check: "user-data.size",
    reason: "BOOT_DOCUMENT_TOO_LARGE",
    message: /16385 bytes/,
    remedy: /Shorten/,
  },
];

const CALLERS: readonly Failure[] = [
  {
    name: "no permission to launch",
    given: ({ ec2 }) => {
      ec2.deny("ec2:RunInstances", EC2_ACCOUNT);
      return {};
    },
    check: "permission.launch",
    reason: "CLOUD_PERMISSION_DENIED",
    message: /these credentials may not launch.*ec2:RunInstances/,
    remedy: /^Allow ec2:RunInstances/,
  },
  {
    name: "no permission to hand over the instance profile",
    given: ({ ec2 }) => {
      ec2.deny("iam:PassRole", EC2_ACCOUNT);
      return {
        target: {
          instanceProfileArn: `arn:aws:iam::${EC2_ACCOUNT}:instance-profile/agents`,
        },
      };
    },
    check: "permission.launch",
    reason: "CLOUD_PERMISSION_DENIED",
    message: /iam:PassRole/,
    remedy: /^Allow iam:PassRole/,
  },
  {
    name: "no permission to read the image",
    given: ({ ec2 }) => {
      ec2.deny("ec2:DescribeImages", EC2_ACCOUNT);
      return {};
    },
    check: "image.found",
    reason: "CLOUD_PERMISSION_DENIED",
    message: /DescribeImages in us-east-1/,
    remedy: /Let the role or user make this call/,
  },
  {
    name: "another account",
    given: () => ({ target: { accountId: "210987654321" } }),
    check: "account.launcher",
    reason: "ACCOUNT_MISMATCH",
    message: /belong to account 123456789012, but the placement is in account 210987654321$/,
    remedy: /a role_arn there/,
  },
  {
    name: "expired credentials",
    given: ({ ec2 }) => {
      ec2.fault({ kind: "error", code: "RequestExpired" });
      return {};
    },
    check: "cloud.credentials",
    reason: "CLOUD_UNAUTHENTICATED",
    message: /RequestExpired/,
    remedy: /Log in anew/,
  },
  {
    name: "a role that cannot be assumed",
    given: ({ ec2 }) => {
      ec2.deny("sts:AssumeRole", EC2_ACCOUNT);
      return { target: { roleArn: `arn:aws:iam::${EC2_ACCOUNT}:role/launch` } };
    },
    check: "cloud.credentials",
    reason: "CLOUD_PERMISSION_DENIED",
    message: /AssumeRole in us-east-1 \(role arn:aws:iam::123456789012:role\/launch\)/,
    remedy: /role_arn/,
  },
  {
    name: "no network",
    // Port 9 is nobody's: the connection is refused at once.
    given: () => ({ environment: { AWS_ENDPOINT_URL: "http://127.0.0.1:9" } }),
    check: "cloud.reachable",
    reason: "CLOUD_UNAVAILABLE",
    message: /AWS cannot be reached \(.*ECONNREFUSED/,
    remedy: /network/,
  },
  {
    name: "an endpoint that is none",
    given: () => ({ environment: { AWS_ENDPOINT_URL_EC2: "localhost" } }),
    check: "cloud.credentials",
    reason: "CLOUD_CONFIGURATION_INVALID",
    message: /^AWS_ENDPOINT_URL_EC2: /,
    remedy: /http:\/\/127.0.0.1:4566/,
  },
];

function fullSubnet(region: Ec2Scene["region"]): string {
  // EC2 keeps five addresses of each block to itself, which is all of this one.
  return region.addSubnet({ zone: "us-east-1b", cidr: "172.31.240.0/30" });
}

describe("resolving on EC2 fails, and says why:", () => {
  it.each([...IMAGES, ...MACHINES, ...PLACES, ...CALLERS])(
    "$name",
    async ({ given, check, reason, message, remedy }) => {
      await using scene = await ec2Scene();
      const { checks } = await scene.resolve(given(scene));
      expect(failures(checks)).toEqual({ [check]: reason });
      const told = checks.find(({ name }) => name === check);
      expect(told?.message).toMatch(message);
      expect(told?.remedy).toMatch(remedy);
      expect(changes(scene.ec2).filter((action) => action !== "AssumeRole")).toEqual([]);
    },
  );
});

describe("resolving on EC2", () => {
  it("gives a plan of one wave of reads, and no change", async () => {
    await using scene = await ec2Scene();
    const { inspection, report, checks } = await scene.resolve();
    expect(failures(checks)).toEqual({});
    expect(checks.filter(({ outcome }) => outcome !== "passed")).toEqual([]);
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
    expect(scene.ec2.requests.map(({ action }) => action).toSorted()).toEqual([
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

  it("gives the same answer twice, and asks what lasts once", async () => {
    await using scene = await ec2Scene();
    const adapter = scene.open();
    const first = await resolveOn(adapter, scene.region);
    expect(await resolveOn(adapter, scene.region)).toEqual(first);
    const asked = (name: string) => scene.ec2.requests.filter(({ action }) => action === name);
    expect(asked("GetCallerIdentity")).toHaveLength(1);
    expect(asked("DescribeInstanceTypes")).toHaveLength(1);
    expect(asked("DescribeSubnets")).toHaveLength(2);
  });

  it("reads once for all that resolve at the same time", async () => {
    await using scene = await ec2Scene();
    const adapter = scene.open();
    const answers = await Promise.all([1, 2, 3].map(() => resolveOn(adapter, scene.region)));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(scene.ec2.requests.filter(({ action }) => action === "RunInstances")).toHaveLength(1);
  });

  it("warns of a deprecated image", async () => {
    await using scene = await ec2Scene();
    const id = scene.region.addImage({ deprecatedAt: -DAY, createdAt: -2 * DAY });
    const { checks } = await scene.resolve(inUsEast(id));
    expect(failures(checks)).toEqual({});
    expect(checks.filter(({ outcome }) => outcome === "warning")).toMatchObject([
      { name: "image.deprecation", reason: "IMAGE_DEPRECATED" },
    ]);
  });

  it("tells everything that is wrong at once", async () => {
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

  it("goes on with what it can where the record has no AMI of the region", async () => {
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

  it("asks a region at most twice for an image that it does not have", async () => {
    await using scene = await ec2Scene();
    await scene.resolve({ amiIds: { [REGION]: NO_IMAGE, "us-west-2": NO_IMAGE } });
    const regions = scene.ec2.requests
      .filter(({ action }) => action === "DescribeImages")
      .map(({ region }) => region);
    expect(regions.toSorted()).toEqual(["eu-west-1", REGION, REGION, "us-west-2"]);
  });

  it("tells what spoils every read once, where the image was not the first to meet it", async () => {
    await using scene = await ec2Scene();
    scene.ec2.fault({ kind: "error", code: "AuthFailure" });
    const { checks } = await scene.resolve({ amiIds: {} });
    expect(failures(checks)).toEqual({ "cloud.credentials": "CLOUD_UNAUTHENTICATED" });
  });

  it("takes a dry run that was throttled for an open question, not for a refusal", async () => {
    await using scene = await ec2Scene();
    scene.ec2.fault({ kind: "error", code: "RequestLimitExceeded", dryRun: true });
    const { checks } = await scene.resolve();
    expect(failures(checks)).toEqual({});
    expect(checks.find(({ name }) => name === "permission.launch")).toMatchObject({
      outcome: "warning",
      reason: "CLOUD_RATE_LIMITED",
    });
  });

  it("keeps what EC2 has encoded of a refusal", async () => {
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

  it("stops when it is told to", async () => {
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

describe("a place of EC2 that cannot serve is a rejected candidate", () => {
  const [ONE, OTHER] = ["us-east-1a", "us-east-1b"] as const;

  it("while another has the type", async () => {
    await using scene = await ec2Scene();
    const { region } = scene;
    region.setOffering("m7i.large", [OTHER]);
    const subnetIds = [region.subnets[ONE] ?? "", region.subnets[OTHER] ?? ""];
    const { checks, report } = await scene.resolve({ target: { subnetIds } });
    expect(failures(checks)).toEqual({});
    expect(report.candidates).toMatchObject([
      { place: ONE, verdict: "rejected", reason: "m7i.large is not offered in us-east-1a" },
      { place: OTHER, verdict: "eligible", reason: null },
    ]);
    // The permission is asked for where the launch will go.
    expect(checks.find(({ name }) => name === "permission.launch")?.outcome).toBe("passed");
  });

  it("while another subnet is there, with a warning", async () => {
    await using scene = await ec2Scene();
    const { region } = scene;
    const subnetIds = [NO_SUBNET, fullSubnet(region), region.subnets[OTHER] ?? ""];
    const { checks, report } = await scene.resolve({ target: { subnetIds } });
    expect(failures(checks)).toEqual({});
    expect(report.candidates.map(({ verdict }) => verdict)).toEqual([
      "rejected",
      "rejected",
      "eligible",
    ]);
    const warnings = checks.filter(({ outcome }) => outcome === "warning");
    expect(warnings.map(({ reason }) => reason)).toEqual(["SUBNET_NOT_FOUND", "SUBNET_FULL"]);
  });

  it("for each market, in the placement's order", async () => {
    await using scene = await ec2Scene();
    const { report, checks } = await scene.resolve({
      amiIds: { [REGION]: scene.region.images.arm64 },
      architecture: "arm64",
      machineType: "m7g.large",
      markets: ["spot", "on-demand"],
    });
    expect(failures(checks)).toEqual({});
    expect(report.candidates).toMatchObject([
      { place: ONE, market: "spot", verdict: "eligible" },
      { place: ONE, market: "on-demand", verdict: "eligible" },
    ]);
  });
});

describe("a workspace without an environment", () => {
  it.each([
    ["amd64", "x86_64", "m6i.large"],
    ["arm64", "arm64", "m7g.large"],
  ] as const)(
    "gets a small general %s type by EC2's own answer",
    async (architecture, image, type) => {
      await using scene = await ec2Scene();
      const amiIds = { [REGION]: scene.region.images[image] };
      const { checks, report } = await scene.resolve({
        amiIds,
        architecture,
        machineType: "default",
      });
      expect(failures(checks)).toEqual({});
      expect(report.machineType).toBe(type);
      expect(report.settings).toMatchObject({ instance: { instanceType: type } });
      expect(report.sources["/machine_type"]).toMatch(/2 vCPUs and 8 GiB by DescribeInstanceTypes/);
    },
  );

  it("gets one that the placement's zones have", async () => {
    await using scene = await ec2Scene();
    scene.region.setOffering("m6i.large", ["us-east-1f"]);
    const { report } = await scene.resolve({ machineType: "default" });
    expect(report.machineType).toBe("m7i.large");
  });
});

describe("the security group", () => {
  it("is the default one of the subnets' VPC where the placement names none", async () => {
    await using scene = await ec2Scene();
    const subnet = scene.region.addSubnet({ zone: "us-east-1c", vpcId: scene.region.addVpc() });
    const { report, checks } = await scene.resolve({ target: { subnetIds: [subnet] } });
    expect(failures(checks)).toEqual({});
    const { instance } = report.settings;
    expect(instance).toMatchObject({ securityGroupIds: [expect.stringMatching(/^sg-/)] });
    expect(instance).not.toMatchObject({ securityGroupIds: [scene.region.securityGroupId] });
  });
});

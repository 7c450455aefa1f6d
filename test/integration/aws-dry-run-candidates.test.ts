import { describe, expect, it } from "vitest";
import type { Check } from "../../src/plan/plan.ts";
import type { CloudFault } from "../../testing/server/cloud-fault-grammar.ts";
import { EC2_ACCOUNT } from "../support/ec2-launch.ts";
import { ec2Scene, failures } from "../support/ec2-resolve.ts";
import type { Ec2Scene, ResolveParameters } from "../support/ec2-resolve.ts";

const ZONES = ["us-east-1a", "us-east-1b", "us-east-1c"] as const;
const UNSUPPORTED = "The requested configuration is currently not supported.";

function refusing(code: string, change: Partial<CloudFault> = {}): CloudFault {
  return { kind: "error", code, message: UNSUPPORTED, action: "RunInstances", ...change };
}

/** Resolves at a subnet in each zone, on the spot market and then on demand if both are given. */
async function resolveIn(
  scene: Ec2Scene,
  zones: readonly string[],
  change: ResolveParameters = {},
) {
  const subnetIds = zones.map((zone) => scene.region.subnets[zone] ?? "");
  const { checks, report } = await scene.resolve({
    ...change,
    target: { ...change.target, subnetIds },
  });
  return {
    checks,
    verdicts: report.candidates.map(({ verdict }) => verdict),
    reasons: report.candidates.map(({ reason }) => reason),
    dryRuns: scene.ec2.requests.filter(({ isDryRun }) => isDryRun).length,
  };
}

function warningsAmong(checks: readonly Check[]) {
  return checks.filter(({ name, outcome }) => outcome === "warning" && name.includes("dry-run"));
}

const BOTH = { markets: ["spot", "on-demand"] } as const;

describe("a refusal of EC2's dry run", () => {
  it("in one zone rejects that zone's candidates, and warns in EC2's own words", async () => {
    await using scene = await ec2Scene();
    scene.ec2.fault(refusing("Unsupported", { zone: ZONES[0] }));
    const { checks, verdicts, reasons, dryRuns } = await resolveIn(scene, ZONES);
    expect(failures(checks)).toEqual({});
    expect(verdicts).toEqual(["rejected", "eligible", "eligible"]);
    expect(reasons[0]).toContain(`Unsupported: ${UNSUPPORTED}`);
    expect(warningsAmong(checks)).toMatchObject([
      { reason: "NOT_OFFERED_HERE", message: expect.stringContaining(UNSUPPORTED) },
    ]);
    expect(dryRuns).toBe(2);
  });

  it.each([
    ["MaxSpotInstanceCountExceeded", 400],
    ["AuthFailure.ServiceLinkedRoleCreationNotPermitted", 403],
  ])("about the spot market (%s) leaves the on-demand candidates", async (code, status) => {
    await using scene = await ec2Scene();
    scene.ec2.fault(refusing(code, { market: "spot", status }));
    const { checks, verdicts, dryRuns } = await resolveIn(scene, ZONES, BOTH);
    expect(failures(checks)).toEqual({});
    expect(verdicts).toEqual([...Array(3).fill("rejected"), ...Array(3).fill("eligible")]);
    expect(dryRuns).toBe(2);
  });

  it("of a subnet that the caller may not use leaves the others", async () => {
    await using scene = await ec2Scene();
    const subnet = scene.region.subnets[ZONES[0]] ?? "";
    const message = `You are not authorized to perform this operation. User: arn:aws:sts::1:assumed-role/l/s is not authorized to perform: ec2:RunInstances on resource: arn:aws:ec2:us-east-1:2:subnet/${subnet} because no identity-based policy allows the ec2:RunInstances action.`;
    scene.ec2.fault(refusing("UnauthorizedOperation", { zone: ZONES[0], message }));
    const { checks, verdicts } = await resolveIn(scene, ZONES, BOTH);
    expect(failures(checks)).toEqual({});
    expect(verdicts.map((verdict) => verdict === "rejected")).toEqual([
      true,
      false,
      false,
      true,
      false,
      false,
    ]);
  });

  it("about one subnet leaves another subnet of its zone", async () => {
    await using scene = await ec2Scene();
    const [zone] = ZONES;
    const subnetIds = [
      scene.region.subnets[zone] ?? "",
      scene.region.addSubnet({ zone, cidr: "172.31.240.0/24" }),
    ];
    scene.ec2.fault(refusing("InsufficientFreeAddressesInSubnet", { subnet: subnetIds[0] ?? "" }));
    const { checks, report } = await scene.resolve({ target: { subnetIds } });
    expect(failures(checks)).toEqual({});
    expect(report.candidates).toMatchObject([
      { place: zone, subnet: subnetIds[0], verdict: "rejected" },
      { place: zone, subnet: subnetIds[1], verdict: "eligible" },
    ]);
  });

  it("at every candidate fails the check, with all of EC2's words", async () => {
    await using scene = await ec2Scene();
    scene.ec2.fault(refusing("MaxSpotInstanceCountExceeded", { market: "spot" }));
    scene.ec2.fault(refusing("Unsupported", { market: "on-demand" }));
    const { checks, verdicts, dryRuns } = await resolveIn(scene, ZONES.slice(0, 2), BOTH);
    expect(failures(checks)).toEqual({ "permission.launch": "NOT_OFFERED_HERE" });
    expect(verdicts).toEqual(Array(4).fill("rejected"));
    expect(warningsAmong(checks)).toMatchObject([
      { reason: "QUOTA_EXCEEDED", message: expect.stringContaining("MaxSpotInstanceCount") },
    ]);
    expect(dryRuns).toBe(3);
  });

  it.each(["OptInRequired", "Blocked", "InvalidUserData.Malformed", "VolumeLimitExceeded"])(
    "that concerns every candidate (%s) is not tried again",
    async (code) => {
      await using scene = await ec2Scene();
      scene.ec2.fault(refusing(code));
      const { checks, dryRuns } = await resolveIn(scene, ZONES, BOTH);
      expect(Object.keys(failures(checks))).toEqual(["permission.launch"]);
      expect(dryRuns).toBe(1);
    },
  );

  it("of a parameter is tried once in each market", async () => {
    await using scene = await ec2Scene();
    scene.ec2.fault(refusing("InvalidParameterCombination"));
    const { checks, verdicts, dryRuns } = await resolveIn(scene, ZONES, BOTH);
    expect(failures(checks)).toEqual({ "permission.launch": "CLOUD_REQUEST_REFUSED" });
    expect(verdicts).toEqual(Array(6).fill("rejected"));
    expect(dryRuns).toBe(2);
  });

  it("with an unknown code is tried at other candidates, but only a few times", async () => {
    await using scene = await ec2Scene();
    scene.ec2.fault(refusing("SomethingNew"));
    const { checks, verdicts, dryRuns } = await resolveIn(scene, ZONES, BOTH);
    expect(failures(checks)).toEqual({});
    expect(dryRuns).toBe(5);
    expect(verdicts).toEqual([...Array(5).fill("rejected"), "eligible"]);
    expect(warningsAmong(checks)).toHaveLength(1);
  });
});

it("reports an account that AWS has blocked once, and not as a missing permission", async () => {
  await using scene = await ec2Scene();
  scene.ec2.fault({
    kind: "error",
    code: "Blocked",
    message: "This account is currently blocked.",
  });
  const { checks } = await scene.resolve();
  expect(failures(checks)).toEqual({ "cloud.account": "ACCOUNT_RESTRICTED" });
  const blocked = checks.find(({ name }) => name === "cloud.account");
  expect(blocked?.message).toContain("This account is currently blocked.");
  expect(blocked?.remedy).not.toContain("Grant");
});

describe("an instance profile that EC2 does not know completely yet", () => {
  const PROFILE = `arn:aws:iam::${EC2_ACCOUNT}:instance-profile/agents`;
  const target = { instanceProfileArn: PROFILE };

  it.each([
    `Value (${PROFILE}) for parameter iamInstanceProfile.arn is invalid. Invalid IAM Instance Profile ARN`,
    `IAM Instance Profile "${PROFILE}" has no associated IAM Roles`,
  ])("is waited for by the dry run: %s", async (message) => {
    await using scene = await ec2Scene();
    scene.ec2.fault(refusing("InvalidParameterValue", { message, times: 3 }));
    const start = scene.clock.now();
    const { checks, dryRuns } = await resolveIn(scene, ZONES, { target });
    expect(failures(checks)).toEqual({});
    expect(dryRuns).toBe(4);
    expect(scene.clock.now() - start).toBe(7_000);
  });

  it("fails the dry run after a minute", async () => {
    await using scene = await ec2Scene();
    const message = `IAM Instance Profile "${PROFILE}" has no associated IAM Roles`;
    scene.ec2.fault(refusing("InvalidParameterValue", { message }));
    const start = scene.clock.now();
    const { checks, dryRuns } = await resolveIn(scene, ZONES, { target });
    expect(failures(checks)).toEqual({ "permission.launch": "INSTANCE_PROFILE_NOT_FOUND" });
    expect(dryRuns).toBe(7);
    expect(scene.clock.now() - start).toBe(60_000);
  });
});

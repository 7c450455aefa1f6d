import { describe, expect, it } from "vitest";
import { startEc2 } from "../../testing/ec2/index.ts";
import type { Ec2Fake, Ec2Region } from "../../testing/ec2/index.ts";
import { ec2Cli, setWorkspaceRecords } from "./support/ec2-cli.ts";
import type { Ec2Cli } from "./support/ec2-cli.ts";

const ACCOUNT = "123456789012";
const ZONES = ["us-east-1a", "us-east-1b"] as const;
const SLOW = { timeout: 120_000 };

interface Scene extends AsyncDisposable {
  readonly ec2: Ec2Fake;
  readonly region: Ec2Region;
  readonly cli: Ec2Cli;
  /** The types and zones of the launches that EC2 was sent, dry runs left out. */
  launches(): readonly string[];
}

/** The command line on the EC2 fake, with a workspace in two zones whose machine-type record names these types. */
async function scene(
  types: readonly string[],
  { order = "TYPE_FIRST", vcpus = 2, memoryGb = 8 } = {},
): Promise<Scene> {
  const ec2 = await startEc2({ rates: "off", timing: { pendingMs: 20, endingMs: 20 } });
  const region = ec2.region("us-east-1", ACCOUNT);
  const subnetIds = ZONES.map((zone) => region.subnets[zone] ?? "");
  const groupId = region.securityGroupId;
  const place = { account: ACCOUNT, subnetIds, groupId, imageId: region.images.x86_64 };
  const cli = ec2Cli(ec2.url, place);
  await setWorkspaceRecords(cli, place);
  const record = { name: "small", vcpus, memory_gb: memoryGb, architecture: "ARCHITECTURE_AMD64" };
  const spec = { aws: { instance_types: types } };
  await cli.run(["set", "machine-type", "small"], JSON.stringify({ ...record, spec }));
  await cli.run(["patch", "environment", "roomy", "--set", `candidate_order=${order}`]);
  const zoneOf = (subnet: string | undefined): string =>
    ZONES.find((zone) => region.subnets[zone] === subnet) ?? "";
  return {
    ec2,
    region,
    cli,
    launches: () =>
      ec2.requests
        .filter(({ action, isDryRun }) => action === "RunInstances" && !isDryRun)
        .map(({ parameters }) => {
          const subnet = parameters["SubnetId"];
          return `${parameters["InstanceType"] ?? ""} ${zoneOf(subnet)}`;
        }),
    async [Symbol.asyncDispose]() {
      cli[Symbol.dispose]();
      await ec2.close();
    },
  };
}

function sortedTexts(texts: readonly string[]): readonly string[] {
  return texts.toSorted((one, other) => one.localeCompare(other));
}

/** Takes away all capacity for the type. */
function exhaust({ region }: Scene, instanceType: string): void {
  for (const zone of ZONES) region.setCapacity({ instanceType, zone }, 0);
}

describe("a machine-type record with several types", () => {
  it("launches the second if the first is out of stock in every zone", SLOW, async () => {
    await using at = await scene(["m7i.large", "m6i.large"]);
    exhaust(at, "m7i.large");
    expect(await at.cli.json(["spawn", "agent-dev", "--id", "one"])).toMatchObject({
      state: "running",
      machine: { place: ZONES[0] },
    });
    expect(at.launches()).toEqual([
      "m7i.large us-east-1a",
      "m7i.large us-east-1b",
      "m6i.large us-east-1a",
    ]);
    const described = await at.cli.json(["describe", "one"]);
    const full = {
      machine_type: "m7i.large",
      outcome: "rejected",
      reason: "INSUFFICIENT_CAPACITY",
    };
    expect(described).toMatchObject({
      attempts: [
        { ...full, place: ZONES[0] },
        { ...full, place: ZONES[1] },
        { machine_type: "m6i.large", place: ZONES[0], outcome: "accepted", reason: null },
      ],
      events: expect.arrayContaining([
        expect.objectContaining({
          message: expect.stringMatching(
            /InsufficientInstanceCapacity: .*m7i\.large capacity.*; launching m6i\.large in us-east-1a on demand$/,
          ),
        }),
      ]),
    });
    expect(at.region.instances().map(({ instanceType }) => instanceType)).toEqual(["m6i.large"]);
    const table = await at.cli.run(["describe", "one", "-o", "table"]);
    expect(table).toMatch(
      /ATTEMPT +PLACE +MACHINE TYPE +OUTCOME +REASON\n +1 +us-east-1a +m7i\.large/,
    );
  });

  it("remembers for a while where a type was full", SLOW, async () => {
    await using at = await scene(["m7i.large", "m6i.large"]);
    exhaust(at, "m7i.large");
    await at.cli.run(["spawn", "agent-dev"]);
    const before = at.launches().length;
    await at.cli.run(["spawn", "agent-dev"]);
    expect(at.launches().slice(before)).toEqual(["m6i.large us-east-1a"]);
  });

  it("tries every type in the first zone if the environment says so", SLOW, async () => {
    await using at = await scene(["m7i.large", "m6i.large"], { order: "PLACE_FIRST" });
    at.region.setCapacity({ instanceType: "m7i.large", zone: ZONES[0] }, 0);
    await at.cli.run(["spawn", "agent-dev"]);
    expect(at.launches()).toEqual(["m7i.large us-east-1a", "m6i.large us-east-1a"]);
  });

  it("launches a type whose quota has room", SLOW, async () => {
    await using at = await scene(["m7i.xlarge", "m6i.large"]);
    at.ec2.region("us-east-1", ACCOUNT).setQuota(2, { group: "standard" });
    const spawn = await at.cli.json(["spawn", "agent-dev"]);
    expect(spawn).toMatchObject({
      attempts: [
        { machine_type: "m7i.xlarge", reason: "QUOTA_EXCEEDED" },
        { machine_type: "m6i.large", outcome: "accepted" },
      ],
    });
  });
});

describe("the plan of several types", () => {
  it(
    "has every type in every zone, each with its reason, and costs as many reads as one",
    SLOW,
    async () => {
      await using one = await scene(["m7i.large"]);
      await one.cli.run(["resolve", "agent-dev"]);
      const actions = ({ ec2 }: Scene) =>
        sortedTexts(ec2.requests.map(({ action }) => action ?? ""));
      await using at = await scene(["m7i.large", "m6i.large", "m9x.large"]);
      at.region.setOffering("m7i.large", [ZONES[1]]);
      const { stdout, exitCode } = await at.cli.attempt(["resolve", "agent-dev", "-o", "json"]);
      expect(exitCode).toBe(0);
      const missing = "EC2 has no instance type m9x.large in us-east-1";
      expect(JSON.parse(stdout)).toMatchObject({
        machine_type: "m7i.large",
        machine_types: [
          { name: "m7i.large", vcpus: 2, memory_gb: 8, gpus: [] },
          { name: "m6i.large", vcpus: 2, memory_gb: 8, gpus: [] },
        ],
        candidates: [
          {
            machine_type: "m7i.large",
            place: ZONES[0],
            reason: "m7i.large is not offered in us-east-1a",
          },
          { machine_type: "m7i.large", place: ZONES[1], verdict: "eligible" },
          { machine_type: "m6i.large", place: ZONES[0], verdict: "eligible" },
          { machine_type: "m6i.large", place: ZONES[1], verdict: "eligible" },
          { machine_type: "m9x.large", place: ZONES[0], verdict: "rejected", reason: missing },
          { machine_type: "m9x.large", place: ZONES[1], verdict: "rejected", reason: missing },
        ],
        checks: expect.arrayContaining([
          expect.objectContaining({
            name: "machine-type.exists",
            outcome: "warning",
            reason: "MACHINE_TYPE_NOT_FOUND",
            message: missing,
          }),
        ]),
      });
      // The early dry run was at the zone that does not offer the first type.
      expect(actions(at)).toEqual(sortedTexts([...actions(one), "RunInstances"]));
      const table = await at.cli.run(["resolve", "agent-dev", "-o", "table"]);
      expect(table).toMatch(
        /MACHINE TYPE +PLACE +SUBNET +MARKET +VERDICT +REASON\nm7i\.large +us-east-1a/,
      );
      expect(table).toMatch(/MACHINE TYPE +m7i\.large, m6i\.large, m9x\.large\n/);
    },
  );

  it("fails if a type contradicts the record", SLOW, async () => {
    await using at = await scene(["m7i.large", "t3.micro", "m7g.large"]);
    const { stderr, exitCode } = await at.cli.attempt(["resolve", "agent-dev", "-o", "json"]);
    expect(exitCode).toBe(3);
    const failure = { outcome: "failed" };
    expect(JSON.parse(stderr)).toMatchObject({
      error: {
        checks: expect.arrayContaining([
          expect.objectContaining({
            ...failure,
            name: "machine-type.architecture",
            reason: "ARCHITECTURE_MISMATCH",
            message: expect.stringContaining("instance type m7g.large runs arm64"),
          }),
          expect.objectContaining({
            ...failure,
            name: "machine-type.shape",
            reason: "MACHINE_TYPE_MISMATCH",
            message:
              "machine-type small says at least 2 vCPUs and 8 GiB, but t3.micro has 2 vCPUs and 1 GiB",
          }),
        ]),
      },
    });
    expect(at.launches()).toEqual([]);
  });

  it("fails if none of the types exists", SLOW, async () => {
    await using at = await scene(["m9x.large", "m9y.large"]);
    const { stderr, exitCode } = await at.cli.attempt(["resolve", "agent-dev", "-o", "json"]);
    expect(exitCode).toBe(3);
    const names = ["m9x.large", "m9y.large"];
    expect(JSON.parse(stderr)).toMatchObject({
      error: {
        checks: expect.arrayContaining(
          names.map((name) =>
            expect.objectContaining({
              outcome: "failed",
              reason: "MACHINE_TYPE_NOT_FOUND",
              message: `EC2 has no instance type ${name} in us-east-1`,
            }),
          ),
        ),
      },
    });
  });

  it("shows the GPUs of each type as EC2 describes them", SLOW, async () => {
    await using at = await scene(["g5.xlarge", "p3.8xlarge"], { vcpus: 4, memoryGb: 16 });
    expect(await at.cli.json(["resolve", "agent-dev"])).toMatchObject({
      machine_types: [
        { name: "g5.xlarge", gpus: [{ name: "NVIDIA A10G", count: 1, memory_gb: 24 }] },
        { name: "p3.8xlarge", gpus: [{ name: "NVIDIA V100", count: 4, memory_gb: 16 }] },
      ],
    });
    expect(await at.cli.run(["resolve", "agent-dev", "-o", "table"])).toMatch(
      /GPUS +g5\.xlarge: 1 × NVIDIA A10G \(24 GiB each\), p3\.8xlarge: 4 × NVIDIA V100/,
    );
  });
});

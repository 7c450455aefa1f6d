import { describe, expect, it } from "vitest";
import { z } from "zod";
import { startEc2 } from "../../testing/ec2/index.ts";
import type { Ec2Region, Ec2Fake } from "../../testing/ec2/index.ts";
import { ec2Cli, setWorkspaceRecords } from "./support/ec2-cli.ts";
import type { Ec2Cli } from "./support/ec2-cli.ts";

const ACCOUNT = "123456789012";
const ZONES = ["us-east-1a", "us-east-1b"] as const;
const SLOW = { timeout: 120_000 };

const check = z.object({ name: z.string(), outcome: z.string(), reason: z.string().optional() });
const refusal = z.strictObject({
  error: z.looseObject({
    code: z.string(),
    reason: z.string(),
    message: z.string(),
    remedy: z.string(),
    checks: z.array(check).optional(),
  }),
});

interface Scene extends AsyncDisposable {
  readonly ec2: Ec2Fake;
  readonly region: Ec2Region;
  readonly cli: Ec2Cli;
  /** Runs a command that must fail with only the error on standard error and nothing on standard output. */
  refused(argv: readonly string[]): Promise<{
    readonly exitCode: number | null;
    readonly error: z.infer<typeof refusal>["error"];
    /** The failed checks' reasons, keyed by check name. */
    readonly failures: Readonly<Record<string, string | undefined>>;
  }>;
  /** The mutating requests so far. */
  changes(): readonly (string | null)[];
}

/** The command line on the EC2 fake, with the records of a workspace in two zones. */
async function scene(): Promise<Scene> {
  const ec2 = await startEc2({ rates: "off", timing: { pendingMs: 20, endingMs: 20 } });
  const region = ec2.region("us-east-1", ACCOUNT);
  const subnetIds = ZONES.map((zone) => region.subnets[zone] ?? "");
  const groupId = region.securityGroupId;
  const place = { account: ACCOUNT, subnetIds, groupId, imageId: region.images.x86_64 };
  const cli = ec2Cli(ec2.url, place);
  await setWorkspaceRecords(cli, place);
  return {
    ec2,
    region,
    cli,
    async refused(argv) {
      const { exitCode, stdout, stderr } = await cli.attempt([...argv, "-o", "json"]);
      expect(stdout).toBe("");
      const { error } = refusal.parse(JSON.parse(stderr));
      const failed = (error.checks ?? []).filter(({ outcome }) => outcome === "failed");
      return {
        exitCode,
        error,
        failures: Object.fromEntries(failed.map(({ name, reason }) => [name, reason])),
      };
    },
    changes: () =>
      ec2.requests
        .filter(({ isRead, isDryRun }) => !isRead && !isDryRun)
        .map(({ action }) => action),
    async [Symbol.asyncDispose]() {
      cli[Symbol.dispose]();
      await ec2.close();
    },
  };
}

describe("a workspace that EC2 cannot launch", () => {
  it("is rejected with all failures, and nothing is changed", SLOW, async () => {
    await using at = await scene();
    const { region, cli } = at;
    const image = { name: "agent-base", architecture: "ARCHITECTURE_ARM64" };
    const aws = { ami_ids: { "us-east-1": region.images.arm64 } };
    await cli.run(["set", "image", "agent-base"], JSON.stringify({ ...image, aws }));
    await cli.run(["patch", "environment", "roomy", "--set", "disk_size_gb=1"]);
    await cli.run(["patch", "placement", "ec2", "--set", "target.aws.account_id=210987654321"]);
    const long = `user_data=#!${"#".repeat(16_383)}`;
    await cli.run(["patch", "workspace", "agent-dev", "--set", long]);
    for (const verb of ["resolve", "spawn"]) {
      const { exitCode, error, failures } = await at.refused([verb, "agent-dev"]);
      expect({ exitCode, code: error.code }).toEqual({ exitCode: 3, code: "FAILED_PRECONDITION" });
      expect(failures).toEqual({
        "architecture.machine-type": "ARCHITECTURE_MISMATCH",
        "account.launcher": "ACCOUNT_MISMATCH",
        "volume.size": "DISK_TOO_SMALL",
        "guest.boot-document": "BOOT_DOCUMENT_TOO_LARGE",
      });
    }
    expect(at.changes()).toEqual([]);
  });
});

describe("the exit code of a workspace on EC2", () => {
  it("is 7 if EC2 is unreachable, and 3 if the credentials have expired", SLOW, async () => {
    await using at = await scene();
    const expired = at.ec2.fault({ kind: "expired-credentials" });
    const refused = await at.refused(["resolve", "agent-dev"]);
    expect(refused.failures).toEqual({ "cloud.credentials": "CLOUD_UNAUTHENTICATED" });
    expect(refused.exitCode).toBe(3);
    expired.remove();
    await at.ec2.close();
    const unreachable = await at.refused(["resolve", "agent-dev"]);
    expect(unreachable.failures).toEqual({ "cloud.reachable": "CLOUD_UNAVAILABLE" });
    expect([unreachable.exitCode, unreachable.error.code]).toEqual([7, "UNAVAILABLE"]);
  });

  it.each([
    ["UnauthorizedOperation", 5, "PERMISSION_DENIED"],
    ["VcpuLimitExceeded", 6, "RESOURCE_EXHAUSTED"],
    ["InsufficientInstanceCapacity", 6, "RESOURCE_EXHAUSTED"],
  ] as const)(
    "is that of %s if the launch itself fails with it",
    SLOW,
    async (code, exit, errorCode) => {
      await using at = await scene();
      at.ec2.fault({ kind: "error", code, action: "RunInstances", dryRun: false });
      const { stderr, exitCode } = await at.cli.attempt(["spawn", "agent-dev", "-o", "json"]);
      expect([exitCode, refusal.parse(JSON.parse(stderr)).error.code]).toEqual([exit, errorCode]);
      expect(at.region.instances()).toEqual([]);
    },
  );
});

/** Spawns, and ends the machine for this reason between its launch and its first description. */
async function spawnAndEnd(at: Scene, code: string) {
  const first = { action: "DescribeInstances", when: "before", times: 1 } as const;
  const look = at.ec2.fault({ kind: "slow-reply", ...first });
  void look.reached.then(() => {
    for (const { id } of at.region.instances())
      at.region.endInstance(id, { code, message: `${code}: it could not be started` });
    look.release();
  });
  return await at.cli.attempt(["spawn", "agent-dev", "--id", "one", "-o", "json"]);
}

describe("a machine that EC2 ends before it runs", () => {
  it.each([
    "Server.InsufficientInstanceCapacity",
    "Server.InternalError",
    "Server.SpotInstanceTermination",
  ])("is launched in the next zone after %s", SLOW, async (code) => {
    await using at = await scene();
    const { exitCode, stdout } = await spawnAndEnd(at, code);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      state: "running",
      machine: { place: ZONES[1] },
      attempts: [{ place: ZONES[0] }, { place: ZONES[1], outcome: "accepted" }],
    });
    expect(at.changes().filter((action) => action === "RunInstances")).toHaveLength(2);
  });

  it.each([
    ["Client.VolumeLimitExceeded", "QUOTA_EXCEEDED", 6],
    ["Client.InternalError", "MACHINE_NOT_STARTED", 3],
  ] as const)("fails the spawn after %s, and reports why", SLOW, async (code, reason, exit) => {
    await using at = await scene();
    const { exitCode, stderr } = await spawnAndEnd(at, code);
    const { error } = refusal.parse(JSON.parse(stderr));
    expect({ exitCode, reason: error.reason }).toEqual({ exitCode: exit, reason });
    expect(error.message).toContain(`${code}: it could not be started`);
    expect(error.remedy).not.toContain("command goes on running");
    expect(await at.cli.json(["describe", "one"])).toMatchObject({ state: "failed" });
  });
});

import { describe, expect, it } from "vitest";
import { ec2Scene } from "./support/ec2-cli.ts";
import type { Ec2Scene } from "./support/ec2-cli.ts";
import { printedError } from "./support/printed-error.ts";
import type { PrintedError } from "./support/printed-error.ts";

const ZONES = ["us-east-1a", "us-east-1b"] as const;
const SLOW = { timeout: 120_000 };

interface Scene extends Ec2Scene {
  /** Runs a command that must fail with only the error on standard error and nothing on standard output. */
  refused(argv: readonly string[]): Promise<{
    readonly exitCode: number | null;
    readonly error: PrintedError;
    /** The failed checks' reasons, keyed by check name. */
    readonly failures: Readonly<Record<string, string | undefined>>;
  }>;
  /** The mutating requests so far. */
  changes(): readonly (string | null)[];
}

/** The command line on the EC2 fake, with the records of a workspace in two zones. */
async function scene(): Promise<Scene> {
  const opened = await ec2Scene({ zones: ZONES });
  const { ec2, cli } = opened;
  return {
    ...opened,
    async refused(argv) {
      const { exitCode, stdout, stderr } = await cli.attempt([...argv, "-o", "json"]);
      expect(stdout).toBe("");
      const error = printedError({ stderr });
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
      expect([exitCode, printedError({ stderr }).code]).toEqual([exit, errorCode]);
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
    "Client.VolumeTypeNotAvailableInZone",
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
    ["Client.InvalidParameterCombination", "CLOUD_REQUEST_REFUSED", 3],
    ["Client.MaxIOPSLimitExceeded", "QUOTA_EXCEEDED", 6],
  ] as const)("fails the spawn after %s, and reports why", SLOW, async (code, reason, exit) => {
    await using at = await scene();
    const { exitCode, stderr } = await spawnAndEnd(at, code);
    const error = printedError({ stderr });
    expect({ exitCode, reason: error.reason }).toEqual({ exitCode: exit, reason });
    expect(error.message).toContain(`${code}: it could not be started`);
    expect(error.remedy).not.toContain("command goes on running");
    expect(await at.cli.json(["describe", "one"])).toMatchObject({ state: "failed" });
  });
});

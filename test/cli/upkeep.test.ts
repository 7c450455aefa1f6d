import { describe, expect, it } from "vitest";
import { z } from "zod";
import { ec2Scene, FAKE_ACCOUNT as ACCOUNT } from "./support/ec2-cli.ts";
import type { Ec2Cli, Ec2Scene } from "./support/ec2-cli.ts";

const SLOW = { timeout: 120_000 };
const spawned = z.object({ state: z.string(), machine: z.object({ id: z.string() }) });

interface Scene extends Ec2Scene {
  /** Spawns `one` in a process that receives the signal while it waits for the reply to its launch. */
  spawnAndSignal(signal: "SIGKILL" | "SIGINT"): ReturnType<Ec2Cli["runProcess"]>;
  launches(): number;
  liveMachines(): readonly string[];
  /** The volumes and network interfaces that are attached to no machine. */
  detached(): readonly string[];
}

/** The command line on the EC2 fake, with the records of a workspace. */
async function scene(): Promise<Scene> {
  const opened = await ec2Scene();
  const { ec2, region, cli } = opened;
  return {
    ...opened,
    async spawnAndSignal(signal) {
      const launch = { action: "RunInstances", dryRun: false, times: 1 } as const;
      const slow = ec2.fault({ kind: "slow-reply", ...launch });
      const ran = await cli.runProcess(["spawn", "agent-dev", "--id", "one"], (child) => {
        void slow.reached.then(() => child.kill(signal));
      });
      slow.release();
      return ran;
    },
    launches: () =>
      ec2.requests.filter(({ action, isDryRun }) => action === "RunInstances" && !isDryRun).length,
    liveMachines: () =>
      region
        .instances()
        .filter(({ state }) => state === "pending" || state === "running")
        .map(({ id }) => id),
    detached: () =>
      [...region.volumes(), ...region.interfaces()]
        .filter(({ isAttached }) => !isAttached)
        .map(({ id }) => id),
  };
}

/** Makes the ledger lose a spawn's machine, as a restored or hand-edited record would. */
function loseMachine({ catalog }: Ec2Cli, spawnId: string): void {
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
  using database = new DatabaseSync(catalog.database);
  database
    .prepare("UPDATE spawns SET state = 'terminated', worker = NULL WHERE spawn_id = ?")
    .run(spawnId);
}

describe("recover", () => {
  it("resumes the spawn of a killed process at once, with its one machine", SLOW, async () => {
    await using at = await scene();
    expect((await at.spawnAndSignal("SIGKILL")).signal).toBe("SIGKILL");
    const [machine] = at.liveMachines();
    expect(await at.cli.json(["list", "--all"])).toMatchObject([
      { state: "launching", machine: null },
    ]);
    const recovered = await at.cli.json(["recover"]);
    expect(recovered).toMatchObject([
      { spawn_id: "one", state: "running", machine: { id: machine } },
    ]);
    expect(await at.cli.json(["recover"])).toEqual([]);
    expect([at.launches(), at.liveMachines()]).toEqual([2, [machine]]);
    expect(await at.cli.json(["sweep", "--grace", "0s"])).toMatchObject({
      scanned: 1,
      claimed: 1,
      suspects: [],
    });
  });

  it(
    "run twice concurrently with a spawn of the same id results in one machine",
    SLOW,
    async () => {
      await using at = await scene();
      await at.spawnAndSignal("SIGKILL");
      const ran = await Promise.all([
        at.cli.runProcess(["recover", "-o", "json"]),
        at.cli.runProcess(["recover", "-o", "json"]),
        at.cli.runProcess(["spawn", "agent-dev", "--id", "one", "-o", "json"]),
      ]);
      expect(ran.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
      expect(at.liveMachines()).toHaveLength(1);
      const { machine } = spawned.parse(await at.cli.json(["describe", "one"]));
      expect(at.liveMachines()).toEqual([machine.id]);
    },
  );

  it("finishes an interrupted spawn", SLOW, async () => {
    await using at = await scene();
    const ran = await at.spawnAndSignal("SIGINT");
    expect(ran).toMatchObject({ exitCode: 130, stdout: "" });
    expect(ran.stderr).toContain("slipway spawn agent-dev --id one");
    expect(ran.stderr).toContain("slipway terminate one");
    expect(ran.stderr).not.toContain("again within");
    expect(await at.cli.json(["recover"])).toMatchObject([{ state: "running" }]);
    expect(at.liveMachines()).toHaveLength(1);
  });
});

describe("spawn --timeout", () => {
  it("terminates the launched machine when the time is over", SLOW, async () => {
    await using at = await scene();
    at.ec2.fault({ kind: "error", code: "InternalError", action: "DescribeInstances", skip: 0 });
    const argv = ["spawn", "agent-dev", "--id", "one", "--timeout", "4s", "-o", "json"];
    const ran = await at.cli.attempt(argv);
    expect(ran.exitCode).toBe(7);
    expect(JSON.parse(ran.stderr)).toMatchObject({
      error: { code: "DEADLINE_EXCEEDED", reason: "TIMED_OUT" },
    });
    expect(at.liveMachines()).toEqual([]);
  });
});

describe("sweep", () => {
  it(
    "terminates an orphan on its second pass, and reports in a dry run that it would",
    SLOW,
    async () => {
      await using at = await scene();
      const kept = spawned.parse(await at.cli.json(["spawn", "agent-dev", "--id", "kept"]));
      const lost = spawned.parse(await at.cli.json(["spawn", "agent-dev", "--id", "lost"]));
      loseMachine(at.cli, "lost");
      const counted = { scanned: 2, claimed: 1, skipped_scopes: [] };
      const orphan = { id: lost.machine.id, place: "us-east-1a" };
      const first = await at.cli.json(["sweep", "--grace", "0s"]);
      expect(first).toMatchObject({ ...counted, suspects: [orphan], terminated: [] });
      const early = await at.cli.json(["sweep"]);
      expect(early).toMatchObject({ ...counted, suspects: [orphan], terminated: [] });
      const dry = await at.cli.attempt(["sweep", "--grace", "0s", "--dry-run"]);
      expect(dry.stderr).toContain(
        `would terminate ${lost.machine.id} in us-east-1a: no live spawn`,
      );
      expect(at.liveMachines()).toHaveLength(2);
      const last = await at.cli.json(["sweep", "--grace", "0s"]);
      expect(last).toMatchObject({ ...counted, suspects: [], terminated: [orphan] });
      expect(Object.keys(z.object({}).loose().parse(last))).toEqual([
        "scanned",
        "claimed",
        "suspects",
        "terminated",
        "skipped_scopes",
      ]);
      expect(at.liveMachines()).toEqual([kept.machine.id]);
    },
  );

  it(
    "deletes what a machine left behind on its second pass, and not before its spawn has ended",
    SLOW,
    async () => {
      await using at = await scene();
      const { machine } = spawned.parse(await at.cli.json(["spawn", "agent-dev", "--id", "one"]));
      at.region.keepAttached(machine.id);
      expect(await at.cli.json(["sweep", "--grace", "0s"])).toMatchObject({ suspects: [] });
      await at.cli.json(["terminate", "one"]);
      await expect.poll(() => at.detached()).toHaveLength(2);
      const [volume = "", networkInterface = ""] = at.detached();
      const left = [
        { id: volume, kind: "volume", place: "us-east-1a" },
        { id: networkInterface, kind: "network-interface", place: "us-east-1a" },
      ];
      const nothing = { scanned: 0, claimed: 0, skipped_scopes: [] };
      const first = await at.cli.json(["sweep", "--grace", "0s"]);
      expect(first).toMatchObject({ ...nothing, suspects: left, terminated: [] });
      const dry = await at.cli.attempt(["sweep", "--grace", "0s", "--dry-run"]);
      expect(dry.stderr).toContain(`would delete the volume ${volume} in us-east-1a`);
      expect(at.detached()).toHaveLength(2);
      const last = await at.cli.json(["sweep", "--grace", "0s"]);
      expect(last).toMatchObject({ ...nothing, suspects: [], terminated: left });
      expect(at.detached()).toEqual([]);
    },
  );

  it("leaves the volumes alone that the placement keeps", SLOW, async () => {
    await using at = await scene();
    const devices = [{ device: "/dev/xvda", deleteOnTermination: false }];
    const imageId = at.region.addImage({ devices });
    await at.cli.run(["patch", "image", "agent-base", "--set", `aws.ami_ids.us-east-1=${imageId}`]);
    await at.cli.run(["patch", "placement", "ec2", "--set", "target.aws.keep_volumes=true"]);
    await at.cli.json(["spawn", "agent-dev", "--id", "one"]);
    await at.cli.json(["terminate", "one"]);
    await expect.poll(() => at.detached()).toHaveLength(1);
    for (let pass = 0; pass < 3; pass += 1)
      expect(await at.cli.json(["sweep", "--grace", "0s"])).toMatchObject({
        suspects: [],
        terminated: [],
      });
    expect(at.detached()).toHaveLength(1);
  });

  it(
    "terminates machines even if it may not list volumes, and exits with that error",
    SLOW,
    async () => {
      await using at = await scene();
      await at.cli.json(["spawn", "agent-dev", "--id", "lost"]);
      loseMachine(at.cli, "lost");
      at.ec2.deny("ec2:DescribeVolumes", ACCOUNT);
      await at.cli.attempt(["sweep", "--grace", "0s"]);
      const ran = await at.cli.attempt(["sweep", "--grace", "0s", "-o", "json"]);
      expect(ran.exitCode).toBe(5);
      expect(JSON.parse(ran.stdout)).toMatchObject({
        scanned: 1,
        terminated: [{ kind: "machine" }],
        skipped_scopes: [
          { scope: `aws ${ACCOUNT} us-east-1`, error: { code: "PERMISSION_DENIED" } },
        ],
      });
      expect(at.liveMachines()).toEqual([]);
    },
  );

  it("reports a volume that it may not delete, and keeps it as a suspect", SLOW, async () => {
    await using at = await scene();
    const { machine } = spawned.parse(await at.cli.json(["spawn", "agent-dev", "--id", "one"]));
    at.region.keepAttached(machine.id);
    await at.cli.json(["terminate", "one"]);
    await expect.poll(() => at.detached()).toHaveLength(2);
    at.ec2.deny("ec2:DeleteVolume", ACCOUNT);
    await at.cli.json(["sweep", "--grace", "0s"]);
    const ran = await at.cli.attempt(["sweep", "--grace", "0s", "-o", "json"]);
    expect(ran.exitCode).toBe(5);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      suspects: [{ kind: "volume" }],
      terminated: [{ kind: "network-interface" }],
      skipped_scopes: [{ error: { message: expect.stringContaining("ec2:DeleteVolume") } }],
    });
  });

  it("terminates nothing if it cannot list machines, and exits with that error", SLOW, async () => {
    await using at = await scene();
    await at.cli.json(["spawn", "agent-dev", "--id", "lost"]);
    loseMachine(at.cli, "lost");
    await at.cli.json(["sweep", "--grace", "0s"]);
    const denied = at.ec2.fault({
      kind: "error",
      code: "UnauthorizedOperation",
      action: "DescribeInstances",
    });
    const ran = await at.cli.attempt(["sweep", "--grace", "0s", "-o", "json"]);
    expect(ran.exitCode).toBe(5);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      scanned: 0,
      terminated: [],
      skipped_scopes: [{ scope: `aws ${ACCOUNT} us-east-1`, error: { code: "PERMISSION_DENIED" } }],
    });
    denied.remove();
    expect(at.liveMachines()).toHaveLength(1);
  });
});

describe("a machine that ended on its own", () => {
  it("is noticed by describe, by list --refresh and by watch", SLOW, async () => {
    await using at = await scene();
    for (const id of ["one", "two", "three"]) {
      const { machine } = spawned.parse(await at.cli.json(["spawn", "agent-dev", "--id", id]));
      const reason = { code: "Server.InternalError", message: "Internal error on launch" };
      at.region.endInstance(machine.id, reason);
    }
    expect(await at.cli.json(["list", "--all"])).toMatchObject([{ state: "running" }, {}, {}]);
    expect(await at.cli.json(["describe", "one"])).toMatchObject({ state: "terminated" });
    const watched = await at.cli.run(["watch", "two", "--until", "settled", "-o", "json"]);
    expect(JSON.parse(watched.trimEnd().split("\n").at(-1) ?? "")).toMatchObject({
      state: "terminated",
    });
    const states = z.array(z.object({ state: z.string() }));
    const listed = states.parse(await at.cli.json(["list", "--all", "--refresh"]));
    expect(listed.map(({ state }) => state)).toEqual(Array(3).fill("terminated"));
  });

  it("is shown as recorded, with a warning, if the provider is unreachable", SLOW, async () => {
    await using at = await scene();
    await at.cli.json(["spawn", "agent-dev", "--id", "one"]);
    await at.ec2.close();
    const ran = await at.cli.attempt(["describe", "one"]);
    expect(ran.exitCode).toBe(0);
    expect(ran.stdout).toContain("state: running\n");
    expect(ran.stderr).toContain("slipway: warning: showing recorded state, not live state: ");
    expect((await at.cli.attempt(["list", "--refresh"])).exitCode).toBe(7);
    expect((await at.cli.attempt(["sweep"])).exitCode).toBe(7);
  });
});

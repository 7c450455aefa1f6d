import { describe, expect, it } from "vitest";
import { z } from "zod";
import { startEc2 } from "../../testing/ec2/index.ts";
import type { Ec2Region, Ec2StandIn } from "../../testing/ec2/index.ts";
import { ec2Yard, setAll } from "./support/ec2-yard.ts";
import type { Ec2Yard } from "./support/ec2-yard.ts";

const ACCOUNT = "123456789012";
const SLOW = { timeout: 120_000 };
const spawned = z.object({ state: z.string(), machine: z.object({ id: z.string() }) });

interface Scene extends AsyncDisposable {
  readonly ec2: Ec2StandIn;
  readonly region: Ec2Region;
  readonly yard: Ec2Yard;
  /** Spawns `one` in a process that is sent the signal while its launch waits for the answer. */
  strike(signal: "SIGKILL" | "SIGINT"): ReturnType<Ec2Yard["runProcess"]>;
  launches(): number;
  living(): readonly string[];
}

/** The command line on the stand-in, with the records of a workspace. */
async function scene(): Promise<Scene> {
  const ec2 = await startEc2({ rates: "off", timing: { pendingMs: 20, endingMs: 20 } });
  const region = ec2.region("us-east-1", ACCOUNT);
  const subnetIds = [region.subnets["us-east-1a"] ?? ""];
  const groupId = region.securityGroupId;
  const place = { account: ACCOUNT, subnetIds, groupId, imageId: region.images.x86_64 };
  const yard = ec2Yard(ec2.url, place);
  await setAll(yard, place);
  return {
    ec2,
    region,
    yard,
    async strike(signal) {
      const launch = { action: "RunInstances", dryRun: false, times: 1 } as const;
      const slow = ec2.fault({ kind: "slow-reply", ...launch });
      const ran = await yard.runProcess(["spawn", "agent-dev", "--id", "one"], (child) => {
        void slow.reached.then(() => child.kill(signal));
      });
      slow.release();
      return ran;
    },
    launches: () =>
      ec2.requests.filter(({ action, isDryRun }) => action === "RunInstances" && !isDryRun).length,
    living: () =>
      region
        .instances()
        .filter(({ state }) => state === "pending" || state === "running")
        .map(({ id }) => id),
    async [Symbol.asyncDispose]() {
      yard[Symbol.dispose]();
      await ec2.close();
    },
  };
}

/** Forgets that a spawn has a machine, as a record that was written by hand or restored would. */
function forget({ catalog }: Ec2Yard, spawnId: string): void {
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
  using database = new DatabaseSync(catalog.database);
  database
    .prepare("UPDATE spawns SET state = 'terminated', driver = NULL WHERE spawn_id = ?")
    .run(spawnId);
}

describe("recover", () => {
  it("brings what a killed process left to its one machine, at once", SLOW, async () => {
    await using at = await scene();
    expect((await at.strike("SIGKILL")).signal).toBe("SIGKILL");
    const [machine] = at.living();
    expect(await at.yard.json(["list"])).toMatchObject([{ state: "launching", machine: null }]);
    const recovered = await at.yard.json(["recover"]);
    expect(recovered).toMatchObject([
      { spawn_id: "one", state: "running", machine: { id: machine } },
    ]);
    expect(await at.yard.json(["recover"])).toEqual([]);
    expect([at.launches(), at.living()]).toEqual([2, [machine]]);
    expect(await at.yard.json(["sweep", "--grace", "0s"])).toMatchObject({
      scanned: 1,
      claimed: 1,
      suspects: [],
    });
  });

  it("twice at once, beside a spawn of the same id, is one machine", SLOW, async () => {
    await using at = await scene();
    await at.strike("SIGKILL");
    const ran = await Promise.all([
      at.yard.runProcess(["recover", "-o", "json"]),
      at.yard.runProcess(["recover", "-o", "json"]),
      at.yard.runProcess(["spawn", "agent-dev", "--id", "one", "-o", "json"]),
    ]);
    expect(ran.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
    expect(at.living()).toHaveLength(1);
    const { machine } = spawned.parse(await at.yard.json(["describe", "one"]));
    expect(at.living()).toEqual([machine.id]);
  });

  it("finishes a spawn that was interrupted", SLOW, async () => {
    await using at = await scene();
    const ran = await at.strike("SIGINT");
    expect(ran).toMatchObject({ exitCode: 130, stdout: "" });
    expect(ran.stderr).toContain("slipway spawn agent-dev --id one");
    expect(ran.stderr).toContain("slipway terminate one");
    expect(ran.stderr).not.toContain("again within");
    expect(await at.yard.json(["recover"])).toMatchObject([{ state: "running" }]);
    expect(at.living()).toHaveLength(1);
  });
});

describe("spawn --timeout", () => {
  it("terminates what was launched when its time is over", SLOW, async () => {
    await using at = await scene();
    at.ec2.fault({ kind: "error", code: "InternalError", action: "DescribeInstances", skip: 0 });
    const argv = ["spawn", "agent-dev", "--id", "one", "--timeout", "4s", "-o", "json"];
    const ran = await at.yard.attempt(argv);
    expect(ran.exitCode).toBe(7);
    expect(JSON.parse(ran.stderr)).toMatchObject({
      error: { code: "DEADLINE_EXCEEDED", reason: "TIMED_OUT" },
    });
    expect(at.living()).toEqual([]);
  });
});

describe("sweep", () => {
  it(
    "terminates an orphan by its second pass, and tells before what it would do",
    SLOW,
    async () => {
      await using at = await scene();
      const kept = spawned.parse(await at.yard.json(["spawn", "agent-dev", "--id", "kept"]));
      const lost = spawned.parse(await at.yard.json(["spawn", "agent-dev", "--id", "lost"]));
      forget(at.yard, "lost");
      const counted = { scanned: 2, claimed: 1, skipped_scopes: [] };
      const orphan = { id: lost.machine.id, place: "us-east-1a" };
      const first = await at.yard.json(["sweep", "--grace", "0s"]);
      expect(first).toMatchObject({ ...counted, suspects: [orphan], terminated: [] });
      const early = await at.yard.json(["sweep"]);
      expect(early).toMatchObject({ ...counted, suspects: [orphan], terminated: [] });
      const dry = await at.yard.attempt(["sweep", "--grace", "0s", "--dry-run"]);
      expect(dry.stderr).toContain(
        `would terminate ${lost.machine.id} in us-east-1a: no live spawn`,
      );
      expect(at.living()).toHaveLength(2);
      const last = await at.yard.json(["sweep", "--grace", "0s"]);
      expect(last).toMatchObject({ ...counted, suspects: [], terminated: [orphan] });
      expect(Object.keys(z.object({}).loose().parse(last))).toEqual([
        "scanned",
        "claimed",
        "suspects",
        "terminated",
        "skipped_scopes",
      ]);
      expect(at.living()).toEqual([kept.machine.id]);
    },
  );

  it("ends nothing where it cannot list, and leaves with that error", SLOW, async () => {
    await using at = await scene();
    await at.yard.json(["spawn", "agent-dev", "--id", "lost"]);
    forget(at.yard, "lost");
    await at.yard.json(["sweep", "--grace", "0s"]);
    const denied = at.ec2.fault({
      kind: "error",
      code: "UnauthorizedOperation",
      action: "DescribeInstances",
    });
    const ran = await at.yard.attempt(["sweep", "--grace", "0s", "-o", "json"]);
    expect(ran.exitCode).toBe(5);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      scanned: 0,
      terminated: [],
      skipped_scopes: [{ scope: `aws ${ACCOUNT} us-east-1`, error: { code: "PERMISSION_DENIED" } }],
    });
    denied.remove();
    expect(at.living()).toHaveLength(1);
  });
});

describe("a machine that ended by itself", () => {
  it("is seen by describe, by list --refresh and by watch", SLOW, async () => {
    await using at = await scene();
    for (const id of ["one", "two", "three"]) {
      const { machine } = spawned.parse(await at.yard.json(["spawn", "agent-dev", "--id", id]));
      const reason = { code: "Server.InternalError", message: "Internal error on launch" };
      at.region.endInstance(machine.id, reason);
    }
    expect(await at.yard.json(["list"])).toMatchObject([{ state: "running" }, {}, {}]);
    expect(await at.yard.json(["describe", "one"])).toMatchObject({ state: "terminated" });
    const watched = await at.yard.run(["watch", "two", "-o", "json"]);
    expect(JSON.parse(watched.trimEnd().split("\n").at(-1) ?? "")).toMatchObject({
      state: "terminated",
    });
    const states = z.array(z.object({ state: z.string() }));
    const listed = states.parse(await at.yard.json(["list", "--refresh"]));
    expect(listed.map(({ state }) => state)).toEqual(Array(3).fill("terminated"));
  });

  it("is shown as recorded, with a warning, where nobody can be asked", SLOW, async () => {
    await using at = await scene();
    await at.yard.json(["spawn", "agent-dev", "--id", "one"]);
    await at.ec2.close();
    const ran = await at.yard.attempt(["describe", "one"]);
    expect(ran.exitCode).toBe(0);
    expect(ran.stdout).toContain("state: running\n");
    expect(ran.stderr).toContain("slipway: warning: showing recorded state, not live state: ");
    expect((await at.yard.attempt(["list", "--refresh"])).exitCode).toBe(7);
    expect((await at.yard.attempt(["sweep"])).exitCode).toBe(7);
  });
});

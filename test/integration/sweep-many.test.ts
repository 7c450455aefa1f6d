import { join } from "node:path";
import { expect, it } from "vitest";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { LEDGER_MIGRATIONS } from "../../src/ledger/ledger-schema.ts";
import { spawnMachine } from "../../src/ledger/spawn-record.ts";
import { createSqliteLedger } from "../../src/ledger/sqlite-ledger.ts";
import { sweep } from "../../src/spawner/sweep.ts";
import { openDatabase } from "../../src/storage/database.ts";
import { NO_INPUT } from "../../src/substrate/contract.ts";
import type { Launch } from "../../src/substrate/contract.ts";
import { ec2Launch, ec2Plan, ec2World } from "../support/ec2-launch.ts";
import type { Ec2World } from "../support/ec2-launch.ts";
import { scratchFolder } from "../support/scratch.ts";

const LAUNCHES = 10;
/** Ten thousand machines in all where every server is there to be tried; else enough for several pages. */
const A_LAUNCH = process.env["CI"] === undefined ? 250 : 1_000;
const GRACE = 900_000;
const AT = "2026-01-01T00:00:00.000Z";
const { signal } = new AbortController();

/** A launch of so many in one zone; a zone's subnet has room for four thousand. */
function launchOf({ region }: Ec2World, name: string, zone: number, count: number): Launch {
  const [place = "", subnet = ""] = Object.entries(region.subnets)[zone] ?? [];
  const candidates = [{ place, subnet, verdict: "eligible", reason: null }] as const;
  return ec2Launch(ec2Plan(region, { plan: { candidates } }), name, { count });
}

async function launched(world: Ec2World, launch: Launch, owner: string, launchId?: string) {
  const ownership = { ...launch.ownership, owner, ...(launchId === undefined ? {} : { launchId }) };
  const outcomes = await world.adapter.launch({ ...launch, ownership }, signal);
  return outcomes.map((one) => {
    if (one.outcome === "accepted") return one.machine;
    throw new Error(`a launch is ${one.outcome}`, { cause: one.error });
  });
}

/** Records the intent of a launch, as its spawner does. */
async function begun(ledger: Ledger, { plan, token, members }: Launch) {
  const { tenant, candidates } = plan;
  const result = await ledger.begin(
    members.map(({ spawnId }, member) => ({
      tenant,
      spawnId,
      plan,
      own: NO_INPUT,
      at: AT,
      worker: "worker-1",
      leaseUntil: 0,
      launch: { candidate: 0, place: candidates[0]?.place ?? "", machineType: null, token, member },
    })),
    null,
  );
  if (!result.created) throw new Error("the spawns are there already");
  return result.driven;
}

/** Thousands of spawns that run, and one whose launch has not been answered. */
async function populate(ledger: Ledger, world: Ec2World): Promise<readonly string[]> {
  const owner = await ledger.owner();
  const claimed: string[] = [];
  for (let number = 0; number < LAUNCHES; number += 1) {
    const launch = launchOf(world, `batch-${number}`, number % 5, A_LAUNCH);
    const driven = await begun(ledger, launch);
    const machines = await launched(world, launch, owner);
    const steps = driven.flatMap((before, member) => {
      const machine = machines[member];
      const { tenant, spawnId } = before.spawn;
      const answer = { outcome: "accepted", reason: null } as const;
      const step = { to: "running", message: "running", at: AT, lease: "release" } as const;
      return machine === undefined
        ? []
        : [{ ...step, tenant, spawnId, before, answer, machine: spawnMachine(machine) }];
    });
    await ledger.take(steps, null);
    claimed.push(...machines.map(({ id }) => id));
  }
  const unanswered = launchOf(world, "unanswered", 5, 1);
  await begun(ledger, unanswered);
  const [machine] = await launched(world, unanswered, owner);
  return [...claimed, machine?.id ?? ""];
}

/** A late twin of a running machine, and the machine of a spawn that was recorded as failed. */
async function orphans(ledger: Ledger, world: Ec2World): Promise<readonly string[]> {
  const owner = await ledger.owner();
  const failed = launchOf(world, "failed", 5, 1);
  const [before] = await begun(ledger, failed);
  if (before === undefined) throw new Error("nothing was begun");
  const { tenant, spawnId } = before.spawn;
  const answer = { outcome: "rejected", reason: "QUOTA_EXCEEDED" } as const;
  const step = { to: "failed", message: "failed", at: AT, lease: "release" } as const;
  await ledger.take([{ ...step, tenant, spawnId, before, answer }], null);
  const original = launchOf(world, "batch-0", 0, A_LAUNCH);
  const twin = { ...launchOf(world, "twin", 5, 1), members: original.members.slice(0, 1) };
  const machines = [
    ...(await launched(world, failed, owner)),
    ...(await launched(world, twin, owner, original.ownership.launchId)),
  ];
  return machines.map(({ id }) => id);
}

it("finds two orphans among thousands of machines, and ends nothing else", async () => {
  using folder = scratchFolder();
  const path = join(folder.path, "slipway.db");
  const ledger = createSqliteLedger(
    await openDatabase({ path, migrations: { ledger: LEDGER_MIGRATIONS } }),
  );
  await using world = await ec2World({ regions: { "us-east-1": "abcdef" } });
  const claimed = await populate(ledger, world);
  const strangers = await launched(world, launchOf(world, "stranger", 5, 500), "ledger-2");
  const lost = new Set(await orphans(ledger, world));
  const { clock } = world;
  // Long after the launches, and by a process that made none of them.
  await clock.advance(3_600_000);
  const reader = world.open();
  const pass = () =>
    sweep(
      { ledger, clock, openAdapter: () => Promise.resolve(reader) },
      { targets: [], grace: GRACE, dryRun: false, signal },
    );
  const liveIds = () =>
    new Set(world.region.instances().flatMap(({ id, state }) => (state === "running" ? [id] : [])));
  const all = new Set([...claimed, ...strangers.map(({ id }) => id), ...lost]);

  world.ec2.fault({ kind: "throttle", action: "DescribeInstances", skip: 1, times: 1 });
  const first = await pass();
  expect(first).toMatchObject({ scanned: all.size - 500, claimed: claimed.length });
  expect(new Set(first.suspects.map(({ id }) => id))).toEqual(lost);
  expect([first.terminated, first.skippedScopes]).toEqual([[], []]);

  await clock.advance(GRACE);
  const cut = world.ec2.fault({ kind: "malformed-reply", action: "DescribeInstances", skip: 1 });
  const second = await pass();
  expect(second).toMatchObject({ scanned: 0, suspects: [], terminated: [] });
  expect(second.skippedScopes.map(({ error }) => error.code)).toEqual(["UNAVAILABLE"]);
  expect(liveIds()).toEqual(all);
  cut.remove();

  const third = await pass();
  expect(new Set(third.terminated.map(({ id }) => id))).toEqual(lost);
  expect([third.suspects, third.skippedScopes]).toEqual([[], []]);
  expect(liveIds()).toEqual(all.difference(lost));
  expect(world.sent("TerminateInstances")).toHaveLength(1);
  await ledger.close();
}, 300_000);

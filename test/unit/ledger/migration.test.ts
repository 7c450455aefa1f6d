import { join } from "node:path";
import { expect, it } from "vitest";
import { toSnakeCase } from "../../../src/json/field-case.ts";
import { LEDGER_MIGRATIONS } from "../../../src/ledger/ledger-schema.ts";
import { createSqliteLedger } from "../../../src/ledger/sqlite-ledger.ts";
import { openDatabase } from "../../../src/storage/database.ts";
import { NO_INPUT } from "../../../src/substrate/contract.ts";
import { samplePlan } from "../../support/sample-plan.ts";
import { scratchFolder } from "../../support/scratch.ts";

const AT = "2026-11-22T04:00:00.000Z";
const KEY = { tenant: "default", spawnId: "old" };
const CONTAINER = "c".repeat(64);

/** A file as the version before inputs wrote it, with one running spawn. */
async function oldFile(path: string): Promise<void> {
  const migrations = { ledger: LEDGER_MIGRATIONS.slice(0, 2) };
  await using database = await openDatabase({ path, migrations });
  const plan = samplePlan();
  const machine = {
    id: CONTAINER,
    place: "engine-1",
    architecture: "amd64",
    addresses: { private: null, public: null },
    ports: [],
  };
  await database.write((connection) => {
    connection.run("INSERT INTO ledger (only, owner) VALUES (1, 'owner-1')");
    connection.run("INSERT INTO plans VALUES ('hash', ?)", JSON.stringify(toSnakeCase(plan)));
    connection.run(
      `INSERT INTO spawns (number, tenant, spawn_id, workspace, state, plan_id, plan_hash,
         substrate, machine, lease_until, fence, created_at, updated_at)
       VALUES (1, 'default', 'old', ?, 'running', ?, 'hash', 'DOCKER', ?, 0, 1, ?, ?)`,
      plan.workspace,
      plan.planId,
      JSON.stringify(machine),
      AT,
      AT,
    );
    connection.run(
      `INSERT INTO launches (spawn, attempt, candidate, place, token, member, at, outcome)
       VALUES (1, 1, 0, 'engine-1', ?, 3, ?, 'accepted')`,
      "a".repeat(64),
      AT,
    );
  });
}

it("a file of an earlier version keeps its spawns, and takes new ones with input", async () => {
  using folder = scratchFolder();
  const path = join(folder.path, "slipway.db");
  await oldFile(path);
  await using database = await openDatabase({ path, migrations: { ledger: LEDGER_MIGRATIONS } });
  const ledger = createSqliteLedger(database);
  expect(await ledger.owner()).toBe("owner-1");
  expect((await ledger.find(KEY))?.spawn).toMatchObject({
    ...NO_INPUT,
    state: "running",
    launch: { token: "a".repeat(64), index: 3 },
    attempts: [{ index: 3, outcome: "accepted" }],
  });
  expect((await ledger.findByMachine("default", CONTAINER))?.spawnId).toBe("old");
  expect(await ledger.members("a".repeat(64))).toEqual([{ spawnId: "old", ...NO_INPUT }]);
  const own = { env: { A: "1" }, labels: { task: "7" }, input: { prompt: "go" } };
  const launch = {
    candidate: 0,
    place: "engine-1",
    machineType: null,
    token: "b".repeat(64),
    member: 0,
  };
  const plan = samplePlan();
  const spawn = { ...KEY, spawnId: "new", plan, own, launch, worker: "w", leaseUntil: 0, at: AT };
  expect(await ledger.begin([spawn], null)).toMatchObject({ created: true });
  expect(await ledger.list("default", { labels: { task: "7" } })).toMatchObject([
    { spawnId: "new", ...own },
  ]);
});

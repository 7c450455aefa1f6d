import { join } from "node:path";
import { expect, it } from "vitest";
import { LEDGER_MIGRATIONS } from "../../../src/ledger/ledger-schema.ts";
import { createSqliteLedger } from "../../../src/ledger/sqlite-ledger.ts";
import { openDatabase } from "../../../src/storage/database.ts";
import { finishProcess, startProcess } from "../../support/processes.ts";
import { scratchFolder } from "../../support/scratch.ts";

const CLAIMER = join(import.meta.dirname, "../../support/spawner/claimer-process.ts");
const PROCESSES = 8;
const SPAWNS = 5;
const ROUNDS = 2;

interface Report {
  readonly owner: string;
  readonly begun: readonly string[];
  readonly claims: readonly string[];
  readonly steps: readonly string[];
}

async function finish(claimer: ReturnType<typeof startProcess>): Promise<Report> {
  const { exitCode, output, errors } = await finishProcess(claimer);
  expect(errors).toBe("");
  expect(exitCode).toBe(0);
  return JSON.parse(output);
}

it("eight processes on one ledger get each spawn and each lease once", async () => {
  using folder = scratchFolder();
  const path = join(folder.path, "slipway.db");
  const claimers = Array.from({ length: PROCESSES }, (_, index) =>
    startProcess(CLAIMER, path, `worker-${index}`, String(SPAWNS), String(ROUNDS)),
  );
  await Promise.all(claimers.map(({ ready }) => ready));
  const reports = await Promise.all(claimers.map(finish));

  expect(new Set(reports.map(({ owner }) => owner)).size).toBe(1);
  const spawns = Array.from({ length: SPAWNS }, (_, index) => `spawn-${index}`);
  expect(reports.flatMap(({ begun }) => begun).toSorted()).toEqual(spawns.toSorted());
  const claims = reports.flatMap((report) => report.claims);
  expect(new Set(claims).size).toBe(claims.length);
  expect(claims.length).toBeGreaterThanOrEqual(SPAWNS * ROUNDS);

  // Confirmed steps are recorded, and refused ones are not.
  const database = await openDatabase({ path, migrations: { ledger: LEDGER_MIGRATIONS } });
  const ledger = createSqliteLedger(database);
  const events = await ledger.events("default", 0, []);
  const recorded = events.filter(({ message }) => message.startsWith("worker-"));
  expect(recorded.map(({ spawnId, message }) => `${spawnId}/${message}`).toSorted()).toEqual(
    reports.flatMap(({ steps }) => steps).toSorted(),
  );
  for (const spawnId of spawns) {
    const fences = claims.filter((claim) => claim.startsWith(`${spawnId}/`)).length;
    expect((await ledger.find({ tenant: "default", spawnId }))?.lease.fence).toBe(fences + 1);
  }
  await ledger.close();
}, 60_000);

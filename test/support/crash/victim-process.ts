/**
 * Spawns and terminates one machine, and kills itself with SIGKILL at the given crash point. It prints each point that it
 * reaches as a line. Arguments: the database, the workspace, the spawn id, the 1-based number of the point (0: none).
 */
import { writeSync } from "node:fs";
import process from "node:process";
import { cacheAdapters } from "../../../src/slipway/adapter-cache.ts";
import { CATALOG_MIGRATIONS } from "../../../src/catalog/store/sqlite-store.ts";
import { createSlipway } from "../../../src/slipway/create-slipway.ts";
import { openSubstrate } from "../../../src/slipway/open-adapter.ts";
import { processEnvironment } from "../../../src/host/environment.ts";
import { LEDGER_MIGRATIONS } from "../../../src/ledger/ledger-schema.ts";
import { createSqliteLedger } from "../../../src/ledger/sqlite-ledger.ts";
import { openDatabase } from "../../../src/storage/database.ts";
import { systemClock } from "../../../src/host/system-clock.ts";
import { createCrashPoints } from "../../../testing/crash-points.ts";
import { crashInput } from "./crash-input.ts";

const [database = "", workspace = "", spawnId = "", at = "0"] = process.argv.slice(2);
let reached = 0;
const points = createCrashPoints(async (point) => {
  reached += 1;
  writeSync(1, `${point}\n`);
  if (reached !== Number(at)) return;
  process.kill(process.pid, "SIGKILL");
  await new Promise(() => undefined);
});

const file = await openDatabase({
  path: database,
  migrations: { catalog: CATALOG_MIGRATIONS, ledger: LEDGER_MIGRATIONS },
});
const adapters = cacheAdapters(async (target) =>
  points.adapter(await openSubstrate(target, processEnvironment(), { clock: systemClock })),
);
const slipway = await createSlipway({
  database,
  ports: { ledger: points.ledger(createSqliteLedger(file)), openAdapter: adapters.openAdapter },
});
await slipway.spawnWorkspace(workspace, { spawnId, ...crashInput(spawnId) });
await slipway.terminateSpawn(spawnId);
await adapters.close();
await slipway[Symbol.asyncDispose]();
await file.close();

/**
 * Spawns many machines at once, and kills itself with SIGKILL when it reaches a crash point for the n-th time.
 * Arguments: the database, the workspace, the prefix of the spawn ids, the number of spawns, the point (`-`: none) and n.
 * It prints a line when it is ready, waits for a line, and prints the number of failed spawns.
 */
import { once } from "node:events";
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

const [database = "", workspace = "", prefix = "", count = "0", at = "-", nth = "1"] =
  process.argv.slice(2);
let reached = 0;
const points = createCrashPoints(async (point) => {
  if (point !== at) return;
  reached += 1;
  if (reached !== Number(nth)) return;
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
  ports:
    at === "-"
      ? {}
      : { ledger: points.ledger(createSqliteLedger(file)), openAdapter: adapters.openAdapter },
});
process.stdout.write("ready: ");
await once(process.stdin, "data");
process.stdin.destroy();
const results = await slipway.spawnWorkspaces(
  Array.from({ length: Number(count) }, (_, index) => ({
    workspace,
    spawnId: `${prefix}-${index}`,
    ...crashInput(`${prefix}-${index}`),
  })),
);
process.stdout.write(`${results.filter(({ error }) => error !== null).length} failed\n`);
await adapters.close();
await slipway[Symbol.asyncDispose]();
await file.close();

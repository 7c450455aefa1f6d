import { join } from "node:path";
import { createMemoryStore } from "../../src/catalog/store/memory-store.ts";
import { CATALOG_MIGRATIONS, createSqliteStore } from "../../src/catalog/store/sqlite-store.ts";
import { NO_MACHINES } from "../../src/catalog/tables.ts";
import type { LiveMachines, RecordId } from "../../src/catalog/tables.ts";
import { openDatabase } from "../../src/storage/database.ts";
import { scratchFolder } from "../support/scratch.ts";
import { describeCatalogStore } from "./catalog-store/suite.ts";

function machinesOf(machines: ReadonlyMap<string, LiveMachines>, { kind, name }: RecordId) {
  return machines.get(`${kind} ${name}`) ?? NO_MACHINES;
}

describeCatalogStore("in memory", async () => {
  const machines = new Map<string, LiveMachines>();
  return {
    machines,
    store: createMemoryStore((id) => machinesOf(machines, id)),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
});

describeCatalogStore("SQLite", async () => {
  const folder = scratchFolder();
  const database = await openDatabase({
    path: join(folder.path, "slipway.db"),
    migrations: { catalog: CATALOG_MIGRATIONS },
  });
  const machines = new Map<string, LiveMachines>();
  return {
    machines,
    store: createSqliteStore(database, (_connection, id) => machinesOf(machines, id)),
    [Symbol.asyncDispose]: async () => {
      await database.close();
      folder[Symbol.dispose]();
    },
  };
});

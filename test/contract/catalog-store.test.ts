import { join } from "node:path";
import { createMemoryStore } from "../../src/catalog/store/memory-store.ts";
import { CATALOG_MIGRATIONS, createSqliteStore } from "../../src/catalog/store/sqlite-store.ts";
import { openDatabase } from "../../src/storage/database.ts";
import { scratchFolder } from "../support/scratch.ts";
import { describeCatalogStore } from "./catalog-store/suite.ts";

describeCatalogStore("in memory", async () => ({
  store: createMemoryStore(),
  [Symbol.asyncDispose]: () => Promise.resolve(),
}));

describeCatalogStore("SQLite", async () => {
  const folder = scratchFolder();
  const database = await openDatabase({
    path: join(folder.path, "slipway.db"),
    migrations: { catalog: CATALOG_MIGRATIONS },
  });
  return {
    store: createSqliteStore(database),
    [Symbol.asyncDispose]: async () => {
      await database.close();
      folder[Symbol.dispose]();
    },
  };
});

/**
 * One of several processes that write one catalog concurrently, starting from nothing: database, key and records are all
 * new. Arguments: folder, number of this process, number of writes. It begins when it receives a line on standard input.
 */
import { once } from "node:events";
import { join } from "node:path";
import { createCatalog } from "../../../src/catalog/create-catalog.ts";
import { CATALOG_MIGRATIONS, createSqliteStore } from "../../../src/catalog/store/sqlite-store.ts";
import { keyFile } from "../../../src/secrets/key-file.ts";
import { createSealedStore } from "../../../src/secrets/sealed-store.ts";
import { SecretValue } from "../../../src/secret-value.ts";
import { openDatabase } from "../../../src/storage/database.ts";
import { systemClock } from "../../../src/host/system-clock.ts";

const [folder = "", number = "", writes = "0"] = process.argv.slice(2);
process.stdout.write("ready\n");
await once(process.stdin, "data");

await using database = await openDatabase({
  path: join(folder, "slipway.db"),
  migrations: { catalog: CATALOG_MIGRATIONS },
});
const store = createSqliteStore(database);
const secrets = createSealedStore(store, keyFile(join(folder, "slipway.key")));
const catalog = createCatalog({
  store,
  secrets,
  clock: systemClock,
  tenant: "default",
  actor: `process ${number}`,
});
await catalog.setSecret(`TOKEN_${number}`, new SecretValue(`value ${number}`));
for (let write = 0; write < Number(writes); write += 1) {
  await catalog.set("image", {
    name: "shared",
    architecture: "ARCHITECTURE_AMD64",
    docker: { imageRef: `ghcr.io/acme/agent:${number}-${write}` },
  });
}
process.stdin.destroy();

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CatalogKind, CatalogKinds } from "../src/catalog/kinds.ts";
import {
  CATALOG_MIGRATIONS,
  createSqliteStore,
  sqliteTransactions,
} from "../src/catalog/sqlite-store.ts";
import type { CatalogStore } from "../src/catalog/store.ts";
import { setRecord } from "../src/catalog/transitions.ts";
import { resolve } from "../src/resolver/resolve.ts";
import { openDatabase } from "../src/storage/database.ts";
import type { Database } from "../src/storage/database.ts";
import { pair } from "./figure.ts";
import type { Benchmark } from "./figure.ts";

const IMAGES = 100_000;
/** Records in one transaction while the catalog is filled. */
const BATCH = 1000;
const RUNS = 30;
/** One call takes less than a timer can tell from noise. */
const CALLS = 100;
const TENANT = "default";

/** What a large catalog costs against one that holds the same workspace and nothing else. */
export const benchmark: Benchmark = {
  name: "catalog",
  async run() {
    const folder = await mkdtemp(join(tmpdir(), "slipway-bench-"));
    await using large = await openCatalog(join(folder, "large.db"), IMAGES);
    await using small = await openCatalog(join(folder, "small.db"), 0);
    try {
      const measure = (name: string, call: (store: CatalogStore) => Promise<unknown>) =>
        pair({
          name: `${name} in a catalog of ${IMAGES} images / in an empty one`,
          target: 1.5,
          runs: RUNS,
          ours: () => repeat(() => call(large.store)),
          theirs: () => repeat(() => call(small.store)),
        });
      return [
        await measure("get", (store) => store.get(TENANT, "image", "agent-base")),
        await measure("resolve, pure part,", resolveOffline),
      ];
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function openCatalog(path: string, images: number) {
  const database = await openDatabase({ path, migrations: { catalog: CATALOG_MIGRATIONS } });
  await fill(database, "image", [image("agent-base")]);
  await fill(database, "placement", [
    { name: "here", substrate: "DOCKER", target: { docker: {} } },
  ]);
  await fill(database, "workspace", [
    { name: "agent-dev", imageRef: "agent-base", placement: "here" },
  ]);
  for (let first = 0; first < images; first += BATCH) {
    const names = Array.from({ length: BATCH }, (_, index) => `image-${first + index}`);
    await fill(database, "image", names.map(image));
  }
  return {
    store: createSqliteStore(database),
    [Symbol.asyncDispose]: () => database.close(),
  };
}

async function fill<K extends CatalogKind>(
  database: Database,
  kind: K,
  records: readonly CatalogKinds[K][],
): Promise<void> {
  await sqliteTransactions(database).write((tables) => {
    for (const fields of records)
      setRecord(tables, {
        tenant: TENANT,
        kind,
        fields,
        at: "2026-11-22T04:00:00.000Z",
        by: "bench",
      });
  });
}

function image(name: string): CatalogKinds["image"] {
  return {
    name,
    architecture: "ARCHITECTURE_AMD64",
    docker: { imageRef: `ghcr.io/acme/${name}:1` },
  };
}

async function resolveOffline(store: CatalogStore): Promise<unknown> {
  return await resolve(
    {
      linkedRecords: (name) => store.linked(TENANT, { kind: "workspace", name }),
      clock: { now: () => 0, sleep: () => Promise.resolve() },
      openAdapter: () => Promise.reject(new Error("nothing is asked of a provider offline")),
      findCredential: () => Promise.resolve(null),
    },
    {
      workspace: "agent-dev",
      tenant: TENANT,
      offline: true,
      signal: new AbortController().signal,
    },
  );
}

async function repeat(call: () => Promise<unknown>): Promise<void> {
  for (let count = 0; count < CALLS; count += 1) await call();
}

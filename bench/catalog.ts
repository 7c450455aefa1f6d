import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CATALOG_MIGRATIONS, sqliteTransactions } from "../src/catalog/store/sqlite-store.ts";
import { setRecord } from "../src/catalog/store/transitions.ts";
import { createSlipway } from "../src/slipway/create-slipway.ts";
import type { Slipway } from "../src/slipway/slipway.ts";
import { openDatabase } from "../src/storage/database.ts";
import type { Benchmark } from "./figure.ts";
import { pair } from "./figure.ts";

const IMAGES = 100_000;
const MANY = IMAGES.toLocaleString("en-US");
/** Reads per measurement: a single one is too short to measure. */
const READS = 200;

/** Reading and resolving in a full catalog against an empty one. */
export const benchmark: Benchmark = {
  name: "catalog",
  async run() {
    const folder = await mkdtemp(join(tmpdir(), "slipway-bench-"));
    const [fullPath, emptyPath] = [join(folder, "full.db"), join(folder, "empty.db")];
    try {
      await using full = await openCatalog(fullPath);
      await using empty = await openCatalog(emptyPath);
      await fill(fullPath);
      return [
        await pair({
          name: `get in a catalog of ${MANY} images / in an empty one`,
          target: 1.5,
          runs: 30,
          ours: () => repeat(() => full.catalog.get("image", "agent")),
          theirs: () => repeat(() => empty.catalog.get("image", "agent")),
        }),
        await pair({
          name: `resolve --offline in a catalog of ${MANY} images / in an empty one`,
          target: 1.5,
          runs: 30,
          ours: () => repeat(() => full.resolveWorkspace("agent-dev", { offline: true })),
          theirs: () => repeat(() => empty.resolveWorkspace("agent-dev", { offline: true })),
        }),
      ];
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};

async function repeat(read: () => Promise<unknown>): Promise<void> {
  for (let count = 0; count < READS; count += 1) await read();
}

async function openCatalog(database: string): Promise<Slipway> {
  const slipway = await createSlipway({ database });
  await slipway.catalog.set("image", imageFields("agent"));
  await slipway.catalog.set("placement", {
    name: "here",
    substrate: "DOCKER",
    target: { docker: {} },
  });
  await slipway.catalog.set("workspace", {
    name: "agent-dev",
    imageRef: "agent",
    placement: "here",
  });
  return slipway;
}

function imageFields(name: string) {
  return {
    name,
    architecture: "ARCHITECTURE_AMD64" as const,
    docker: { imageRef: `registry.example/agents/${name}:v1` },
  };
}

/** Fills the catalog in one transaction: a hundred thousand transactions would measure the disk. */
async function fill(path: string): Promise<void> {
  await using database = await openDatabase({ path, migrations: { catalog: CATALOG_MIGRATIONS } });
  const terms = { tenant: "default", at: "2026-11-22T04:00:00.000Z", by: "bench" };
  await sqliteTransactions(database).write((tables) => {
    for (let index = 0; index < IMAGES; index += 1)
      setRecord(tables, { ...terms, kind: "image", fields: imageFields(`image-${index}`) });
  });
}

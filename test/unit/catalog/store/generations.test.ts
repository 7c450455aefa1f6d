import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  CATALOG_MIGRATIONS,
  createSqliteStore,
} from "../../../../src/catalog/store/sqlite-store.ts";
import { createTableStore } from "../../../../src/catalog/store/table-store.ts";
import type { CatalogReading, RecordKey } from "../../../../src/catalog/tables.ts";
import { openDatabase } from "../../../../src/storage/database.ts";
import { dockerImage } from "../../../support/catalog/records.ts";
import { scratchFolder } from "../../../support/scratch.ts";

const KEYS: readonly RecordKey[] = [{ kind: "image", name: "a" }];

/** A store over tables that only report every record's generation, at once or when the test releases the read. */
function scriptedStore() {
  const script = { version: "1", generation: 1, reads: 0, hold: Promise.resolve() };
  const unexpected = (): never => {
    throw new Error("not asked for");
  };
  const tables: CatalogReading = {
    generation: () => script.generation,
    find: unexpected,
    has: unexpected,
    page: unexpected,
    history: unexpected,
    lastGeneration: unexpected,
    referrers: unexpected,
    liveMachines: unexpected,
    findSealed: unexpected,
    sealingKeys: unexpected,
    sealedWith: unexpected,
  };
  const store = createTableStore({
    version: async () => await Promise.resolve(script.version),
    async read(work) {
      script.reads += 1;
      const read = work(tables);
      await script.hold;
      return read;
    },
    write: unexpected,
  });
  return { script, store };
}

describe("the generations of records", () => {
  it("are read once until the next write", async () => {
    const { script, store } = scriptedStore();
    for (let time = 0; time < 3; time += 1)
      expect(await store.generations("acme", KEYS)).toEqual([1]);
    expect(script.reads).toBe(1);
    script.version = "2";
    script.generation = 2;
    expect(await store.generations("acme", KEYS)).toEqual([2]);
  });

  it("are cached separately for each tenant and each list", async () => {
    const { script, store } = scriptedStore();
    await store.generations("acme", KEYS);
    script.generation = 7;
    expect(await store.generations("other", KEYS)).toEqual([7]);
    expect(await store.generations("acme", [...KEYS, ...KEYS])).toEqual([7, 7]);
    expect(await store.generations("acme", KEYS)).toEqual([1]);
  });

  it("are not cached if a write came while they were read", async () => {
    const { script, store } = scriptedStore();
    const held = Promise.withResolvers<void>();
    script.hold = held.promise;
    const early = store.generations("acme", KEYS);
    await Promise.resolve();
    await Promise.resolve();
    expect(script.reads).toBe(1);
    script.version = "2";
    script.generation = 2;
    script.hold = Promise.resolve();
    expect(await store.generations("acme", [])).toEqual([]);
    held.resolve();
    expect(await early).toEqual([1]);
    expect(await store.generations("acme", KEYS)).toEqual([2]);
  });

  it("are cached for a limited number of plans", async () => {
    const { script, store } = scriptedStore();
    for (let name = 0; name < 1_001; name += 1)
      await store.generations("acme", [{ kind: "image", name: `n${name}` }]);
    expect(script.reads).toBe(1_001);
    await store.generations("acme", [{ kind: "image", name: "n0" }]);
    expect(script.reads).toBe(1_002);
  });

  it("reflect the writes of other stores and other processes", async () => {
    using folder = scratchFolder();
    const file = {
      path: join(folder.path, "slipway.db"),
      migrations: { catalog: CATALOG_MIGRATIONS },
    };
    await using own = await openDatabase(file);
    await using others = await openDatabase(file);
    const store = createSqliteStore(own);
    const elsewhere = createSqliteStore(others);
    const write = {
      kind: "image",
      tenant: "acme",
      at: "2026-01-01T00:00:00.000Z",
      by: "ada",
    } as const;
    const told: unknown[] = [await store.generations("acme", KEYS)];
    const beside = createSqliteStore(own);
    for (const writing of [elsewhere, store, elsewhere, beside]) {
      await writing.set({ ...write, fields: dockerImage("a") });
      told.push(...(await store.generations("acme", KEYS)));
    }
    expect(told).toEqual([[null], 1, 2, 3, 4]);
  });
});

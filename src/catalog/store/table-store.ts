/** A catalog store over any tables with transactions: in memory or SQLite. */
import { BUILT_IN_METADATA, builtInFields, builtInRecords } from "../built-ins.ts";
import { withOrigin } from "../catalog-errors.ts";
import type { CatalogKind, CatalogKinds, CatalogRecord, HistoryEntry } from "../kinds.ts";
import { parseStored } from "../parse.ts";
import { referencesOf } from "../references.ts";
import type { AppliedRecord, CatalogStore, LinkedRecords, RecordApplication } from "./store.ts";
import type {
  CatalogReading,
  CatalogTransactions,
  RecordKey,
  RecordTables,
  StoredGeneration,
} from "../tables.ts";
import { stageTables } from "./staged-tables.ts";
import {
  applyRecord,
  deleteRecord,
  findRecord,
  setBakedImage,
  setRecord,
  toRecord,
} from "./transitions.ts";

/** How many plans' generations are cached; the cache is cleared when it is full. */
const CACHE_SIZE = 1_000;

export function createTableStore(transactions: CatalogTransactions): CatalogStore {
  return {
    set: (write) => transactions.write((tables) => setRecord(tables, write)),
    apply: async (writes, { dryRun }) =>
      dryRun
        ? await transactions.read((tables) => applyAll(stageTables(tables), writes))
        : await transactions.write((tables) => {
            const staged = stageTables(tables);
            const applied = applyAll(staged, writes);
            staged.writeTo(tables);
            return applied;
          }),
    setBaked: (write) => transactions.write((tables) => setBakedImage(tables, write)),
    get: (tenant, kind, name) =>
      transactions.read((tables) => findRecord(tables, tenant, kind, name)),
    linked: (tenant, key) => transactions.read((tables) => follow(tables, tenant, key)),
    generations: cachedGenerations(transactions),
    list: (tenant, kind, page) =>
      transactions.read((tables) => {
        const stored = tables
          .page({ tenant, kind, ...page })
          .map((record) => toRecord(kind, record));
        return withBuiltIns(kind, stored, page);
      }),
    delete: (deletion) => transactions.write((tables) => deleteRecord(tables, deletion)),
    history: (tenant, kind, name) =>
      transactions.read((tables) => {
        const builtIn = builtInFields(kind, name);
        if (builtIn !== null) return [builtInEntry(builtIn)];
        const entries = tables.history({ tenant, kind, name });
        return entries.map((entry) => toHistoryEntry(kind, name, entry));
      }),
    sealedValue: (tenant, name) => transactions.read((tables) => tables.findSealed(tenant, name)),
    sealingKeys: () => transactions.read((tables) => tables.sealingKeys()),
    reseal: (keyIds, most, reseal) =>
      transactions.write((tables) => {
        const found = tables.sealedWith(keyIds, most);
        const resealed = found.map((secret) => ({ ...secret, sealed: reseal(secret) }));
        for (const { tenant, name, sealed } of resealed) tables.putSealed(tenant, name, sealed);
        return found.length;
      }),
  };
}

function applyAll(
  tables: RecordTables,
  writes: readonly RecordApplication[],
): readonly AppliedRecord[] {
  return writes.map((write) => withOrigin(write.origin, () => applyRecord(tables, write)));
}

/** A plan's generations are read before each of its launches, so they are cached until the catalog is written to. */
function cachedGenerations(transactions: CatalogTransactions): CatalogStore["generations"] {
  const known = new Map<string, readonly (number | null)[]>();
  let knownAt: string | null = null;
  return async (tenant, keys) => {
    const version = await transactions.version();
    if (version !== knownAt || known.size >= CACHE_SIZE) known.clear();
    knownAt = version;
    const key = JSON.stringify([tenant, keys]);
    const cached = known.get(key);
    if (cached !== undefined) return cached;
    const read = await transactions.read((tables) =>
      keys.map(({ kind, name }) => generationOf(tables, tenant, kind, name)),
    );
    // A concurrent call may have seen a newer version: then this result is outdated.
    if (knownAt === version) known.set(key, read);
    return read;
  };
}

/** Does not validate the record again: the caller did so when it read that generation. */
function generationOf(
  tables: CatalogReading,
  tenant: string,
  kind: CatalogKind,
  name: string,
): number | null {
  if (builtInFields(kind, name) !== null) return BUILT_IN_METADATA.generation;
  return tables.generation({ tenant, kind, name });
}

type Found = { readonly [K in CatalogKind]: Map<string, CatalogRecord<K> | null> };

/** Reads a record and all records that it refers to, directly or indirectly, each once. */
function follow(tables: CatalogReading, tenant: string, start: RecordKey): LinkedRecords {
  const found: Found = {
    image: new Map(),
    workspace: new Map(),
    placement: new Map(),
    environment: new Map(),
    "machine-type": new Map(),
    "disk-type": new Map(),
    secret: new Map(),
  };
  const read = <K extends CatalogKind>(
    kind: K,
    name: string,
    ofKind: Map<string, CatalogRecord<K> | null>,
  ): void => {
    if (ofKind.has(name)) return;
    const record = findRecord(tables, tenant, kind, name);
    ofKind.set(name, record);
    if (record === null) return;
    for (const next of referencesOf(kind, record)) read(next.kind, next.name, found[next.kind]);
  };
  read(start.kind, start.name, found[start.kind]);
  return { find: (kind, name) => found[kind].get(name) ?? null };
}

function withBuiltIns<K extends CatalogKind>(
  kind: K,
  stored: readonly CatalogRecord<K>[],
  page: { readonly after: string; readonly limit: number },
): readonly CatalogRecord<K>[] {
  const builtIn = builtInRecords(kind).filter(({ name }) => name > page.after);
  if (builtIn.length === 0) return stored;
  return [...stored, ...builtIn]
    .toSorted((left, right) => (left.name < right.name ? -1 : 1))
    .slice(0, page.limit);
}

function builtInEntry<K extends CatalogKind>(record: CatalogKinds[K]): HistoryEntry<K> {
  const { generation, updatedAt, updatedBy } = BUILT_IN_METADATA;
  return Object.freeze({ generation, updatedAt, updatedBy, deleted: false, record });
}

function toHistoryEntry<K extends CatalogKind>(
  kind: K,
  name: string,
  entry: StoredGeneration,
): HistoryEntry<K> {
  return Object.freeze({
    generation: entry.generation,
    updatedAt: entry.at,
    updatedBy: entry.by,
    deleted: entry.fields === null,
    record: entry.fields === null ? null : parseStored(kind, name, entry.fields),
  });
}

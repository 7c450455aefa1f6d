/** A catalog store in memory, for tests and for programs that keep their records elsewhere. */
import type { SealedValue } from "../../secrets/sealed-value.ts";
import type { CatalogKind } from "../kinds.ts";
import type { CatalogStore } from "./store.ts";
import { createTableStore } from "./table-store.ts";
import { NO_MACHINES } from "../tables.ts";
import type {
  CatalogReading,
  CatalogTransactions,
  CatalogWriting,
  RecordId,
  RecordKey,
  StoredGeneration,
  StoredRecord,
} from "../tables.ts";

interface Slot {
  readonly key: RecordKey;
  current: StoredRecord | null;
  references: readonly RecordKey[];
  readonly history: StoredGeneration[];
  readonly referrers: Set<Slot>;
}

interface TenantSlots {
  readonly kinds: Map<CatalogKind, Map<string, Slot>>;
  readonly sealed: Map<string, SealedValue>;
}

/** @param liveMachines the machines of the ledger that belongs to the catalog */
export function createMemoryStore(
  liveMachines: CatalogReading["liveMachines"] = () => NO_MACHINES,
): CatalogStore {
  return createTableStore(memoryTransactions(liveMachines));
}

/**
 * Transactions on maps. The work is synchronous, so transactions cannot interleave. It makes every check before its
 * first write, so nothing has to be rolled back.
 */
function memoryTransactions(liveMachines: CatalogReading["liveMachines"]): CatalogTransactions {
  const tables = { ...memoryTables(new Map()), liveMachines };
  let writes = 0;
  return {
    // `async`, so that an exception becomes a rejection.
    read: async (work) => await Promise.resolve(work(tables)),
    async write(work) {
      writes += 1;
      return await Promise.resolve(work(tables));
    },
    version: async () => await Promise.resolve(String(writes)),
  };
}

function memoryTables(tenants: Map<string, TenantSlots>): Omit<CatalogWriting, "liveMachines"> {
  const find = (id: RecordId): Slot | undefined =>
    tenants.get(id.tenant)?.kinds.get(id.kind)?.get(id.name);
  const current = (id: RecordId): StoredRecord | null => find(id)?.current ?? null;

  return {
    find: current,
    generation: (id) => current(id)?.generation ?? null,
    has: (id) => current(id) !== null,
    page: ({ tenant, kind, after, limit }) =>
      [...(tenants.get(tenant)?.kinds.get(kind)?.values() ?? [])]
        .flatMap((slot) => slot.current ?? [])
        .filter(({ name }) => name > after)
        .toSorted((left, right) => (left.name < right.name ? -1 : 1))
        .slice(0, limit),
    history: (id) => find(id)?.history.toReversed() ?? [],
    referrers: (id, limit) =>
      [...(find(id)?.referrers ?? [])]
        .map(({ key }) => key)
        .toSorted(byKey)
        .slice(0, limit),
    lastGeneration: (id) => find(id)?.history.at(-1)?.generation ?? 0,
    findSealed: (tenant, name) => tenants.get(tenant)?.sealed.get(name) ?? null,
    sealingKeys: () => [
      ...new Set(
        [...tenants.values()].flatMap(({ sealed }) =>
          [...sealed.values()].map(({ keyId }) => keyId),
        ),
      ),
    ],
    sealedWith: (keyIds, limit) =>
      [...tenants]
        .flatMap(([tenant, slots]) =>
          [...slots.sealed].map(([name, sealed]) => ({ tenant, name, sealed })),
        )
        .filter(({ sealed }) => keyIds.includes(sealed.keyId))
        .slice(0, limit),
    put(id, record, references) {
      const slot = slotOf(tenants, id);
      slot.current = record;
      slot.history.push({
        generation: record.generation,
        at: record.updatedAt,
        by: record.updatedBy,
        fields: record.fields,
      });
      setReferences(tenants, id, references);
    },
    remove(id, deletion) {
      const slot = slotOf(tenants, id);
      slot.current = null;
      slot.history.push(deletion);
      setReferences(tenants, id, []);
      if (id.kind === "secret") tenants.get(id.tenant)?.sealed.delete(id.name);
    },
    putSealed(tenant, name, sealed) {
      slotsOf(tenants, tenant).sealed.set(name, sealed);
    },
  };
}

function setReferences(
  tenants: Map<string, TenantSlots>,
  id: RecordId,
  references: readonly RecordKey[],
): void {
  const slot = slotOf(tenants, id);
  const target = (key: RecordKey): Slot => slotOf(tenants, { tenant: id.tenant, ...key });
  for (const key of slot.references) target(key).referrers.delete(slot);
  for (const key of references) target(key).referrers.add(slot);
  slot.references = references;
}

function slotsOf(tenants: Map<string, TenantSlots>, tenant: string): TenantSlots {
  return getOrCreate(tenants, tenant, () => ({ kinds: new Map(), sealed: new Map() }));
}

function slotOf(tenants: Map<string, TenantSlots>, { tenant, kind, name }: RecordId): Slot {
  const ofKind = getOrCreate(slotsOf(tenants, tenant).kinds, kind, () => new Map<string, Slot>());
  return getOrCreate(ofKind, name, () => ({
    key: { kind, name },
    current: null,
    references: [],
    history: [],
    referrers: new Set(),
  }));
}

function getOrCreate<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

function byKey(left: RecordKey, right: RecordKey): number {
  const order = compare(left.kind, right.kind);
  return order === 0 ? compare(left.name, right.name) : order;
}

function compare(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/**
 * The catalog's rules for writes, the same for every store. Each function is the work of one transaction and makes
 * every check before its first write.
 */
import { canonicalJson } from "../../json/canonical-json.ts";
import { isSlipwayError } from "../../errors.ts";
import type { JsonObject } from "../../errors.ts";
import { toSnakeCase } from "../../json/field-case.ts";
import { builtInRecords, isBuiltIn } from "../built-ins.ts";
import {
  bakedImagesAreImmutable,
  generationMismatch,
  linkMissing,
  nameTaken,
  recordHasMachines,
  recordInUse,
  recordNotFound,
  substrateMismatch,
} from "../catalog-errors.ts";
import { asJsonObject } from "../../json/json-object.ts";
import { diskTypeSubstrate, machineTypeSubstrate } from "../kinds.ts";
import type { CatalogKind, CatalogKinds, CatalogRecord, EnvironmentFields } from "../kinds.ts";
import { parseStored } from "../parse.ts";
import { referencesOf } from "../references.ts";
import type { AppliedRecord, RecordApplication, RecordDeletion, RecordWrite } from "./store.ts";
import type { CatalogWriting, RecordId, RecordKey, RecordTables, StoredRecord } from "../tables.ts";
import { NO_MACHINES } from "../tables.ts";
import { closestTo } from "../suggestions.ts";
import { isFields } from "../violation.ts";

/** How many referrers an error lists. */
const REFERRERS_SHOWN = 10;

export function setRecord<K extends CatalogKind>(
  tables: RecordTables,
  write: RecordWrite<K>,
): CatalogRecord<K> {
  const id = idOf(write);
  const current = tables.find(id);
  if (current !== null && isBaked(id.kind, current.fields)) throw bakedImagesAreImmutable(id);
  checkGeneration(id, current, write.ifGeneration);
  checkLinks(tables, id, write.fields);
  return put(tables, write, current);
}

export function setBakedImage(
  tables: RecordTables,
  write: RecordWrite<"image">,
): CatalogRecord<"image"> {
  const id = idOf(write);
  const current = tables.find(id);
  if (current === null) return put(tables, write, null);
  if (!isBaked(id.kind, current.fields)) throw nameTaken(id);
  if (!hasFields(current, write.fields)) throw bakedImagesAreImmutable(id);
  return toRecord("image", current);
}

/** Creates or replaces a record, unless it already has these fields and this value. */
export function applyRecord<K extends CatalogKind>(
  tables: RecordTables,
  write: RecordApplication<K>,
): AppliedRecord<K> {
  const { kind, fields, changesValue } = write;
  const id = idOf(write);
  const current = tables.find(id);
  if (current !== null && !changesValue && hasFields(current, fields)) {
    const record = toRecord(kind, current);
    return { kind, name: id.name, change: "unchanged", changesValue, previous: record, record };
  }
  if (current !== null && !isBaked(kind, current.fields) && isBaked(kind, storedFields(fields)))
    throw nameTaken(id);
  const previous = current === null ? null : readable(kind, current);
  const record = setRecord(tables, write);
  const change = current === null ? "created" : "configured";
  return { kind, name: id.name, change, changesValue, previous, record };
}

export function deleteRecord(tables: CatalogWriting, deletion: RecordDeletion): void {
  const id: RecordId = { tenant: deletion.tenant, kind: deletion.kind, name: deletion.name };
  const current = tables.find(id);
  if (current === null) throw recordNotFound(id);
  if (isBaked(id.kind, current.fields)) throw bakedImagesAreImmutable(id);
  checkGeneration(id, current, deletion.ifGeneration);
  const referrers = tables.referrers(id, REFERRERS_SHOWN + 1);
  if (referrers.length > 0)
    throw recordInUse(id, referrers.slice(0, REFERRERS_SHOWN), referrers.length > REFERRERS_SHOWN);
  const machines =
    needsNoMachines(id) && deletion.force !== true ? tables.liveMachines(id) : NO_MACHINES;
  if (machines.count > 0) throw recordHasMachines(id, machines);
  tables.remove(id, {
    generation: tables.lastGeneration(id) + 1,
    at: deletion.at,
    by: deletion.by,
    fields: null,
  });
}

/** Machines are known by their workspace and placement. Everything else about them is in their plan. */
function needsNoMachines({ kind }: RecordId): boolean {
  return kind === "workspace" || kind === "placement";
}

/** Converts a stored record to a typed one and validates it again. */
export function toRecord<K extends CatalogKind>(kind: K, stored: StoredRecord): CatalogRecord<K> {
  const { name, fields, generation, createdAt, updatedAt, updatedBy } = stored;
  const parsed = parseStored(kind, name, fields);
  const record: CatalogRecord<K> = { ...parsed, generation, createdAt, updatedAt, updatedBy };
  Object.freeze(record);
  return record;
}

/** Finds a stored or built-in record. */
export function findRecord<K extends CatalogKind>(
  tables: Pick<RecordTables, "find">,
  tenant: string,
  kind: K,
  name: string,
): CatalogRecord<K> | null {
  const stored = tables.find({ tenant, kind, name });
  if (stored !== null) return toRecord(kind, stored);
  return builtInRecords(kind).find((record) => record.name === name) ?? null;
}

/** Null for a stored record that violates the catalog's rules, which a write may replace. */
function readable<K extends CatalogKind>(kind: K, stored: StoredRecord): CatalogRecord<K> | null {
  try {
    return toRecord(kind, stored);
  } catch (caught) {
    if (isSlipwayError(caught) && caught.reason === "STORAGE_DAMAGED") return null;
    throw caught;
  }
}

function idOf<K extends CatalogKind>({ tenant, kind, fields }: RecordWrite<K>): RecordId {
  return { tenant, kind, name: fields.name };
}

function put<K extends CatalogKind>(
  tables: RecordTables,
  write: RecordWrite<K>,
  current: StoredRecord | null,
): CatalogRecord<K> {
  const { kind, fields, at, by } = write;
  const id = idOf(write);
  const stored: StoredRecord = {
    name: fields.name,
    // Generations go on after a deletion, so that a recreated record cannot be confused with the deleted one.
    generation: tables.lastGeneration(id) + 1,
    createdAt: current?.createdAt ?? at,
    updatedAt: at,
    updatedBy: by,
    fields: storedFields(fields),
  };
  tables.put(id, stored, storedReferences(kind, fields));
  if (write.sealed !== undefined) tables.putSealed(id.tenant, id.name, write.sealed);
  return toRecord(kind, stored);
}

/** Whether the stored record has exactly these fields. */
function hasFields(stored: StoredRecord, fields: CatalogKinds[CatalogKind]): boolean {
  return canonicalJson(stored.fields) === canonicalJson(storedFields(fields));
}

function storedFields(fields: CatalogKinds[CatalogKind]): JsonObject {
  return asJsonObject(toSnakeCase(fields));
}

/** Works on the stored fields, so that a record that no longer parses can still be replaced. */
export function isBaked(kind: CatalogKind, fields: JsonObject): boolean {
  if (kind !== "image") return false;
  return [fields["aws"], fields["gce"], fields["docker"]].some(
    (source) => isFields(source) && source["provenance"] !== undefined,
  );
}

function checkGeneration(
  id: RecordId,
  current: StoredRecord | null,
  wanted: number | undefined,
): void {
  const actual = current?.generation ?? 0;
  if (wanted !== undefined && wanted !== actual) throw generationMismatch(id, wanted, actual);
}

/** The references of a record, except those to built-in records, which cannot be deleted. */
function storedReferences<K extends CatalogKind>(kind: K, fields: CatalogKinds[K]) {
  return referencesOf(kind, fields).filter((key) => !isBuiltIn(key.kind, key.name));
}

function checkLinks(tables: RecordTables, id: RecordId, fields: CatalogKinds[CatalogKind]): void {
  const missing = storedReferences(id.kind, fields).filter(
    ({ kind, name }) => !tables.has({ tenant: id.tenant, kind, name }),
  );
  const [first] = missing;
  if (first !== undefined) throw linkMissing(id, missing, closestRecord(tables, id, first));
  if ("machineTypeRef" in fields) checkShape(tables, id, fields);
}

/** How many records are compared with a name that none of them has. */
const RECORDS_COMPARED = 500;

function closestRecord(
  tables: RecordTables,
  { tenant }: RecordId,
  { kind, name }: RecordKey,
): RecordKey | null {
  const records = tables.page({ tenant, kind, after: "", limit: RECORDS_COMPARED });
  const meant = closestTo(
    name,
    records.map((record) => record.name),
  );
  return meant === null ? null : { kind, name: meant };
}

/** Checks that an environment, its machine type and its disk type are for the same substrate. */
function checkShape(
  tables: Pick<RecordTables, "find" | "has">,
  id: RecordId,
  environment: EnvironmentFields,
): void {
  const { substrate: wanted, machineTypeRef, diskTypeRef } = environment;
  const machineType = findRecord(tables, id.tenant, "machine-type", machineTypeRef);
  const machine = machineType === null ? wanted : machineTypeSubstrate(machineType);
  if (machine !== wanted) {
    const other = { kind: "machine-type", name: machineTypeRef } as const;
    throw substrateMismatch(id, { wanted, other, actual: machine });
  }
  if (diskTypeRef === undefined) return;
  const diskType = findRecord(tables, id.tenant, "disk-type", diskTypeRef);
  const disk = diskType === null ? wanted : diskTypeSubstrate(diskType);
  if (disk !== wanted) {
    const other = { kind: "disk-type", name: diskTypeRef } as const;
    throw substrateMismatch(id, { wanted, other, actual: disk });
  }
}

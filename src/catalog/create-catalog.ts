import type { Clock } from "../host/clock.ts";
import { timestamp } from "../host/clock.ts";
import { invalidArgument, isSlipwayError } from "../errors.ts";
import type { SlipwayError } from "../errors.ts";
import { checkOptions, checkString } from "../json/check-options.ts";
import type { ShapeOf } from "../json/check-options.ts";
import type { SecretStore } from "../secrets/sealed-store.ts";
import { SecretValue } from "../secret-value.ts";
import { toSnakeCase } from "../json/field-case.ts";
import { applyDocuments } from "./apply.ts";
import { applyAssignments } from "./assignments.ts";
import type { Assignments } from "./assignments.ts";
import { bakedImageFields } from "./bake.ts";
import { printedText } from "./body.ts";
import { isBuiltIn } from "./built-ins.ts";
import type { Catalog, DeleteOptions, SetOptions, WriteOptions } from "./catalog.ts";
import {
  bakedImagesAreImmutable,
  recordBuiltIn,
  generationMismatch,
  recordNotFound,
} from "./catalog-errors.ts";
import { asJsonObject } from "../json/json-object.ts";
import { CATALOG_KINDS, isCatalogKind } from "./kinds.ts";
import type { CatalogKind, CatalogKinds, CatalogRecord, HistoryEntry } from "./kinds.ts";
import { isReserved, isTenant } from "./names.ts";
import { parseBody } from "./parse.ts";
import { plaintextRequired, separatePlaintext } from "./plaintext.ts";
import type { CatalogStore, WriteTerms } from "./store/store.ts";
import { isBaked } from "./store/transitions.ts";
import { closestTo } from "./suggestions.ts";
import type { RecordKey } from "./tables.ts";

export interface CatalogPorts {
  readonly store: CatalogStore;
  readonly secrets: SecretStore;
  readonly clock: Clock;
  readonly tenant: string;
  /** The author recorded for writes that name none. */
  readonly actor: string;
}

const WRITE_OPTIONS: ShapeOf<WriteOptions> = { ifGeneration: "whole number", actor: "string" };
const SET_OPTIONS: ShapeOf<SetOptions> = { ...WRITE_OPTIONS, name: "string" };
const DELETE_OPTIONS: ShapeOf<DeleteOptions> = { ...WRITE_OPTIONS, force: "boolean" };
/** Maximum number of records read in one transaction. */
const PAGE = 500;
/** How often a patch is attempted if other writes keep coming in between. */
const PATCH_ATTEMPTS = 20;

/** @throws SlipwayError `INVALID_ARGUMENT` if the tenant is not a valid name */
export function createCatalog(ports: CatalogPorts): Catalog {
  const { store, tenant } = ports;
  checkTenant(tenant);
  return {
    tenant,
    async set(kind, body, options = {}) {
      checkOptions("catalog.set", options, SET_OPTIONS);
      return await set(ports, { kind, body, options });
    },
    async setDocument(kind, body, options = {}) {
      checkOptions("catalog.setDocument", options, SET_OPTIONS);
      return await set(ports, { kind, body, options });
    },
    async apply(documents, options = {}) {
      checkOptions("catalog.apply", options, {
        dryRun: "boolean",
        actor: "string",
        origins: "strings",
      });
      const { dryRun = false, origins = [] } = options;
      const terms = { ...writeTerms(ports, options), dryRun, origins };
      return await applyDocuments(ports, checkDocuments(documents), terms);
    },
    async setSecret(name, value, given = {}) {
      checkOptions("catalog.setSecret", given, { ...WRITE_OPTIONS, description: "string" });
      checkSecretValue(value);
      const { description, ...options } = given;
      const fields = parseBody("secret", { name, description });
      return await write(ports, { kind: "secret", fields, value, options });
    },
    async patch(kind, name, assignments, options = {}) {
      checkOptions("catalog.patch", options, WRITE_OPTIONS);
      const key = { kind: checkKind(kind), name: checkName(name) };
      return await patch(ports, { ...key, assignments: checkAssignments(assignments), options });
    },
    async get(kind, name) {
      const record = await store.get(tenant, checkKind(kind), checkName(name));
      if (record === null) throw await notFound(ports, { kind, name });
      return record;
    },
    linked: async (kind, name) =>
      await store.linked(tenant, { kind: checkKind(kind), name: checkName(name) }),
    generations: async (records) =>
      await store.generations(
        tenant,
        records.map(({ kind, name }) => ({ kind: checkKind(kind), name: checkName(name) })),
      ),
    list: async (kind) => await listAll(store, tenant, checkKind(kind)),
    async delete(kind, name, options = {}) {
      checkOptions("catalog.delete", options, DELETE_OPTIONS);
      const { force = false } = options;
      if (isBuiltIn(checkKind(kind), checkName(name))) throw recordBuiltIn({ kind, name });
      try {
        await store.delete({ ...writeTerms(ports, options), kind, name, force });
      } catch (caught) {
        const isAbsent = isSlipwayError(caught) && caught.reason === "RECORD_NOT_FOUND";
        throw isAbsent ? await notFound(ports, { kind, name }) : caught;
      }
    },
    history: async (kind, name) =>
      await history(ports, { kind: checkKind(kind), name: checkName(name) }),
    async recordBake(bake, options = {}) {
      checkOptions("catalog.recordBake", options, { actor: "string" });
      const fields = bakedImageFields(bake);
      refuseReserved("image", fields.name);
      return await store.setBaked({ ...writeTerms(ports, options), kind: "image", fields });
    },
  };
}

async function set<K extends CatalogKind>(
  ports: CatalogPorts,
  given: { readonly kind: K; readonly body: unknown; readonly options: SetOptions },
): Promise<CatalogRecord<K>> {
  const { kind, body, options } = given;
  const { value, rest } =
    checkKind(kind) === "secret" ? separatePlaintext(body) : withoutPlaintext(body);
  const fields = parseBody(kind, rest, options.name);
  if (kind === "secret" && value === null) throw plaintextRequired();
  return await write(ports, { kind, fields, value, options });
}

async function write<K extends CatalogKind>(
  ports: CatalogPorts,
  record: {
    readonly kind: K;
    readonly fields: CatalogKinds[K];
    /** The value of a secret; null for any other kind. */
    readonly value: SecretValue | null;
    readonly options: WriteOptions;
  },
): Promise<CatalogRecord<K>> {
  const { store, secrets, tenant } = ports;
  const { kind, fields, value, options } = record;
  refuseReserved(kind, fields.name);
  const terms = writeTerms(ports, options);
  if (value === null) return await store.set({ ...terms, kind, fields });
  const sealed = await secrets.seal({ tenant, name: fields.name }, value);
  return await store.set({ ...terms, kind, fields, sealed });
}

/** Reads and changes the record, and writes it if it is still at the same generation; otherwise starts again. */
async function patch<K extends CatalogKind>(
  ports: CatalogPorts,
  request: {
    readonly kind: K;
    readonly name: string;
    readonly assignments: Assignments;
    readonly options: WriteOptions;
  },
): Promise<CatalogRecord<K>> {
  const { store, tenant } = ports;
  const { kind, name, assignments, options } = request;
  if (isBuiltIn(kind, name)) throw recordBuiltIn({ kind, name });
  for (let attempt = 1; ; attempt += 1) {
    const current = await store.get(tenant, kind, name);
    if (current === null) throw await notFound(ports, { kind, name });
    const { generation, createdAt: _c, updatedAt: _u, updatedBy: _b, ...own } = current;
    const wanted = options.ifGeneration ?? generation;
    if (wanted !== generation) throw generationMismatch({ kind, name }, wanted, generation);
    const fields = asJsonObject(toSnakeCase(own));
    if (isBaked(kind, fields)) throw bakedImagesAreImmutable({ kind, name });
    const changed = parseBody(kind, applyAssignments(kind, fields, assignments), name);
    const terms = writeTerms(ports, { ...options, ifGeneration: generation });
    try {
      return await store.set({ ...terms, kind, fields: changed });
    } catch (caught) {
      // If the caller requires a generation, the next attempt throws because the record is past it.
      const hasChanged = isSlipwayError(caught) && caught.reason === "GENERATION_MISMATCH";
      if (!hasChanged || attempt === PATCH_ATTEMPTS) throw caught;
    }
  }
}

async function listAll<K extends CatalogKind>(
  store: CatalogStore,
  tenant: string,
  kind: K,
): Promise<readonly CatalogRecord<K>[]> {
  const records: CatalogRecord<K>[] = [];
  for (;;) {
    const after = records.at(-1)?.name ?? "";
    const page = await store.list(tenant, kind, { after, limit: PAGE });
    records.push(...page);
    if (page.length < PAGE) return records;
  }
}

async function history<K extends CatalogKind>(
  ports: CatalogPorts,
  { kind, name }: { readonly kind: K; readonly name: string },
): Promise<readonly HistoryEntry<K>[]> {
  const entries = await ports.store.history(ports.tenant, kind, name);
  if (entries.length === 0) throw await notFound(ports, { kind, name });
  return entries;
}

/** The error for a name that no record has, with the name that the caller may have meant. */
async function notFound(
  { store, tenant }: CatalogPorts,
  { kind, name }: RecordKey,
): Promise<SlipwayError> {
  const records = await store.list(tenant, kind, { after: "", limit: PAGE });
  const names = records.map((record) => record.name);
  return recordNotFound({ kind, name }, closestTo(name, names));
}

function writeTerms(ports: CatalogPorts, options: WriteOptions): WriteTerms {
  const { ifGeneration, actor = ports.actor } = options;
  return {
    tenant: ports.tenant,
    at: timestamp(ports.clock),
    by: actor,
    ...(ifGeneration === undefined ? {} : { ifGeneration }),
  };
}

function withoutPlaintext(body: unknown): ReturnType<typeof separatePlaintext> {
  return { value: null, rest: body };
}

/** JavaScript callers may omit the name: report that as invalid input, before the store fails. */
function checkName(name: string): string {
  checkString("the name", name);
  return name;
}

function checkDocuments(documents: readonly unknown[]): readonly unknown[] {
  if (Array.isArray(documents)) return documents;
  throw invalidArgument("INVALID_INPUT", "catalog.apply takes a list of documents");
}

function checkAssignments(assignments: Assignments): Assignments {
  if (typeof assignments === "object" && assignments !== null) return assignments;
  throw invalidArgument(
    "INVALID_INPUT",
    "the assignments of a patch must be an object with paths as keys",
  );
}

function checkSecretValue(value: SecretValue): void {
  if (value instanceof SecretValue) return;
  throw invalidArgument("INVALID_INPUT", "the value of a secret must be a SecretValue");
}

/** Checked at run time, because kinds also come from command lines. */
function checkKind<K extends CatalogKind>(kind: K): K;
function checkKind(kind: string): CatalogKind;
function checkKind(kind: string): CatalogKind {
  checkString("the kind", kind);
  if (isCatalogKind(kind)) return kind;
  throw invalidArgument(
    "UNKNOWN_KIND",
    `unknown kind ${printedText(kind)}`,
    `The kinds are ${CATALOG_KINDS.join(", ")}.`,
  );
}

function checkTenant(tenant: string): void {
  if (isTenant(tenant)) return;
  throw invalidArgument(
    "INVALID_INPUT",
    `tenant ${printedText(tenant)} is not a valid name`,
    "Use up to 63 lower-case letters, digits, - and _, starting with a letter or a digit.",
  );
}

function refuseReserved(kind: CatalogKind, name: string): void {
  if (isReserved(name)) throw recordBuiltIn({ kind, name });
}

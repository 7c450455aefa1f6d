import type { Catalog } from "../../catalog/catalog.ts";
import { createCatalog } from "../../catalog/create-catalog.ts";
import type { CatalogRecord } from "../../catalog/kinds.ts";
import { CATALOG_MIGRATIONS, createSqliteStore } from "../../catalog/store/sqlite-store.ts";
import type { CatalogStore } from "../../catalog/store/store.ts";
import { isSlipwayError } from "../../errors.ts";
import type { Clock } from "../../host/clock.ts";
import type { ProcessEnvironment } from "../../host/environment.ts";
import { LEDGER_MIGRATIONS } from "../../ledger/ledger-schema.ts";
import type { Check } from "../../plan/plan.ts";
import type { KeySource } from "../../secrets/key-source.ts";
import { createSealedStore } from "../../secrets/sealed-store.ts";
import type { SecretStore } from "../../secrets/sealed-store.ts";
import type { SecretValue } from "../../secret-value.ts";
import { inspectDatabase } from "../../storage/inspect-database.ts";
import type { DatabaseInspection } from "../../storage/inspect-database.ts";
import { failedBy } from "../../substrate/check.ts";
import type { OpenAdapter } from "../../substrate/contract.ts";
import { instrument } from "../../substrate/instrument.ts";
import { cacheAdapters } from "../adapter-cache.ts";
import type { CredentialPorts } from "../credentials.ts";
import { openSubstrate } from "../open-adapter.ts";
import { createOwnCredentials, storedSecrets } from "../own-credentials.ts";
import { databaseChecks } from "./storage-checks.ts";
import type { SealedRecords } from "./storage-checks.ts";

export interface StoredOptions {
  readonly database: string;
  readonly keys: KeySource;
  readonly tenant: string;
  readonly own: ProcessEnvironment;
  readonly clock: Clock;
}

/** The tenant's records that say which keys, engines, registries and clouds are used. */
export interface StoredRecords extends SealedRecords {
  readonly placements: readonly CatalogRecord<"placement">[];
  readonly images: readonly CatalogRecord<"image">[];
}

/** The database and all that is read with it. */
export interface Stored extends AsyncDisposable {
  readonly checks: readonly Check[];
  /** Null if the database cannot be read. */
  readonly catalog: Catalog | null;
  /** Null if the database, or one of the records, cannot be read. */
  readonly records: StoredRecords | null;
  readonly keys: KeySource;
  readonly secrets: SecretStore;
  readonly credentials: CredentialPorts;
  /** Adapters that are not paced, because the ledger that keeps the rates must not be written. */
  readonly openAdapter: OpenAdapter;
  readonly knownSecrets: () => Promise<readonly SecretValue[]>;
}

const MIGRATIONS = { catalog: CATALOG_MIGRATIONS, ledger: LEDGER_MIGRATIONS };
const NAME = "database";

/** Opens the database as far as that is possible without changing it. */
export async function openStored(options: StoredOptions): Promise<Stored> {
  const { tenant, own, clock, keys } = options;
  const { inspection, checks } = inspect(options.database);
  const store = storeOf(inspection);
  const secrets = createSealedStore(store ?? NO_VALUES, keys);
  const ports = { secrets, clock, tenant, actor: "diagnose" };
  const catalog = store === null ? null : createCatalog({ store, ...ports });
  const { records, failure } = await readRecords(tenant, catalog, store);
  const credentials = createOwnCredentials({ tenant, secrets, own, clock });
  const knownSecrets = async () => [
    ...credentials.used(),
    ...(catalog === null ? [] : await storedSecrets({ catalog, ...credentials })),
  ];
  const adapters = cacheAdapters(async (target) =>
    instrument(await openSubstrate(target, own, { clock }), {
      clock,
      onCall: () => undefined,
      knownSecrets,
    }),
  );
  return {
    checks: [...checks, ...failure],
    catalog,
    records,
    keys,
    secrets,
    credentials,
    openAdapter: adapters.openAdapter,
    knownSecrets,
    async [Symbol.asyncDispose]() {
      await adapters.close();
      await inspection?.[Symbol.asyncDispose]();
    },
  };
}

/** Null unless the catalog's tables are those of this version; those of the ledger are not read. */
function storeOf(inspection: DatabaseInspection | null): CatalogStore | null {
  const { database = null, versions = null } = inspection ?? {};
  const isCurrent = versions?.get("catalog") === CATALOG_MIGRATIONS.length;
  return database === null || !isCurrent ? null : createSqliteStore(database);
}

/** Without a database there is no secret. */
const NO_VALUES = {
  sealedValue: () => Promise.resolve(null),
  sealingKeys: () => Promise.resolve([]),
  reseal: () => Promise.resolve(0),
};

function inspect(path: string): {
  readonly inspection: DatabaseInspection | null;
  readonly checks: readonly Check[];
} {
  try {
    const inspection = inspectDatabase({ path, migrations: MIGRATIONS });
    return { inspection, checks: databaseChecks(inspection) };
  } catch (caught) {
    if (!isSlipwayError(caught)) throw caught;
    return { inspection: null, checks: [failedBy(NAME, caught)] };
  }
}

async function readRecords(
  tenant: string,
  catalog: Catalog | null,
  store: CatalogStore | null,
): Promise<{ readonly records: StoredRecords | null; readonly failure: readonly Check[] }> {
  if (catalog === null || store === null) return { records: null, failure: [] };
  try {
    const [placements, images, secrets, sealingKeys] = await Promise.all([
      catalog.list("placement"),
      catalog.list("image"),
      catalog.list("secret"),
      store.sealingKeys(),
    ]);
    return { records: { tenant, placements, images, secrets, sealingKeys }, failure: [] };
  } catch (caught) {
    if (!isSlipwayError(caught)) throw caught;
    return { records: null, failure: [failedBy(NAME, caught)] };
  }
}

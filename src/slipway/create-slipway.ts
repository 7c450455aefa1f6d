import { randomUUID } from "node:crypto";
import { dirname, join } from "node:path";
import { cacheAdapters } from "./adapter-cache.ts";
import { assembleSlipway, PORTS } from "./facade.ts";
import type { SlipwayPorts } from "./facade.ts";
import { createCatalog } from "../catalog/create-catalog.ts";
import { CATALOG_MIGRATIONS, createSqliteStore } from "../catalog/store/sqlite-store.ts";
import type { Clock } from "../host/clock.ts";
import { isLoopbackRegistry } from "../oci/registry/loopback.ts";
import type { RegistryClient } from "../oci/registry/contract.ts";
import { checkOptions, checkText } from "../json/check-options.ts";
import type { ShapeOf } from "../json/check-options.ts";
import { processEnvironment } from "../host/environment.ts";
import type { Environment, ProcessEnvironment } from "../host/environment.ts";
import { certificatesOf } from "../oci/registry/certificates.ts";
import { keyFile } from "../secrets/key-file.ts";
import { checkRateOptions } from "./rate-options.ts";
import type { RateOptions } from "./rate-options.ts";
import { createSealedStore } from "../secrets/sealed-store.ts";
import type { Slipway } from "./slipway.ts";
import { createGovernor } from "../pacing/governor.ts";
import { LEDGER_MIGRATIONS } from "../ledger/ledger-schema.ts";
import { createSqliteLedger } from "../ledger/sqlite-ledger.ts";
import { openDatabase } from "../storage/database.ts";
import { instrument } from "../substrate/instrument.ts";
import type { AdapterCall } from "../substrate/instrument.ts";
import { openSubstrate } from "./open-adapter.ts";
import { systemChance, systemClock } from "../host/system-clock.ts";
import { systemDriver } from "../host/system-process-identity.ts";

export interface SlipwayOptions {
  /** The SQLite file of catalog, secrets and ledger; it is made where it does not exist. */
  readonly database: string;
  /** The key that seals secrets; default `slipway.key` beside the database. Made by the first secret. */
  readonly keyFile?: string;
  /** Default `default`. Nothing of one tenant is visible from another. */
  readonly tenant?: string;
  /** Who writes, for the catalog's history. Default `library`. */
  readonly actor?: string;
  /** Environment variables of engines and credentials; default the process's own. */
  readonly environment?: Environment;
  /** Told of every call to an engine or cloud when it has ended; default: nobody. */
  readonly onAdapterCall?: (call: AdapterCall) => void;
  /**
   * Rates at which calls are made, where they differ from those that the provider publishes: by substrate and the name
   * that a waiting spawn tells, such as `{ AWS: { RunInstances: { requests: … } } }`.
   */
  readonly rates?: RateOptions;
  /** Replacements for what Slipway would make itself. */
  readonly ports?: Partial<SlipwayPorts>;
}

const CREATE_OPTIONS: ShapeOf<SlipwayOptions> = {
  database: "text",
  keyFile: "text",
  tenant: "text",
  actor: "text",
  environment: "object",
  onAdapterCall: "function",
  rates: "object",
  ports: "object",
};

/** Of a workspace's name in a generated spawn id: with eleven more characters it has at most 63. */
const LONGEST_PREFIX = 52;

/**
 * Opens Slipway for one tenant, on the embedded database unless ports say otherwise.
 *
 * @throws SlipwayError where the database cannot be opened (`STORAGE_…`)
 */
export async function createSlipway(options: SlipwayOptions): Promise<Slipway> {
  checkCreation(options);
  const { tenant = "default", actor = "library" } = options;
  const surroundings = surroundingsOf(options);
  const clock = options.ports?.clock ?? systemClock;
  const database = await openDatabase({
    path: options.database,
    migrations: { catalog: CATALOG_MIGRATIONS, ledger: LEDGER_MIGRATIONS },
  });
  const store = createSqliteStore(database);
  const keys = keyFile(options.keyFile ?? join(dirname(database.path), "slipway.key"));
  const secrets = createSealedStore(store, keys);
  const { onAdapterCall = () => undefined, rates = {} } = options;
  const ledger = options.ports?.ledger ?? createSqliteLedger(database);
  const driver = options.ports?.driver ?? systemDriver();
  const isGone = (line: string): boolean => driver.isGone(line);
  const governor = createGovernor({ ledger, clock, line: `${driver.id} calls`, isGone });
  const opening = { clock, rates, pace: governor.pace(tenant) };
  const adapters = cacheAdapters(async (target) =>
    instrument(await openSubstrate(target, surroundings, opening), {
      clock,
      onCall: onAdapterCall,
    }),
  );
  try {
    return assembleSlipway({
      tenant,
      catalog: createCatalog({ store, secrets, clock, tenant, actor }),
      ledger,
      clock,
      random: systemChance,
      driver,
      openAdapter: adapters.openAdapter,
      readSecret: (name) => secrets.get(tenant, name),
      async dockerCredential(reference, signal) {
        const { dockerCredential } = await import("../secrets/docker-config-provider.ts");
        return await dockerCredential(dockerConfiguration(surroundings), reference, signal);
      },
      openRegistryClient: () => inspectingClient(clock, surroundings.home),
      newSpawnId,
      async close() {
        try {
          await adapters.close();
        } finally {
          await database.close();
        }
      },
      ...options.ports,
    });
  } catch (caught) {
    await database.close();
    throw caught;
  }
}

/** The library is called from JavaScript too, where types promise nothing. */
function checkCreation(options: SlipwayOptions): void {
  checkOptions("createSlipway", options, CREATE_OPTIONS);
  checkText("the option database of createSlipway", options.database);
  checkRateOptions(options.rates ?? {});
  checkOptions("createSlipway's ports", options.ports ?? {}, PORTS);
}

function surroundingsOf({ environment }: SlipwayOptions): ProcessEnvironment {
  const own = processEnvironment();
  return environment === undefined ? own : { environment, home: environment["HOME"] ?? own.home };
}

function dockerConfiguration({ environment, home }: ProcessEnvironment) {
  const folder = environment["DOCKER_CONFIG"] || join(home, ".docker");
  return { path: join(folder, "config.json"), environment };
}

/** The client of `inspect`, which no engine stands behind: only loopback is spoken to without TLS. */
async function inspectingClient(clock: Clock, home: string): Promise<RegistryClient> {
  const { createRegistryClient } = await import("../oci/registry/client.ts");
  return createRegistryClient({
    insecure: isLoopbackRegistry,
    certificateAuthorities: certificatesOf(home),
    userAgent: "slipway",
    now: () => clock.now(),
  });
}

/** An id that says for people whose it is and differs from every other. */
function newSpawnId(workspace: string): string {
  return `${workspace.slice(0, LONGEST_PREFIX)}-${randomUUID().replace("-", "").slice(0, 10)}`;
}

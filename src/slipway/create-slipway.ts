import { randomUUID } from "node:crypto";
import { cacheAdapters } from "./adapter-cache.ts";
import { assembleSlipway, PORTS } from "./facade.ts";
import type { SlipwayPorts } from "./facade.ts";
import { createCatalog } from "../catalog/create-catalog.ts";
import { CATALOG_MIGRATIONS, createSqliteStore } from "../catalog/store/sqlite-store.ts";
import type { Clock } from "../host/clock.ts";
import { isLoopbackRegistry } from "../oci/registry/loopback.ts";
import type { RegistryClient } from "../oci/registry/contract.ts";
import { checkOptions, checkString } from "../json/check-options.ts";
import type { ShapeOf } from "../json/check-options.ts";
import { processEnvironment } from "../host/environment.ts";
import type { Environment, ProcessEnvironment } from "../host/environment.ts";
import { certificatesOf, checkExtraCertificates } from "../oci/registry/certificates.ts";
import { proxyRule } from "../proxy/proxy-rule.ts";
import { createOwnCredentials, storedSecrets } from "./own-credentials.ts";
import { environmentOf, keySourceOf } from "./own-environment.ts";
import { checkRateOptions } from "./rate-options.ts";
import type { RateOptions } from "./rate-options.ts";
import { createSealedStore } from "../secrets/sealed-store.ts";
import type { Slipway } from "./slipway.ts";
import { createGovernor } from "../pacing/governor.ts";
import { liveMachines } from "../ledger/live-machines.ts";
import { LEDGER_MIGRATIONS } from "../ledger/ledger-schema.ts";
import { newSpawnId } from "../ledger/spawn-record.ts";
import { createSqliteLedger } from "../ledger/sqlite-ledger.ts";
import { openDatabase } from "../storage/database.ts";
import type { StorageWarning } from "../storage/database-file.ts";
import { instrument } from "../substrate/instrument.ts";
import type { AdapterCall } from "../substrate/instrument.ts";
import { openSubstrate } from "./open-adapter.ts";
import { systemChance, systemClock } from "../host/system-clock.ts";
import { systemProcessIdentity } from "../host/system-process-identity.ts";

export interface SlipwayOptions {
  /** SQLite file with the catalog, secrets and ledger; created if it does not exist. */
  readonly database: string;
  /** File with the key that seals secrets. Default `slipway.key` next to the database; created with the first secret. */
  readonly keyFile?: string;
  /**
   * The key itself, instead of a file: 32 random bytes, or their base64. For a rotation, the base64 of several keys,
   * separated by spaces or line breaks: the first seals, and each of them opens.
   */
  readonly key?: Uint8Array | string;
  /**
   * A command that prints the key or the keys, such as the client of a key management service, instead of a file. It
   * runs in the shell when a key is first needed.
   */
  readonly keyCommand?: string;
  /** Default `default`. A tenant's records are not visible to other tenants. */
  readonly tenant?: string;
  /** Author recorded in the catalog's history. Default `library`. */
  readonly actor?: string;
  /** Environment variables that configure engines and credentials. Default: the process's environment. */
  readonly environment?: Environment;
  /** Called after every call to an engine or cloud. */
  readonly onAdapterCall?: (call: AdapterCall) => void;
  /** Called for each risk to the database that is not an error, for example a file that others can read. */
  readonly onWarning?: (warning: StorageWarning) => void;
  /**
   * Call rates that differ from those that the provider publishes, by substrate and by the name that a waiting spawn
   * reports, for example `{ AWS: { RunInstances: { requests: … } } }`.
   */
  readonly rates?: RateOptions;
  /** Replacements for the default ports. */
  readonly ports?: Partial<SlipwayPorts>;
}

const CREATE_OPTIONS: ShapeOf<SlipwayOptions> = {
  database: "string",
  keyFile: "string",
  key: "key",
  keyCommand: "string",
  tenant: "string",
  actor: "string",
  environment: "object",
  onAdapterCall: "function",
  onWarning: "function",
  rates: "object",
  ports: "object",
};

/**
 * Opens Slipway for one tenant. Uses the embedded database unless `ports` replaces it.
 *
 * @throws SlipwayError `STORAGE_…` if the database cannot be opened
 */
export async function createSlipway(options: SlipwayOptions): Promise<Slipway> {
  checkCreation(options);
  await checkExtraCertificates(processEnvironment().environment["NODE_EXTRA_CA_CERTS"]);
  const { tenant = "default", actor = "library" } = options;
  const processEnv = environmentOf(options);
  const clock = options.ports?.clock ?? systemClock;
  const keys = keySourceOf("createSlipway", options);
  const database = await openDatabase({
    path: options.database,
    migrations: { catalog: CATALOG_MIGRATIONS, ledger: LEDGER_MIGRATIONS },
    ...(options.onWarning === undefined ? {} : { onWarning: options.onWarning }),
  });
  const store = createSqliteStore(database, liveMachines);
  const secrets = createSealedStore(store, keys);
  const { onAdapterCall = () => undefined, rates = {} } = options;
  const ledger = options.ports?.ledger ?? createSqliteLedger(database);
  const worker = options.ports?.worker ?? systemProcessIdentity();
  const isGone = (line: string): boolean => worker.isGone(line);
  const governor = createGovernor({ store: ledger, clock, queueId: `${worker.id} calls`, isGone });
  const opening = { clock, rates, pace: governor.pace(tenant) };
  const credentials = createOwnCredentials({ tenant, secrets, own: processEnv, clock });
  try {
    const adapters = cacheAdapters(async (target) =>
      instrument(await openSubstrate(target, processEnv, opening), {
        clock,
        onCall: onAdapterCall,
        knownSecrets: async () => [...credentials.used(), ...(await storedSecrets(ports))],
      }),
    );
    const ports: SlipwayPorts = {
      tenant,
      catalog: createCatalog({ store, secrets, clock, tenant, actor }),
      ledger,
      clock,
      random: systemChance,
      worker,
      openAdapter: adapters.openAdapter,
      readSecret: credentials.readSecret,
      dockerCredential: credentials.dockerCredential,
      registryToken: credentials.registryToken,
      openRegistryClient: () => createInspectClient(clock, processEnv),
      rotateKey: () => secrets.rotateKey(),
      newSpawnId: (workspace) => newSpawnId(workspace, randomUUID()),
      async close() {
        try {
          await adapters.close();
        } finally {
          await database.close();
        }
      },
      ...options.ports,
    };
    return assembleSlipway(ports);
  } catch (caught) {
    await database.close();
    throw caught;
  }
}

/** Validates the options, because the library is also called from JavaScript without type checks. */
function checkCreation(options: SlipwayOptions): void {
  checkOptions("createSlipway", options, CREATE_OPTIONS);
  checkString("the option database of createSlipway", options.database);
  checkRateOptions(options.rates ?? {});
  checkOptions("createSlipway's ports", options.ports ?? {}, PORTS);
}

/** Creates the registry client of `inspectImage`. No engine lists insecure registries here: only loopback may lack TLS. */
async function createInspectClient(
  clock: Clock,
  { environment, home }: ProcessEnvironment,
): Promise<RegistryClient> {
  const { createRegistryClient } = await import("../oci/registry/client.ts");
  return createRegistryClient({
    insecure: isLoopbackRegistry,
    certificates: certificatesOf(home),
    userAgent: "slipway",
    proxy: proxyRule(environment),
    now: () => clock.now(),
  });
}

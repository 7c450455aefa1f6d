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
import { checkOptions, checkString } from "../json/check-options.ts";
import type { ShapeOf } from "../json/check-options.ts";
import { homeFolder, processEnvironment } from "../host/environment.ts";
import type { Environment, ProcessEnvironment } from "../host/environment.ts";
import { certificatesOf, checkExtraCertificates } from "../oci/registry/certificates.ts";
import { proxyRule } from "../proxy/proxy-rule.ts";
import { keyFile } from "../secrets/key-file.ts";
import { checkRateOptions } from "./rate-options.ts";
import type { RateOptions } from "./rate-options.ts";
import { createSealedStore } from "../secrets/sealed-store.ts";
import { credentialSecrets } from "../oci/credential.ts";
import { createSecretMemory } from "../redaction/secret-memory.ts";
import type { SecretValue } from "../secret-value.ts";
import type { Slipway } from "./slipway.ts";
import { createGovernor } from "../pacing/governor.ts";
import { LEDGER_MIGRATIONS } from "../ledger/ledger-schema.ts";
import { newSpawnId } from "../ledger/spawn-record.ts";
import { createSqliteLedger } from "../ledger/sqlite-ledger.ts";
import { openDatabase } from "../storage/database.ts";
import type { StorageWarning } from "../storage/database-file.ts";
import { instrument } from "../substrate/instrument.ts";
import type { AdapterCall } from "../substrate/instrument.ts";
import { grantRegistryToken, openSubstrate } from "./open-adapter.ts";
import { createRegistryTokens } from "./registry-tokens.ts";
import { systemChance, systemClock } from "../host/system-clock.ts";
import { systemProcessIdentity } from "../host/system-process-identity.ts";

export interface SlipwayOptions {
  /** SQLite file with the catalog, secrets and ledger; created if it does not exist. */
  readonly database: string;
  /** File with the key that seals secrets. Default `slipway.key` next to the database; created with the first secret. */
  readonly keyFile?: string;
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
  tenant: "string",
  actor: "string",
  environment: "object",
  onAdapterCall: "function",
  onWarning: "function",
  rates: "object",
  ports: "object",
};

/** Secrets of Docker's configuration that this process has used. */
const PULL_CREDENTIALS_KEPT = 64;

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
  const database = await openDatabase({
    path: options.database,
    migrations: { catalog: CATALOG_MIGRATIONS, ledger: LEDGER_MIGRATIONS },
    ...(options.onWarning === undefined ? {} : { onWarning: options.onWarning }),
  });
  const store = createSqliteStore(database);
  const keys = keyFile(options.keyFile ?? join(dirname(database.path), "slipway.key"));
  const secrets = createSealedStore(store, keys);
  const { onAdapterCall = () => undefined, rates = {} } = options;
  const ledger = options.ports?.ledger ?? createSqliteLedger(database);
  const worker = options.ports?.worker ?? systemProcessIdentity();
  const isGone = (line: string): boolean => worker.isGone(line);
  const governor = createGovernor({ store: ledger, clock, queueId: `${worker.id} calls`, isGone });
  const opening = { clock, rates, pace: governor.pace(tenant) };
  const pullCredentials = createSecretMemory(PULL_CREDENTIALS_KEPT);
  const now = () => clock.now();
  const registryToken = createRegistryTokens({
    now,
    async grant(registry, signal) {
      const token = await grantRegistryToken(registry, processEnv, { now, signal });
      pullCredentials.add(token.password.reveal());
      return token;
    },
  });
  try {
    const adapters = cacheAdapters(async (target) =>
      instrument(await openSubstrate(target, processEnv, opening), {
        clock,
        onCall: onAdapterCall,
        knownSecrets: async () => [...pullCredentials.all(), ...(await storedSecrets(ports))],
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
      readSecret: (name) => secrets.get(tenant, name),
      async dockerCredential(reference, signal, onProblem) {
        const { dockerCredential } = await import("../secrets/docker-config-provider.ts");
        const from = dockerConfiguration(processEnv);
        const { credential, problem } = await dockerCredential(from, reference, signal);
        if (problem !== null) onProblem?.(problem);
        for (const secret of credentialSecrets(credential)) pullCredentials.add(secret.reveal());
        return credential;
      },
      registryToken,
      openRegistryClient: () => createInspectClient(clock, processEnv),
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

function environmentOf({ environment }: SlipwayOptions): ProcessEnvironment {
  if (environment === undefined) return processEnvironment();
  return { environment, home: homeFolder(environment) };
}

/**
 * The tenant's secrets, those that can be opened. Machines of other processes were given them, and an engine knows what
 * its machines were given. None where the catalog cannot be read: the failure at hand is another one.
 */
async function storedSecrets({
  catalog,
  readSecret,
}: Pick<SlipwayPorts, "catalog" | "readSecret">): Promise<readonly SecretValue[]> {
  const [records] = await Promise.allSettled([catalog.list("secret")]);
  if (records.status === "rejected") return [];
  const opened = await Promise.allSettled(records.value.map(({ name }) => readSecret(name)));
  const { pullSecretsIn } = await import("../secrets/pull-credential.ts");
  return opened.flatMap((secret) =>
    secret.status === "fulfilled" ? [secret.value, ...pullSecretsIn(secret.value)] : [],
  );
}

function dockerConfiguration({ environment, home }: ProcessEnvironment) {
  const folder = environment["DOCKER_CONFIG"] || join(home, ".docker");
  const variable = environment["DOCKER_AUTH_CONFIG"];
  return { path: join(folder, "config.json"), environment, variable };
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

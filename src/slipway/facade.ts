import type { Catalog } from "../catalog/catalog.ts";
import type { Clock } from "../host/clock.ts";
import { findCredential } from "./credentials.ts";
import type { CredentialPorts } from "./credentials.ts";
import type { ProcessIdentity } from "../host/process-identity.ts";
import { parseReference } from "../oci/reference.ts";
import type { RegistryClient } from "../oci/registry/contract.ts";
import {
  BURST_OPTIONS,
  checkPruneOptions,
  checkWanted,
  EXEC_OPTIONS,
  FIND_OPTIONS,
  INSPECT_OPTIONS,
  LOGS_OPTIONS,
  RECOVER_OPTIONS,
  RESOLVE_OPTIONS,
  SIGNAL_OPTION,
  WATCH_OPTIONS,
  SPAWN_OPTIONS,
  SWEEP_OPTIONS,
  TERMINATE_OPTIONS,
} from "./options.ts";
import { memoizeAsync } from "../async/memoize.ts";
import { checkOptions, checkString } from "../json/check-options.ts";
import type { ShapeOf } from "../json/check-options.ts";
import { placementTarget } from "../resolver/target.ts";
import type {
  ExecOptions,
  InspectOptions,
  LogsOptions,
  PruneOptions,
  Slipway,
  SpawnEstimate,
  SpawnFilter,
  SpawnPort,
  WantedSpawn,
  WatchOptions,
} from "./slipway.ts";
import { createSpawnablePlans } from "./spawnable-plans.ts";
import { inUtc, readFilter } from "./spawn-filter.ts";
import type { SpawnablePlans } from "./spawnable-plans.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { PruneReport } from "../ledger/prune.ts";
import { parseSpawnInput } from "../ledger/spawn-input.ts";
import type { Spawn, SpawnDescription, SpawnEvent } from "../ledger/spawn-record.ts";
import { invalidArgument, isSlipwayError } from "../errors.ts";
import type { KeyRotated } from "../secrets/sealed-store.ts";
import { explainedError } from "../resolver/credential-problem.ts";
import { noLogTimes, spawnNotFound } from "../spawner/spawn-errors.ts";
import { watchList } from "../spawner/watch-list.ts";
import { watchSpawns } from "../spawner/watch.ts";
import { portsOf } from "./spawn-ports.ts";
import { findSpawnedMachine } from "./spawned-machine.ts";
import type { OpenAdapter } from "../substrate/contract.ts";

/** Everything outside of Slipway's own code that it uses. */
export interface SlipwayPorts extends CredentialPorts {
  readonly tenant: string;
  readonly catalog: Catalog;
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** A random number from 0 to 1, for the jitter that spreads out the retries of calls that were rejected together. */
  readonly random: () => number;
  /** The identity under which this process drives spawns. */
  readonly worker: ProcessIdentity;
  readonly openAdapter: OpenAdapter;
  /** Opens the registry client of `inspectImage`; adapters have clients of their own. */
  readonly openRegistryClient: () => Promise<RegistryClient>;
  /** Generates an id for a spawn whose caller gave none. It contains the workspace's name. */
  readonly newSpawnId: (workspace: string) => string;
  /** Seals the secrets of all tenants again. */
  readonly rotateKey: () => Promise<KeyRotated>;
  readonly close: () => Promise<void>;
}

export const PORTS: ShapeOf<SlipwayPorts> = {
  tenant: "string",
  catalog: "object",
  ledger: "object",
  clock: "object",
  random: "function",
  worker: "object",
  openAdapter: "function",
  readSecret: "function",
  dockerCredential: "function",
  registryToken: "function",
  openRegistryClient: "function",
  newSpawnId: "function",
  rotateKey: "function",
  close: "function",
};

interface Session extends SlipwayPorts {
  readonly plans: SpawnablePlans;
}

/**
 * Assembles Slipway from its ports. Each method validates its input and then calls the resolver or the spawner. All
 * input is copied before the first await, so that a caller may change it afterwards.
 */
export function assembleSlipway(given: SlipwayPorts): Slipway {
  const ports: Session = { ...given, plans: createSpawnablePlans(given) };
  const spawning = memoizeAsync(async () => {
    const { createSpawning } = await import("./spawn-workspaces.ts");
    return createSpawning(ports);
  });
  const { tenant, catalog } = ports;
  return {
    tenant,
    catalog,
    async resolveWorkspace(workspace, options = {}) {
      checkOptions("resolveWorkspace", options, RESOLVE_OPTIONS);
      checkString("workspace", workspace);
      const { offline = false } = options;
      return await ports.plans.resolve({ workspace, offline }, signalOf(options));
    },
    async spawnWorkspace(workspace, options = {}) {
      checkOptions("spawnWorkspace", options, SPAWN_OPTIONS);
      const { spawnId, env, labels, input, ...shared } = options;
      const own = parseSpawnInput("spawnWorkspace", { env, labels, input });
      const wanted = { workspace, ...(spawnId === undefined ? {} : { spawnId }), own };
      return await (await spawning()).spawnWorkspace(wanted, shared);
    },
    async spawnWorkspaces(wanted, options = {}) {
      checkOptions("spawnWorkspaces", options, BURST_OPTIONS);
      const ownOptions = { ...options };
      const members = checkWanted("spawnWorkspaces", wanted);
      return await (await spawning()).spawnWorkspaces(members, ownOptions);
    },
    estimateSpawns: (wanted) => estimate(ports, wanted),
    listSpawns: (filter = {}) => list(ports, filter),
    watchList: (filter = {}, options = {}) => watchFiltered(ports, filter, options),
    findSpawn: (machine) => find(ports, machine),
    describeSpawn: (spawnId) => describe(ports, spawnId),
    async terminateSpawn(spawnId, options = {}) {
      checkString("spawnId", spawnId);
      checkOptions("terminateSpawn", options, TERMINATE_OPTIONS);
      const signal = signalOf(options);
      const { onEvent = () => undefined } = options;
      const request = { tenant, spawnId, signal, detach: signal, onEvent };
      return await (await spawning()).terminate({ ...request, wait: "settled" });
    },
    async refreshSpawns(spawnIds, options = {}) {
      checkOptions("refreshSpawns", options, SIGNAL_OPTION);
      for (const spawnId of spawnIds) checkString("spawnId", spawnId);
      const [named, signal] = [[...spawnIds], signalOf(options)];
      const { refresh } = await spawning();
      const ids = named.length > 0 ? named : await liveSpawns(ports);
      const keys = ids.map((spawnId) => ({ tenant, spawnId }));
      await refresh(keys, signal);
    },
    async recover(options = {}) {
      checkOptions("recover", options, RECOVER_OPTIONS);
      const { onEvent = () => undefined } = options;
      const request = { tenant, signal: signalOf(options), onEvent };
      return await (await spawning()).recover(request);
    },
    async sweep(options = {}) {
      checkOptions("sweep", options, SWEEP_OPTIONS);
      const { grace, dryRun = false } = options;
      const signal = signalOf(options);
      const placements = await catalog.list("placement");
      const targets = placements.map(placementTarget);
      return await (await spawning()).sweep({ targets, grace, dryRun, signal });
    },
    prune: (options) => pruneSpawns(ports, options),
    rotateKey: () => ports.rotateKey(),
    logs: (spawnId, options = {}) => readLogs(ports, spawnId, options),
    exec: (spawnId, options = {}) => exec(ports, spawnId, options),
    listPorts: (spawnId) => listPorts(ports, spawnId),
    watch: (spawnIds, options = {}) => watch(ports, spawnIds, options),
    async inspectImage(reference, options = {}) {
      checkOptions("inspectImage", options, INSPECT_OPTIONS);
      return await inspectImage(ports, reference, options);
    },
    [Symbol.asyncDispose]: ports.close,
  };
}

/** The tenant's spawns whose machine is running or booting. */
async function liveSpawns({ ledger, tenant }: Session): Promise<readonly string[]> {
  const lists = [
    await ledger.list(tenant, { state: "running" }),
    await ledger.list(tenant, { state: "booting" }),
  ];
  return lists.flat().map(({ spawnId }) => spawnId);
}

function signalOf({ signal }: { readonly signal?: AbortSignal }): AbortSignal {
  return signal ?? new AbortController().signal;
}

async function list({ ledger, tenant }: Session, filter: SpawnFilter): Promise<readonly Spawn[]> {
  return await ledger.list(tenant, readFilter(filter));
}

async function pruneSpawns(ports: Session, options: PruneOptions): Promise<PruneReport> {
  checkPruneOptions(options);
  const { olderThan, dryRun = false, onProgress = () => undefined } = options;
  const { tenant } = ports;
  const request = { tenant, olderThan, dryRun, signal: signalOf(options), onProgress };
  const { prune } = await import("../ledger/prune.ts");
  return await prune(ports, request);
}

async function describe({ ledger, tenant }: Session, spawnId: string): Promise<SpawnDescription> {
  checkString("spawnId", spawnId);
  const description = await ledger.describe({ tenant, spawnId });
  if (description === null) throw spawnNotFound(tenant, spawnId);
  return description;
}

async function find(
  { ledger, tenant }: Session,
  machine: { readonly machineId: string },
): Promise<Spawn | null> {
  checkOptions("findSpawn", machine, FIND_OPTIONS);
  checkString("machineId", machine.machineId);
  return await ledger.findByMachine(tenant, machine.machineId);
}

async function estimate(
  ports: Session,
  wanted: readonly (string | WantedSpawn)[],
): Promise<SpawnEstimate> {
  const own = checkWanted("estimateSpawns", wanted);
  const { estimateSpawns } = await import("./estimate.ts");
  return await estimateSpawns(ports, own);
}

async function* readLogs(
  ports: Session,
  spawnId: string,
  options: LogsOptions,
): AsyncGenerator<Uint8Array> {
  checkString("spawnId", spawnId);
  checkOptions("logs", options, LOGS_OPTIONS);
  const since = options.since === undefined ? null : Date.parse(inUtc("logs", options.since));
  const { spawn, machineId, adapter } = await findSpawnedMachine(ports, spawnId);
  if (since !== null && adapter.capabilities.logTimes !== true) throw noLogTimes(spawn);
  const { follow = false, tail = null } = options;
  yield* adapter.logs(machineId, { follow, tail, since }, signalOf(options));
}

async function exec(ports: Session, spawnId: string, options: ExecOptions): Promise<number> {
  checkString("spawnId", spawnId);
  checkOptions("exec", options, EXEC_OPTIONS);
  const signal = signalOf(options);
  const own = { ...options };
  const { execInMachine, readExecOptions } = await import("./exec.ts");
  const wanted = readExecOptions(own);
  return await execInMachine(await findSpawnedMachine(ports, spawnId), wanted, signal);
}

async function listPorts(ports: Session, spawnId: string): Promise<readonly SpawnPort[]> {
  checkString("spawnId", spawnId);
  const { plan, machine, adapter } = await findSpawnedMachine(ports, spawnId);
  return await portsOf({ plan, machine, access: adapter.access });
}

async function* watchFiltered(
  { ledger, clock, tenant }: Session,
  filter: SpawnFilter,
  options: { readonly signal?: AbortSignal },
): AsyncGenerator<readonly Spawn[]> {
  checkOptions("watchList", options, SIGNAL_OPTION);
  if (filter.limit !== undefined)
    throw invalidArgument("INVALID_INPUT", "watchList: a list that is watched has no limit");
  const parsed = readFilter(filter, "watchList");
  yield* watchList({ ledger, clock, tenant, filter: parsed, signal: signalOf(options) });
}

async function* watch(
  { ledger, clock, tenant }: Session,
  spawnIds: readonly string[],
  options: WatchOptions,
): AsyncGenerator<SpawnEvent> {
  checkOptions("watch", options, WATCH_OPTIONS);
  const { since = "all", until = "settled" } = options;
  // A value that is not a list is rejected by watchSpawns itself.
  if (Array.isArray(spawnIds)) for (const spawnId of spawnIds) checkString("spawnId", spawnId);
  yield* watchSpawns({
    ledger,
    clock,
    tenant,
    spawnIds,
    since: since === "all" || since === "now" ? since : inUtc("watch", since),
    until,
    signal: signalOf(options),
  });
}

async function inspectImage(ports: Session, text: string, options: InspectOptions) {
  checkString("the reference", text);
  const reference = parseReference(text);
  // Loaded on demand: only this method inspects images outside of an adapter.
  const [{ inspectOciImage, verifyLayerBlobs }, { parsePlatform }] = await Promise.all([
    import("../oci/inspect/inspect-image.ts"),
    import("../oci/image/platform.ts"),
  ]);
  const platform = parsePlatform(options.platform ?? "linux/amd64");
  const signal = signalOf(options);
  const { secret } = options;
  const wanted = secret === undefined ? null : ({ kind: "secret", secret } as const);
  const found = await findCredential(ports, { reference, wanted }, signal);
  const { credential, problem } = found;
  if (problem !== undefined) options.onWarning?.(problem);
  const client = await ports.openRegistryClient();
  try {
    const inspection = await inspectOciImage(client, { reference, platform, credential, signal });
    if (options.verifyLayers === true)
      await verifyLayerBlobs(client, { inspection, credential, signal });
    // The configuration is verified against its digest, and may still say anything in its labels and variables.
    const { config, findings } = inspection;
    const redactor = client.redactor({ repository: reference, credential });
    return { ...inspection, config: redactor.data(config), findings: redactor.data(findings) };
  } catch (caught) {
    throw isSlipwayError(caught) ? explainedError(found, caught) : caught;
  } finally {
    client.close();
  }
}

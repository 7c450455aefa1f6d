import { setTimeout as delay } from "node:timers/promises";
import type { AwsTarget } from "../../src/plan/plan.ts";
import { VM_PENDING_MILLISECONDS } from "../../src/substrate/contract.ts";
import type { SubstrateAdapter, SubstrateCapabilities } from "../../src/substrate/contract.ts";
import { checkRates, UNPACED } from "../../src/pacing/rates.ts";
import type { Pace, RateSettings } from "../../src/pacing/rates.ts";
import { createAwsApi } from "./client/api.ts";
import type { AwsApi } from "./client/api.ts";
import { createAwsClients } from "./client/client.ts";
import type { AwsEnvironment } from "./client/shared-files.ts";
import { inspectAwsImage } from "./image/image.ts";
import { pacedApi } from "./client/pacing.ts";
import type { Sleep } from "../../src/async/cancellation.ts";
import { preflightInstance } from "./preflight/preflight.ts";
import { RATED_ACTIONS, rateOf, rateScope } from "./client/rates.ts";
import { createAwsReader } from "./client/reads.ts";
import { LAG_MILLISECONDS, createRecentMachines } from "./machines/recent-machines.ts";
import { sourceChecks } from "./preflight/source-check.ts";
import { createDryRun } from "./preflight/dry-run.ts";
import { loadSdk } from "./client/load-sdk.ts";
import { awsImage } from "./target.ts";
import { listInstances } from "./machines/describe.ts";
import { launchInstances } from "./launch/launch.ts";
import { leftoverVerbs } from "./machines/leftovers.ts";
import { loginCommands } from "./machines/login-commands.ts";
import { instanceLogs } from "./machines/logs.ts";
import { describeMachines } from "./machines/describe-machines.ts";
import { terminateInstances } from "./machines/terminate.ts";

export interface AwsAdapterOptions {
  /** The account, region and roles are fixed for the adapter's life. Everything else comes from each plan. */
  readonly target: AwsTarget;
  /** The variables of AWS's SDKs, such as `AWS_PROFILE` and `AWS_ENDPOINT_URL`. `AWS_REGION` is ignored. */
  readonly environment: AwsEnvironment;
  /** The user's home folder, which contains `.aws`. */
  readonly home: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Pauses between two polls of EC2, in milliseconds. Default: the system's timers. */
  readonly sleep?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** Awaited before every call except a launch. Default: no pacing. */
  readonly pace?: Pace;
  /** Rates that differ from the published ones, by the name of the call. */
  readonly rates?: RateSettings;
}

/**
 * EC2 honours a client token for 24 hours ("Ensuring idempotency in Amazon EC2 API requests"). A replay must also
 * arrive within that time, and the local clock may be wrong: after 23 hours a launch is looked up instead of replayed.
 */
const TOKEN_MILLISECONDS = 23 * 60 * 60_000;

/** EC2's own limits: at most 1,000 instances per `RunInstances`, at most 16 KiB of user data before base64. */
const CAPABILITIES: Omit<SubstrateCapabilities, "rates"> = {
  batch: {
    maximum: 1_000,
    longestSpawnId: null,
    idleMilliseconds: 20,
    longestMilliseconds: 200,
  },
  concurrentLaunches: null,
  watchMilliseconds: 0,
  retryMilliseconds: 120_000,
  idempotency: { machines: "eventual", tokenMilliseconds: TOKEN_MILLISECONDS },
  pollMilliseconds: 1_000,
  lagMilliseconds: LAG_MILLISECONDS,
  pendingMilliseconds: VM_PENDING_MILLISECONDS,
  bootDocument: {
    delivery: "cloud-init",
    maximumBytes: 16_384,
    identity: "launch-index",
  },
};

/** Dependencies that the verbs share. */
export interface AwsPorts {
  readonly region: string;
  /** The paced calls of a region. */
  readonly api: (region: string) => AwsApi;
  readonly now: () => number;
  readonly sleep: Sleep;
}

/** The adapter for one account and region. It loads, reads and connects to nothing before the first verb is called. */
export function createAwsAdapter(options: AwsAdapterOptions): SubstrateAdapter {
  const { target, now, pace = UNPACED, rates = {} } = options;
  const { accountId } = target;
  checkRates(rates, RATED_ACTIONS);
  const scope = rateScope(accountId, target.region);
  const clients = createAwsClients(options);
  const sleep: Sleep =
    options.sleep ??
    (async (milliseconds, signal) => await delay(milliseconds, undefined, { signal }));
  const pacing = { accountId, pace, rates, sleep };
  const ports: AwsPorts = {
    region: target.region,
    api: (region) => pacedApi(createAwsApi(clients, region), pacing),
    now,
    sleep,
  };
  const reader = createAwsReader({
    api: ports.api(target.region),
    accessKeyId: (role) => clients.accessKeyId(role),
    now,
  });
  const dryRun = createDryRun({ api: ports.api(target.region), sleep });
  return {
    substrate: "AWS",
    capabilities: {
      ...CAPABILITIES,
      rates: {
        scope,
        launch: rateOf("RunInstances", scope, rates),
      },
    },
    secrets: () => clients.secrets(),
    inspectImage: (image, { imageName }, signal) =>
      inspectAwsImage({ ...ports, reader }, awsImage(image), imageName, signal),
    async preflight(draft, facts, signal) {
      const report = await preflightInstance({ reader, dryRun, volumeTypes }, draft, facts, signal);
      return { ...report, checks: [...report.checks, ...sourceChecks(options.environment)] };
    },
    ...machineVerbs({
      api: ports.api(target.region),
      account: (signal) => reader.account("launcher", signal),
      now,
      sleep: ports.sleep,
      maxPerTermination:
        rateOf("TerminateInstances", scope, rates).resources?.capacity ?? Number.POSITIVE_INFINITY,
    }),
    access: { kind: "commands", commands: (id) => loginCommands(target.region, id) },
    close: async () => clients.close(),
  };
}

async function volumeTypes(): Promise<readonly string[]> {
  const { VolumeType } = await loadSdk();
  return Object.values(VolumeType);
}

export interface MachineOptions {
  /** The paced calls of the placement's region. */
  readonly api: AwsApi;
  /** The account that the launching credentials belong to, cached per credential. */
  readonly account: (signal: AbortSignal) => Promise<string>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly sleep: Sleep;
  /** How many machines one call may terminate under the account's rates. */
  readonly maxPerTermination: number;
}

type MachineVerbs = Pick<
  SubstrateAdapter,
  "launch" | "describe" | "terminate" | "list" | "leftovers" | "logs"
>;

/** The verbs about machines. They share the record of machines that this process launched or terminated recently. */
function machineVerbs(options: MachineOptions): MachineVerbs {
  const { api, account, now, sleep, maxPerTermination } = options;
  const ports = { api, account, now, sleep, recent: createRecentMachines(now) };
  return {
    launch: (launch, signal) => launchInstances(ports, launch, signal),
    describe: (ids, signal) => describeMachines(ports, ids, signal),
    terminate: (ids, signal) =>
      terminateInstances({ ...ports, maxPerCall: maxPerTermination }, ids, signal),
    list: (owner, signal) => listInstances(ports, owner, signal),
    leftovers: leftoverVerbs(ports),
    logs: (id, request, signal) => instanceLogs(ports, id, request, signal),
  };
}

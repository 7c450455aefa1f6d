import { setTimeout as delay } from "node:timers/promises";
import type { AwsTarget } from "../../src/plan/plan.ts";
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
import { createRehearse } from "./preflight/dry-run.ts";
import { loadSdk } from "./client/load-sdk.ts";
import { awsImage } from "./target.ts";
import { describeInstances, listInstances } from "./machines/describe.ts";
import { launchInstances } from "./launch/launch.ts";
import { instanceLogs } from "./machines/logs.ts";
import { terminateInstances } from "./machines/terminate.ts";

export interface AwsAdapterOptions {
  /** Account, region and roles hold for the adapter's life; all else is read from each plan. */
  readonly target: AwsTarget;
  /** `AWS_PROFILE`, `AWS_ENDPOINT_URL` and the others of AWS's SDKs are read; not `AWS_REGION`. */
  readonly environment: AwsEnvironment;
  /** The user's home folder, in which `.aws` is. */
  readonly home: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** How pauses between looks at EC2 are made, in milliseconds. Default: by the system's timers. */
  readonly sleep?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** Waited for before each call but a launch. Default: nothing is waited for. */
  readonly pace?: Pace;
  /** Rates that differ from the published ones, by the name of the call. */
  readonly rates?: RateSettings;
}

/**
 * "Ensuring idempotency" promises a token for 24 hours. A replay that is begun within them has to arrive within them,
 * by a clock that may be wrong: after 23 the launch is looked up.
 */
const TOKEN_MILLISECONDS = 23 * 60 * 60_000;

/** EC2's own limits: `RunInstances` takes 1,000 at most, user data has 16 KiB before its encoding. */
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
  lookMilliseconds: 1_000,
  lagMilliseconds: LAG_MILLISECONDS,
  pendingMilliseconds: 15 * 60_000,
  bootDocument: {
    delivery: "cloud-init",
    maximumBytes: 16_384,
    identity: {
      source: "instance-metadata-tags",
      tag: "slipway:launch",
      index: "ami-launch-index",
    },
  },
};

/** What the verbs share: the calls by region, and how time passes. */
export interface AwsPorts {
  readonly region: string;
  readonly api: (region: string) => AwsApi;
  readonly now: () => number;
  readonly sleep: Sleep;
}

/** The adapter of one account and region. Nothing is loaded, read or connected to before the first verb. */
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
  const rehearse = createRehearse(ports.api(target.region));
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
    preflight: (draft, facts, signal) =>
      preflightInstance({ reader, rehearse, volumeTypes }, draft, facts, signal),
    ...machineVerbs({
      api: ports.api(target.region),
      account: (signal) => reader.account("launcher", signal),
      now,
      sleep: ports.sleep,
      terminatedAtOnce:
        rateOf("TerminateInstances", scope, rates).resources?.capacity ?? Number.POSITIVE_INFINITY,
    }),
    close: async () => clients.close(),
  };
}

async function volumeTypes(): Promise<readonly string[]> {
  const { VolumeType } = await loadSdk();
  return Object.values(VolumeType);
}

export interface MachineOptions {
  /** The calls of the placement's region. */
  readonly api: AwsApi;
  /** The account that the launching credentials belong to, kept by credential. */
  readonly account: (signal: AbortSignal) => Promise<string>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly sleep: Sleep;
  /** Machines that one call may terminate at the account's rates. */
  readonly terminatedAtOnce: number;
}

type MachineVerbs = Pick<SubstrateAdapter, "launch" | "describe" | "terminate" | "list" | "logs">;

/** The verbs that are about machines. They share what was launched and terminated here a moment ago. */
function machineVerbs(options: MachineOptions): MachineVerbs {
  const { api, account, now, sleep, terminatedAtOnce } = options;
  const ports = { api, account, sleep, recent: createRecentMachines(now) };
  return {
    launch: (launch, signal) => launchInstances(ports, launch, signal),
    describe: (ids, signal) => describeInstances(ports, ids, signal),
    terminate: (ids, signal) =>
      terminateInstances({ ...ports, mostAtOnce: terminatedAtOnce }, ids, signal),
    list: (owner, signal) => listInstances(ports, owner, signal),
    logs: (id, request, signal) => instanceLogs(ports, id, request, signal),
  };
}

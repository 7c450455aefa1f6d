import { setTimeout as delay } from "node:timers/promises";
import { SlipwayError } from "../../src/errors.ts";
import type { GcpTarget } from "../../src/plan/plan.ts";
import { VM_PENDING_MILLISECONDS } from "../../src/substrate/contract.ts";
import type {
  ImageSource,
  SubstrateAdapter,
  SubstrateCapabilities,
} from "../../src/substrate/contract.ts";
import { checkRates, UNPACED } from "../../src/pacing/rates.ts";
import type { Pace, RateSettings } from "../../src/pacing/rates.ts";
import type { GceEnvironment } from "./client/credential-settings.ts";
import { inspectGceImage } from "./image/image.ts";
import { launchMachines } from "./launch/launch.ts";
import { diskReader } from "./machines/read-disks.ts";
import { loginCommands } from "./machines/login-commands.ts";
import { machineLogs } from "./machines/logs.ts";
import { describeMachines, listMachines } from "./machines/describe.ts";
import { LONGEST_TOLD_SPAWN_ID } from "./launch/names.ts";
import type { GceRole } from "./target.ts";
import { preflightInstance } from "./preflight/preflight.ts";
import { RATE_QUOTAS, rateOf, rateScope } from "./client/rates.ts";
import { createReads } from "./client/reads.ts";
import { terminateMachines } from "./machines/terminate.ts";
import { createGceApi } from "./client/api.ts";
import type { GceApi } from "./client/api.ts";
import { createPacing } from "./client/pacing.ts";
import type { PacingOptions } from "./client/pacing.ts";
import { createAuthorization } from "./client/authorization.ts";
import type { Authorization } from "./client/authorization.ts";
import type { GceCallRules } from "./client/call.ts";
import { createGceClients } from "./client/client.ts";
import type { CredentialOptions } from "./client/credentials.ts";
import { computeOf, ENDPOINT_VARIABLE, overriddenEndpoint } from "./client/endpoint.ts";
import { loadCredentials } from "./client/load-sdk.ts";
import { gceAgents } from "./client/transport.ts";
import { proxyRule } from "../../src/proxy/proxy-rule.ts";

export interface GceAdapterOptions {
  /** Project and accounts are fixed for the adapter's life; everything else comes from each plan. */
  readonly target: GcpTarget;
  /**
   * Variables read: `CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE`, `CLOUDSDK_AUTH_ACCESS_TOKEN` and
   * `GOOGLE_APPLICATION_CREDENTIALS`. Without them, Google's library searches for application-default credentials.
   */
  readonly environment: GceEnvironment;
  /** The user's home folder, which contains `.config/gcloud`. */
  readonly home: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Sleeps, in milliseconds; rejects if the signal is aborted first. Default: the system's timers. */
  readonly sleep?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** Awaited before each call except a launch. Default: no pacing. */
  readonly pace?: Pace;
  /** Quotas that differ from the published ones, by their names. */
  readonly rates?: RateSettings;
}

/** Compute Engine's limits: a metadata value holds 256 KiB; a batch may have 1,000 members. */
const CAPABILITIES: Omit<SubstrateCapabilities, "rates"> = {
  batch: {
    maximum: 1_000,
    longestSpawnId: LONGEST_TOLD_SPAWN_ID,
    idleMilliseconds: 20,
    longestMilliseconds: 200,
  },
  concurrentLaunches: null,
  watchMilliseconds: 0,
  retryMilliseconds: 120_000,
  idempotency: { machines: "eventual", tokenMilliseconds: null },
  // An instance is found by name as soon as its insert has returned.
  pollMilliseconds: 1_000,
  lagMilliseconds: 0,
  pendingMilliseconds: VM_PENDING_MILLISECONDS,
  bootDocument: {
    delivery: "cloud-init",
    maximumBytes: 256 * 1024,
    identity: "instance-name",
  },
};

/** Creates the adapter of one project and its accounts. It loads, reads and connects nothing before the first verb. */
export function createGceAdapter(options: GceAdapterOptions): SubstrateAdapter {
  const { target, environment, home, now, pace = UNPACED, rates = {} } = options;
  const sleep =
    options.sleep ??
    (async (milliseconds: number, signal: AbortSignal) =>
      await delay(milliseconds, undefined, { signal }));
  const { project } = target;
  checkRates(rates, RATE_QUOTAS);
  const scope = rateScope(project);
  const api = connectGce({
    target,
    environment,
    home,
    now,
    sleep,
    pacing: { project, pace, rates },
  });
  const reads = createReads(api, now);
  return {
    substrate: "GCP",
    capabilities: {
      ...CAPABILITIES,
      rates: { scope, launch: rateOf("Queries", scope, rates) },
    },
    secrets: () => api.secrets(),
    inspectImage: async (image, { imageName }, signal) =>
      await inspectGceImage({ reads, project }, gceImage(image), imageName, signal),
    preflight: async (draft, facts, signal) => await preflightInstance(reads, draft, facts, signal),
    launch: async (launch, signal) => await launchMachines({ api, sleep }, launch, signal),
    describe: async (ids, signal) =>
      await describeMachines({ api }, ids, signal, diskReader(api, signal)),
    terminate: async (ids, signal) => await terminateMachines({ api }, ids, signal),
    list: async (owner, signal) => await listMachines({ api }, { project, owner }, signal),
    access: { kind: "commands", commands: loginCommands },
    async *logs(id, request, signal) {
      yield* machineLogs({ api, sleep }, id, request, signal);
    },
    close: async () => await api.close(),
  };
}

function gceImage(image: ImageSource): Extract<ImageSource, { substrate: "GCP" }> {
  if (image.substrate === "GCP") return image;
  throw new SlipwayError({
    code: "INVALID_ARGUMENT",
    reason: "SUBSTRATE_MISMATCH",
    message: `an image of ${image.substrate} cannot run on Compute Engine`,
    remedy: "Name an image with a gce self-link.",
  });
}

export interface ConnectionOptions extends Pick<
  CredentialOptions,
  "target" | "environment" | "home" | "now"
> {
  readonly sleep: GceCallRules["sleep"];
  readonly pacing: PacingOptions;
}

/**
 * Compute Engine with a placement's accounts. Nothing is imported, looked up or sent before the first call, which
 * throws `CLOUD_ENDPOINT_INVALID` for an invalid endpoint.
 */
export function connectGce(options: ConnectionOptions): GceApi {
  const { target, environment, home, now, sleep, pacing } = options;
  const agents = gceAgents(proxyRule(environment));
  const authorize = (role: GceRole) =>
    createAuthorization({ agents, now }, async (memory) => {
      const { openCredentials } = await loadCredentials();
      return await openCredentials({ target, environment, home, now, role, memory, agents });
    });
  const authorization = { reader: authorize("reader"), launcher: authorize("launcher") };
  return authorizedApi({ environment, sleep, pacing }, authorization);
}

/** Compute Engine with the given authorization of each role. */
export function authorizedApi(
  { environment, sleep, pacing }: Pick<ConnectionOptions, "environment" | "sleep" | "pacing">,
  authorization: Readonly<Record<GceRole, Authorization>>,
): GceApi {
  const clients = createGceClients({
    endpoint: async (role) =>
      overriddenEndpoint(environment[ENDPOINT_VARIABLE]) ??
      computeOf(await authorization[role].universeDomain()),
    authorization,
  });
  return createGceApi({ clients, sleep, pacing: createPacing(pacing) });
}

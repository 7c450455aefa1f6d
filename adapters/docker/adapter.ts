import { lookup } from "node:dns/promises";
import { setTimeout as delay } from "node:timers/promises";
import { SlipwayError } from "../../src/errors.ts";
import { errorCode } from "../../src/host/error-code.ts";
import { credentialKey } from "../../src/oci/credential.ts";
import { proxyRule } from "../../src/proxy/proxy-rule.ts";
import { createRegistryClient } from "../../src/oci/registry/client.ts";
import type { RegistryCertificates } from "../../src/oci/registry/certificates.ts";
import type { RegistryClient } from "../../src/oci/registry/contract.ts";
import { memoizeAsync } from "../../src/async/memoize.ts";
import { singleFlight } from "../../src/async/single-flight.ts";
import type {
  ImageInspection,
  ImageSource,
  SubstrateAdapter,
  SubstrateCapabilities,
} from "../../src/substrate/contract.ts";
import { createAuthorisedImages } from "./image/authorised-images.ts";
import { createEngineApi } from "./client/api.ts";
import { endpointHost, publishedHost } from "./client/endpoint.ts";
import { findEndpoint } from "./client/endpoint-provider.ts";
import type { DockerEnvironment } from "./client/endpoint-provider.ts";
import type { EngineFactsReader } from "./client/engine-facts.ts";
import { createEngineFacts } from "./client/engine-facts.ts";
import { engineError } from "./errors/errors.ts";
import { readHostPlatforms } from "./preflight/host-platforms.ts";
import type { HostPlatforms } from "./preflight/host-platforms.ts";
import { inspectDockerImage } from "./image/image.ts";
import { insecureRegistries } from "./image/insecure-registries.ts";
import type { LookUp } from "./image/insecure-registries.ts";
import type { MemberPorts } from "./launch/launch-member.ts";
import { launchContainers } from "./launch/launch.ts";
import { describeContainers, listContainers } from "./machines/describe.ts";
import type { DescribePorts } from "./machines/describe.ts";
import { execInContainer } from "./machines/exec.ts";
import { containerLogs } from "./machines/logs.ts";
import { terminateContainers } from "./machines/terminate.ts";
import type { TerminatePorts } from "./machines/terminate.ts";
import { preflightContainer } from "./preflight/preflight.ts";
import type { EngineConnection } from "./preflight/preflight.ts";
import { refusalFinder } from "./launch/clarify-refusal.ts";
import type { FindRefusal } from "./launch/clarify-refusal.ts";
import { createPuller, DEFAULT_PULL_TIMEOUTS } from "./launch/pull.ts";
import type { PullTimeouts } from "./launch/pull.ts";
import { createTransport } from "./client/transport.ts";

export interface DockerAdapterOptions {
  /** The placement's `unix://`, `tcp://` or `ssh://` address; null asks the environment. */
  readonly host: string | null;
  /** `DOCKER_HOST`, `DOCKER_CONTEXT`, `DOCKER_CONFIG`, `DOCKER_CERT_PATH`, `DOCKER_TLS_VERIFY` and `XDG_RUNTIME_DIR` are read. */
  readonly environment: DockerEnvironment;
  /** The user's home folder, in which `.docker` is. */
  readonly home: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Certificates for registries, beside the system's authorities. Default: none. */
  readonly certificates?: (host: string) => Promise<RegistryCertificates>;
  /** Sent to registries as `User-Agent`. Default `slipway`. */
  readonly userAgent?: string;
  readonly pullTimeouts?: PullTimeouts;
  /** The program for `ssh://` hosts. Default `ssh`. */
  readonly sshProgram?: string;
  /** The platforms that the host's kernel runs. Default: read from the kernel. */
  readonly hostPlatforms?: HostPlatforms;
  /** Sleeps between polls of the engine, in milliseconds. Default: the system's timers. */
  readonly sleep?: (milliseconds: number) => Promise<void>;
}

/** State of one engine for the life of the adapter. */
interface OpenEngine extends EngineConnection, MemberPorts {
  readonly machines: DescribePorts & TerminatePorts;
}

/**
 * The kernel limits one variable with its name to 128 KiB. The boot document is far smaller in practice and leaves
 * room for other variables.
 */
const LARGEST_BOOT_DOCUMENT = 64 * 1024;
const WATCH_MILLISECONDS = 1_000;
/** An engine that restarts is back within seconds. */
const RETRY_MILLISECONDS = 10_000;

/** A started container is running or has ended; only an overloaded engine needs longer. */
const PENDING_MILLISECONDS = 60_000;

/**
 * The engine creates containers on its host's processors, partly one at a time: with fewer calls in flight it idles
 * in between, with more it slows down. Measured on two processors: 16 was fastest; 4 took a twelfth longer.
 */
const CONCURRENT_LAUNCHES = 16;

/** Each container needs its own call, so a batch saves nothing: core sends launches of one. */
const CAPABILITIES: SubstrateCapabilities = {
  batch: {
    maximum: 1,
    longestSpawnId: null,
    idleMilliseconds: 0,
    longestMilliseconds: 0,
  },
  concurrentLaunches: CONCURRENT_LAUNCHES,
  rates: null,
  watchMilliseconds: WATCH_MILLISECONDS,
  retryMilliseconds: RETRY_MILLISECONDS,
  idempotency: { machines: "consistent", tokenMilliseconds: null },
  pollMilliseconds: 0,
  lagMilliseconds: 0,
  pendingMilliseconds: PENDING_MILLISECONDS,
  bootDocument: { delivery: "environment", maximumBytes: LARGEST_BOOT_DOCUMENT },
  logTimes: true,
};

/** The adapter of one Docker engine. Nothing is read or connected to before the first verb. */
export function createDockerAdapter(options: DockerAdapterOptions): SubstrateAdapter {
  const engines = engineOpener(options, (wanted) => refusalFinder(registry)(wanted));
  const registry = registryOf(options, engines.open);
  const authorisedImages = createAuthorisedImages(options.now);
  const what = "reading the image";
  const join = singleFlight<ImageInspection>();
  const hostPlatforms = options.hostPlatforms ?? readHostPlatforms();
  const machines = async () => (await engines.open()).machines;
  return {
    substrate: "DOCKER",
    capabilities: CAPABILITIES,
    // The engine receives a launch's secrets; the registry's client redacts its own.
    secrets: () => [],
    async inspectImage(image, target, signal) {
      const source = dockerImage(image);
      const { imageRef, credential } = source;
      // Concurrent callers of one tag share one read, so the tag means the same for all of them.
      const key = JSON.stringify([imageRef, credentialKey(credential), target]);
      const read = (stop: AbortSignal) => inspectDockerImage(registry, source, target, stop);
      const found = await join({ key, signal, what }, read);
      if (found.artifact !== null) authorisedImages.add(found.artifact.id, source.credential);
      return found;
    },
    preflight: (draft, facts, signal) =>
      preflightContainer({ connect: engines.open, hostPlatforms }, draft, facts, signal),
    launch: (launch, signal) =>
      launchContainers({ connect: engines.open, registry, authorisedImages }, launch, signal),
    describe: async (ids, signal) => describeContainers(await machines(), ids, signal),
    terminate: async (ids, signal) => terminateContainers(await machines(), ids, signal),
    list: async (owner, signal) => listContainers(await machines(), owner, signal),
    access: {
      kind: "exec",
      async exec(id, request, signal) {
        return await execInContainer(await machines(), id, request, signal);
      },
      publishedHost: async (address) => publishedHost((await engines.open()).endpoint, address),
    },
    async *logs(id, request, signal) {
      yield* containerLogs(await machines(), id, request, signal);
    },
    async close() {
      registry.close();
      await engines.close();
    },
  };
}

/** Finds the engine on first use. A failed search is not cached. */
function engineOpener(options: DockerAdapterOptions, findRefusal: FindRefusal) {
  let opened: OpenEngine | null = null;
  const open = memoizeAsync(async () => (opened = await openEngine(options, findRefusal)));
  const close = async (): Promise<void> => await opened?.api.close();
  return { open, close };
}

async function openEngine(
  options: DockerAdapterOptions,
  findRefusal: FindRefusal,
): Promise<OpenEngine> {
  const { host, environment, home, now, sshProgram, sleep = delay } = options;
  const endpoint = await findEndpoint({ host, environment, home });
  const proxy = proxyRule(environment);
  const ssh = sshProgram === undefined ? {} : { sshProgram };
  const transport = createTransport(endpoint, { proxy, ...ssh });
  const api = createEngineApi(transport);
  const facts = createEngineFacts(api, now);
  const { address } = endpoint;
  const timeouts = options.pullTimeouts ?? DEFAULT_PULL_TIMEOUTS;
  return {
    endpoint,
    engine: address,
    api,
    facts,
    puller: createPuller({ api, engine: address, findRefusal, timeouts }),
    sleep,
    machines: {
      api,
      engine: address,
      place: async (signal) => endpointHost(endpoint) ?? (await nameOf(address, facts, signal)),
      sleep,
    },
  };
}

async function nameOf(
  engine: string,
  facts: EngineFactsReader,
  signal: AbortSignal,
): Promise<string> {
  try {
    return await facts.name(signal);
  } catch (caught) {
    throw engineError(caught, { operation: "info", engine, subject: "the engine" });
  }
}

function registryOf(
  { now, environment, userAgent = "slipway", certificates }: DockerAdapterOptions,
  open: () => Promise<OpenEngine>,
): RegistryClient {
  return createRegistryClient({
    userAgent,
    now,
    proxy: proxyRule(environment),
    insecure: insecureRegistries(
      async () => await (await open()).facts.read(new AbortController().signal),
      addressesOf,
    ),
    ...(certificates === undefined ? {} : { certificates }),
  });
}

/** Returns no address for an unknown host name; the registry's client reports that error. */
const addressesOf: LookUp = async (host) => {
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch (caught) {
    if (errorCode(caught) !== null) return [];
    throw caught;
  }
};

function dockerImage(image: ImageSource): Extract<ImageSource, { substrate: "DOCKER" }> {
  if (image.substrate === "DOCKER") return image;
  throw new SlipwayError({
    code: "INVALID_ARGUMENT",
    reason: "SUBSTRATE_MISMATCH",
    message: `an image of ${image.substrate} cannot run on a Docker engine`,
    remedy: "Name an image with a docker reference.",
  });
}

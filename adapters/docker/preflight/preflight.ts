import { cancellation } from "../../../src/async/cancellation.ts";
import type { JsonObject, SlipwayError } from "../../../src/errors.ts";
import type { Check, PlanDraft } from "../../../src/plan/plan.ts";
import type { PreflightReport } from "../../../src/substrate/contract.ts";
import type { EngineApi } from "../client/api.ts";
import { failedBy, passed, skipped, warning } from "../../../src/substrate/check.ts";
import { mergeConfiguration } from "./container-configuration.ts";
import type { MergedConfiguration } from "./container-configuration.ts";
import {
  networkCheck,
  needsLookUp,
  platformCheck,
  registryChecks,
  versionCheck,
} from "./engine-checks.ts";
import { endpointHost } from "../client/endpoint.ts";
import type { EngineEndpoint } from "../client/endpoint.ts";
import type { EngineFacts, EngineFactsReader } from "../client/engine-facts.ts";
import { engineError, hasStatus } from "../errors/errors.ts";
import { guestChecks } from "./guest-checks.ts";
import { imageStoreChecks, podmanChecks } from "./image-store-checks.ts";
import type { HostPlatforms } from "./host-platforms.ts";
import { dockerTarget } from "../launch/launch-request.ts";
import { optionChecks } from "./option-checks.ts";
import { resourceChecks } from "./resource-checks.ts";
import { planSettings } from "../settings.ts";

/** A connection to one engine. */
export interface EngineConnection {
  readonly endpoint: EngineEndpoint;
  readonly api: EngineApi;
  readonly facts: EngineFactsReader;
}

export interface PreflightPorts {
  /** Throws `ENGINE_CONFIGURATION_INVALID`. */
  readonly connect: () => Promise<EngineConnection>;
  readonly hostPlatforms: HostPlatforms;
}

/** The machine type of a container without an environment: only the engine limits it. */
const UNLIMITED = "unlimited";

/**
 * Runs all checks that need this engine, with concurrent reads, and merges the container's settings. An unreachable
 * engine is a failed check; only a cancellation is thrown.
 */
export async function preflightContainer(
  ports: PreflightPorts,
  draft: PlanDraft,
  facts: JsonObject,
  signal: AbortSignal,
): Promise<PreflightReport> {
  if (signal.aborted) throw cancellation(signal, "the preflight");
  const merged = mergeConfiguration(draft, facts);
  const engine = await readEngine(ports, draft, signal);
  const fitting =
    engine.facts === null
      ? []
      : [
          ...limitChecks(engine.facts, draft, merged),
          ...imageStoreChecks(engine.facts, facts),
          ...podmanChecks(engine.facts, facts, merged.container),
          ...optionChecks(draft, engine.facts),
        ];
  const obstacle = engine.checks.find(({ outcome }) => outcome === "failed") ?? null;
  return {
    checks: [...engine.checks, ...fitting, ...guestChecks(draft, merged.container)],
    candidates: draft.candidates.map((candidate) => ({
      ...candidate,
      place: engine.place ?? candidate.place,
      verdict: obstacle === null ? "eligible" : "rejected",
      reason: obstacle?.message ?? null,
    })),
    machineType: machineTypeOf(draft),
    settings: planSettings(merged.container),
    sources: {
      ...merged.sources,
      ...(engine.place === null ? {} : { "/candidates/0/place": engine.placeSource }),
    },
  };
}

interface EngineReading {
  readonly checks: readonly Check[];
  readonly facts: EngineFacts | null;
  /** The engine's host; null if unknown. */
  readonly place: string | null;
  readonly placeSource: string;
}

async function readEngine(
  ports: PreflightPorts,
  draft: PlanDraft,
  signal: AbortSignal,
): Promise<EngineReading> {
  let address = dockerTarget(draft).host ?? "";
  let configuration: readonly Check[] = [];
  try {
    const connection = await ports.connect();
    address = connection.endpoint.address;
    configuration = configurationChecks(connection.endpoint);
    const [facts, network, hostRuns] = await Promise.all([
      connection.facts.read(signal),
      networkChecks(connection, draft, signal),
      ports.hostPlatforms.runs(draft.architecture),
    ]);
    const target = dockerTarget(draft);
    const input = { facts, architecture: draft.architecture, target };
    const isHere = isOnThisHost(connection.endpoint, facts, ports.hostPlatforms);
    const host = endpointHost(connection.endpoint);
    return {
      facts,
      place: host ?? facts.info.Name,
      placeSource: host === null ? `/info of the engine at ${address}` : "the engine's address",
      checks: [
        ...configuration,
        passed("engine.reachable", `the engine at ${address} answers`),
        versionCheck(facts),
        platformCheck({ ...input, hostRuns: isHere ? hostRuns : null }),
        ...registryChecks(facts, draft.artifact.id),
        ...network,
      ],
    };
  } catch (caught) {
    if (signal.aborted) throw cancellation(signal, "the preflight");
    const context = { operation: "info", engine: address, subject: "the engine" } as const;
    const reading = unreachable(engineError(caught, context));
    return { ...reading, checks: [...configuration, ...reading.checks] };
  }
}

/** A warning that another engine than the default one may be meant. */
export function configurationChecks({ problem, address }: EngineEndpoint): readonly Check[] {
  if (problem == null) return [];
  const { why, remedy } = problem;
  const message = `using the default engine at ${address}, because ${why}`;
  return [warning("engine.configuration", { message, remedy })];
}

function unreachable(error: SlipwayError): EngineReading {
  const unreached = "the engine could not be reached";
  return {
    facts: null,
    place: null,
    placeSource: "",
    checks: [
      failedBy("engine.reachable", error),
      skipped("engine.version", unreached),
      skipped("engine.platform", unreached),
      skipped("resources", unreached),
    ],
  };
}

async function networkChecks(
  { api, endpoint }: EngineConnection,
  draft: PlanDraft,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  const { network } = dockerTarget(draft);
  if (!needsLookUp(network)) return [];
  try {
    return [networkCheck(network, await api.inspectNetwork(network, signal))];
  } catch (caught) {
    if (hasStatus(caught, 404)) return [networkCheck(network, null)];
    const subject = `network ${network}`;
    throw engineError(caught, { operation: "network", engine: endpoint.address, subject });
  }
}

/** Docker Desktop's engine listens on a local socket too, but runs in a virtual machine with its own kernel. */
function isOnThisHost(
  endpoint: EngineEndpoint,
  { info }: EngineFacts,
  { kernel }: HostPlatforms,
): boolean {
  return endpoint.kind === "unix" && info.KernelVersion === kernel;
}

function limitChecks(
  engine: EngineFacts,
  draft: PlanDraft,
  { container, imageLimits }: MergedConfiguration,
): readonly Check[] {
  return resourceChecks({ resources: container, image: imageLimits, shape: draft.shape, engine });
}

/** Docker has no machine types, so the plan names the container's limits. */
function machineTypeOf({ shape }: PlanDraft): string {
  const { vcpus, memoryGb } = shape;
  const limits = [
    ...(vcpus === null ? [] : [`${vcpus}cpu`]),
    ...(memoryGb === null ? [] : [`${memoryGb}gib`]),
  ];
  return limits.length === 0 ? UNLIMITED : limits.join("-");
}

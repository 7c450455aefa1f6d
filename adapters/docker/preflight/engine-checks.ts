import { ARCHITECTURES } from "../../../src/plan/plan.ts";
import type { Architecture, Check, DockerTarget } from "../../../src/plan/plan.ts";
import { failed, passed, warning } from "../../../src/substrate/check.ts";
import { DOCKER_HUB, parseReference } from "../../../src/oci/reference.ts";
import { quotableAddress } from "../../../src/redaction/address.ts";
import { needsTlsOnLoopback } from "../image/insecure-registries.ts";
import { isPodman } from "../client/engine-facts.ts";
import type { EngineFacts } from "../client/engine-facts.ts";
import type { NetworkReply } from "../client/replies.ts";

/** Docker 20.10 is the first release that accepts a platform when it creates a container. */
const LEAST_API = [1, 41] as const;

const GO_ARCHITECTURES: ReadonlyMap<string, Architecture> = new Map([
  ["amd64", "amd64"],
  ["x86_64", "amd64"],
  ["arm64", "arm64"],
  ["aarch64", "arm64"],
]);

/** Networks that every engine has, and the modes `host` and `none`. */
const BUILT_IN_NETWORKS: ReadonlySet<string> = new Set(["default", "bridge", "host", "none"]);

export function versionCheck(facts: Pick<EngineFacts, "version">): Check {
  const { Version: release, ApiVersion: api } = facts.version;
  const engine = isPodman(facts) ? "Podman" : "Docker";
  const [major = 0, minor = 0] = api.split(".").map(Number);
  const [leastMajor, leastMinor] = LEAST_API;
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor))
    return passed("engine.version", `${engine} ${release} speaks API ${api}`);
  return failed("engine.version", {
    code: "FAILED_PRECONDITION",
    reason: "ENGINE_UNSUPPORTED",
    message: `${engine} ${release} speaks API ${api}, needed is ${LEAST_API.join(".")}`,
    remedy: "Upgrade the engine to Docker 20.10, or Podman 4, or later.",
    blastRadius: "zone",
  });
}

/**
 * Warns about a registry that the engine reaches in another way than this dry run: through mirrors, or with TLS where it
 * may have none.
 */
export function registryChecks(facts: EngineFacts, artifact: string): readonly Check[] {
  const { registry } = parseReference(artifact);
  const mirrors = facts.info.RegistryConfig?.Mirrors ?? [];
  if (registry === DOCKER_HUB && mirrors.length > 0)
    return [
      warning("engine.registry", {
        message: `the engine pulls images of ${registry} from its mirrors first (${mirrors.map(quotableAddress).join(", ")}); this dry run read ${registry} itself`,
        remedy:
          "Nothing is needed if the mirrors serve the image: its digest is pinned. Otherwise correct registry-mirrors in the engine's configuration.",
      }),
    ];
  if (!needsTlsOnLoopback(facts, registry)) return [];
  return [
    warning("engine.registry", {
      message: `Podman speaks TLS to the registry ${registry}, also on loopback`,
      remedy: `Unless the registry has TLS, add it to Podman's registries.conf with insecure = true.`,
    }),
  ];
}

export interface PlatformCheckInput {
  readonly facts: EngineFacts;
  readonly architecture: Architecture;
  readonly target: DockerTarget;
  /** Whether the engine's kernel runs programs of the architecture; null if that is unknown. */
  readonly hostRuns: boolean | null;
}

/**
 * Checks that the engine runs the architecture: natively, by the host's binfmt handlers, or by the placement's word.
 */
export function platformCheck(input: PlatformCheckInput): Check {
  const { facts, architecture, target, hostRuns } = input;
  const name = "engine.platform";
  const wanted = `linux/${architecture}`;
  if (facts.info.OSType !== "linux")
    return failed(name, {
      code: "FAILED_PRECONDITION",
      reason: "PLATFORM_UNSUPPORTED",
      message: `the engine runs ${facts.info.OSType} containers, the image is for ${wanted}`,
      remedy: "Use an engine that runs Linux containers.",
      blastRadius: "zone",
    });
  const own = engineArchitecture(facts);
  if (own === architecture) return passed(name, `the engine's own platform is ${wanted}`);
  if (hostRuns === true) return passed(name, `binfmt_misc of the engine's host runs ${wanted}`);
  if (target.platforms.some((platform) => isFor(platform, architecture)))
    return passed(name, `the placement lists ${wanted}`);
  const engine = own === null ? "an engine for an unknown platform" : `an engine for linux/${own}`;
  const doubt = hostRuns === null ? "may not run" : "probably does not run";
  return warning(name, {
    code: "FAILED_PRECONDITION",
    reason: "PLATFORM_UNSUPPORTED",
    message: `${engine} ${doubt} ${wanted}: its programs would end with "exec format error"`,
    remedy: `Install qemu's binfmt handlers on the engine's host, or list ${wanted} in the placement's platforms.`,
  });
}

/** The engine's own architecture; null if Slipway does not support it. */
function engineArchitecture({ info, version }: EngineFacts): Architecture | null {
  return GO_ARCHITECTURES.get(version.Arch) ?? GO_ARCHITECTURES.get(info.Architecture) ?? null;
}

/** Checks the network that the engine has under this name; null if it has none. */
export function networkCheck(name: string, network: NetworkReply | null): Check {
  const check = "network.exists";
  const refuse = (why: string, remedy: string) =>
    failed(check, {
      code: "FAILED_PRECONDITION",
      reason: "NETWORK_NOT_FOUND",
      message: `network ${name}: ${why}`,
      remedy,
      blastRadius: "zone",
      metadata: { network: name },
    });
  if (network === null)
    return refuse(
      "the engine has no network of this name",
      `Create it on the engine (docker network create ${name}), or name another in the placement.`,
    );
  if (network.Scope === "swarm" && !network.Attachable)
    return refuse(
      "it belongs to a swarm and single containers may not attach to it",
      "Create it with --attachable, or name another in the placement.",
    );
  return passed(check, `the engine has the network ${name}`);
}

/** Whether the network must be looked up on the engine. */
export function needsLookUp(network: string | null): network is string {
  return network !== null && !BUILT_IN_NETWORKS.has(network);
}

function isFor(platform: string, architecture: Architecture): boolean {
  const [os, named] = platform.split("/");
  return os === "linux" && ARCHITECTURES.find((known) => known === named) === architecture;
}

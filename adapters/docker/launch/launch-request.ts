import { createHash } from "node:crypto";
import { SlipwayError } from "../../../src/errors.ts";
import type { DockerTarget, LaunchPlan } from "../../../src/plan/plan.ts";
import type { SecretValue } from "../../../src/secret-value.ts";
import { INPUT_VARIABLE } from "../../../src/substrate/contract.ts";
import type { Launch, LaunchMember } from "../../../src/substrate/contract.ts";
import type { ContainerRequest } from "../client/api.ts";
import type { ContainerBody } from "../client/container-body.ts";
import { containerLabels } from "../labels.ts";
import { hostOptions, processOptions } from "./container-options.ts";
import { settingsOf } from "../settings.ts";
import type { ContainerSettings } from "../settings.ts";

/** The environment variable with the container's boot document. */
export const BOOT_DOCUMENT_VARIABLE = "SLIPWAY_BOOT_DOCUMENT";

const NAME_PREFIX = "slipway-";
const NAME_DIGITS = 32;

/**
 * Builds the create request for one member of a launch. It omits the image's own environment, directory, volumes, ports,
 * labels, stop signal and health check, and the entrypoint, command and user that the workspace does not set: the engine
 * takes them from the image.
 *
 * Throws `INVALID_PLAN` if the plan is not for a container, `RESOURCE_VALUE_REFUSED` if a variable cannot hold a
 * secret.
 */
export function containerRequest(launch: Launch, member: LaunchMember): ContainerRequest {
  const { plan } = launch;
  const target = dockerTarget(plan);
  const settings = settingsOf(plan);
  return {
    name: containerName(launch.token, member.spawnId),
    platform: plan.artifact.platform ?? null,
    body: {
      Image: plan.artifact.id,
      Env: environment(launch, member),
      Labels: containerLabels(launch, member, target.labels),
      ExposedPorts: Object.fromEntries(settings.publish.map(({ port }) => [`${port}/tcp`, {}])),
      ...processOptions(plan.guest),
      HostConfig: {
        ...hostConfiguration(settings),
        ...hostOptions(target, plan.shape.container ?? {}),
      },
    },
  };
}

/** `slipway-` and 32 hex digits of a hash over the launch's token and the member. */
export function containerName(token: string, spawnId: string): string {
  const digest = createHash("sha256")
    .update(JSON.stringify([token, spawnId]))
    .digest("hex");
  return NAME_PREFIX + digest.slice(0, NAME_DIGITS);
}

export function dockerTarget(plan: Pick<LaunchPlan, "target">): DockerTarget {
  if (plan.target.substrate === "DOCKER") return plan.target;
  throw new SlipwayError({
    code: "INVALID_ARGUMENT",
    reason: "SUBSTRATE_MISMATCH",
    message: `the plan is for ${plan.target.substrate}, not for a Docker engine`,
    remedy: "Resolve the workspace again.",
  });
}

function hostConfiguration(settings: ContainerSettings): ContainerBody["HostConfig"] {
  const { network, memory, memorySwap, cpuShares, nanoCpus, publish } = settings;
  return {
    PortBindings: Object.fromEntries(
      publish.map(({ port, address }) => [`${port}/tcp`, [{ HostIp: address, HostPort: "" }]]),
    ),
    ...(network === null ? {} : { NetworkMode: network }),
    ...(memory === null ? {} : { Memory: memory }),
    ...(memorySwap === null ? {} : { MemorySwap: memorySwap }),
    ...(cpuShares === null ? {} : { CpuShares: cpuShares }),
    ...(nanoCpus === null ? {} : { NanoCpus: nanoCpus }),
  };
}

function environment(launch: Launch, member: LaunchMember): readonly string[] {
  const { env, input } = member;
  const own = [
    ...Object.entries(env).map(([name, value]) => `${name}=${value}`),
    ...(input === null ? [] : [`${INPUT_VARIABLE}=${JSON.stringify(input)}`]),
  ];
  const secrets = Object.entries(launch.secrets.environment)
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, value]) => `${variableName(name)}=${variableValue(name, value)}`);
  if (launch.plan.guest.bootDocument === "none") return [...own, ...secrets];
  return [...own, ...secrets, `${BOOT_DOCUMENT_VARIABLE}=${member.bootDocument}`];
}

function variableName(name: string): string {
  if (name !== "" && !name.includes("=") && !name.includes("\0")) return name;
  throw refused(`"${name.replaceAll("\0", "")}" cannot be the name of an environment variable`);
}

function variableValue(name: string, value: SecretValue): string {
  const bytes = value.revealBytes();
  if (bytes.includes(0)) throw refused(`the secret for ${name} has a NUL byte`);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw refused(`the secret for ${name} is not UTF-8 text`);
  }
}

function refused(why: string): SlipwayError {
  return new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "RESOURCE_VALUE_REFUSED",
    message: `${why}: the engine cannot pass it as an environment variable`,
    remedy: "Mount the secret as a file (runtime_secret_mounts with a path).",
  });
}

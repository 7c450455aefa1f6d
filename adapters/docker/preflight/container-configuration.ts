import { posix } from "node:path";
import { z } from "zod";
import type { JsonObject } from "../../../src/errors.ts";
import type { PlanDraft } from "../../../src/plan/plan.ts";
import { BOOT_DOCUMENT_VARIABLE, dockerTarget } from "../launch/launch-request.ts";
import { containerResources } from "./resources.ts";
import type { ContainerResources, ImageLimits, ResourceOrigin } from "./resources.ts";
import type { ContainerSettings, HealthcheckSettings } from "../settings.ts";

const text = z.string();
const strings = z.array(text).nullish();
const keys = z.record(text, z.unknown()).nullish();
const count = z.number().optional();

/** The member `config` of the image configuration, from `inspectImage`'s facts. */
const executionConfig = z.object({
  User: text.default(""),
  Memory: count,
  MemorySwap: count,
  CpuShares: count,
  ExposedPorts: keys,
  Env: strings,
  Entrypoint: strings,
  Cmd: strings,
  Volumes: keys,
  WorkingDir: text.default(""),
  Labels: z.record(text, text).nullish(),
  StopSignal: text.optional(),
  Healthcheck: z
    .object({
      Test: strings,
      Interval: count,
      Timeout: count,
      StartPeriod: count,
      Retries: count,
    })
    .nullish(),
});
type ExecutionConfig = z.output<typeof executionConfig>;

const MODE_OF_SECRET_FILES = "0400";
const ROOT_DIRECTORY = "/";

export interface MergedConfiguration {
  readonly container: ContainerSettings;
  /** JSON pointer into the printed plan -> source of the value. */
  readonly sources: Readonly<Record<string, string>>;
  /** The image's own limits, before the machine's shape overrides them. */
  readonly imageLimits: ImageLimits;
}

/**
 * Merges the container's settings: the image's configuration as the engine applies it, the limits of the machine's
 * shape, the workspace's ports and secrets, the placement's network and labels. `facts` come from `inspectImage`; an
 * image that could not be read counts as an empty configuration.
 */
export function mergeConfiguration(draft: PlanDraft, facts: JsonObject): MergedConfiguration {
  const image = executionConfig.parse(facts["config"] ?? {});
  const target = dockerTarget(draft);
  const { resources, origins } = containerResources(image, draft.shape);
  const injectedEnv = injectedVariables(draft);
  return {
    container: {
      env: keptVariables(image.Env ?? [], injectedEnv),
      injectedEnv,
      files: secretFiles(draft),
      ...processOf(image, draft.guest),
      // The engine cleans the path.
      workingDir: posix.resolve(ROOT_DIRECTORY, image.WorkingDir),
      volumes: Object.keys(image.Volumes ?? {}).toSorted(),
      exposedPorts: exposedPorts(image, draft),
      labels: { ...image.Labels, ...target.labels },
      stopSignal: image.StopSignal ?? null,
      healthcheck: healthcheckOf(image.Healthcheck),
      ...resources,
      network: target.network,
      publish: draft.guest.ports.map(({ port }) => ({ port, address: target.publishAddress })),
    },
    sources: sourcesOf({ draft, image, origins }),
    imageLimits: {
      Memory: image.Memory,
      MemorySwap: image.MemorySwap,
      CpuShares: image.CpuShares,
    },
  };
}

function injectedVariables(draft: PlanDraft): ContainerSettings["injectedEnv"] {
  const { secretRefs, runtimeSecretMounts, bootDocument } = draft.guest;
  return [
    ...secretRefs.map((name) => ({ name, from: `secret ${name}` })),
    ...runtimeSecretMounts.flatMap(({ env, secret }) =>
      env === null ? [] : [{ name: env, from: `secret ${secret}` }],
    ),
    ...(bootDocument === "none" ? [] : [{ name: BOOT_DOCUMENT_VARIABLE, from: "boot document" }]),
  ];
}

function secretFiles(draft: PlanDraft): ContainerSettings["files"] {
  return draft.guest.runtimeSecretMounts.flatMap(({ path, mode, secret }) =>
    path === null ? [] : [{ path, mode: mode ?? MODE_OF_SECRET_FILES, from: `secret ${secret}` }],
  );
}

/**
 * The process: the workspace's values, else the image's. An entrypoint of the workspace's own drops the image's command.
 *
 * Source: `merge` in moby's daemon/commit.go
 */
function processOf(
  image: ExecutionConfig,
  { entrypoint, command, user }: PlanDraft["guest"],
): Pick<ContainerSettings, "entrypoint" | "cmd" | "user"> {
  const imageCommand = (entrypoint ?? []).length > 0 ? null : (image.Cmd ?? null);
  return {
    entrypoint: entrypoint === undefined ? entrypointOf(image.Entrypoint) : copyOf(entrypoint),
    cmd: command === undefined ? imageCommand : copyOf(command),
    user: user ?? image.User,
  };
}

/** The engine reads an entrypoint of one empty string as none. */
function entrypointOf(image: ExecutionConfig["Entrypoint"]): string[] | null {
  return image == null || (image.length === 1 && image[0] === "") ? null : image;
}

function copyOf(words: readonly string[]): string[] | null {
  return words.length === 0 ? null : [...words];
}

/**
 * The image's variables as the engine keeps them. It drops one that the container sets itself, or that has no `=`. Of
 * two with one name it keeps the first if the container sets any variable, else the last.
 *
 * Source: `merge` in moby's daemon/commit.go and `ReplaceOrAppendEnvVars` in container/env.go
 */
function keptVariables(
  image: readonly string[],
  injected: ContainerSettings["injectedEnv"],
): string[] {
  const nameOf = (entry: string) => entry.slice(0, entry.indexOf("="));
  const replaced = new Set(injected.map(({ name }) => name));
  const own = image.filter((entry) => entry.includes("=") && !replaced.has(nameOf(entry)));
  const names = own.map(nameOf);
  const keeps = (name: string, index: number) =>
    (injected.length > 0 ? names.indexOf(name) : names.lastIndexOf(name)) === index;
  return own.filter((entry, index) => keeps(nameOf(entry), index));
}

/** A port without a protocol is TCP. The engine adds the published ports to the image's. */
function exposedPorts(image: ExecutionConfig, draft: PlanDraft): string[] {
  const own = Object.keys(image.ExposedPorts ?? {}).map((port) =>
    /^\d+$/.test(port) ? `${port}/tcp` : port,
  );
  return [...new Set([...own, ...draft.guest.ports.map(({ port }) => `${port}/tcp`)])].toSorted();
}

function healthcheckOf(image: ExecutionConfig["Healthcheck"]): HealthcheckSettings | null {
  if (image?.Test == null) return null;
  return {
    test: image.Test,
    interval: image.Interval ?? null,
    timeout: image.Timeout ?? null,
    startPeriod: image.StartPeriod ?? null,
    retries: image.Retries ?? null,
  };
}

const POINTER = "/settings/container/";

function sourcesOf(merge: {
  readonly draft: PlanDraft;
  readonly image: ExecutionConfig;
  readonly origins: Readonly<Record<keyof ContainerResources, ResourceOrigin>>;
}): Record<string, string> {
  const { draft, image, origins } = merge;
  const fromImage = `image configuration ${draft.artifact.imageId ?? "unknown"}`;
  const secrets = recordOf(draft, "workspace", "secret_refs, runtime_secret_mounts");
  const ports = recordOf(draft, "workspace", "ports");
  const placement = (field: string) => recordOf(draft, "placement", `target.docker.${field}`);
  const limits: Readonly<Record<ResourceOrigin, string>> = {
    image: fromImage,
    shape: recordOf(draft, "machine-type", "spec.docker"),
    engine: "default of the engine",
  };
  const sourceOf = (value: unknown) => (value == null || value === "" ? limits.engine : fromImage);
  const processSource = (field: "entrypoint" | "command" | "user", value: unknown) =>
    draft.guest[field] === undefined ? sourceOf(value) : recordOf(draft, "workspace", field);
  const entries: readonly (readonly [string, string])[] = [
    ["env", sourceOf(image.Env)],
    ["injected_env", secrets],
    ["files", secrets],
    ["entrypoint", processSource("entrypoint", image.Entrypoint)],
    ["cmd", commandSource(draft, processSource("command", image.Cmd))],
    ["user", processSource("user", image.User)],
    ["working_dir", sourceOf(image.WorkingDir)],
    ["volumes", sourceOf(image.Volumes)],
    ["exposed_ports", draft.guest.ports.length === 0 ? fromImage : `${fromImage}, ${ports}`],
    ["labels", `${fromImage}, ${placement("labels")}`],
    ["stop_signal", sourceOf(image.StopSignal)],
    ["healthcheck", sourceOf(image.Healthcheck)],
    ["memory", limits[origins.memory]],
    ["memory_swap", limits[origins.memorySwap]],
    ["cpu_shares", limits[origins.cpuShares]],
    ["nano_cpus", limits[origins.nanoCpus]],
    ["network", dockerTarget(draft).network === null ? limits.engine : placement("network")],
    ["publish", `${ports}, ${placement("publish_address")}`],
  ];
  return Object.fromEntries(entries.map(([field, source]) => [POINTER + field, source]));
}

/** An entrypoint of the workspace's own drops the image's command. */
function commandSource(draft: PlanDraft, source: string): string {
  const { entrypoint = [], command } = draft.guest;
  const isDropped = command === undefined && entrypoint.length > 0;
  return isDropped ? recordOf(draft, "workspace", "entrypoint") : source;
}

/** Source text for a field of the plan's record of this kind, with the record's generation. */
function recordOf(draft: PlanDraft, kind: string, field: string): string {
  const record = draft.records.find((candidate) => candidate.kind === kind);
  if (record === undefined) return `${kind} ${field}`;
  return `${record.kind} ${record.name} generation ${record.generation} ${field}`;
}

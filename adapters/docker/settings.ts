import { z } from "zod";
import { invalidArgument } from "../../src/errors.ts";
import type { JsonObject } from "../../src/errors.ts";
import type { LaunchPlan } from "../../src/plan/plan.ts";
import { WITHOUT_COMPILING } from "../../src/json/zod-options.ts";

const text = z.string();
const strings = z.array(text);
const amount = z.int().nonnegative();

const healthcheck = z.strictObject({
  test: strings,
  /** Nanoseconds, as are the others. */
  interval: amount.nullable(),
  timeout: amount.nullable(),
  startPeriod: amount.nullable(),
  retries: amount.nullable(),
});

/** The container as it will be: what the image says, with what the machine shape and the workspace change. */
const containerSettings = z.strictObject({
  /** `NAME=value`, the image's, less those that `injectedEnv` replaces. */
  env: strings,
  /** Variables set beside the image's: secrets and the boot document. Their values are in no plan. */
  injectedEnv: z.array(z.strictObject({ name: text, from: text })),
  /** Secret files, copied in before the container starts. */
  files: z.array(z.strictObject({ path: text, mode: text, from: text })),
  entrypoint: strings.nullable(),
  cmd: strings.nullable(),
  /** Empty is root. */
  user: text,
  workingDir: text,
  volumes: strings,
  /** `PORT/PROTOCOL`, the image's and the workspace's. */
  exposedPorts: strings,
  /** The image's and the placement's. */
  labels: z.record(text, text),
  /** Null is the engine's own, SIGTERM. */
  stopSignal: text.nullable(),
  healthcheck: healthcheck.nullable(),
  /** Bytes; null is no limit. */
  memory: amount.nullable(),
  /** Bytes of memory and swap together; null leaves it to the engine (twice the memory). */
  memorySwap: amount.nullable(),
  /** Weight against other containers; null is the engine's own, 1024. */
  cpuShares: amount.nullable(),
  /** Billionths of a processor; null is no limit. */
  nanoCpus: amount.nullable(),
  /** Null is the engine's default network. */
  network: text.nullable(),
  /** Container ports that are reachable from the engine's host; the engine chooses the host's port. */
  publish: z.array(z.strictObject({ port: z.int().min(1).max(65_535), address: text })),
});

export type ContainerSettings = z.output<typeof containerSettings>;
export type HealthcheckSettings = z.output<typeof healthcheck>;

/** The plan's `settings` for a container. */
export function planSettings(container: ContainerSettings): JsonObject {
  return { container };
}

/** Reads them back from a plan, which may have been saved and edited. Throws `INVALID_PLAN`. */
export function settingsOf(plan: LaunchPlan): ContainerSettings {
  const parsed = z
    .strictObject({ container: containerSettings })
    .safeParse(plan.settings, WITHOUT_COMPILING);
  if (parsed.success) return parsed.data.container;
  const [issue] = parsed.error.issues;
  throw invalidArgument(
    "INVALID_PLAN",
    `plan ${plan.planId}: settings.${issue?.path.join(".") ?? ""}: ${issue?.message ?? "invalid"}`,
    "Resolve the workspace again.",
  );
}

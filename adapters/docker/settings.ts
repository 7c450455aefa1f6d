import { z } from "zod";
import type { JsonObject } from "../../src/errors.ts";
import type { LaunchPlan } from "../../src/plan/plan.ts";
import { settingsParser } from "../../src/substrate/plan-settings.ts";

const text = z.string();
const strings = z.array(text);
const amount = z.int().nonnegative();

const healthcheck = z.strictObject({
  test: strings,
  /** Nanoseconds, like the other durations. */
  interval: amount.nullable(),
  timeout: amount.nullable(),
  startPeriod: amount.nullable(),
  retries: amount.nullable(),
});

/** The container's settings: the image's configuration, changed by the machine shape and the workspace. */
const containerSettings = z.strictObject({
  /** The image's variables, `NAME=value`, without those that `injectedEnv` replaces. */
  env: strings,
  /** Additional variables: secrets and the boot document. A plan never contains their values. */
  injectedEnv: z.array(z.strictObject({ name: text, from: text })),
  /** Secret files, copied into the container before it starts. */
  files: z.array(z.strictObject({ path: text, mode: text, from: text })),
  entrypoint: strings.nullable(),
  cmd: strings.nullable(),
  /** Empty means root. */
  user: text,
  workingDir: text,
  volumes: strings,
  /** `PORT/PROTOCOL`: the ports of the image and of the workspace. */
  exposedPorts: strings,
  /** Labels of the image and of the placement. */
  labels: z.record(text, text),
  /** Null means the engine's default, SIGTERM. */
  stopSignal: text.nullable(),
  healthcheck: healthcheck.nullable(),
  /** Bytes; null means no limit. */
  memory: amount.nullable(),
  /** Bytes of memory and swap together; null means the engine's default (twice the memory). */
  memorySwap: amount.nullable(),
  /** Weight relative to other containers; null means the engine's default, 1024. */
  cpuShares: amount.nullable(),
  /** Billionths of a processor; null means no limit. */
  nanoCpus: amount.nullable(),
  /** Null means the engine's default network. */
  network: text.nullable(),
  /** Container ports published on the engine's host. The engine chooses the host port. */
  publish: z.array(z.strictObject({ port: z.int().min(1).max(65_535), address: text })),
});

export type ContainerSettings = z.output<typeof containerSettings>;
export type HealthcheckSettings = z.output<typeof healthcheck>;

/** The plan's `settings` for a container. */
export function planSettings(container: ContainerSettings): JsonObject {
  return { container };
}

const parseSettings = settingsParser(z.strictObject({ container: containerSettings }));

/**
 * The settings of a plan, which may have been saved and edited.
 *
 * @throws SlipwayError `INVALID_PLAN`
 */
export function settingsOf(plan: Pick<LaunchPlan, "planId" | "settings">): ContainerSettings {
  return parseSettings(plan).container;
}

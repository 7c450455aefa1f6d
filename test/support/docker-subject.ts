import { randomUUID } from "node:crypto";
import { createDockerAdapter } from "../../adapters/docker/index.ts";
import type { DockerAdapterOptions } from "../../adapters/docker/index.ts";
import type { RegistryCredential } from "../../src/oci/credential.ts";
import { freezePlan } from "../../src/plan/plan.ts";
import type { LaunchPlan } from "../../src/plan/plan.ts";
import type {
  ImageInspection,
  ImageSource,
  LaunchSecrets,
  PreflightReport,
  SubstrateAdapter,
} from "../../src/substrate/contract.ts";
import { dockerDraft } from "./docker-plan.ts";
import type { DraftChanges } from "./docker-plan.ts";

/** An adapter of the engine, as opened by a process with an empty environment and home. */
export function adapterOf(
  engine: { readonly host: string },
  options: Partial<DockerAdapterOptions> = {},
): SubstrateAdapter {
  return createDockerAdapter({
    host: engine.host,
    environment: {},
    home: "/nonexistent",
    now: () => Date.now(),
    ...options,
  });
}

export interface Resolution {
  readonly plan: LaunchPlan;
  readonly inspection: ImageInspection;
  readonly report: PreflightReport;
}

/** Inspects an image and preflights a plan for it, as a resolution does. Throws if a check fails. */
export async function resolveOn(
  adapter: SubstrateAdapter,
  image: { readonly imageRef: string; readonly credential?: RegistryCredential | null },
  changes: DraftChanges = {},
): Promise<Resolution> {
  const { imageRef, credential = null } = image;
  const source: ImageSource = { substrate: "DOCKER", imageRef, credential };
  const architecture = changes.architecture ?? "amd64";
  const { signal } = new AbortController();
  const inspection = await adapter.inspectImage(
    source,
    { imageName: "agent-base", architecture },
    signal,
  );
  const { artifact } = inspection;
  if (artifact === null) throw new Error(JSON.stringify(inspection.checks));
  const draft = { ...dockerDraft(changes), artifact };
  const report = await adapter.preflight(draft, inspection.facts, signal);
  const { machineType, candidates, settings } = report;
  const checks = [...inspection.checks, ...report.checks];
  const failure = checks.find(({ outcome }) => outcome === "failed");
  if (failure !== undefined) throw new Error(`${failure.name}: ${failure.message}`);
  const plan = freezePlan({ ...draft, machineType, candidates, settings, checks });
  return { plan, inspection, report };
}

/** A unique owner, whose machines are removed when it is disposed of. */
export function ownerOn(adapter: SubstrateAdapter): AsyncDisposable & { readonly owner: string } {
  const owner = `test-${randomUUID()}`;
  return { owner, [Symbol.asyncDispose]: () => removeMachinesOf(adapter, owner) };
}

export async function removeMachinesOf(adapter: SubstrateAdapter, owner: string): Promise<void> {
  const { signal } = new AbortController();
  const machines = await adapter.list(owner, signal);
  const outcomes = await adapter.terminate(
    machines.map(({ id }) => id),
    signal,
  );
  for (const outcome of outcomes) if (outcome.outcome === "failed") throw outcome.error;
}

export const NO_LAUNCH_SECRETS: LaunchSecrets = { credential: null, environment: {}, files: [] };

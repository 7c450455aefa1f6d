import type { Clock } from "../host/clock.ts";
import type { PlacementTarget, Substrate } from "../plan/plan.ts";
import type { ProcessEnvironment } from "../host/environment.ts";
import { certificatesOf } from "../oci/registry/certificates.ts";
import type { CloudRegistry } from "../oci/cloud-registry.ts";
import type { ConnectionDiagnosis } from "../substrate/diagnosis.ts";
import type { SubstrateAdapter } from "../substrate/contract.ts";
import type { RegistryToken } from "../substrate/registry-token.ts";
import type { Pace, RateSettings } from "../pacing/rates.ts";

export interface OpenSubstrateOptions {
  readonly clock: Clock;
  /** Paces the adapter's calls; default: no pacing. */
  readonly pace?: Pace;
  readonly rates?: Partial<Readonly<Record<Substrate, RateSettings>>>;
}

/**
 * Opens a target's adapter and loads its SDK. Adapters are only imported here, so that a process loads what it uses.
 *
 * @throws SlipwayError `PACKAGE_NOT_INSTALLED` if the SDK is missing: one error, where each call would throw it again
 */
export async function openSubstrate(
  target: PlacementTarget,
  { environment, home }: ProcessEnvironment,
  { clock, rates, ...pacing }: OpenSubstrateOptions,
): Promise<SubstrateAdapter> {
  const now = () => clock.now();
  switch (target.substrate) {
    case "DOCKER": {
      const { createDockerAdapter } = await import("../../adapters/docker/index.ts");
      const { host } = target;
      const certificates = certificatesOf(home);
      return createDockerAdapter({ host, environment, home, now, certificates });
    }
    case "AWS": {
      const { createAwsAdapter, loadAwsSdk } = await import("../../adapters/aws/index.ts");
      await loadAwsSdk();
      const own = { ...pacing, rates: rates?.AWS ?? {} };
      return createAwsAdapter({ target, environment, home, now, ...own });
    }
    case "GCP": {
      const { createGceAdapter, loadGceSdk } = await import("../../adapters/gce/index.ts");
      await loadGceSdk();
      const own = { ...pacing, rates: rates?.GCP ?? {} };
      return createGceAdapter({ target, environment, home, now, ...own });
    }
  }
}

/**
 * Asks a cloud for a token of its registries, for this process's own identity. The cloud's adapter and SDK are loaded for
 * it, whatever the substrate of the machines is.
 *
 * @throws SlipwayError `PACKAGE_NOT_INSTALLED` if the SDK is missing, or the cloud's refusal
 */
export async function grantRegistryToken(
  registry: CloudRegistry,
  { environment, home }: ProcessEnvironment,
  { now, signal }: { readonly now: () => number; readonly signal: AbortSignal },
): Promise<RegistryToken> {
  switch (registry.service) {
    case "ECR": {
      const { grantEcrToken } = await import("../../adapters/aws/index.ts");
      return await grantEcrToken({ environment, home, now }, registry, signal);
    }
    case "GAR": {
      const { grantAccessToken } = await import("../../adapters/gce/index.ts");
      return await grantAccessToken({ environment, home, now }, signal);
    }
  }
}

/** A connection of this process to a provider: that of a placement, or (null) the one that the environment configures. */
export interface Connection {
  readonly substrate: Substrate;
  readonly target: PlacementTarget | null;
}

/** Whether the environment or a file configures how a provider is reached. No SDK is loaded for it. */
export async function isConfigured(
  substrate: Substrate,
  { environment, home }: ProcessEnvironment,
): Promise<boolean> {
  switch (substrate) {
    case "DOCKER":
      return Boolean(environment["DOCKER_HOST"] || environment["DOCKER_CONTEXT"]);
    case "AWS": {
      const { configuresCredentials } = await import("../../adapters/aws/index.ts");
      return await configuresCredentials(environment, home);
    }
    case "GCP": {
      const { configuresCredentials } = await import("../../adapters/gce/index.ts");
      return await configuresCredentials(environment, home);
    }
  }
}

/** Checks that a provider answers, and as whom it knows this process. Changes nothing. */
export async function diagnoseConnection(
  { substrate, target }: Connection,
  own: ProcessEnvironment & { readonly now: () => number },
  signal: AbortSignal,
): Promise<ConnectionDiagnosis> {
  switch (substrate) {
    case "DOCKER": {
      const { diagnoseEngine } = await import("../../adapters/docker/index.ts");
      const host = target?.substrate === "DOCKER" ? target.host : null;
      return await diagnoseEngine({ ...own, host }, signal);
    }
    case "AWS": {
      const { diagnoseAws } = await import("../../adapters/aws/index.ts");
      return await diagnoseAws(
        { ...own, target: target?.substrate === "AWS" ? target : null },
        signal,
      );
    }
    case "GCP": {
      const { diagnoseGce } = await import("../../adapters/gce/index.ts");
      return await diagnoseGce(
        { ...own, target: target?.substrate === "GCP" ? target : null },
        signal,
      );
    }
  }
}

import type { ConfidentialType } from "../../../src/plan/compute-engine.ts";
import { isBareMetal, isKnownSeries, seriesOf } from "./machine-series.ts";

/**
 * Machine types by the technology that they offer: series, and beginnings of names where a series offers it in part.
 * Reviewed in November 2026. https://cloud.google.com/confidential-computing/confidential-vm/docs/supported-configurations
 * and https://cloud.google.com/dataproc/docs/concepts/configuring-clusters/confidential-compute
 */
const OFFERS: Readonly<Record<ConfidentialType, readonly string[]>> = {
  SEV: ["c2d-", "c3d-", "c4d-", "n2d-", "g4-standard-48"],
  SEV_SNP: ["n2d-"],
  TDX: ["c3-standard-", "a3-highgpu-1g"],
};

/** The guest features with which images say that they run with a technology. */
export const CONFIDENTIAL_FEATURES: Readonly<Record<ConfidentialType, string>> = {
  SEV: "SEV_CAPABLE",
  SEV_SNP: "SEV_SNP_CAPABLE",
  TDX: "TDX_CAPABLE",
};

/**
 * Series whose machines migrate with SEV; no other confidential machine does.
 * https://cloud.google.com/confidential-computing/confidential-vm/docs/troubleshoot-live-migration
 */
const MIGRATING: ReadonlySet<string> = new Set(["c3d", "n2d"]);

/** The beginnings of the machine types with this technology, for messages. */
export function typesWith(technology: ConfidentialType): string {
  return OFFERS[technology].map((prefix) => prefix.replace(/-$/, "-…")).join(", ");
}

/** Whether machines of the type have this technology. `unknown`: the type's series is new. */
export function confidentialSupport(
  machineType: string,
  technology: ConfidentialType,
): "documented" | "refused" | "unknown" {
  const isOffered = OFFERS[technology].some((prefix) => machineType.startsWith(prefix));
  if (isOffered && !isBareMetal(machineType)) return "documented";
  return isKnownSeries(machineType) ? "refused" : "unknown";
}

/** The guest feature of images whose confidential machines migrate. */
export const MIGRATION_FEATURE = "SEV_LIVE_MIGRATABLE_V2";

/** Whether a confidential machine of the type migrates if its image has {@link MIGRATION_FEATURE}. */
export function confidentialMigrates(machineType: string, technology: ConfidentialType): boolean {
  return technology === "SEV" && MIGRATING.has(seriesOf(machineType));
}

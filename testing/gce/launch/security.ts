import { invalidField } from "../failure.ts";
import type { MachineType } from "../machine-types.ts";
import type { ConfidentialType, Instance } from "../records.ts";
import type { InstanceProperties } from "./request.ts";

/** @throws GceFailure for options that the disk does not support */
export function shieldedOf(
  { shieldedInstanceConfig: requested }: InstanceProperties,
  features: readonly string[],
): Instance["shielded"] {
  const {
    enableSecureBoot = false,
    enableVtpm = true,
    enableIntegrityMonitoring = enableVtpm,
  } = requested ?? {};
  const isAsked = Object.values(requested ?? {}).includes(true);
  if (isAsked && !features.includes("UEFI_COMPATIBLE"))
    throw refusedConfig(
      "shieldedInstanceConfig",
      requested,
      "Shielded VM Config can only be set when using a UEFI-compatible disk.",
    );
  if (enableIntegrityMonitoring && !enableVtpm)
    throw refusedConfig(
      "shieldedInstanceConfig",
      requested,
      "Integrity monitoring can only be enabled with the vTPM.",
    );
  return { enableSecureBoot, enableVtpm, enableIntegrityMonitoring };
}

/** Machine types, by the beginnings of their names, and the guest feature of images. */
const SUPPORT: Readonly<
  Record<ConfidentialType, { readonly types: RegExp; readonly feature: string }>
> = {
  SEV: { types: /^(?:c2d|c3d|c4d|n2d)-(?!.*-metal$)|^g4-standard-48$/, feature: "SEV_CAPABLE" },
  SEV_SNP: { types: /^n2d-/, feature: "SEV_SNP_CAPABLE" },
  TDX: { types: /^c3-standard-(?!.*-metal$)|^a3-highgpu-1g$/, feature: "TDX_CAPABLE" },
};
const MIGRATES = /^(?:n2d|c3d)-/;

/**
 * The words follow Google's only published ones: "Confidential Instance Config is only supported when using an
 * SEV_LIVE_MIGRATABLE_V2 image." https://github.com/os-autoinst/os-autoinst-distri-opensuse/pull/21997
 *
 * @throws GceFailure for a machine that cannot be confidential as requested
 */
export function confidentialTypeOf(
  { confidentialInstanceConfig: requested }: InstanceProperties,
  {
    machineType: { name },
    features,
    scheduling: { onHostMaintenance },
  }: {
    readonly machineType: MachineType;
    readonly features: readonly string[];
    readonly scheduling: Instance["scheduling"];
  },
): ConfidentialType | null {
  const type =
    requested?.confidentialInstanceType ??
    (requested?.enableConfidentialCompute === true ? "SEV" : null);
  if (type === null) return null;
  const only = (what: string) =>
    refusedConfig(
      "confidentialInstanceConfig",
      requested,
      `Confidential Instance Config is only supported ${what}.`,
    );
  const { types, feature } = SUPPORT[type];
  const migrates = type === "SEV" && MIGRATES.test(name);
  if (!types.test(name)) throw only("for compatible machine types");
  const needed = [
    feature,
    ...(migrates && onHostMaintenance === "MIGRATE" ? ["SEV_LIVE_MIGRATABLE_V2"] : []),
  ];
  for (const one of needed) if (!features.includes(one)) throw only(`when using an ${one} image`);
  if (onHostMaintenance === "MIGRATE" && !migrates)
    throw only("when onHostMaintenance is TERMINATE");
  return type;
}

function refusedConfig(field: string, value: object | undefined, why: string) {
  return invalidField(`resource.${field}`, JSON.stringify(value ?? {}), why);
}

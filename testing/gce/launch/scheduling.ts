import { GceFailure, invalidField } from "../failure.ts";
import { type MachineType, canMigrate } from "../machine-types.ts";
import type { Instance } from "../records.ts";
import type { InstanceProperties } from "./request.ts";

/** @throws GceFailure for combinations that Compute Engine refuses, in its words */
export function schedulingOf(
  { scheduling = {} }: InstanceProperties,
  machineType: MachineType,
): Instance["scheduling"] {
  const { onHostMaintenance: requested, provisioningModel, instanceTerminationAction } = scheduling;
  const isSpot = provisioningModel === "SPOT";
  const preemptible = scheduling.preemptible ?? isSpot;
  const ends = isSpot || preemptible;
  if (preemptible && provisioningModel === "STANDARD")
    throw invalidField(
      "resource.scheduling.provisioningModel",
      "STANDARD",
      "For preemptible, only allowed provisioning_model value is SPOT",
    );
  if (ends && scheduling.automaticRestart === true)
    throw notPreemptible("AutomaticRestart is true");
  if (ends && requested === "MIGRATE") throw notPreemptible("OnHostMaintenance isn't TERMINATE");
  if (!ends && instanceTerminationAction !== undefined)
    throw invalidField(
      "resource.scheduling.instanceTerminationAction",
      instanceTerminationAction,
      "You cannot specify a termination action for a VM instance that has the standard provisioning model (default). To use instance termination action, the VM instance must use the Spot, Reservation-Bound or Flex Start provisioning model.",
    );
  const onHostMaintenance = requested ?? (ends ? "TERMINATE" : "MIGRATE");
  requireMaintenance(machineType, onHostMaintenance, ends);
  return {
    automaticRestart: scheduling.automaticRestart ?? !ends,
    onHostMaintenance,
    provisioningModel: isSpot ? "SPOT" : "STANDARD",
    preemptible,
    instanceTerminationAction: instanceTerminationAction ?? (isSpot ? "STOP" : null),
  };
}

function notPreemptible(when: string): GceFailure {
  return invalidField(
    "resource.scheduling.preemptible",
    "true",
    `Scheduling must have preemptible be false when ${when}.`,
  );
}

/** Compute Engine's default, MIGRATE, is refused like a request for it. */
function requireMaintenance(
  machineType: MachineType,
  onHostMaintenance: "MIGRATE" | "TERMINATE",
  ends: boolean,
): void {
  if (onHostMaintenance === "MIGRATE" && !canMigrate(machineType))
    throw new GceFailure(
      "badRequest",
      (machineType.accelerators ?? []).length > 0
        ? "Instances with guest accelerators do not support live migration."
        : `Instances of machine type ${machineType.name} do not support live migration.`,
    );
  if (onHostMaintenance === "TERMINATE" && !ends && machineType.name.startsWith("e2-"))
    throw new GceFailure(
      "badRequest",
      "e2 instances do not support onHostMaintenance=TERMINATE unless they are preemptible.",
    );
}

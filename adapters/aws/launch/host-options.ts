import type { RunInstancesCommandInput } from "@aws-sdk/client-ec2";
import type { Candidate } from "../../../src/plan/plan.ts";
import type { InstanceSettings } from "../settings.ts";

type HostOptions = Pick<
  RunInstancesCommandInput,
  "CapacityReservationSpecification" | "CpuOptions" | "MaintenanceOptions"
>;

/** The options about the hardware that the machine runs on. An absent one is EC2's default. */
export function hostOptions(settings: InstanceSettings, place: Candidate): HostOptions {
  const { maintenance, confidential } = settings;
  return {
    ...(maintenance?.autoRecovery === undefined
      ? {}
      : { MaintenanceOptions: { AutoRecovery: maintenance.autoRecovery } }),
    ...(confidential === undefined ? {} : { CpuOptions: { AmdSevSnp: "enabled" } }),
    ...reservation(settings, place),
  };
}

/** EC2 has reservations for on-demand machines only. */
function reservation(
  { capacityReservation }: InstanceSettings,
  { market }: Candidate,
): Pick<HostOptions, "CapacityReservationSpecification"> {
  if (capacityReservation === undefined || market === "spot") return {};
  const { preference, id, resourceGroupArn } = capacityReservation;
  const target = {
    ...(id === undefined ? {} : { CapacityReservationId: id }),
    ...(resourceGroupArn === undefined
      ? {}
      : { CapacityReservationResourceGroupArn: resourceGroupArn }),
  };
  return {
    CapacityReservationSpecification: {
      ...(preference === undefined ? {} : { CapacityReservationPreference: preference }),
      ...(Object.keys(target).length === 0 ? {} : { CapacityReservationTarget: target }),
    },
  };
}

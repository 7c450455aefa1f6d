import type { Instance } from "@aws-sdk/client-ec2";
import type { JsonObject } from "../../../src/errors.ts";
import { filled } from "../../../src/substrate/filled.ts";

/** The members of an instance that hold its settings. */
export type InstanceReply = Pick<
  Instance,
  | "CapacityReservationId"
  | "CapacityReservationSpecification"
  | "CpuOptions"
  | "InstanceLifecycle"
  | "InstanceType"
  | "KeyName"
  | "MaintenanceOptions"
  | "MetadataOptions"
  | "NetworkInterfaces"
  | "Placement"
  | "SecurityGroups"
  | "SpotInstanceRequestId"
>;

/** The settings with which EC2 says that the instance runs, by the names of the records' fields. */
export function settingsOfInstance({
  SecurityGroups,
  MetadataOptions: metadata,
  KeyName,
  NetworkInterfaces: interfaces,
  Placement: placement,
  MaintenanceOptions: maintenance,
  CpuOptions: cpu,
  InstanceLifecycle,
  CapacityReservationId,
  CapacityReservationSpecification: reservation,
  InstanceType,
  SpotInstanceRequestId,
}: InstanceReply): JsonObject {
  return filled({
    machineType: InstanceType,
    securityGroupIds: SecurityGroups?.flatMap(({ GroupId }) => GroupId ?? []),
    metadataOptions: filled({
      httpPutResponseHopLimit: metadata?.HttpPutResponseHopLimit,
      instanceMetadataTags: metadata?.InstanceMetadataTags,
    }),
    keyName: KeyName,
    ipv6AddressCount: interfaces?.find(({ Attachment }) => Attachment?.DeviceIndex === 0)
      ?.Ipv6Addresses?.length,
    tenancy: placement?.Tenancy,
    hostId: placement?.HostId,
    market: InstanceLifecycle,
    // It has the maximum price, which is not among the members of an instance.
    spotInstanceRequestId: SpotInstanceRequestId,
    maintenance: filled({ autoRecovery: maintenance?.AutoRecovery }),
    capacityReservation: filled({
      preference: reservation?.CapacityReservationPreference,
      id: reservation?.CapacityReservationTarget?.CapacityReservationId,
      resourceGroupArn: reservation?.CapacityReservationTarget?.CapacityReservationResourceGroupArn,
    }),
    // The reservation that the machine uses.
    capacityReservationId: CapacityReservationId,
    confidential: filled({ amdSevSnp: cpu?.AmdSevSnp === "enabled" }),
  });
}

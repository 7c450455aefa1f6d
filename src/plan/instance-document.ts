/** The options of an EC2 instance in a plan. */
import { z } from "zod";
import { AUTO_RECOVERIES, METADATA_TAGS, RESERVATION_PREFERENCES, TENANCIES } from "./instance.ts";

/** The options that the placement sets. */
export function instanceFields() {
  return {
    securityGroupIds: z.array(z.string()).exactOptional(),
    metadataOptions: metadataOptions().exactOptional(),
    keyName: z.string().exactOptional(),
    ipv6AddressCount: z.int().exactOptional(),
    tenancy: z.enum(TENANCIES).exactOptional(),
    hostId: z.string().exactOptional(),
    maxPrice: z.string().exactOptional(),
    maintenance: maintenanceOptions().exactOptional(),
    confidential: confidentialOptions().exactOptional(),
    capacityReservation: capacityReservationOptions().exactOptional(),
    launchTemplate: z
      .strictObject({
        id: z.string().exactOptional(),
        name: z.string().exactOptional(),
        version: z.string().exactOptional(),
      })
      .exactOptional(),
  };
}

export function maintenanceOptions() {
  return z.strictObject({ autoRecovery: z.enum(AUTO_RECOVERIES).exactOptional() });
}

export function metadataOptions() {
  return z.strictObject({
    httpPutResponseHopLimit: z.int().exactOptional(),
    instanceMetadataTags: z.enum(METADATA_TAGS).exactOptional(),
  });
}

export function confidentialOptions() {
  return z.strictObject({ amdSevSnp: z.literal(true) });
}

export function capacityReservationOptions() {
  return z.strictObject({
    preference: z.enum(RESERVATION_PREFERENCES).exactOptional(),
    id: z.string().exactOptional(),
    resourceGroupArn: z.string().exactOptional(),
  });
}

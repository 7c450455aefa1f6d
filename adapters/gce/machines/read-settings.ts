import type { JsonObject, JsonValue } from "../../../src/errors.ts";
import { isReservedMetadata } from "../../../src/plan/compute-engine.ts";
import { lastPart, partialLink } from "../image/links.ts";
import type { InstanceReply } from "../client/replies.ts";

/** The options with which Compute Engine says that the machine runs, by the names of the records' fields. */
export function settingsOfInstance({
  machineType,
  scheduling,
  shieldedInstanceConfig: shielded,
  confidentialInstanceConfig: confidential,
  metadata,
  networkInterfaces,
  serviceAccounts,
  tags,
  reservationAffinity,
}: InstanceReply): JsonObject {
  // Older machines have no provisioning model.
  const isSpot = scheduling?.provisioningModel === "SPOT";
  return filled({
    machineType: lastPart(machineType),
    market: isSpot ? "SPOT" : "ON_DEMAND",
    terminationAction: scheduling?.instanceTerminationAction,
    onHostMaintenance: scheduling?.onHostMaintenance,
    automaticRestart: scheduling?.automaticRestart,
    shielded: shielded && {
      secureBoot: shielded.enableSecureBoot,
      vtpm: shielded.enableVtpm,
      integrityMonitoring: shielded.enableIntegrityMonitoring,
    },
    confidential: confidential && technologyOf(confidential),
    serviceAccount: serviceAccounts[0]?.email,
    serviceAccountScopes: unlessEmpty(serviceAccounts[0]?.scopes),
    metadata: metadata && ownMetadata(metadata.items),
    networkInterfaces: networkInterfaces.length > 1 ? networkInterfaces.map(cardOf) : null,
    networkTags: unlessEmpty(tags?.items),
    reservation: reservationAffinity && reservationText(reservationAffinity),
  });
}

function reservationText({
  consumeReservationType,
  values: [name],
}: NonNullable<InstanceReply["reservationAffinity"]>): string | null {
  switch (consumeReservationType) {
    case "NO_RESERVATION":
      return "none";
    case "ANY_RESERVATION":
      return "any";
    case null:
    default:
      return name ?? null;
  }
}

/** Null if the machine has only the metadata that Slipway sets. */
function ownMetadata(items: NonNullable<InstanceReply["metadata"]>["items"]): JsonObject | null {
  const own = items.filter(({ key }) => !isReservedMetadata(key));
  return own.length === 0 ? null : Object.fromEntries(own.map(({ key, value }) => [key, value]));
}

function cardOf({
  subnetwork,
  nicType,
  stackType,
  accessConfigs,
}: InstanceReply["networkInterfaces"][number]): JsonObject {
  const assignPublicIp = accessConfigs.length > 0;
  return filled({ subnet: partialLink(subnetwork), assignPublicIp, nicType, stackType });
}

/** Older requests only enable it, which means SEV. */
function technologyOf({
  enableConfidentialCompute,
  confidentialInstanceType,
}: NonNullable<InstanceReply["confidentialInstanceConfig"]>): JsonObject | null {
  const type = confidentialInstanceType ?? (enableConfidentialCompute ? "SEV" : null);
  return type === null ? null : { type };
}

/** Without the options that the reply does not have. */
function filled(fields: Readonly<Record<string, JsonValue | undefined>>): JsonObject {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (value == null ? [] : [[name, value]])),
  );
}

/** Compute Engine has an empty list in place of none. */
function unlessEmpty<T>(items: readonly T[] | undefined): readonly T[] | undefined {
  return items?.length === 0 ? undefined : items;
}

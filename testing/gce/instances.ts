import type { JsonObject } from "../../src/errors.ts";
import { diskLink, renderKey } from "./disks.ts";
import { instanceState, timestamp } from "./lifecycle.ts";
import { fullLink, partialLink, zoneLink } from "./links.ts";
import type { AttachedNetwork, Instance, Project } from "./records.ts";
import { compact, fingerprint, unlessEmpty } from "./render.ts";

export function instanceLink(project: string, zone: string, name: string): string {
  return partialLink(project, { kind: "zone", name: zone }, "instances", name);
}

export function renderInstance(project: Project, instance: Instance, now: number): JsonObject {
  const { zone, name, labels, metadata, tags, scheduling } = instance;
  const state = instanceState(instance, now);
  return compact({
    kind: "compute#instance",
    id: instance.id,
    creationTimestamp: timestamp(instance.createdAt),
    name,
    description: instance.description,
    hostname: instance.hostname,
    zone: fullLink(zoneLink(project.id, zone)),
    selfLink: fullLink(instanceLink(project.id, zone, name)),
    machineType: fullLink(
      partialLink(project.id, { kind: "zone", name: zone }, "machineTypes", instance.machineType),
    ),
    status: state,
    cpuPlatform: state === "RUNNING" ? "Intel Broadwell" : "Unknown CPU Platform",
    tags: compact({ items: unlessEmpty(tags), fingerprint: fingerprint(tags) }),
    metadata: compact({
      kind: "compute#metadata",
      fingerprint: fingerprint(metadata),
      items: unlessEmpty(metadata),
    }),
    labels: unlessEmpty(labels),
    labelFingerprint: fingerprint(labels),
    disks: instance.disks.map((_disk, index) => renderAttached(project, instance, index)),
    networkInterfaces: instance.networks.map(renderNetwork),
    serviceAccounts: unlessEmpty(instance.serviceAccounts),
    scheduling: compact(scheduling),
    shieldedInstanceConfig: instance.shielded,
    confidentialInstanceConfig:
      instance.confidentialType === null
        ? undefined
        : { confidentialInstanceType: instance.confidentialType },
    shieldedInstanceIntegrityPolicy: { updateAutoLearnPolicy: true },
    reservationAffinity: compact({
      consumeReservationType: instance.reservation.type,
      ...(instance.reservation.specific === null
        ? {}
        : {
            key: "compute.googleapis.com/reservation-name",
            values: [instance.reservation.specific],
          }),
    }),
    guestAccelerators: unlessEmpty(
      instance.accelerators.map(({ type, count }) => ({
        acceleratorType: fullLink(
          partialLink(project.id, { kind: "zone", name: zone }, "acceleratorTypes", type),
        ),
        acceleratorCount: count,
      })),
    ),
    canIpForward: instance.canIpForward,
    deletionProtection: instance.deletionProtection,
    startRestricted: false,
    fingerprint: fingerprint([instance.id, state, metadata, tags, labels]),
    lastStartTimestamp: timeOf(instance, "RUNNING", now),
    lastStopTimestamp: timeOf(instance, "TERMINATED", now),
    lastSuspendedTimestamp: timeOf(instance, "SUSPENDED", now),
  });
}

function timeOf(
  { history }: Instance,
  wanted: Instance["history"][number]["state"],
  now: number,
): string | undefined {
  const last = history.findLast(({ at, state }) => state === wanted && at <= now);
  return last === undefined ? undefined : timestamp(last.at);
}

function renderAttached(project: Project, { disks, zone }: Instance, index: number): JsonObject {
  const attached = disks[index];
  if (attached === undefined) return {};
  const { diskName, deviceName, boot, autoDelete, mode } = attached;
  const disk = project.disks.get(`${zone}/${diskName}`);
  return compact({
    kind: "compute#attachedDisk",
    index,
    type: "PERSISTENT",
    mode,
    source: fullLink(diskLink(project.id, zone, diskName)),
    deviceName,
    boot,
    autoDelete,
    interface: "SCSI",
    diskSizeGb: disk === undefined ? undefined : String(disk.sizeGb),
    licenses: disk === undefined ? undefined : unlessEmpty(disk.licenses.map(fullLink)),
    guestOsFeatures: unlessEmpty((disk?.guestOsFeatures ?? []).map((type) => ({ type }))),
    architecture: disk?.architecture,
    diskEncryptionKey: disk === undefined ? undefined : renderKey(disk),
  });
}

function renderNetwork(attached: AttachedNetwork, index: number): JsonObject {
  const { network, subnetwork, networkIp, external, nicType, stackType } = attached;
  return compact({
    kind: "compute#networkInterface",
    name: `nic${index}`,
    network: fullLink(network),
    subnetwork: fullLink(subnetwork),
    networkIP: networkIp,
    stackType: stackType ?? "IPV4_ONLY",
    nicType,
    fingerprint: fingerprint([network, subnetwork, networkIp]),
    accessConfigs:
      external === null
        ? undefined
        : [
            {
              kind: "compute#accessConfig",
              type: "ONE_TO_ONE_NAT",
              name: external.name,
              natIP: external.natIp,
              networkTier: external.networkTier,
            },
          ],
  });
}

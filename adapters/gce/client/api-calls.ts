import type { GceRole } from "../target.ts";

/** One method of Compute Engine that Slipway calls, with the permissions that it needs. */
export interface GceApiCall {
  readonly method: string;
  /** Empty for `testIamPermissions`, which needs none. */
  readonly permissions: readonly string[];
  readonly role: GceRole;
  /** Whether the call changes something, so that it is never sent twice. */
  readonly changes?: true;
  /** Longest time of one request in milliseconds, if not the usual one. */
  readonly timeout?: number;
}

/** Permissions that a launch needs on the resources that its machines use. */
const LAUNCHING: readonly string[] = [
  "compute.instances.create",
  "compute.instances.setLabels",
  "compute.instances.setMetadata",
  "compute.instances.setServiceAccount",
  "compute.instances.setTags",
  "compute.disks.create",
  "compute.disks.setLabels",
  "compute.images.useReadOnly",
  "compute.subnetworks.use",
  "compute.subnetworks.useExternalIp",
  "iam.serviceAccounts.actAs",
];

const LAUNCH = {
  permissions: LAUNCHING,
  role: "launcher",
  changes: true,
  timeout: 60_000,
} as const;

/** Every call of this adapter. The documented custom roles are derived from it. */
export const API_CALLS: readonly GceApiCall[] = [
  { method: "images.get", permissions: ["compute.images.get"], role: "reader" },
  { method: "images.getFromFamily", permissions: ["compute.images.getFromFamily"], role: "reader" },
  { method: "images.list", permissions: ["compute.images.list"], role: "reader" },
  { method: "images.testIamPermissions", permissions: [], role: "launcher" },
  { method: "projects.get", permissions: ["compute.projects.get"], role: "reader" },
  { method: "zones.get", permissions: ["compute.zones.get"], role: "reader" },
  { method: "machineTypes.get", permissions: ["compute.machineTypes.get"], role: "reader" },
  { method: "machineTypes.list", permissions: ["compute.machineTypes.list"], role: "reader" },
  {
    method: "machineTypes.aggregatedList",
    permissions: ["compute.machineTypes.list"],
    role: "reader",
  },
  {
    method: "acceleratorTypes.get",
    permissions: ["compute.acceleratorTypes.get"],
    role: "reader",
  },
  { method: "diskTypes.get", permissions: ["compute.diskTypes.get"], role: "reader" },
  { method: "reservations.get", permissions: ["compute.reservations.get"], role: "reader" },
  { method: "subnetworks.get", permissions: ["compute.subnetworks.get"], role: "reader" },
  { method: "subnetworks.testIamPermissions", permissions: [], role: "launcher" },
  { method: "instances.get", permissions: ["compute.instances.get"], role: "reader" },
  { method: "instances.list", permissions: ["compute.instances.list"], role: "reader" },
  {
    method: "instances.aggregatedList",
    permissions: ["compute.instances.list"],
    role: "reader",
  },
  {
    method: "instances.getSerialPortOutput",
    permissions: ["compute.instances.getSerialPortOutput"],
    role: "reader",
  },
  { method: "disks.get", permissions: ["compute.disks.get"], role: "reader" },
  { method: "disks.list", permissions: ["compute.disks.list"], role: "reader" },
  { method: "instances.insert", ...LAUNCH },
  { method: "instances.bulkInsert", ...LAUNCH },
  {
    method: "instances.delete",
    permissions: ["compute.instances.delete"],
    role: "launcher",
    changes: true,
  },
  {
    method: "zoneOperations.wait",
    permissions: ["compute.zoneOperations.get"],
    role: "launcher",
    // The API holds the request for at most two minutes.
    timeout: 150_000,
  },
  { method: "zoneOperations.list", permissions: ["compute.zoneOperations.list"], role: "launcher" },
];

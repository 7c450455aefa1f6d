import { SlipwayError } from "../../../src/errors.ts";
import { machineTypeAt } from "../../../src/plan/machine-types.ts";
import type { Candidate, GcpTarget, LaunchPlan } from "../../../src/plan/plan.ts";
import type { Launch } from "../../../src/substrate/contract.ts";
import type { BulkInsertResource, InstanceResource } from "../client/api.ts";
import { machineLabels } from "../labels.ts";
import { METADATA } from "../machine.ts";
import { attachedDisks } from "./attached-disks.ts";
import { reservationAffinity } from "./reservation.ts";
import { instanceName } from "./names.ts";
import type { Naming } from "./names.ts";
import { settingsAt } from "../settings.ts";
import type { InstanceSettings } from "../settings.ts";
import { gcpTarget, interfaceTargets } from "../target.ts";

/** The metadata key in which cloud-init looks for user data on Compute Engine. */
const USER_DATA = "user-data";
/** As Google recommends, the service account's roles limit the machine's permissions, not scopes. */
const SCOPE = "https://www.googleapis.com/auth/cloud-platform";

/**
 * The body of `instances.insert` for a launch of one. Compute Engine chooses what is omitted: a shielded VM has vTPM
 * and integrity monitoring on and secure boot off, if the image supports it.
 *
 * @throws SlipwayError `TAG_INVALID`, `INVALID_PLAN`, `PLAN_UNPINNED`
 */
export function insertRequest(launch: Launch, name: string): InstanceResource {
  const { place } = launch.place;
  const links: Naming = (collection, named) => `zones/${place}/${collection}/${named}`;
  return { name, ...properties(launch, links) };
}

/**
 * The body of `instances.bulkInsert` in one zone. Members differ only in name, and as many are created as there is
 * capacity for.
 *
 * @throws SlipwayError as {@link insertRequest} does
 */
export function bulkInsertRequest(launch: Launch, names: readonly string[]): BulkInsertResource {
  return {
    count: String(names.length),
    // Without it, one failed member rolls back all others.
    minCount: "1",
    perInstanceProperties: Object.fromEntries(names.map((name) => [name, {}])),
    instanceProperties: properties(launch, (_collection, named) => named),
  };
}

/** The names of the members' machines, in the members' order. */
export function memberNames({ token, members }: Launch): readonly string[] {
  return members.map(({ spawnId }) => instanceName(token, spawnId));
}

function properties(launch: Launch, naming: Naming) {
  const { plan, place } = launch;
  const target = gcpTarget(plan);
  const labels = machineLabels(launch, target.labels);
  const settings = settingsAt(plan, place);
  if (plan.artifact.numericId === undefined) throw unpinned(plan);
  return {
    machineType: naming("machineTypes", machineTypeAt(plan, place)),
    labels,
    metadata: { items: metadataItems(launch, target) },
    disks: attachedDisks(plan, settings, naming, labels),
    networkInterfaces: networkInterfaces(settings, target),
    ...guestAccelerators(plan, naming),
    ...scheduling(settings, target, place),
    ...security(target),
    ...(target.networkTags === undefined ? {} : { tags: { items: [...target.networkTags] } }),
    ...reservationAffinity(target, place),
    ...identity(target),
  };
}

function identity({ serviceAccount, serviceAccountScopes = [SCOPE] }: GcpTarget) {
  if (serviceAccount === null) return {};
  return { serviceAccounts: [{ email: serviceAccount, scopes: [...serviceAccountScopes] }] };
}

function metadataItems({ plan, userData }: Launch, { metadata = {} }: GcpTarget) {
  return [
    ...(userData === "" ? [] : [{ key: USER_DATA, value: userData }]),
    { key: METADATA.artifact, value: plan.artifact.id },
    { key: METADATA.architecture, value: plan.architecture },
    ...Object.entries(metadata).map(([key, value]) => ({ key, value })),
  ];
}

function networkInterfaces(
  { subnetwork, otherSubnetworks = [], nicType }: InstanceSettings,
  target: GcpTarget,
) {
  const external = { type: "ONE_TO_ONE_NAT", name: "External NAT" };
  const links = [subnetwork, ...otherSubnetworks];
  return interfaceTargets(target).map(
    ({ assignPublicIp, networkInterfaces: [own] = [] }, index) => {
      const card = own?.nicType ?? nicType;
      return {
        subnetwork: links[index] ?? "",
        ...(card === undefined ? {} : { nicType: card }),
        ...(own?.stackType === undefined ? {} : { stackType: own.stackType }),
        ...(assignPublicIp ? { accessConfigs: [external] } : {}),
      };
    },
  );
}

function guestAccelerators({ shape: { accelerators } }: LaunchPlan, naming: Naming) {
  if (accelerators === undefined) return {};
  return {
    guestAccelerators: accelerators.map(({ type, count }) => ({
      acceleratorType: naming("acceleratorTypes", type),
      acceleratorCount: count,
    })),
  };
}

/**
 * Compute Engine refuses its own default, `MIGRATE`, for machines that cannot migrate. Spot machines neither migrate nor
 * restart: https://cloud.google.com/compute/docs/instances/spot#limitations
 */
function scheduling(
  { onHostMaintenance }: InstanceSettings,
  { terminationAction, automaticRestart }: GcpTarget,
  { market }: Candidate,
) {
  if (market === "spot")
    return {
      scheduling: {
        provisioningModel: "SPOT",
        onHostMaintenance: "TERMINATE",
        automaticRestart: false,
        ...(terminationAction === undefined
          ? {}
          : { instanceTerminationAction: terminationAction }),
      },
    };
  if (onHostMaintenance === undefined && automaticRestart === undefined) return {};
  return {
    scheduling: {
      ...(onHostMaintenance === undefined ? {} : { onHostMaintenance }),
      ...(automaticRestart === undefined ? {} : { automaticRestart }),
    },
  };
}

function security({ shielded, confidential }: GcpTarget) {
  return {
    ...(shielded === undefined
      ? {}
      : {
          shieldedInstanceConfig: {
            enableSecureBoot: shielded.secureBoot ?? false,
            enableVtpm: shielded.vtpm ?? true,
            enableIntegrityMonitoring: shielded.integrityMonitoring ?? true,
          },
        }),
    ...(confidential === undefined
      ? {}
      : { confidentialInstanceConfig: { confidentialInstanceType: confidential.type } }),
  };
}

function unpinned({ planId, artifact }: LaunchPlan): SlipwayError {
  return new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "PLAN_UNPINNED",
    message: `plan ${planId}: ${artifact.id} has no numeric id, so the plan does not fix what would run`,
    remedy: "Resolve the workspace again, not offline.",
  });
}

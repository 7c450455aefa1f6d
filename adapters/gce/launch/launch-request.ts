import { SlipwayError } from "../../../src/errors.ts";
import type { GcpTarget, LaunchPlan } from "../../../src/plan/plan.ts";
import type { Launch } from "../../../src/substrate/contract.ts";
import type { BulkInsertResource, InstanceResource } from "../client/api.ts";
import { machineLabels } from "../labels.ts";
import { METADATA } from "../machine.ts";
import { instanceName } from "./names.ts";
import { settingsOf } from "../settings.ts";
import type { InstanceSettings } from "../settings.ts";
import { gcpTarget } from "../target.ts";

/** Where cloud-init looks for user data on Compute Engine. */
const USER_DATA = "user-data";
/** What a machine may do is for its service account's roles to say, as Google advises. */
const SCOPE = "https://www.googleapis.com/auth/cloud-platform";

/** How a request names what is in its zone: an insert by links, the properties of a bulk insert by bare names. */
type Naming = (collection: "machineTypes" | "diskTypes", name: string) => string;

/**
 * The body of `instances.insert` for the one member of a launch. What is left out is for Compute Engine to choose: a
 * shielded VM's vTPM and integrity monitoring are on, its secure boot is off, where the image can be booted so at all.
 *
 * @throws SlipwayError `TAG_INVALID`, `INVALID_PLAN`, `PLAN_UNPINNED`
 */
export function insertRequest(launch: Launch, name: string): InstanceResource {
  const { place } = launch.place;
  const links: Naming = (collection, named) => `zones/${place}/${collection}/${named}`;
  return { name, ...properties(launch, links) };
}

/**
 * The body of `instances.bulkInsert` in one zone: the members have their own names and nothing else of their own, and
 * as many are made as there is room for.
 *
 * @throws SlipwayError as {@link insertRequest} does
 */
export function bulkInsertRequest(launch: Launch, names: readonly string[]): BulkInsertResource {
  return {
    count: String(names.length),
    // Without it one machine that cannot be made takes all others back.
    minCount: "1",
    perInstanceProperties: Object.fromEntries(names.map((name) => [name, {}])),
    instanceProperties: properties(launch, (_collection, named) => named),
  };
}

/** The names of the members' machines, in their order. */
export function memberNames({ token, members }: Launch): readonly string[] {
  return members.map(({ spawnId }) => instanceName(token, spawnId));
}

function properties(launch: Launch, naming: Naming) {
  const { plan } = launch;
  const target = gcpTarget(plan);
  const labels = machineLabels(launch, target.labels);
  const settings = settingsOf(plan);
  if (plan.artifact.numericId === undefined) throw unpinned(plan);
  return {
    machineType: naming("machineTypes", plan.machineType),
    labels,
    metadata: { items: metadataItems(launch) },
    disks: [bootDisk(settings, naming, { sourceImage: plan.artifact.id, labels: { ...labels } })],
    networkInterfaces: [networkInterface(settings, target)],
    ...(target.serviceAccount === null
      ? {}
      : { serviceAccounts: [{ email: target.serviceAccount, scopes: [SCOPE] }] }),
  };
}

function metadataItems({ plan, members }: Launch) {
  const userData = members[0]?.bootDocument ?? "";
  return [
    ...(userData === "" ? [] : [{ key: USER_DATA, value: userData }]),
    { key: METADATA.artifact, value: plan.artifact.id },
    { key: METADATA.architecture, value: plan.architecture },
  ];
}

function bootDisk(
  { diskSizeGb, diskType }: InstanceSettings,
  naming: Naming,
  source: { readonly sourceImage: string; readonly labels: Record<string, string> },
) {
  return {
    boot: true,
    autoDelete: true,
    initializeParams: {
      ...source,
      ...(diskSizeGb === null ? {} : { diskSizeGb: String(diskSizeGb) }),
      ...(diskType === null ? {} : { diskType: naming("diskTypes", diskType) }),
    },
  };
}

function networkInterface({ subnetwork }: InstanceSettings, { assignPublicIp }: GcpTarget) {
  const external = { type: "ONE_TO_ONE_NAT", name: "External NAT" };
  return { subnetwork, ...(assignPublicIp ? { accessConfigs: [external] } : {}) };
}

function unpinned({ planId, artifact }: LaunchPlan): SlipwayError {
  return new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "PLAN_UNPINNED",
    message: `plan ${planId}: ${artifact.id} has no numeric id, so that nobody knows what would run`,
    remedy: "Resolve the workspace again, not offline.",
  });
}

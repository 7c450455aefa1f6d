import type { JsonObject } from "../../../src/errors.ts";
import type { MachineShape, PlanDraft } from "../../../src/plan/plan.ts";
import type { ImageFacts } from "../image/image-facts.ts";
import { hostMaintenance } from "../launch/host-maintenance.ts";
import { defaultBootDisk, isBareMetal } from "../launch/machine-series.ts";
import { planSettings } from "../settings.ts";
import type { TypeSettings } from "../settings.ts";
import { gcpTarget, subnetLink } from "../target.ts";
import type { MachineTypeFinding } from "./machine-type-checks.ts";
import { DEFAULT_MACHINE_TYPE } from "./preflight-reads.ts";
import type { NamedInterface } from "./preflight-reads.ts";

/** The settings that the plan records for the VM. */
export function instanceSettings(
  draft: PlanDraft,
  interfaces: readonly NamedInterface[],
  {
    machineTypes: [first, ...others],
    image,
  }: {
    readonly machineTypes: readonly Pick<MachineTypeFinding, "name" | "type">[];
    readonly image: ImageFacts | null;
  },
): JsonObject {
  const otherTypes = others.map((finding) => ({
    machineType: finding.name,
    ...typeSettings(draft, finding),
  }));
  const { shape } = draft;
  const [subnetwork = "", ...otherSubnetworks] = interfaces.map(({ named }) =>
    named.value === null ? "" : subnetLink(named.value),
  );
  return planSettings({
    diskSizeGb: bootDiskSize(shape, image),
    subnetwork,
    ...(otherSubnetworks.length === 0 ? {} : { otherSubnetworks }),
    ...(first === undefined ? { diskType: shape.diskType } : typeSettings(draft, first)),
    ...(otherTypes.length === 0 ? {} : { otherTypes }),
  });
}

/** "You can't specify an IOPS or throughput level if you don't specify a size" (Hyperdisk Balanced). */
function bootDiskSize(
  { diskSizeGb, disk = {} }: MachineShape,
  image: ImageFacts | null,
): number | null {
  if (diskSizeGb !== 0) return diskSizeGb;
  const isProvisioned = disk.iops !== undefined || disk.throughput !== undefined;
  return isProvisioned ? (image?.diskSizeGb ?? null) : null;
}

function typeSettings(
  draft: PlanDraft,
  { name, type }: Pick<MachineTypeFinding, "name" | "type">,
): TypeSettings {
  const { shape } = draft;
  const setting =
    type === null ? null : hostMaintenance({ ...draft, target: gcpTarget(draft), type });
  return {
    diskType: shape.diskType ?? defaultBootDisk(name),
    ...(shape.dataDisks?.some(({ diskType }) => diskType === null) === true
      ? { dataDiskType: defaultBootDisk(name) }
      : {}),
    ...(setting === null ? {} : { onHostMaintenance: setting.value }),
    ...(isBareMetal(name) ? { nicType: "IDPF" } : {}),
  };
}

/** The sources of the settings and of the other values that the preflight decides. */
export function instanceSources(
  draft: PlanDraft,
  machineTypes: readonly MachineTypeFinding[],
): Record<string, string> {
  const { subnet, networkInterfaces = [] } = gcpTarget(draft);
  const zones = [...new Set(draft.candidates.map(({ place }) => place))].join(", ");
  const [first] = machineTypes;
  const isChosen = draft.machineType === DEFAULT_MACHINE_TYPE && first?.type != null;
  return {
    ...(isChosen ? { "/machine_type": `default: chosen from machineTypes.list of ${zones}` } : {}),
    "/machine_types": `machineTypes of ${zones}`,
    "/candidates": `placement zones, judged by zones.get and machineTypes of ${zones}`,
    "/settings/instance/subnetwork": `placement subnet ${subnet}`,
    ...(networkInterfaces.length > 1
      ? { "/settings/instance/other_subnetworks": "placement network_interfaces" }
      : {}),
    "/settings/instance/disk_size_gb":
      draft.shape.diskSizeGb === 0 ? "default: the image's own size" : "environment disk_size_gb",
    "/settings/instance/disk_type": diskTypeSource(draft, first?.name ?? draft.machineType),
    ...dataDiskTypeSource(draft, first?.name ?? draft.machineType),
    ...(first === undefined ? {} : machineSources(draft, first)),
    ...(machineTypes.length > 1
      ? { "/settings/instance/other_types": "as disk_type, on_host_maintenance and nic_type" }
      : {}),
  };
}

function machineSources(
  draft: PlanDraft,
  { name, type }: MachineTypeFinding,
): Record<string, string> {
  const setting =
    type === null ? null : hostMaintenance({ ...draft, target: gcpTarget(draft), type });
  return {
    ...(setting === null ? {} : { "/settings/instance/on_host_maintenance": setting.source }),
    ...(isBareMetal(name)
      ? { "/settings/instance/nic_type": `machine type ${name}: it is bare metal` }
      : {}),
  };
}

function diskTypeSource({ shape }: PlanDraft, machineType: string): string {
  return shape.diskType === null ? defaultTypeSource(machineType) : "disk-type record";
}

/** Of the type of data disks that name none. */
function dataDiskTypeSource({ shape }: PlanDraft, machineType: string): Record<string, string> {
  if (shape.dataDisks?.some(({ diskType }) => diskType === null) !== true) return {};
  return { "/settings/instance/data_disk_type": defaultTypeSource(machineType) };
}

function defaultTypeSource(machineType: string): string {
  return defaultBootDisk(machineType) === null
    ? "default: Compute Engine's own"
    : `default: the first that ${machineType} takes`;
}

import type { JsonObject } from "../../../src/errors.ts";
import type { PlanDraft } from "../../../src/plan/plan.ts";
import type { Reading } from "../../../src/substrate/reading.ts";
import { hostMaintenance } from "../launch/host-maintenance.ts";
import { defaultBootDisk, isBareMetal } from "../launch/machine-series.ts";
import { planSettings } from "../settings.ts";
import type { TypeSettings } from "../settings.ts";
import { gcpTarget, subnetLink } from "../target.ts";
import type { SubnetReference } from "../target.ts";
import type { MachineTypeFinding } from "./machine-type-checks.ts";
import { DEFAULT_MACHINE_TYPE } from "./preflight-reads.ts";

/** The settings that the plan records for the VM. */
export function instanceSettings(
  draft: PlanDraft,
  subnet: Reading<SubnetReference>,
  [first, ...others]: readonly Pick<MachineTypeFinding, "name" | "type">[],
): JsonObject {
  const otherTypes = others.map((finding) => ({
    machineType: finding.name,
    ...typeSettings(draft, finding),
  }));
  const { shape } = draft;
  return planSettings({
    diskSizeGb: shape.diskSizeGb === 0 ? null : shape.diskSizeGb,
    subnetwork: subnet.value === null ? "" : subnetLink(subnet.value),
    ...(first === undefined ? { diskType: shape.diskType } : typeSettings(draft, first)),
    ...(otherTypes.length === 0 ? {} : { otherTypes }),
  });
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
    ...(setting === null ? {} : { onHostMaintenance: setting.value }),
    ...(isBareMetal(name) ? { nicType: "IDPF" } : {}),
  };
}

/** The sources of the settings and of the other values that the preflight decides. */
export function instanceSources(
  draft: PlanDraft,
  machineTypes: readonly MachineTypeFinding[],
): Record<string, string> {
  const { subnet } = gcpTarget(draft);
  const zones = [...new Set(draft.candidates.map(({ place }) => place))].join(", ");
  const [first] = machineTypes;
  const isChosen = draft.machineType === DEFAULT_MACHINE_TYPE && first?.type != null;
  return {
    ...(isChosen ? { "/machine_type": `default: chosen from machineTypes.list of ${zones}` } : {}),
    "/machine_types": `machineTypes of ${zones}`,
    "/candidates": `placement zones, judged by zones.get and machineTypes of ${zones}`,
    "/settings/instance/subnetwork": `placement subnet ${subnet}`,
    "/settings/instance/disk_size_gb":
      draft.shape.diskSizeGb === 0 ? "default: the image's own size" : "environment disk_size_gb",
    "/settings/instance/disk_type": diskTypeSource(draft, first?.name ?? draft.machineType),
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
  if (shape.diskType !== null) return "disk-type record";
  return defaultBootDisk(machineType) === null
    ? "default: Compute Engine's own"
    : `default: the first that ${machineType} takes`;
}

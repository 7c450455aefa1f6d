import { z } from "zod";
import type { JsonObject } from "../../src/errors.ts";
import { HOST_MAINTENANCE } from "../../src/plan/compute-engine.ts";
import type { Candidate, LaunchPlan } from "../../src/plan/plan.ts";
import { settingsParser } from "../../src/substrate/plan-settings.ts";

/** The settings that depend on the machine type. */
const typeSettings = z.strictObject({
  /**
   * Such as `pd-balanced`, in the launch's zone; null leaves it to Compute Engine, which knows what a machine type
   * supports.
   */
  diskType: z.string().min(1).nullable(),
  /** The type of data disks that name none, as `diskType`. Absent if there are no such disks. */
  dataDiskType: z.string().min(1).nullable().exactOptional(),
  /**
   * Of machines on demand, for a machine type that cannot migrate or a placement that says so. Otherwise absent: Compute
   * Engine's default is `MIGRATE`.
   */
  onHostMaintenance: z.enum(HOST_MAINTENANCE).exactOptional(),
  /** For bare metal. Otherwise absent: Compute Engine chooses. */
  nicType: z.literal("IDPF").exactOptional(),
});
export type TypeSettings = z.output<typeof typeSettings>;

/** The settings for a plan's first machine type, and those that differ for its other types. */
const planInstance = z.strictObject({
  /** GiB, at least the image's size; null means the image's size. */
  diskSizeGb: z.int().positive().nullable(),
  /** `projects/P/regions/R/subnetworks/N` */
  subnetwork: z.string().min(1),
  /** Those of the second and further network interfaces; absent if there are none. */
  otherSubnetworks: z.array(z.string().min(1)).exactOptional(),
  ...typeSettings.shape,
  /** Absent if the plan has one machine type. */
  otherTypes: z
    .array(z.strictObject({ machineType: z.string().min(1), ...typeSettings.shape }))
    .exactOptional(),
});
type PlanInstance = z.output<typeof planInstance>;

/** The settings of a launch beyond the plan's neutral fields and its target. */
export type InstanceSettings = Omit<PlanInstance, "otherTypes">;

/** The plan's `settings` for a VM. */
export function planSettings(instance: PlanInstance): JsonObject {
  return { instance };
}

const parseSettings = settingsParser(z.strictObject({ instance: planInstance }));

/**
 * The settings of a launch at a candidate of a plan, which may have been saved and edited.
 *
 * @throws SlipwayError `INVALID_PLAN`
 */
export function settingsAt(
  plan: Pick<LaunchPlan, "planId" | "settings">,
  { machineType }: Pick<Candidate, "machineType">,
): InstanceSettings {
  const { otherTypes = [], ...first } = parseSettings(plan).instance;
  const other = otherTypes.find((one) => one.machineType === machineType);
  if (other === undefined) return first;
  const { machineType: _name, ...ofType } = other;
  const {
    diskType: _disk,
    dataDiskType: _data,
    onHostMaintenance: _maintenance,
    nicType: _card,
    ...common
  } = first;
  return { ...common, ...ofType };
}

import type { GcpTarget, MachineShape } from "../../../src/plan/plan.ts";
import type { ImageFacts } from "../image/image-facts.ts";
import type { MachineTypeReply } from "../client/replies.ts";
import { confidentialMigrates, MIGRATION_FEATURE } from "./confidential.ts";
import { obstacleToMigration, seriesOf } from "./machine-series.ts";

export type OnHostMaintenance = NonNullable<GcpTarget["onHostMaintenance"]>;

/** The parts of a plan that decide about a machine's host maintenance. */
export interface Maintained {
  readonly target: GcpTarget;
  readonly shape: MachineShape;
  readonly type: MachineTypeReply;
  /** Null if it was not read. */
  readonly image: Pick<ImageFacts, "guestOsFeatures"> | null;
}

/** The setting of a machine on demand, with its source; null leaves it to Compute Engine, whose default is `MIGRATE`. */
export function hostMaintenance({
  target: { onHostMaintenance, confidential },
  shape,
  type,
}: Omit<Maintained, "image">): {
  readonly value: OnHostMaintenance;
  readonly source: string;
} | null {
  if (onHostMaintenance !== undefined)
    return { value: onHostMaintenance, source: "placement on_host_maintenance" };
  const why = obstacleToMigration(type, shape);
  if (why !== null) return { value: "TERMINATE", source: `machine type ${type.name}: ${why}` };
  if (confidential === undefined) return null;
  // Those that migrate do so only on request: Compute Engine's default would demand one more feature of the image.
  return { value: "TERMINATE", source: `placement confidential.type ${confidential.type}` };
}

/**
 * Why Compute Engine refuses the placement's host maintenance for a machine of the type on demand, in its own words as
 * far as they are known; null if it does not.
 */
export function maintenanceObstacle({ target, shape, type, image }: Maintained): string | null {
  const { onHostMaintenance } = target;
  if (onHostMaintenance === "MIGRATE") {
    const why = obstacleToMigration(type, shape) ?? confidentialObstacle({ target, type, image });
    if (why !== null)
      return `machine type ${type.name} does not support live migration, because ${why}`;
  }
  return onHostMaintenance === "TERMINATE" && seriesOf(type.name) === "e2"
    ? `machine type ${type.name}: e2 instances do not support onHostMaintenance=TERMINATE unless they are preemptible`
    : null;
}

function confidentialObstacle({
  target: { confidential },
  type: { name },
  image,
}: Omit<Maintained, "shape">): string | null {
  if (confidential === undefined) return null;
  const { type } = confidential;
  if (!confidentialMigrates(name, type)) return `it is confidential with ${type}`;
  if (image === null || image.guestOsFeatures.includes(MIGRATION_FEATURE)) return null;
  return `it is confidential, and its image has no guest feature ${MIGRATION_FEATURE}`;
}

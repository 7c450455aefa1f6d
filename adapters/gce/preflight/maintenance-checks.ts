import type { Candidate, Check, PlanDraft } from "../../../src/plan/plan.ts";
import { failed, passed, warning } from "../../../src/substrate/check.ts";
import type { ImageFacts } from "../image/image-facts.ts";
import type { MachineTypeReply } from "../client/replies.ts";
import { hostMaintenance, maintenanceObstacle } from "../launch/host-maintenance.ts";
import { obstacleToMigration } from "../launch/machine-series.ts";
import { gcpTarget } from "../target.ts";
import type { MachineTypeFinding } from "./machine-type-checks.ts";

const CHECK = "machine-type.maintenance";

interface Subject {
  readonly draft: PlanDraft;
  /** Null if it could not be read. */
  readonly image: ImageFacts | null;
}

/** Why a candidate cannot have the placement's host maintenance; null if it can. Spot machines never migrate. */
export function refusedMaintenance(
  { draft, image }: Subject,
  { market }: Pick<Candidate, "market">,
  finding: MachineTypeFinding | undefined,
): string | null {
  const type = finding?.type ?? null;
  if (type === null || market === "spot") return null;
  return maintenanceObstacle({ target: gcpTarget(draft), shape: draft.shape, type, image });
}

/**
 * Which of the plan's machine types cannot have the placement's host maintenance: a failure if nothing else is left to
 * launch.
 *
 * @param isLeft whether a candidate is eligible
 */
export function maintenanceChecks(
  { draft, image }: Subject,
  findings: readonly MachineTypeFinding[],
  isLeft: boolean,
): readonly Check[] {
  const target = gcpTarget(draft);
  if (target.market === "SPOT") return [];
  return findings.flatMap(({ type }) => {
    if (type === null) return [];
    const why = maintenanceObstacle({ target, shape: draft.shape, type, image });
    if (why === null) return plannedMaintenance(draft, type);
    const finding = {
      reason: "MAINTENANCE_UNSUPPORTED",
      message: `${why} (on_host_maintenance of the placement)`,
      remedy: `Set on_host_maintenance of the placement to ${target.onHostMaintenance === "MIGRATE" ? "TERMINATE" : "MIGRATE"}, leave it out, or name another machine type.`,
    } as const;
    return isLeft
      ? [warning(CHECK, finding)]
      : [
          failed(CHECK, {
            code: "FAILED_PRECONDITION",
            ...finding,
            blastRadius: "type-in-market",
            metadata: {
              machine_type: type.name,
              on_host_maintenance: target.onHostMaintenance ?? null,
            },
          }),
        ];
  });
}

/** Which setting a launch has because its machine does not move to another host. */
function plannedMaintenance(draft: PlanDraft, type: MachineTypeReply): readonly Check[] {
  const target = gcpTarget(draft);
  const { shape } = draft;
  const setting = hostMaintenance({ target, shape, type });
  if (setting?.value !== "TERMINATE") return [];
  const why = obstacleToMigration(type, shape);
  const reason = why === null ? `by the ${setting.source}` : `because ${why}`;
  const then = target.automaticRestart === false ? "stops" : "restarts";
  return [
    passed(
      CHECK,
      `machine type ${type.name} ${why === null ? "does not" : "cannot"} migrate, ${reason}: host maintenance ${then} it (onHostMaintenance: TERMINATE)`,
    ),
  ];
}

import type { Launch, LaunchMember, Machine } from "../../src/substrate/contract.ts";

/** Prefix of every label that Slipway writes. A placement's own labels may not begin with it. */
export const LABEL_PREFIX = "dev.slipway.";

export const LABELS = {
  owner: `${LABEL_PREFIX}owner`,
  tenant: `${LABEL_PREFIX}tenant`,
  workspace: `${LABEL_PREFIX}workspace`,
  spawn: `${LABEL_PREFIX}spawn`,
  launch: `${LABEL_PREFIX}launch`,
  plan: `${LABEL_PREFIX}plan`,
  /** The whole id: container labels have no length limit. */
  planId: `${LABEL_PREFIX}plan-id`,
  artifact: `${LABEL_PREFIX}artifact`,
  /** Needed because the engine does not report a container's architecture. */
  architecture: `${LABEL_PREFIX}architecture`,
} as const;

/** Compute Engine limits labels to 63 characters; every substrate writes the same digits. */
const PLAN_DIGITS = 63;

/** The labels of one member's container: its spawn's and the placement's, overridden by Slipway's own. */
export function containerLabels(
  launch: Launch,
  member: LaunchMember,
  own: Readonly<Record<string, string>>,
): Record<string, string> {
  const { ownership, plan } = launch;
  return Object.fromEntries([
    ...Object.entries({ ...member.labels, ...own }).filter(
      ([name]) => !name.startsWith(LABEL_PREFIX),
    ),
    [LABELS.owner, ownership.owner],
    [LABELS.tenant, ownership.tenant],
    [LABELS.workspace, ownership.workspace],
    [LABELS.spawn, member.spawnId],
    [LABELS.launch, ownership.launchId],
    [LABELS.plan, planLabel(ownership.planId)],
    [LABELS.planId, ownership.planId],
    [LABELS.artifact, plan.artifact.id],
    [LABELS.architecture, plan.architecture],
  ]);
}

/** The owner of the container with these labels; null if Slipway did not create it. */
export function ownershipOf(labels: Readonly<Record<string, string>>): Machine["ownership"] {
  const owner = read(labels, LABELS.owner);
  const tenant = read(labels, LABELS.tenant);
  const workspace = read(labels, LABELS.workspace);
  const launchId = read(labels, LABELS.launch);
  const planId = read(labels, LABELS.planId);
  if (owner === null || tenant === null || workspace === null) return null;
  if (launchId === null || planId === null) return null;
  return { owner, tenant, workspace, launchId, planId, spawnId: read(labels, LABELS.spawn) };
}

/** Whether these are the labels that this launch writes for this member. */
export function isMemberOf(
  labels: Readonly<Record<string, string>>,
  launch: Launch,
  member: LaunchMember,
): boolean {
  const ownership = ownershipOf(labels);
  return (
    ownership !== null &&
    ownership.owner === launch.ownership.owner &&
    ownership.launchId === launch.ownership.launchId &&
    ownership.spawnId === member.spawnId
  );
}

export function read(labels: Readonly<Record<string, string>>, name: string): string | null {
  return Object.hasOwn(labels, name) ? (labels[name] ?? null) : null;
}

function planLabel(planId: string): string {
  return planId.replace(/^sha256:/, "").slice(0, PLAN_DIGITS);
}

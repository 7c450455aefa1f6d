import { SlipwayError } from "../../src/errors.ts";
import type { Launch, Machine, Ownership } from "../../src/substrate/contract.ts";
import { sharedLabels } from "../../src/substrate/shared-labels.ts";
import { spawnIdIn } from "./launch/names.ts";

/** Prefix of every label that Slipway writes. A placement's own labels may not begin with it. */
const LABEL_PREFIX = "slipway-";

export const LABELS = {
  owner: `${LABEL_PREFIX}owner`,
  tenant: `${LABEL_PREFIX}tenant`,
  workspace: `${LABEL_PREFIX}workspace`,
  launch: `${LABEL_PREFIX}launch`,
  plan: `${LABEL_PREFIX}plan`,
  spawn: `${LABEL_PREFIX}spawn`,
} as const;

type Labels = Readonly<Record<string, string>>;

/** A label holds 63 characters, one fewer than a plan id has digits. */
const PLAN_DIGITS = 63;

/** "Requirements for labels" of Compute Engine. */
const MOST_LABELS = 64;
/** Google's own labels begin with it. */
const RESERVED_PREFIX = "goog";
const KEY = /^[a-z][a-z0-9_-]{0,62}$/;

// Compute Engine also accepts letters of other scripts, but Slipway's names contain none.
const VALUE = /^[a-z0-9_-]{1,63}$/;

/**
 * The labels of a launch's machines and of their boot disks: the placement's, overridden by Slipway's own, and as many
 * of the spawns' as Compute Engine accepts. All machines of a bulk insert share them, so only a launch of one names its
 * spawn.
 *
 * @throws SlipwayError `TAG_INVALID` for a value that a label cannot hold unchanged: a modified one would match other
 * machines, or miss its own
 */
export function machineLabels(launch: Launch, own: Labels): Record<string, string> {
  const { ownership, members } = launch;
  const [only] = members;
  const written: readonly (readonly [string, string])[] = [
    [LABELS.owner, ownership.owner],
    [LABELS.tenant, ownership.tenant],
    [LABELS.workspace, ownership.workspace],
    [LABELS.launch, ownership.launchId],
    [LABELS.plan, planLabel(ownership.planId)],
    ...(members.length === 1 && only !== undefined ? [[LABELS.spawn, only.spawnId] as const] : []),
  ];
  for (const [name, value] of written) requireLabelValue(name, value);
  const ours = [
    ...Object.entries(own).filter(([name]) => !name.startsWith(LABEL_PREFIX)),
    ...written,
  ];
  return Object.fromEntries([...copiedLabels(launch, MOST_LABELS - ours.length), ...ours]);
}

/** Labels of the spawns that are labels of Compute Engine too; the others are in the ledger alone. */
function copiedLabels({ members }: Launch, most: number) {
  return sharedLabels(members)
    .filter(([key]) => KEY.test(key) && !key.startsWith(RESERVED_PREFIX))
    .filter(([, value]) => value === "" || VALUE.test(value))
    .slice(0, Math.max(0, most));
}

/**
 * The owner of the machine with this name and these labels; null if Slipway did not create it. The name identifies
 * the member within its launch.
 */
export function ownershipOf(labels: Labels, name: string): Machine["ownership"] {
  const owner = read(labels, LABELS.owner);
  const tenant = read(labels, LABELS.tenant);
  const workspace = read(labels, LABELS.workspace);
  const launchId = read(labels, LABELS.launch);
  const planId = read(labels, LABELS.plan);
  if (owner === null || tenant === null || workspace === null) return null;
  if (launchId === null || planId === null) return null;
  const spawnId = read(labels, LABELS.spawn) ?? spawnIdIn(name);
  return { owner, tenant, workspace, launchId, planId, spawnId };
}

/** Whether these are the labels that this owner's launch writes. */
export function isOfLaunch(
  labels: Labels,
  { owner, launchId }: Pick<Ownership, "owner" | "launchId">,
): boolean {
  return read(labels, LABELS.owner) === owner && read(labels, LABELS.launch) === launchId;
}

/** A list filter for one of Slipway's labels; null for a value that no label can have. */
export function labelFilter(name: string, value: string): string | null {
  return VALUE.test(value) ? `labels.${name} = "${value}"` : null;
}

function read(labels: Labels, name: string): string | null {
  const value = Object.hasOwn(labels, name) ? labels[name] : undefined;
  return value === undefined || value === "" ? null : value;
}

function planLabel(planId: string): string {
  return planId.replace(/^sha256:/, "").slice(0, PLAN_DIGITS);
}

function requireLabelValue(name: string, value: string): void {
  if (VALUE.test(value)) return;
  throw new SlipwayError({
    code: "INVALID_ARGUMENT",
    reason: "TAG_INVALID",
    message: `label ${name}: ${JSON.stringify(value.slice(0, 100))} cannot be a label's value on Compute Engine (1 to 63 characters of [a-z0-9_-])`,
    remedy: "Use names of lower-case letters, digits, '_' and '-'.",
    metadata: { label: name },
  });
}

import { SlipwayError } from "../../src/errors.ts";
import type { Launch, Machine, Ownership } from "../../src/substrate/contract.ts";
import { spawnIdIn } from "./launch/names.ts";

/** Everything that Slipway writes on a machine begins so; a placement's labels may not. */
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

/** A label holds 63 characters, one less than a plan id has digits. */
const PLAN_DIGITS = 63;

// The letters of other scripts, which Compute Engine takes too, are in none of our names.
const VALUE = /^[a-z0-9_-]{1,63}$/;

/**
 * The labels of a launch's machines and of their boot disks: the placement's, and ours over them. One text serves all
 * machines of a bulk insert, so that only a launch of one names its spawn.
 *
 * @throws SlipwayError `TAG_INVALID` for a value that a label cannot hold as it is: a changed one would find others'
 * machines, or not its own.
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
  return Object.fromEntries([
    ...Object.entries(own).filter(([name]) => !name.startsWith(LABEL_PREFIX)),
    ...written,
  ]);
}

/**
 * Whose the machine of this name with these labels is; null for one that is not Slipway's. Which member of its launch
 * a machine is, its name says.
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

/** True for a machine that this owner's launch made, or would make. */
export function isOfLaunch(
  labels: Labels,
  { owner, launchId }: Pick<Ownership, "owner" | "launchId">,
): boolean {
  return read(labels, LABELS.owner) === owner && read(labels, LABELS.launch) === launchId;
}

/** A filter of lists for one of our labels; null for a value that no label has. */
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

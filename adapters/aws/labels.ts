import type { Instance, Tag, TagSpecification } from "@aws-sdk/client-ec2";
import type { Candidate } from "../../src/plan/plan.ts";
import type { Launch, Machine } from "../../src/substrate/contract.ts";

/** A key with this prefix is Slipway's own; a placement's tag of such a name is left out. */
const TAG_PREFIX = "slipway:";

/** What is written on everything that a launch makes. */
export const TAGS = {
  owner: `${TAG_PREFIX}owner`,
  tenant: `${TAG_PREFIX}tenant`,
  workspace: `${TAG_PREFIX}workspace`,
  /** Of a launch of one. Members of a larger one have the same tags, and their launch index. */
  spawn: `${TAG_PREFIX}spawn`,
  launch: `${TAG_PREFIX}launch`,
  plan: `${TAG_PREFIX}plan`,
} as const;

/** What `RunInstances` tags at birth, so that nothing it makes is ever without an owner. */
const TAGGED_RESOURCES = ["instance", "volume", "network-interface"] as const;
/** What it makes besides where a machine is bought on the spot market, and takes no tags for where it is not. */
const TAGGED_WITH_SPOT = [...TAGGED_RESOURCES, "spot-instances-request"] as const;

/**
 * The tags of a launch: the placement's in the order of their keys, since EC2 takes another order for another request,
 * then ours.
 */
export function launchTags(launch: Launch, own: Readonly<Record<string, string>>): Required<Tag>[] {
  const { ownership, members } = launch;
  const [only] = members.length === 1 ? members : [];
  const tags: readonly (readonly [string, string])[] = [
    ...Object.entries(own)
      .filter(([key]) => !key.startsWith(TAG_PREFIX))
      .toSorted(([one], [other]) => (one < other ? -1 : 1)),
    [TAGS.owner, ownership.owner],
    [TAGS.tenant, ownership.tenant],
    [TAGS.workspace, ownership.workspace],
    ...(only === undefined ? [] : [[TAGS.spawn, only.spawnId] as const]),
    [TAGS.launch, ownership.launchId],
    [TAGS.plan, ownership.planId],
  ];
  return tags.map(([Key, Value]) => ({ Key, Value }));
}

export function tagSpecifications(
  tags: readonly Required<Tag>[],
  market: Candidate["market"],
): TagSpecification[] {
  const resources = market === "spot" ? TAGGED_WITH_SPOT : TAGGED_RESOURCES;
  return resources.map((ResourceType) => ({ ResourceType, Tags: [...tags] }));
}

/** Whose the instance with these tags is; null for one that is not Slipway's. */
export function ownershipOf(tags: Instance["Tags"]): Machine["ownership"] {
  const values = new Map((tags ?? []).map(({ Key, Value }) => [Key, Value]));
  const owner = values.get(TAGS.owner);
  const tenant = values.get(TAGS.tenant);
  const workspace = values.get(TAGS.workspace);
  const launchId = values.get(TAGS.launch);
  const planId = values.get(TAGS.plan);
  if (owner === undefined || tenant === undefined || workspace === undefined) return null;
  if (launchId === undefined || planId === undefined) return null;
  return { owner, tenant, workspace, launchId, planId, spawnId: values.get(TAGS.spawn) ?? null };
}

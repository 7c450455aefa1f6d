import type { Instance, Tag, TagSpecification } from "@aws-sdk/client-ec2";
import { hasTagsInMetadata, isMetadataTagKey } from "../../src/plan/instance.ts";
import type { InstanceOptions } from "../../src/plan/instance.ts";
import type { Candidate } from "../../src/plan/plan.ts";
import type { Launch, Machine } from "../../src/substrate/contract.ts";
import { sharedLabels } from "../../src/substrate/shared-labels.ts";

/** Keys with this prefix are reserved for Slipway. A placement's tags with this prefix are ignored. */
const TAG_PREFIX = "slipway:";

/** Keys of the tags that Slipway sets on every resource that a launch creates. */
export const TAGS = {
  owner: `${TAG_PREFIX}owner`,
  tenant: `${TAG_PREFIX}tenant`,
  workspace: `${TAG_PREFIX}workspace`,
  /** Set only if the launch has one member. Members of a batch share all tags and differ by launch index. */
  spawn: `${TAG_PREFIX}spawn`,
  launch: `${TAG_PREFIX}launch`,
  plan: `${TAG_PREFIX}plan`,
} as const;

/** Only on volumes, if the placement keeps any after termination. A sweep leaves a volume with this tag alone. */
export const KEEP_TAG = `${TAG_PREFIX}keep`;

/** "Tag restrictions" of EC2. */
export const MAX_TAGS = 50;

/** The resources that `RunInstances` tags as it creates them, so that none of them ever exists without an owner. */
const TAGGED_RESOURCES = ["instance", "volume", "network-interface"] as const;
/** A spot launch also creates a spot request. EC2 refuses tags for one in any other launch. */
const TAGGED_WITH_SPOT = [...TAGGED_RESOURCES, "spot-instances-request"] as const;

/**
 * The tags of a launch: the placement's, as many of the spawns' labels as EC2 accepts, then Slipway's. All but Slipway's
 * are sorted by key, because EC2 treats the same tags in another order as a different request.
 */
export function launchTags(
  launch: Launch,
  own: Readonly<Record<string, string>>,
  options: Pick<InstanceOptions, "metadataOptions"> = {},
): Required<Tag>[] {
  const isAllowed = hasTagsInMetadata(options) ? isMetadataTagKey : () => true;
  const { ownership, members } = launch;
  const [only] = members.length === 1 ? members : [];
  const placement = Object.entries(own).filter(([key]) => !key.startsWith(TAG_PREFIX));
  // Volumes that are kept have one tag more than Slipway's other tags.
  const room = MAX_TAGS - placement.length - Object.keys(TAGS).length - 1;
  const copied = sharedLabels(members)
    .filter(([key]) => isAllowed(key) && !Object.hasOwn(own, key))
    .slice(0, Math.max(0, room));
  const tags: readonly (readonly [string, string])[] = [
    ...[...placement, ...copied].toSorted(([one], [other]) => (one < other ? -1 : 1)),
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
  { market, keepsVolumes }: Pick<Candidate, "market"> & { readonly keepsVolumes: boolean },
): TagSpecification[] {
  const resources = market === "spot" ? TAGGED_WITH_SPOT : TAGGED_RESOURCES;
  const kept = keepsVolumes ? [{ Key: KEEP_TAG, Value: "true" }] : [];
  return resources.map((ResourceType) => ({
    ResourceType,
    Tags: ResourceType === "volume" ? [...tags, ...kept] : [...tags],
  }));
}

/** The ownership that the tags of an instance, volume or interface record. Null if Slipway did not launch it. */
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

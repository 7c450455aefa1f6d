import type { SpawnMember } from "./contract.ts";

/**
 * The labels that all members of a launch have, with the same values. Only these are written on its machines: a batch is
 * one request, which gives every machine the same tags, and tagging machines afterwards would cost a call for each and
 * leave a machine that is not tagged yet.
 */
export function sharedLabels(
  members: readonly SpawnMember[],
): readonly (readonly [key: string, value: string])[] {
  const [first, ...others] = members;
  if (first === undefined) return [];
  return Object.entries(first.labels).filter(([key, value]) =>
    others.every(({ labels }) => Object.hasOwn(labels, key) && labels[key] === value),
  );
}

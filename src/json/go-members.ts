/**
 * Reads an object's members as Go's encoding/json does, whose programs read the same documents: names match in any case,
 * the last of several matching members counts, and `null` leaves a member as it was.
 *
 * @param names the names to read, as they are spelled in the result
 * @returns the members that are present and not null, under these names
 */
export function goMembers<Name extends string>(
  value: object,
  names: readonly Name[],
): Partial<Record<Name, unknown>> {
  const canonical = new Map(names.map((name) => [name.toLowerCase(), name]));
  const members: Partial<Record<Name, unknown>> = {};
  for (const [key, member] of Object.entries(value)) {
    const name = canonical.get(key.toLowerCase());
    if (name !== undefined && member !== null) members[name] = member;
  }
  return members;
}

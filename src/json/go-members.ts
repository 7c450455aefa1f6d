/**
 * Two names that Go's encoding/json takes for the same fold to the same text. It compares without regard to case: ASCII
 * letters, and the two other letters whose simple case folding is ASCII.
 */
export function foldGoName(name: string): string {
  return name.replaceAll("\u017F", "s").replaceAll("\u212A", "k").toLowerCase();
}

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
  const canonical = new Map(names.map((name) => [foldGoName(name), name]));
  const members: Partial<Record<Name, unknown>> = {};
  for (const [key, member] of Object.entries(value)) {
    const name = canonical.get(foldGoName(key));
    if (name !== undefined && member !== null) members[name] = member;
  }
  return members;
}

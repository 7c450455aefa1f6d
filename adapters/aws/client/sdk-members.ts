/** As the SDK's generator writes a structure: `[3, namespace, name, traits, members, their schemas]`. */
const STRUCTURE = { kind: 3, length: 6, members: 4, schemas: 5 } as const;

/**
 * Leaves of a structure those members that are read. The SDK makes objects of all that an answer says, and of an
 * instance that is a tenth of a launch's whole time, for what nobody looks at.
 *
 * @param schema of which everything is left where it is laid out in another way
 */
export function leaveMembers(schema: unknown, read: readonly string[]): void {
  if (!Array.isArray(schema) || schema.length !== STRUCTURE.length) return;
  const [members, schemas]: readonly unknown[] = [
    schema[STRUCTURE.members],
    schema[STRUCTURE.schemas],
  ];
  if (schema[0] !== STRUCTURE.kind || !Array.isArray(members) || !Array.isArray(schemas)) return;
  if (members.length !== schemas.length || !read.every((name) => members.includes(name))) return;
  for (const place of members.keys().toArray().toReversed()) {
    if (read.includes(String(members[place]))) continue;
    members.splice(place, 1);
    schemas.splice(place, 1);
  }
}

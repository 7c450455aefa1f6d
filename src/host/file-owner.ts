import type { Stats } from "node:fs";
import process from "node:process";

/**
 * Whether a file belongs to another user than this process, which that user can change at any time. Root is not
 * another user: root can change every file.
 *
 * @param user effective user id of this process; null where users have no numbers
 */
export function belongsToAnother(
  { uid }: Pick<Stats, "uid">,
  user: number | null = process.geteuid?.() ?? null,
): boolean {
  return user !== null && uid !== user && uid !== 0;
}

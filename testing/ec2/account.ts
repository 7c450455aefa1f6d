import type { Account } from "./records.ts";
import type { World } from "./world.ts";

/** The settings of an account. */
export function accountRecord({ accounts }: Pick<World, "accounts">, account: string): Account {
  const known = accounts.get(account);
  if (known !== undefined) return known;
  const lists = { subscriptions: [], profiles: [], unusableKeys: [] };
  return { account, hasSpotRole: true, ...lists, volumeGib: null };
}

import type { Account } from "./records.ts";
import type { World } from "./world.ts";

/** The settings of an account. */
export function accountRecord({ accounts }: Pick<World, "accounts">, account: string): Account {
  return accounts.get(account) ?? { account, hasSpotRole: true, subscriptions: [], profiles: [] };
}

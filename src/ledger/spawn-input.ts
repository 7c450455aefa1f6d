import type { SpawnInput } from "../substrate/contract.ts";

/** The caller's additions to a workspace: recorded with the intent, and part of the spawn's identity. */

export function hasInput({ env, labels, input }: SpawnInput): boolean {
  return input !== null || Object.keys(env).length > 0 || Object.keys(labels).length > 0;
}

/** The input alone, without the other fields of a spawn or member. */
export function inputOf({ env, labels, input }: SpawnInput): SpawnInput {
  return { env, labels, input };
}

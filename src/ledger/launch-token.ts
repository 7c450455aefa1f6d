import { hash } from "node:crypto";
import type { Candidate, LaunchPlan } from "../plan/plan.ts";

export interface LaunchIdentity {
  /** The ledger's own id: two ledgers never share a token, whatever they name their spawns. */
  readonly owner: string;
  /** From 1: a spawn's second launch has another token than its first. */
  readonly number: number;
  readonly plan: LaunchPlan;
  readonly place: Candidate;
  /** Spawn ids and boot documents, in the launch's order. */
  readonly members: readonly { readonly spawnId: string; readonly bootDocument: string }[];
}

/**
 * The token of a launch: 64 hex digits, the same in every process, different for another number, member, place, plan
 * (and so for another account, region, machine type or artifact) or boot document. EC2 refuses a `ClientToken` of more
 * than 64 characters.
 */
export function launchToken(identity: LaunchIdentity): string {
  const { owner, number, plan, place, members } = identity;
  const parts = [
    owner,
    number,
    plan.planId,
    place.place,
    place.subnet ?? null,
    place.market ?? null,
    members.map(({ spawnId }) => spawnId),
    // Most often one text for all: a thousand of them need not be read a thousand times.
    [...new Set(members.map(({ bootDocument }) => bootDocument))],
  ];
  return hash("sha256", JSON.stringify(parts));
}

/** The launch's id as it is written on its machines: short enough for a label of every provider (63 characters). */
export function launchId(token: string): string {
  return token.slice(0, 32);
}

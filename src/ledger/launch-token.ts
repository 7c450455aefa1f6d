import { hash } from "node:crypto";
import type { Candidate, LaunchPlan } from "../plan/plan.ts";
import type { SpawnMember } from "../substrate/contract.ts";
import { hasInput, inputOf } from "./spawn-input.ts";

export interface LaunchIdentity {
  /** The ledger's own id: two ledgers never share a token, whatever they name their spawns. */
  readonly owner: string;
  /** 1-based number of the spawn's launch; each launch has its own token. */
  readonly number: number;
  readonly plan: LaunchPlan;
  readonly place: Candidate;
  /** In the order of the launch, with validated inputs: equal ones have equal text. */
  readonly members: readonly SpawnMember[];
  /** How many launches of pruned spawns had the same identity apart from this number. */
  readonly reuse: number;
}

/**
 * The token of a launch: 64 hex digits. It is the same in every process, and different for any other number, member,
 * place, plan (and so account, region, machine type or artifact), input or reuse. Boot documents follow from these. EC2
 * refuses a `ClientToken` of more than 64 characters.
 */
export function launchToken(identity: LaunchIdentity): string {
  const { owner, number, plan, place, members, reuse } = identity;
  const parts = [
    owner,
    number,
    plan.planId,
    place.place,
    place.subnet ?? null,
    place.market ?? null,
    // Absent from plans of one type, whose launches of earlier versions keep their tokens.
    ...(place.machineType === undefined ? [] : [place.machineType]),
    members.map(({ spawnId }) => spawnId),
    ...(members.some(hasInput) ? [JSON.stringify(members.map(inputOf))] : []),
    ...(reuse === 0 ? [] : [reuse]),
  ];
  return hash("sha256", JSON.stringify(parts));
}

/** The launch's id as it is written on its machines: short enough for a label of every provider (63 characters). */
export function launchId(token: string): string {
  return token.slice(0, 32);
}

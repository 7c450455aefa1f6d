import type { JsonObject } from "../errors.ts";
import type { LaunchPlan, Substrate } from "../plan/plan.ts";
import type { Machine } from "../substrate/contract.ts";

export const SPAWN_STATES = [
  "pending",
  "launching",
  "booting",
  "running",
  "terminating",
  "terminated",
  "failed",
] as const;
export type SpawnState = (typeof SPAWN_STATES)[number];

/** True for a spawn that nobody needs to drive any further. */
export function isSettled(state: SpawnState): boolean {
  return state === "running" || isFinished(state);
}

/** True for a spawn that has come to its end: it never changes again. */
export function isFinished(state: SpawnState): boolean {
  return state === "terminated" || state === "failed";
}

/** The machine as the ledger keeps it. */
export interface SpawnMachine {
  readonly id: string;
  readonly place: string;
  readonly architecture: string | null;
  readonly addresses: { readonly private: string | null; readonly public: string | null };
  readonly ports: readonly { readonly port: number; readonly hostPort: number }[];
}

/** One try of a spawn at one candidate. */
export interface SpawnAttempt {
  /** From 1. */
  readonly attempt: number;
  readonly place: string;
  readonly token: string;
  /** Null while the launch call has not been answered. */
  readonly outcome: "accepted" | "rejected" | "unknown" | null;
  readonly reason: string | null;
}

/** One durable request to have one machine. */
export interface Spawn {
  readonly spawnId: string;
  readonly tenant: string;
  readonly workspace: string;
  readonly state: SpawnState;
  readonly planId: string;
  readonly substrate: Substrate;
  readonly machine: SpawnMachine | null;
  readonly attempts: readonly SpawnAttempt[];
  /** What made it fail, in the shape of `SlipwayError.toJSON()`. */
  readonly error: JsonObject | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** A transition, or a word on the way, with its time. */
export interface SpawnEvent {
  /** Rises by one with each event of the ledger. */
  readonly sequence: number;
  readonly spawnId: string;
  readonly at: string;
  readonly state: SpawnState;
  readonly message: string;
}

/** A spawn with all that led to it. */
export interface SpawnDescription extends Spawn {
  readonly plan: LaunchPlan;
  readonly events: readonly Omit<SpawnEvent, "sequence" | "spawnId">[];
}

/** What the ledger keeps of a machine. */
export function spawnMachine(machine: Machine): SpawnMachine {
  const { id, place, architecture, addresses, ports } = machine;
  return { id, place, architecture, addresses, ports };
}

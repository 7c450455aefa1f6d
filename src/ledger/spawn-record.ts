import { invalidArgument } from "../errors.ts";
import type { JsonObject } from "../errors.ts";
import type { LaunchPlan, Substrate } from "../plan/plan.ts";
import type { SpawnError } from "../plan/spawn-error.ts";
import type { Machine, MachineAddresses, SpawnInput } from "../substrate/contract.ts";

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

/** The longest spawn id, in characters. */
export const LONGEST_SPAWN_ID = 63;
const SPAWN_ID = /^[a-z][a-z0-9-]{0,62}$/;
/** The length of the random part of a generated id, including the dash before it. */
const UNIQUE_PART = 11;

/** @throws SlipwayError `INVALID_ARGUMENT` / `INVALID_SPAWN_ID` */
export function checkSpawnId(spawnId: unknown): asserts spawnId is string {
  if (typeof spawnId === "string" && SPAWN_ID.test(spawnId)) return;
  throw invalidArgument(
    "INVALID_SPAWN_ID",
    `spawn id ${JSON.stringify(String(spawnId).slice(0, 80))} must match [a-z][a-z0-9-]{0,62}`,
    "Use lower-case letters, digits and dashes, starting with a letter.",
  );
}

/**
 * A new id that starts with its workspace's name.
 *
 * @param uuid a random one
 */
export function newSpawnId(workspace: string, uuid: string): string {
  const unique = uuid.replace("-", "").slice(0, UNIQUE_PART - 1);
  return `${workspace.slice(0, LONGEST_SPAWN_ID - UNIQUE_PART)}-${unique}`;
}

/** Whether no process needs to drive the spawn any further. */
export function isSettled(state: SpawnState): boolean {
  return state === "running" || isFinished(state);
}

/** Whether the spawn has ended and never changes again. */
export function isFinished(state: SpawnState): boolean {
  return state === "terminated" || state === "failed";
}

/** A machine as the ledger stores it. */
export interface SpawnMachine {
  readonly id: string;
  readonly place: string;
  readonly architecture: string | null;
  readonly addresses: MachineAddresses;
  readonly ports: readonly { readonly port: number; readonly hostPort: number }[];
  /** As in {@link Machine}, at the time of the last reading that the ledger recorded. */
  readonly settings?: JsonObject;
}

/** One launch of a spawn, at one candidate. */
export interface SpawnAttempt {
  /** 1-based. */
  readonly attempt: number;
  readonly place: string;
  /** The provider's name. Null in records of older versions. */
  readonly machineType: string | null;
  readonly token: string;
  /** 0-based index among the members of the launch. */
  readonly index: number;
  /** Null until the launch call has been answered. */
  readonly outcome: "accepted" | "rejected" | "unknown" | null;
  readonly reason: string | null;
}

/** Which member of which launch call a spawn's machine is. */
export interface SpawnLaunch {
  /** The token of the call. */
  readonly token: string;
  /** 0-based; on EC2 the instance's launch index. */
  readonly index: number;
}

/** A durable request for one machine. */
export interface Spawn extends SpawnInput {
  readonly spawnId: string;
  readonly tenant: string;
  readonly workspace: string;
  readonly state: SpawnState;
  readonly planId: string;
  readonly substrate: Substrate;
  readonly machine: SpawnMachine | null;
  /** Its latest launch; null before the first. */
  readonly launch: SpawnLaunch | null;
  readonly attempts: readonly SpawnAttempt[];
  /** The cause of its failure. */
  readonly error: SpawnError | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** A transition of a spawn, or a report in between, with its time. */
export interface SpawnEvent {
  /** Rises with each event of the ledger. */
  readonly sequence: number;
  readonly spawnId: string;
  readonly at: string;
  readonly state: SpawnState;
  readonly message: string;
}

/** A spawn with its plan and all its events. */
export interface SpawnDescription extends Spawn {
  readonly plan: LaunchPlan;
  readonly events: readonly Omit<SpawnEvent, "sequence" | "spawnId">[];
}

/** The part of a machine that the ledger stores. */
export function spawnMachine(machine: Machine): SpawnMachine {
  const { id, place, architecture, addresses, ports, settings } = machine;
  const read = settings === undefined ? {} : { settings };
  return { id, place, architecture, addresses, ports, ...read };
}

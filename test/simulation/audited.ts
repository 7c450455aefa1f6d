import type { SpawnRecord } from "../../src/ledger/ledger.ts";
import type { Candidate } from "../../src/plan/plan.ts";
import type { SimulatedMachine } from "./machine.ts";

/** The auditor's own model of a spawn's record. */

export interface AuditedRecord {
  standing: SpawnRecord;
  /** Of the spawn's plan. */
  readonly candidates: readonly Candidate[];
  /** The process that may record steps, by the latest claim. */
  holder: string;
  fence: number;
}

export type Launched = SpawnRecord["launches"][number];

/** The launch may have, or may still get, a machine. */
export function isUnsettled({ outcome }: Launched): boolean {
  return outcome === null || outcome === "unknown";
}

export function isOpen({ outcome }: Launched): boolean {
  return outcome !== "rejected";
}

export function isFinished({ spawn: { state } }: SpawnRecord): boolean {
  return state === "terminated" || state === "failed";
}

/** It has a machine that comes up or is up. */
export function isOnItsWay({ spawn: { state } }: SpawnRecord): boolean {
  return state === "booting" || state === "running";
}

export function isClaimed(record: AuditedRecord | undefined, machine: SimulatedMachine): boolean {
  if (record === undefined || isFinished(record.standing)) return false;
  const { spawn, launches } = record.standing;
  if (spawn.machine?.id === machine.id) return true;
  return launches.some((launch) => launch.token === machine.token && isUnsettled(launch));
}

/** The machine belongs to its spawn, and no termination is recorded. */
export function isKept({ spawn, launches }: SpawnRecord, { id }: SimulatedMachine): boolean {
  if (spawn.machine?.id !== id) return false;
  return (
    spawn.state === "running" ||
    (spawn.state === "booting" && launches.at(-1)?.outcome === "accepted")
  );
}

export function summary({ spawn, launches, lease }: SpawnRecord): string {
  const answers = launches
    .map(({ place, machineType, outcome }) =>
      [machineType ?? "", place, outcome ?? "requested"].join(" "),
    )
    .join(", ");
  const machine = spawn.machine === null ? "" : `, ${spawn.machine.id}`;
  return `${spawn.state} [${answers}${machine}] fence ${lease.fence}`;
}

import type { Standing } from "../../src/ledger/ledger.ts";
import type { SimulatedMachine } from "./machine.ts";

/** What the auditor makes of a spawn's record, by rules of its own. */

export interface AuditedRecord {
  standing: Standing;
  /** Who may record, by the latest change of hands. */
  holder: string;
  fence: number;
}

export type Launched = Standing["launches"][number];

/** Somebody may have a machine of it, or get one. */
export function isUnsettled({ outcome }: Launched): boolean {
  return outcome === null || outcome === "unknown";
}

export function isOpen({ outcome }: Launched): boolean {
  return outcome !== "rejected";
}

export function isFinished({ spawn: { state } }: Standing): boolean {
  return state === "terminated" || state === "failed";
}

/** It has a machine that comes up or is up. */
export function isOnItsWay({ spawn: { state } }: Standing): boolean {
  return state === "booting" || state === "running";
}

export function isClaimed(record: AuditedRecord | undefined, machine: SimulatedMachine): boolean {
  if (record === undefined || isFinished(record.standing)) return false;
  const { spawn, launches } = record.standing;
  if (spawn.machine?.id === machine.id) return true;
  return launches.some((launch) => launch.token === machine.token && isUnsettled(launch));
}

/** The machine is its spawn's own, and nobody has recorded that it is to go. */
export function isKept({ spawn, launches }: Standing, { id }: SimulatedMachine): boolean {
  if (spawn.machine?.id !== id) return false;
  return (
    spawn.state === "running" ||
    (spawn.state === "booting" && launches.at(-1)?.outcome === "accepted")
  );
}

export function summary({ spawn, launches, lease }: Standing): string {
  const answers = launches.map(({ place, outcome }) => `${place} ${outcome ?? "asked"}`).join(", ");
  const machine = spawn.machine === null ? "" : `, ${spawn.machine.id}`;
  return `${spawn.state} [${answers}${machine}] fence ${lease.fence}`;
}

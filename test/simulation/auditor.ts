import type { Claim, DrivenSpawn, Standing, Step } from "../../src/spawner/ledger.ts";
import type { Launch } from "../../src/substrate/contract.ts";
import { isLive } from "./machine.ts";
import type { SimulatedMachine } from "./machine.ts";
import type { SimulatedProcess } from "./process.ts";
import type { Scene } from "./scene.ts";

/** What a process has heard of a launch. */
export type Word = "refused" | "throttled" | "ended" | "absent";

/**
 * Knows what the ledger says and what the clouds have, and holds both to the promise at every step. It has rules of its
 * own: none of the product's is asked.
 */
export interface Auditor {
  readonly records: ReadonlyMap<string, AuditedRecord>;
  readonly machines: readonly SimulatedMachine[];
  /** Machines that sweeps have ended. */
  readonly swept: number;
  began(process: SimulatedProcess, driven: DrivenSpawn): void;
  took(process: SimulatedProcess, step: Step, after: Standing | null): void;
  claimed(process: SimulatedProcess, claim: Claim, after: Standing | null): void;
  /** A sweep has seen a listing. */
  listed(process: SimulatedProcess): void;
  suspected(process: SimulatedProcess, scope: string, ids: readonly string[]): void;
  /** A process asks a cloud for a machine. */
  asks(process: SimulatedProcess, launch: Launch): void;
  /** A process has heard of a launch. */
  heard(process: SimulatedProcess, token: string, word: Word): void;
  born(machine: SimulatedMachine): void;
  /** A live machine is about to be ended at somebody's request. */
  ending(machine: SimulatedMachine): void;
  /** A sweep asks a cloud to end these. */
  sweeps(process: SimulatedProcess, ids: readonly string[], grace: number): void;
}

export interface AuditedRecord {
  standing: Standing;
  /** Who may record, by the latest change of hands. */
  holder: string;
  fence: number;
}

/** Clocks of two hosts differ by so much at most, in milliseconds. */
export const LARGEST_SKEW = 2_000;

export function createAuditor(scene: Scene): Auditor {
  const records = new Map<string, AuditedRecord>();
  const machines: SimulatedMachine[] = [];
  const words = new Map<string, Set<Word>>();
  const suspects = new Map<string, { readonly scope: string; readonly since: number }>();
  const listings = new Map<string, number>();
  const swept = new Set<string>();
  const { scheduler } = scene;

  const checkClaims = (spawnId: string): void => {
    const record = records.get(spawnId);
    const claimed = machines.filter(
      (machine) => machine.spawnId === spawnId && isLive(machine) && isClaimed(record, machine),
    );
    if (claimed.length > 1)
      scene.violate(
        "never two live machines that are both claimed",
        `${spawnId} has ${claimed.map(({ id }) => id).join(" and ")}`,
      );
  };
  const heardBy = (process: SimulatedProcess, token: string): ReadonlySet<Word> =>
    words.get(`${process.id} ${token}`) ?? new Set();

  /** A refusal that is recorded has been heard, and a throttle proves nothing after an answer was lost. */
  const checkRefusal = (process: SimulatedProcess, before: Standing, after: Standing): void => {
    for (const [index, launch] of after.launches.entries()) {
      const previous = before.launches[index];
      if (launch.outcome !== "rejected" || previous?.outcome === "rejected") continue;
      const heard = heardBy(process, launch.token);
      const isKnown =
        heard.has("refused") ||
        heard.has("ended") ||
        heard.has("absent") ||
        (heard.has("throttled") && previous?.outcome !== "unknown");
      if (!isKnown)
        scene.violate(
          "a launch is rejected only by its provider's word",
          `${after.spawn.spawnId}, launch ${launch.attempt}, recorded by ${process.id}`,
        );
    }
  };

  const write = (record: AuditedRecord, standing: Standing): void => {
    record.standing = standing;
    const { spawn, launches } = standing;
    if (launches.filter(isUnsettled).length > 1 || launches.slice(0, -1).some(isOpen))
      scene.violate(
        "no launch while an earlier one is unsettled",
        `${spawn.spawnId}: ${launches.map(({ outcome }) => outcome ?? "asked").join(", ")}`,
      );
    checkClaims(spawn.spawnId);
  };

  return {
    records,
    machines,
    get swept() {
      return swept.size;
    },
    began(process, driven) {
      const { spawnId } = driven.spawn;
      const record = { standing: driven, holder: process.id, fence: driven.lease.fence };
      records.set(spawnId, record);
      scene.tell(process.id, () => `ledger: ${spawnId} ${summary(driven)}`);
      write(record, driven);
    },
    took(process, { spawnId, before, message }, after) {
      const { fence } = before.lease;
      const record = records.get(spawnId);
      if (after === null) scene.tell(process.id, () => `ledger refuses ${spawnId}: ${message}`);
      if (after === null || record === undefined) return;
      scene.tell(process.id, () => `ledger: ${spawnId} ${summary(after)} (${message})`);
      if (record.holder !== process.id || record.fence !== fence)
        scene.violate(
          "no step by a driver that lost its lease",
          `${process.id} with fence ${fence} recorded a step of ${spawnId}, which ${record.holder} has with fence ${record.fence}`,
        );
      checkRefusal(process, record.standing, after);
      write(record, after);
    },
    claimed(process, { spawnId }, after) {
      const record = records.get(spawnId);
      if (after === null || record === undefined) return;
      scene.tell(process.id, () => `ledger: takes over ${spawnId} ${summary(after)}`);
      record.holder = process.id;
      record.fence = after.lease.fence;
      write(record, after);
    },
    listed({ id }) {
      listings.set(id, scheduler.now());
    },
    suspected(process, scope, ids) {
      // A machine is a suspect from when it was seen, however late that is recorded.
      const since = listings.get(process.id) ?? scheduler.now();
      for (const [id, suspect] of suspects)
        if (suspect.scope === scope && !ids.includes(id)) suspects.delete(id);
      for (const id of ids) if (!suspects.has(id)) suspects.set(id, { scope, since });
      if (ids.length > 0) scene.tell("ledger", () => `suspects in ${scope}: ${ids.join(" ")}`);
    },
    asks(process, { token, members }) {
      const spawnId = members[0]?.spawnId ?? "";
      const launches = records.get(spawnId)?.standing.launches ?? [];
      const launch = launches.find((one) => one.token === token);
      scene.tell(process.id, () => `asks for ${spawnId} launch ${launch?.attempt ?? "?"}`);
      if (launch === undefined)
        scene.violate(
          "intent before act",
          `${process.id} asks for ${spawnId} with no record of it`,
        );
    },
    heard(process, token, word) {
      const key = `${process.id} ${token}`;
      const heard = words.get(key);
      if (heard === undefined) words.set(key, new Set([word]));
      else heard.add(word);
    },
    born(machine) {
      machines.push(machine);
      checkClaims(machine.spawnId);
    },
    ending(machine) {
      const record = records.get(machine.spawnId);
      if (record === undefined || !isKept(record.standing, machine)) return;
      scene.violate(
        "nobody ends a machine that its spawn keeps",
        `${machine.id} of ${machine.spawnId}, which is ${record.standing.spawn.state}`,
      );
    },
    sweeps(process, ids, grace) {
      for (const id of ids) {
        swept.add(id);
        const since = suspects.get(id)?.since ?? Infinity;
        if (scheduler.now() - since >= grace - 2 * LARGEST_SKEW) continue;
        scene.violate(
          "a sweep ends only who has been a suspect for the grace period",
          `${process.id} ends ${id}, a suspect ${since === Infinity ? "never" : `for ${scheduler.now() - since} ms`}`,
        );
      }
    },
  };
}

type Launched = Standing["launches"][number];

/** Somebody may have a machine of it, or get one. */
function isUnsettled({ outcome }: Launched): boolean {
  return outcome === null || outcome === "unknown";
}

function isOpen({ outcome }: Launched): boolean {
  return outcome !== "rejected";
}

function isFinished({ spawn: { state } }: Standing): boolean {
  return state === "terminated" || state === "failed";
}

function isClaimed(record: AuditedRecord | undefined, machine: SimulatedMachine): boolean {
  if (record === undefined || isFinished(record.standing)) return false;
  const { spawn, launches } = record.standing;
  if (spawn.machine?.id === machine.id) return true;
  return launches.some((launch) => launch.token === machine.token && isUnsettled(launch));
}

/** The machine is its spawn's own, and nobody has recorded that it is to go. */
function isKept({ spawn, launches }: Standing, { id }: SimulatedMachine): boolean {
  if (spawn.machine?.id !== id) return false;
  return (
    spawn.state === "running" ||
    (spawn.state === "booting" && launches.at(-1)?.outcome === "accepted")
  );
}

function summary({ spawn, launches, lease }: Standing): string {
  const answers = launches.map(({ place, outcome }) => `${place} ${outcome ?? "asked"}`).join(", ");
  const machine = spawn.machine === null ? "" : `, ${spawn.machine.id}`;
  return `${spawn.state} [${answers}${machine}] fence ${lease.fence}`;
}

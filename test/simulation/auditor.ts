import type { Claim, DrivenSpawn, Standing, Step } from "../../src/ledger/ledger.ts";
import type { Launch } from "../../src/substrate/contract.ts";
import {
  isClaimed,
  isFinished,
  isKept,
  isOnItsWay,
  isOpen,
  isUnsettled,
  summary,
} from "./audited.ts";
import type { AuditedRecord, Launched } from "./audited.ts";
import { isLive, nameOf } from "./machine.ts";
import type { SimulatedMachine } from "./machine.ts";
import type { SimulatedProcess } from "./process.ts";
import type { Scene } from "./scene.ts";

/** What a process has heard of a launch. */
export type Word = "refused" | "throttled" | "ended" | "absent";

/** A member of a launch: the launch's token and its spawn's name. */
export type Member = Pick<SimulatedMachine, "token" | "spawn">;

/**
 * Knows what the ledger says and what the clouds have, and holds both to the promise at every step. It has rules of its
 * own: none of the product's is asked.
 */
export interface Auditor {
  /** By the spawn's name. */
  readonly records: ReadonlyMap<string, AuditedRecord>;
  /** Of them, those whose latest launch is not settled. */
  readonly unsettled: ReadonlyMap<string, AuditedRecord>;
  /** By id. */
  readonly machines: ReadonlyMap<string, SimulatedMachine>;
  /** Launches that clouds were asked for, by token, with their members in order. */
  readonly asked: ReadonlyMap<string, readonly string[]>;
  /** Tokens of those that were asked for again, or not by whoever recorded them. */
  readonly repeated: ReadonlySet<string>;
  /** Machines that sweeps have ended. */
  readonly swept: number;
  began(process: SimulatedProcess, driven: DrivenSpawn): void;
  took(process: SimulatedProcess, step: Step, after: Standing | null): void;
  claimed(process: SimulatedProcess, claim: Claim, after: Standing | null): void;
  /** A power cut has undone a step. */
  lost(step: Step): void;
  /** A sweep has seen a listing. */
  listed(process: SimulatedProcess): void;
  /** @param at when the sweep says that it has looked, by its process's clock */
  suspected(process: SimulatedProcess, scope: string, ids: readonly string[], at: number): void;
  /** A process asks a cloud for machines. */
  asks(process: SimulatedProcess, launch: Launch): void;
  /** A process has heard what became of a member. */
  heard(process: SimulatedProcess, member: Member, word: Word): void;
  born(machine: SimulatedMachine): void;
  /** A live machine is about to be ended at somebody's request. */
  ending(machine: SimulatedMachine): void;
  /** A sweep asks a cloud to end these. */
  sweeps(process: SimulatedProcess, ids: readonly string[], grace: number): void;
}

/** Clocks of two hosts differ by so much at most, in milliseconds. */
export const LARGEST_SKEW = 2_000;

/**
 * Within this time a sweep may end a machine whose suspicion another sweep has withdrawn meanwhile, because its own
 * listing lagged behind, in milliseconds.
 */
const LONGEST_SWEEP = 60_000;

export function createAuditor(scene: Scene): Auditor {
  const records = new Map<string, AuditedRecord>();
  const unsettled = new Map<string, AuditedRecord>();
  const machines = new Map<string, SimulatedMachine>();
  const withdrawn = new Map<string, { readonly since: number; readonly at: number }>();
  const machinesOf = new Map<string, SimulatedMachine[]>();
  const recorded = new Map<string, Map<number, string>>();
  const asked = new Map<string, readonly string[]>();
  const repeated = new Set<string>();
  const recorders = new Map<string, string>();
  const words = new Map<string, Set<Word>>();
  const suspects = new Map<string, { readonly scope: string; readonly since: number }>();
  const listings = new Map<string, number[]>();
  const swept = new Set<string>();
  const { scheduler } = scene;

  const checkClaims = (spawn: string): void => {
    const record = records.get(spawn);
    const claimed = (machinesOf.get(spawn) ?? []).filter(
      (machine) => isLive(machine) && isClaimed(record, machine),
    );
    if (claimed.length > 1)
      scene.violate(
        "never two live machines that are both claimed",
        `${spawn} has ${claimed.map(({ id }) => id).join(" and ")}`,
      );
  };
  /** Neither what has ended nor what failed has a machine, and none fails for the end of one that lives. */
  const checkEnd = (before: Standing, after: Standing): void => {
    const { state, machine, error } = after.spawn;
    if (machine === null || (error === null && !isFinished(after))) return;
    const spawn = nameOf(after.spawn);
    const left = machinesOf.get(spawn)?.find((one) => one.id === machine.id && isLive(one));
    if (left === undefined) return;
    const detail = `${spawn} is ${state}: ${left.id}`;
    if (isFinished(after)) scene.violate("no spawn has ended whose machine lives", detail);
    else if (before.spawn.error === null)
      scene.violate("no machine is given up while it lives", detail);
  };
  const heardBy = (process: SimulatedProcess, { token, spawn }: Member): ReadonlySet<Word> =>
    words.get(`${process.id} ${token} ${spawn}`) ?? NOTHING;

  /** Each member has its own place in its launch. */
  const checkMember = (spawn: string, { token, member }: Launched, recorder: string): void => {
    const members = recorded.get(token) ?? new Map<number, string>();
    if (members.size === 0) recorders.set(token, recorder);
    recorded.set(token, members);
    const other = members.get(member) ?? spawn;
    members.set(member, spawn);
    if (other !== spawn)
      scene.violate("a launch's members are apart", `${spawn} and ${other} are both ${member}`);
  };

  /** A refusal that is recorded has been heard, and a throttle proves nothing after an answer was lost. */
  const checkRefusal = (process: SimulatedProcess, before: Standing, after: Standing): void => {
    for (const [index, launch] of after.launches.entries()) {
      const previous = before.launches[index];
      if (launch.outcome !== "rejected" || previous?.outcome === "rejected") continue;
      const spawn = nameOf(after.spawn);
      const heard = heardBy(process, { token: launch.token, spawn });
      const isKnown =
        heard.has("refused") ||
        heard.has("ended") ||
        heard.has("absent") ||
        (heard.has("throttled") && previous?.outcome !== "unknown");
      if (!isKnown)
        scene.violate(
          "a launch is rejected only by its provider's word",
          `${spawn}, launch ${launch.attempt}, recorded by ${process.id}`,
        );
    }
  };

  const write = (record: AuditedRecord, standing: Standing): void => {
    checkEnd(record.standing, standing);
    record.standing = standing;
    const { launches } = standing;
    const spawn = nameOf(standing.spawn);
    const latest = launches.at(-1);
    if (latest !== undefined && isUnsettled(latest)) unsettled.set(spawn, record);
    else unsettled.delete(spawn);
    if (latest !== undefined) checkMember(spawn, latest, record.holder);
    if (launches.filter(isUnsettled).length > 1 || launches.slice(0, -1).some(isOpen))
      scene.violate(
        "no launch while an earlier one is unsettled",
        `${spawn}: ${launches.map(({ outcome }) => outcome ?? "asked").join(", ")}`,
      );
    checkClaims(spawn);
  };

  return {
    records,
    unsettled,
    machines,
    asked,
    repeated,
    get swept() {
      return swept.size;
    },
    began(process, driven) {
      const spawn = nameOf(driven.spawn);
      const record = { standing: driven, holder: process.id, fence: driven.lease.fence };
      records.set(spawn, record);
      scene.tell(process.id, () => `ledger: ${spawn} ${summary(driven)}`);
      write(record, driven);
    },
    took(process, { before, message, ...key }, after) {
      const { fence } = before.lease;
      const spawn = nameOf(key);
      const record = records.get(spawn);
      if (after === null) scene.tell(process.id, () => `ledger refuses ${spawn}: ${message}`);
      if (after === null || record === undefined) return;
      scene.tell(process.id, () => `ledger: ${spawn} ${summary(after)} (${message})`);
      if (record.holder !== process.id || record.fence !== fence)
        scene.violate(
          "no step by a driver that lost its lease",
          `${process.id} with fence ${fence} recorded a step of ${spawn}, which ${record.holder} has with fence ${record.fence}`,
        );
      checkRefusal(process, record.standing, after);
      write(record, after);
    },
    claimed(process, claim, after) {
      const spawn = nameOf(claim);
      const record = records.get(spawn);
      if (after === null || record === undefined) return;
      scene.tell(process.id, () => `ledger: takes over ${spawn} ${summary(after)}`);
      record.holder = process.id;
      record.fence = after.lease.fence;
      write(record, after);
    },
    lost({ before, message, ...key }) {
      const spawn = nameOf(key);
      const record = records.get(spawn);
      if (record === undefined) return;
      const { standing } = record;
      scene.tell("power", () => `undoes ${spawn} ${summary(standing)} (${message})`);
      const isAcceptance = isOnItsWay(standing) && standing.launches.at(-1)?.outcome === "accepted";
      if (!isAcceptance)
        scene.violate(
          "a power cut undoes nothing but acceptances",
          `${spawn} was ${standing.spawn.state}`,
        );
      record.standing = before;
      unsettled.set(spawn, record);
    },
    listed({ id }) {
      const all = listings.get(id);
      if (all === undefined) listings.set(id, [scheduler.now()]);
      else all.push(scheduler.now());
    },
    suspected(process, scope, ids, at) {
      // A machine is a suspect from when it was seen, however late that is recorded, and whoever else has looked since.
      const skew = process.clock.now() - scheduler.now();
      const seen = listings.get(process.id)?.findLast((time) => time <= at - skew);
      const since = seen ?? scheduler.now();
      for (const [id, suspect] of suspects)
        if (suspect.scope === scope && !ids.includes(id)) {
          suspects.delete(id);
          withdrawn.set(id, { since: suspect.since, at: scheduler.now() });
        }
      for (const id of ids) if (!suspects.has(id)) suspects.set(id, { scope, since });
      if (ids.length > 0) scene.tell("ledger", () => `suspects in ${scope}: ${ids.join(" ")}`);
    },
    asks(process, { token, place, ownership, members }) {
      const names = members.map(({ spawnId }) => nameOf({ tenant: ownership.tenant, spawnId }));
      const all = recorded.get(token);
      scene.tell(process.id, () => `asks for ${names.join(" ")} in ${place.place}`);
      for (const [member, spawn] of names.entries()) {
        const launches = records.get(spawn)?.standing.launches ?? [];
        const launch = launches.find((one) => one.token === token);
        if (launch?.member === member && launch.place === place.place) continue;
        scene.violate(
          "intent before act",
          `${process.id} asks for ${spawn} as member ${member} with no record of it`,
        );
      }
      const known = asked.get(token);
      if (known !== undefined || recorders.get(token) !== process.id) repeated.add(token);
      if (known === undefined) asked.set(token, names);
      const isWhole = all?.size === names.length && (known ?? names).join(" ") === names.join(" ");
      if (!isWhole)
        scene.violate(
          "a launch is repeated as a whole",
          `${process.id} asks for ${names.join(" ")}, and not for ${[...(all?.values() ?? [])].join(" ")}`,
        );
    },
    heard(process, { token, spawn }, word) {
      const key = `${process.id} ${token} ${spawn}`;
      const heard = words.get(key);
      if (heard === undefined) words.set(key, new Set([word]));
      else heard.add(word);
    },
    born(machine) {
      machines.set(machine.id, machine);
      const own = machinesOf.get(machine.spawn);
      if (own === undefined) machinesOf.set(machine.spawn, [machine]);
      else own.push(machine);
      checkClaims(machine.spawn);
    },
    ending(machine) {
      const record = records.get(machine.spawn);
      if (record === undefined || !isKept(record.standing, machine)) return;
      scene.violate(
        "nobody ends a machine that its spawn keeps",
        `${machine.id} of ${machine.spawn}, which is ${record.standing.spawn.state}`,
      );
    },
    sweeps(process, ids, grace) {
      for (const id of ids) {
        swept.add(id);
        const last = withdrawn.get(id);
        const before = last !== undefined && scheduler.now() - last.at < LONGEST_SWEEP;
        const since = suspects.get(id)?.since ?? (before ? last.since : Infinity);
        if (scheduler.now() - since >= grace - 2 * LARGEST_SKEW) continue;
        scene.violate(
          "a sweep ends only who has been a suspect for the grace period",
          `${process.id} ends ${id}, a suspect ${since === Infinity ? "never" : `for ${scheduler.now() - since} ms`}`,
        );
      }
    },
  };
}

const NOTHING: ReadonlySet<Word> = new Set();

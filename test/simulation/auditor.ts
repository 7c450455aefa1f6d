import { hash } from "node:crypto";
import { canonicalJson } from "../../src/json/canonical-json.ts";
import type { Claim, DrivenSpawn, Ledger, SpawnRecord, Step } from "../../src/ledger/ledger.ts";
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
import { BLAST_RADII } from "../../src/errors.ts";
import { candidatesLeft } from "./candidate-rules.ts";
import { inputOfName, inputText } from "./inputs.ts";
import { isLive, nameOf, poolOf } from "./machine.ts";
import type { SimulatedMachine } from "./machine.ts";
import type { SimulatedProcess } from "./process.ts";
import type { Scene } from "./scene.ts";

/** Evidence that a process has received about a launch. */
export type Evidence = "refused" | "throttled" | "ended" | "absent";

/** A member of a launch, identified by the launch's token and the spawn's name. */
export type Member = Pick<SimulatedMachine, "token" | "spawn">;

/**
 * Compares the ledger with the clouds at every step and checks both against the guarantees. It has its own model and
 * calls none of the product's code.
 */
export interface Auditor {
  /** Keyed by the spawn's name. */
  readonly records: ReadonlyMap<string, AuditedRecord>;
  /** The subset whose latest launch is not settled. */
  readonly unsettled: ReadonlyMap<string, AuditedRecord>;
  /** Keyed by id. */
  readonly machines: ReadonlyMap<string, SimulatedMachine>;
  /** Requested launches by token, with their members in order. */
  readonly requests: ReadonlyMap<string, readonly string[]>;
  /** Tokens of launches that were requested again, or by another process than the one that recorded them. */
  readonly repeated: ReadonlySet<string>;
  /** Number of spawns that were pruned. */
  readonly prunedSpawns: number;
  /** Number of machines terminated by sweeps. */
  readonly swept: number;
  began(process: SimulatedProcess, driven: DrivenSpawn): void;
  took(process: SimulatedProcess, step: Step, after: SpawnRecord | null): void;
  claimed(process: SimulatedProcess, claim: Claim, after: SpawnRecord | null): void;
  /** A process has pruned the ledger. */
  pruned(process: SimulatedProcess, ledger: Ledger): Promise<void>;
  /** A power cut has undone a step. */
  lost(step: Step): void;
  /** A sweep has received a listing. */
  listed(process: SimulatedProcess): void;
  /** @param at time of the listing that the sweep reports, by its process's clock */
  suspected(process: SimulatedProcess, scope: string, ids: readonly string[], at: number): void;
  /** A process sends a launch request. */
  requested(process: SimulatedProcess, launch: Launch): void;
  /** A process has received evidence about a member. */
  learned(process: SimulatedProcess, member: Member, word: Evidence): void;
  created(machine: SimulatedMachine): void;
  /** A live machine is about to be terminated on request. */
  terminating(machine: SimulatedMachine): void;
  /** A sweep requests the termination of these machines. */
  sweepTerminates(process: SimulatedProcess, ids: readonly string[], grace: number): void;
}

/** The largest difference between the clocks of two hosts, in milliseconds. */
export const LARGEST_SKEW = 2_000;

/**
 * A sweep may terminate a machine within this time after another sweep has withdrawn the suspicion, because its own
 * listing may be older, in milliseconds.
 */
const LONGEST_SWEEP = 60_000;

export function createAuditor(scene: Scene): Auditor {
  const records = new Map<string, AuditedRecord>();
  const unsettled = new Map<string, AuditedRecord>();
  const machines = new Map<string, SimulatedMachine>();
  const withdrawn = new Map<string, { readonly since: number; readonly at: number }>();
  const machinesOf = new Map<string, SimulatedMachine[]>();
  const recorded = new Map<string, Map<number, string>>();
  const requests = new Map<string, readonly string[]>();
  const repeated = new Set<string>();
  const contents = new Map<string, string>();
  const recorders = new Map<string, string>();
  const evidence = new Map<string, Set<Evidence>>();
  const suspects = new Map<string, { readonly scope: string; readonly since: number }>();
  const listings = new Map<string, number[]>();
  const swept = new Set<string>();
  let prunedCount = 0;
  const prunedMembers = new Set<string>();
  const { scheduler } = scene;

  const checkClaims = (spawn: string): void => {
    const record = records.get(spawn);
    const claimed = (machinesOf.get(spawn) ?? []).filter(
      (machine) => isLive(machine) && isClaimed(record, machine),
    );
    if (claimed.length > 1)
      scene.violate(
        "a spawn never claims two live machines",
        `${spawn} has ${claimed.map(({ id }) => id).join(" and ")}`,
      );
  };
  /** A terminated or failed spawn has no live machine, and a spawn does not fail because of a machine that is live. */
  const checkEnd = (before: SpawnRecord, after: SpawnRecord): void => {
    const { state, machine, error } = after.spawn;
    if (machine === null || (error === null && !isFinished(after))) return;
    const spawn = nameOf(after.spawn);
    const left = machinesOf.get(spawn)?.find((one) => one.id === machine.id && isLive(one));
    if (left === undefined) return;
    const detail = `${spawn} is ${state}: ${left.id}`;
    if (isFinished(after)) scene.violate("a finished spawn has no live machine", detail);
    else if (before.spawn.error === null) scene.violate("no live machine is given up", detail);
  };
  /** A refusal ends the candidates that it is about: none of them is launched again, and no other one is given up. */
  const checkCandidates = ({ standing, candidates }: AuditedRecord, after: SpawnRecord): void => {
    const { spawn, launches } = after;
    const latest = launches.at(-1);
    if (latest === undefined) return;
    if (launches.length > standing.launches.length) {
      const left = candidatesLeft(candidates, launches.slice(0, -1));
      if (!left.includes(latest.candidate))
        scene.violate(
          "no launch at a candidate that a refusal is about",
          `${nameOf(spawn)} is launched at candidate ${latest.candidate}`,
        );
    }
    // A spawn that was cancelled after a refusal ends for another reason.
    const isGivenUp =
      spawn.state === "failed"
        ? standing.spawn.state !== "terminating"
        : spawn.state === "terminating" && standing.spawn.error === null;
    if (!isGivenUp || spawn.error?.retry !== "next-candidate") return;
    const blastRadius = BLAST_RADII.find((radius) => radius === spawn.error?.blastRadius);
    // A machine that ended last was accepted, and is recorded so.
    const refused = { ...latest, outcome: "rejected", blastRadius: blastRadius ?? null } as const;
    const [left] = candidatesLeft(candidates, [...launches.slice(0, -1), refused]);
    if (left === undefined) return;
    scene.violate(
      "a refusal ends only the candidates that it is about",
      `${nameOf(spawn)} fails although candidate ${left} is left`,
    );
  };
  const evidenceOf = (process: SimulatedProcess, { token, spawn }: Member): ReadonlySet<Evidence> =>
    evidence.get(`${process.id} ${token} ${spawn}`) ?? NOTHING;

  /** Each member has a distinct index in its launch. */
  const checkMember = (spawn: string, { token, member }: Launched, recorder: string): void => {
    const members = recorded.get(token) ?? new Map<number, string>();
    if (members.size === 0) recorders.set(token, recorder);
    recorded.set(token, members);
    const other = members.get(member) ?? spawn;
    members.set(member, spawn);
    if (other !== spawn)
      scene.violate(
        "the members of a launch are distinct",
        `${spawn} and ${other} are both ${member}`,
      );
  };

  /** A recorded rejection needs evidence; a throttle answer does not count once an earlier answer was lost. */
  const checkRefusal = (
    process: SimulatedProcess,
    before: SpawnRecord,
    after: SpawnRecord,
  ): void => {
    for (const [index, launch] of after.launches.entries()) {
      const previous = before.launches[index];
      if (launch.outcome !== "rejected" || previous?.outcome === "rejected") continue;
      const spawn = nameOf(after.spawn);
      const heard = evidenceOf(process, { token: launch.token, spawn });
      const isKnown =
        heard.has("refused") ||
        heard.has("ended") ||
        heard.has("absent") ||
        (heard.has("throttled") && previous?.outcome !== "unknown");
      if (!isKnown)
        scene.violate(
          "a launch is recorded as rejected only with evidence from its provider",
          `${spawn}, launch ${launch.attempt}, recorded by ${process.id}`,
        );
    }
  };

  const write = (record: AuditedRecord, standing: SpawnRecord): void => {
    checkEnd(record.standing, standing);
    checkCandidates(record, standing);
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
        `${spawn}: ${launches.map(({ outcome }) => outcome ?? "requested").join(", ")}`,
      );
    checkClaims(spawn);
  };

  return {
    records,
    unsettled,
    machines,
    requests,
    repeated,
    get prunedSpawns() {
      return prunedCount;
    },
    get swept() {
      return swept.size;
    },
    began(process, driven) {
      const spawn = nameOf(driven.spawn);
      const { candidates } = driven.plan;
      const record = {
        standing: driven,
        candidates,
        holder: process.id,
        fence: driven.lease.fence,
      };
      records.set(spawn, record);
      scene.narrate(process.id, () => `ledger: ${spawn} ${summary(driven)}`);
      write(record, driven);
    },
    took(process, { before, message, ...key }, after) {
      const { fence } = before.lease;
      const spawn = nameOf(key);
      const record = records.get(spawn);
      if (after === null) scene.narrate(process.id, () => `ledger rejects ${spawn}: ${message}`);
      if (after === null || record === undefined) return;
      scene.narrate(process.id, () => `ledger: ${spawn} ${summary(after)} (${message})`);
      if (record.holder !== process.id || record.fence !== fence)
        scene.violate(
          "no step by a worker that has lost its lease",
          `${process.id} with fence ${fence} recorded a step of ${spawn}, which ${record.holder} holds with fence ${record.fence}`,
        );
      checkRefusal(process, record.standing, after);
      write(record, after);
    },
    claimed(process, claim, after) {
      const spawn = nameOf(claim);
      const record = records.get(spawn);
      if (after === null || record === undefined) return;
      scene.narrate(process.id, () => `ledger: claims ${spawn} ${summary(after)}`);
      record.holder = process.id;
      record.fence = after.lease.fence;
      write(record, after);
    },
    async pruned(process, ledger) {
      for (const [spawn, record] of records) {
        const { standing } = record;
        if ((await ledger.find(standing.spawn)) !== null || records.get(spawn) !== record) continue;
        scene.narrate(process.id, () => `ledger: prunes ${spawn} ${summary(standing)}`);
        prunedCount += 1;
        for (const { token } of standing.launches) prunedMembers.add(`${token} ${spawn}`);
        if (!isFinished(standing))
          scene.violate("only finished spawns are pruned", `${spawn} is ${standing.spawn.state}`);
        const others = standing.launches.flatMap(({ token }) => requests.get(token) ?? []);
        const left = others.find((other) => {
          const one = records.get(other);
          return one !== undefined && !isFinished(one.standing) && sharesLaunch(one, record);
        });
        if (left !== undefined)
          scene.violate("a launch keeps its members until all have ended", `${spawn} and ${left}`);
        records.delete(spawn);
        unsettled.delete(spawn);
      }
    },
    lost({ before, message, ...key }) {
      const spawn = nameOf(key);
      const record = records.get(spawn);
      if (record === undefined) return;
      const { standing } = record;
      scene.narrate("power", () => `undoes ${spawn} ${summary(standing)} (${message})`);
      const isAcceptance = isOnItsWay(standing) && standing.launches.at(-1)?.outcome === "accepted";
      if (!isAcceptance)
        scene.violate(
          "a power cut undoes acceptances only",
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
      // A suspicion dates from the listing, however late it is recorded and whichever sweeps have run since.
      const skew = process.clock.now() - scheduler.now();
      const seen = listings.get(process.id)?.findLast((time) => time <= at - skew);
      const since = seen ?? scheduler.now();
      for (const [id, suspect] of suspects)
        if (suspect.scope === scope && !ids.includes(id)) {
          suspects.delete(id);
          withdrawn.set(id, { since: suspect.since, at: scheduler.now() });
        }
      for (const id of ids) if (!suspects.has(id)) suspects.set(id, { scope, since });
      if (ids.length > 0) scene.narrate("ledger", () => `suspects in ${scope}: ${ids.join(" ")}`);
    },
    requested(process, { token, plan, place, ownership, members, userData }) {
      const machineType = place.machineType ?? plan.machineType;
      const content = hash("sha256", canonicalJson([members, userData]));
      if ((contents.get(token) ?? content) !== content)
        scene.violate(
          "a launch is repeated with the same content",
          `${process.id} requests ${token.slice(0, 8)} with other inputs or user data`,
        );
      contents.set(token, content);
      const names = members.map(({ spawnId }) => nameOf({ tenant: ownership.tenant, spawnId }));
      const all = recorded.get(token);
      scene.narrate(process.id, () => `requests ${names.join(" ")} as ${poolOf(place)}`);
      for (const [member, spawn] of names.entries()) {
        // Its process stalled until another one had finished the spawn and it was pruned.
        if (prunedMembers.has(`${token} ${spawn}`)) continue;
        const launches = records.get(spawn)?.standing.launches ?? [];
        const launch = launches.find((one) => one.token === token);
        const isThere = launch?.place === place.place && launch.machineType === machineType;
        if (launch?.member === member && isThere) continue;
        scene.violate(
          "the intent is recorded before the request",
          `${process.id} requests ${spawn} as member ${member} without a record`,
        );
      }
      const known = requests.get(token);
      if (known !== undefined || recorders.get(token) !== process.id) repeated.add(token);
      if (known === undefined) requests.set(token, names);
      const isWhole = all?.size === names.length && (known ?? names).join(" ") === names.join(" ");
      if (!isWhole)
        scene.violate(
          "a launch is repeated as a whole",
          `${process.id} requests ${names.join(" ")} instead of ${[...(all?.values() ?? [])].join(" ")}`,
        );
    },
    learned(process, { token, spawn }, word) {
      const key = `${process.id} ${token} ${spawn}`;
      const heard = evidence.get(key);
      if (heard === undefined) evidence.set(key, new Set([word]));
      else heard.add(word);
    },
    created(machine) {
      machines.set(machine.id, machine);
      if (machine.input !== inputText(inputOfName(machine.spawn)))
        scene.violate(
          "a machine gets the input of its own spawn",
          `${machine.id} of ${machine.spawn} gets ${machine.input}`,
        );
      const own = machinesOf.get(machine.spawn);
      if (own === undefined) machinesOf.set(machine.spawn, [machine]);
      else own.push(machine);
      checkClaims(machine.spawn);
    },
    terminating(machine) {
      const record = records.get(machine.spawn);
      if (record === undefined || !isKept(record.standing, machine)) return;
      scene.violate(
        "no machine is terminated that its spawn keeps",
        `${machine.id} of ${machine.spawn}, which is ${record.standing.spawn.state}`,
      );
    },
    sweepTerminates(process, ids, grace) {
      for (const id of ids) {
        swept.add(id);
        const last = withdrawn.get(id);
        const before = last !== undefined && scheduler.now() - last.at < LONGEST_SWEEP;
        const since = suspects.get(id)?.since ?? (before ? last.since : Infinity);
        if (scheduler.now() - since >= grace - 2 * LARGEST_SKEW) continue;
        scene.violate(
          "a sweep terminates only suspects older than the grace period",
          `${process.id} terminates ${id}, a suspect ${since === Infinity ? "never" : `for ${scheduler.now() - since} ms`}`,
        );
      }
    },
  };
}

function sharesLaunch(one: AuditedRecord, other: AuditedRecord): boolean {
  const tokens = new Set(one.standing.launches.map(({ token }) => token));
  return other.standing.launches.some(({ token }) => tokens.has(token));
}

const NOTHING: ReadonlySet<Evidence> = new Set();

import type { SlipwayError } from "../../src/errors.ts";
import type { Launch, Machine } from "../../src/substrate/contract.ts";
import type { Auditor } from "./auditor.ts";
import type { CloudOptions } from "./cloud.ts";
import { isLive, nameOf, describedMachine, poolOf } from "./machine.ts";
import type { SimulatedMachine } from "./machine.ts";
import { LONGEST_DELAY } from "./network.ts";
import { full, mismatch, overQuota, partly, tokenUsed, throttled } from "./refusals.ts";
import type { Scene } from "./scene.ts";

/** The outcome of a launch request: an answer for each member, or an operation in progress. */
export type LaunchAnswer =
  | { readonly members: readonly MemberAnswer[] }
  | { readonly operation: Operation };

export type MemberAnswer = { readonly machine: Machine } | { readonly error: SlipwayError };

export interface Operation {
  /** Null while the operation is in progress. */
  outcome(): readonly MemberAnswer[] | null;
}

export interface LaunchParts {
  readonly scene: Scene;
  readonly auditor: Auditor;
  readonly options: CloudOptions;
  readonly machines: ReadonlyMap<string, SimulatedMachine>;
  readonly capacity: ReadonlyMap<string, number>;
  /** The refusals of markets and subnets, by their names. */
  readonly refusals: ReadonlyMap<string, SlipwayError>;
  readonly createMachine: (launch: Launch, member: number) => SimulatedMachine;
  readonly boot: (machine: SimulatedMachine) => void;
}

/** How a cloud of each kind handles a launch. */
export function launchesOf(parts: LaunchParts): (launch: Launch) => LaunchAnswer {
  return { ec2: runInstances, gce: insert, docker: create }[parts.options.kind](parts);
}

/**
 * EC2: launches as many members as there is capacity for, with launch indexes from 0. A token is scoped to its zone, is
 * answered with all its machines again, and stays valid longer than promised.
 */
function runInstances(parts: LaunchParts): (launch: Launch) => LaunchAnswer {
  const { scene, auditor, options, createMachine, boot } = parts;
  const { rates, meter } = options;
  const tokens = new Map<
    string,
    {
      readonly count: number;
      readonly pool: string;
      readonly machines: readonly SimulatedMachine[];
      readonly until: number;
    }
  >();
  return (launch) => {
    const { token, place, members } = launch;
    const name = `${place.place} ${token}`;
    const now = scene.scheduler.now();
    const known = tokens.get(name);
    if (known !== undefined && known.until >= now) {
      if (known.count !== members.length || known.pool !== poolOf(place))
        return refused(launch, mismatch());
      if (!options.returnsTerminated && !known.machines.some(isLive))
        return refused(launch, tokenUsed());
      return partialAnswer(launch, known.machines);
    }
    if (scene.random.chance(scene.faultRates.quota)) return refused(launch, overQuota(place));
    const refusal =
      parts.refusals.get(place.market ?? "") ?? parts.refusals.get(place.subnet ?? "");
    if (refusal !== undefined) return refusedNumber(launch, refusal);
    const count = Math.min(members.length, freeCapacity(parts, poolOf(place)));
    if (count === 0) return refused(launch, full(poolOf(place)));
    // A repeated launch was charged when it was first admitted.
    const isCounted = rates !== null && !auditor.repeated.has(token);
    if (isCounted && !meter.resources(rates.launch, count)) return refused(launch, throttled(0));
    const created = Array.from({ length: count }, (_one, member) => createMachine(launch, member));
    for (const machine of created) boot(machine);
    const until = now + options.tokenMilliseconds + 2 * LONGEST_DELAY;
    tokens.set(name, { count: members.length, pool: poolOf(place), machines: created, until });
    return partialAnswer(launch, created);
  };
}

/** A member's machine that is being inserted, or was. */
interface PendingInsert {
  readonly machine: SimulatedMachine;
  refusal: SlipwayError | null;
  isDone: boolean;
}

/**
 * Compute Engine: a name is unique in its zone; existing machines are not created again, the others are. Capacity is
 * checked only when the operation is done, member by member.
 */
function insert(parts: LaunchParts): (launch: Launch) => LaunchAnswer {
  const { scene, machines, createMachine, boot } = parts;
  const { random, scheduler, faultRates } = scene;
  const requests = new Map<string, { readonly operation: Operation; readonly until: number }>();
  const pendingInserts = new Map<string, PendingInsert>();
  const make = (launch: Launch, member: number, fresh: PendingInsert[]): PendingInsert => {
    const { place, token, ownership, members } = launch;
    const spawnId = members[member]?.spawnId ?? "";
    const spawn = nameOf({ tenant: ownership.tenant, spawnId });
    const existing = named(machines, token, place.place, spawn);
    const known = existing === undefined ? undefined : pendingInserts.get(existing.id);
    if (known !== undefined) return known;
    const isFull = freeCapacity(parts, poolOf(place)) === 0;
    const refusal = random.chance(faultRates.quota)
      ? overQuota(place)
      : (parts.refusals.get(place.market ?? "") ?? (isFull ? full(poolOf(place)) : null));
    const pending: PendingInsert = {
      machine: createMachine(launch, member),
      refusal,
      isDone: false,
    };
    pendingInserts.set(pending.machine.id, pending);
    fresh.push(pending);
    return pending;
  };
  const finish = (pending: PendingInsert): void => {
    const { machine, refusal } = pending;
    pending.isDone = true;
    if (machine.isGone) pending.refusal = tokenUsed();
    else if (refusal === null) boot(machine);
    else {
      machine.isGone = true;
      scene.narrate(machine.cloud, () => `${machine.id} is not created: ${refusal.message}`);
    }
  };
  return (launch) => {
    const name = `${launch.place.place} ${launch.token}`;
    const known = requests.get(name);
    if (known !== undefined && known.until >= scheduler.now()) return known;
    const fresh: PendingInsert[] = [];
    const all = launch.members.map((_member, index) => make(launch, index, fresh));
    if (fresh.length > 0)
      scheduler.after(random.between(50, 8_000), () => {
        for (const pending of fresh) finish(pending);
      });
    const operation: Operation = {
      outcome: () => (all.every(({ isDone }) => isDone) ? all.map(memberAnswer) : null),
    };
    // How long a request id stays valid is not promised.
    requests.set(name, { operation, until: scheduler.now() + random.between(1, 600_000) });
    return { operation };
  };
}

/** Docker: a container's name is unique; a separate request starts the container. */
function create({ scene, machines, createMachine }: LaunchParts): (launch: Launch) => LaunchAnswer {
  return (launch) => {
    const { token, place, ownership, members } = launch;
    const [member] = members;
    if (member === undefined) return { members: [] };
    const spawn = nameOf({ tenant: ownership.tenant, spawnId: member.spawnId });
    const existing = named(machines, token, place.place, spawn);
    if (existing !== undefined) return { members: [{ machine: describedMachine(existing) }] };
    if (scene.random.chance(scene.faultRates.quota)) return refused(launch, overQuota(place));
    return { members: [{ machine: describedMachine(createMachine(launch, 0)) }] };
  };
}

function named(
  machines: ReadonlyMap<string, SimulatedMachine>,
  token: string,
  place: string,
  spawn: string,
): SimulatedMachine | undefined {
  for (const machine of machines.values())
    if (
      machine.token === token &&
      machine.place === place &&
      machine.spawn === spawn &&
      !machine.isGone
    )
      return machine;
  return undefined;
}

function freeCapacity({ machines, capacity }: LaunchParts, pool: string): number {
  let left = capacity.get(pool) ?? Infinity;
  if (left === Infinity) return left;
  for (const machine of machines.values()) if (machine.pool === pool && isLive(machine)) left -= 1;
  return Math.max(0, left);
}

function refused({ members }: Launch, error: SlipwayError): LaunchAnswer {
  return { members: members.map(() => ({ error })) };
}

/** A refusal of this number of machines: half of them may be launched there once more. */
function refusedNumber({ members }: Launch, error: SlipwayError): LaunchAnswer {
  const again = members.length > 1 ? Math.ceil(members.length / 2) : 0;
  return {
    members: members.map((_member, index) => ({ error: index < again ? partly(error) : error })),
  };
}

/** These machines; the other members may be launched there once more. */
function partialAnswer(
  { members, place }: Launch,
  machines: readonly SimulatedMachine[],
): LaunchAnswer {
  const error = partly(full(poolOf(place)));
  return {
    members: members.map((_member, index) => {
      const machine = machines[index];
      return machine === undefined ? { error } : { machine: describedMachine(machine) };
    }),
  };
}

/** The disk would be read to confirm its image, but it is gone with its machine. */
function memberAnswer({ machine, refusal }: PendingInsert): MemberAnswer {
  if (refusal !== null) return { error: refusal };
  return machine.isGone ? { error: tokenUsed() } : { machine: describedMachine(machine) };
}

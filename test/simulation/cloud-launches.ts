import type { SlipwayError } from "../../src/errors.ts";
import type { Launch, Machine } from "../../src/substrate/contract.ts";
import type { Auditor } from "./auditor.ts";
import type { CloudOptions } from "./cloud.ts";
import { isLive, nameOf, told } from "./machine.ts";
import type { SimulatedMachine } from "./machine.ts";
import { LONGEST_WAY } from "./network.ts";
import { full, mismatch, overQuota, spent, throttled } from "./refusals.ts";
import type { Scene } from "./scene.ts";

/** What a launch request came to: an answer for each member, or an operation whose end is still to come. */
export type LaunchAnswer =
  | { readonly members: readonly MemberAnswer[] }
  | { readonly operation: Operation };

export type MemberAnswer = { readonly machine: Machine } | { readonly error: SlipwayError };

export interface Operation {
  /** Null while it is at work. */
  outcome(): readonly MemberAnswer[] | null;
}

export interface LaunchParts {
  readonly scene: Scene;
  readonly auditor: Auditor;
  readonly options: CloudOptions;
  readonly machines: ReadonlyMap<string, SimulatedMachine>;
  readonly room: ReadonlyMap<string, number>;
  readonly bear: (launch: Launch, member: number) => SimulatedMachine;
  readonly boot: (machine: SimulatedMachine) => void;
}

/** What a cloud of each kind does with a launch. */
export function launchesOf(parts: LaunchParts): (launch: Launch) => LaunchAnswer {
  return { ec2: runInstances, gce: insert, docker: create }[parts.options.kind](parts);
}

/**
 * As many as there is room for, counted from 0. A token belongs to its zone, gives all its machines again, and is known
 * for longer than is promised.
 */
function runInstances(parts: LaunchParts): (launch: Launch) => LaunchAnswer {
  const { scene, auditor, options, bear, boot } = parts;
  const { rates, meter } = options;
  const tokens = new Map<
    string,
    {
      readonly count: number;
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
      if (known.count !== members.length) return refused(launch, mismatch());
      if (!options.showsTheDead && !known.machines.some(isLive)) return refused(launch, spent());
      return partly(launch, known.machines);
    }
    if (scene.random.chance(scene.mood.quota)) return refused(launch, overQuota());
    const count = Math.min(members.length, roomIn(parts, place.place));
    if (count === 0) return refused(launch, full(place.place));
    // What a launch that is repeated costs was counted when it was first allowed.
    const isCounted = rates !== null && !auditor.repeated.has(token);
    if (isCounted && !meter.resources(rates.launch, count)) return refused(launch, throttled(0));
    const born = Array.from({ length: count }, (_one, member) => bear(launch, member));
    for (const machine of born) boot(machine);
    const until = now + options.tokenMilliseconds + 2 * LONGEST_WAY;
    tokens.set(name, { count: members.length, machines: born, until });
    return partly(launch, born);
  };
}

/** The machine of a member that is being made, or was. */
interface Making {
  readonly machine: SimulatedMachine;
  refusal: SlipwayError | null;
  isDone: boolean;
}

/**
 * A name is one zone's: what is there already is not made again, and the others are. Capacity is known only when the
 * operation is done, member by member.
 */
function insert(parts: LaunchParts): (launch: Launch) => LaunchAnswer {
  const { scene, machines, bear, boot } = parts;
  const { random, scheduler, mood } = scene;
  const requests = new Map<string, { readonly operation: Operation; readonly until: number }>();
  const makings = new Map<string, Making>();
  const make = (launch: Launch, member: number, fresh: Making[]): Making => {
    const { place, token, ownership, members } = launch;
    const spawnId = members[member]?.spawnId ?? "";
    const spawn = nameOf({ tenant: ownership.tenant, spawnId });
    const existing = named(machines, token, place.place, spawn);
    const known = existing === undefined ? undefined : makings.get(existing.id);
    if (known !== undefined) return known;
    const isFull = roomIn(parts, place.place) === 0;
    const refusal = random.chance(mood.quota) ? overQuota() : isFull ? full(place.place) : null;
    const making: Making = { machine: bear(launch, member), refusal, isDone: false };
    makings.set(making.machine.id, making);
    fresh.push(making);
    return making;
  };
  const finish = (making: Making): void => {
    const { machine, refusal } = making;
    making.isDone = true;
    if (machine.isGone) making.refusal = spent();
    else if (refusal === null) boot(machine);
    else {
      machine.isGone = true;
      scene.tell(machine.cloud, () => `${machine.id} is not made: ${refusal.message}`);
    }
  };
  return (launch) => {
    const name = `${launch.place.place} ${launch.token}`;
    const known = requests.get(name);
    if (known !== undefined && known.until >= scheduler.now()) return known;
    const fresh: Making[] = [];
    const all = launch.members.map((_member, index) => make(launch, index, fresh));
    if (fresh.length > 0)
      scheduler.after(random.between(50, 8_000), () => {
        for (const making of fresh) finish(making);
      });
    const operation: Operation = {
      outcome: () => (all.every(({ isDone }) => isDone) ? all.map(madeOf) : null),
    };
    // Nobody promises for how long a request's id is known.
    requests.set(name, { operation, until: scheduler.now() + random.between(1, 600_000) });
    return { operation };
  };
}

/** A container's name is given once; it is started by a request of its own. */
function create({ scene, machines, bear }: LaunchParts): (launch: Launch) => LaunchAnswer {
  return (launch) => {
    const { token, place, ownership, members } = launch;
    const [member] = members;
    if (member === undefined) return { members: [] };
    const spawn = nameOf({ tenant: ownership.tenant, spawnId: member.spawnId });
    const existing = named(machines, token, place.place, spawn);
    if (existing !== undefined) return { members: [{ machine: told(existing) }] };
    if (scene.random.chance(scene.mood.quota)) return refused(launch, overQuota());
    return { members: [{ machine: told(bear(launch, 0)) }] };
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

function roomIn({ machines, room }: LaunchParts, place: string): number {
  let left = room.get(place) ?? Infinity;
  if (left === Infinity) return left;
  for (const machine of machines.values())
    if (machine.place === place && isLive(machine)) left -= 1;
  return Math.max(0, left);
}

function refused({ members }: Launch, error: SlipwayError): LaunchAnswer {
  return { members: members.map(() => ({ error })) };
}

/** These machines, and no room for the others. */
function partly({ members, place }: Launch, machines: readonly SimulatedMachine[]): LaunchAnswer {
  const error = full(place.place);
  return {
    members: members.map((_member, index) => {
      const machine = machines[index];
      return machine === undefined ? { error } : { machine: told(machine) };
    }),
  };
}

/** The disk is read to confirm its image, and is gone with its machine. */
function madeOf({ machine, refusal }: Making): MemberAnswer {
  if (refusal !== null) return { error: refusal };
  return machine.isGone ? { error: spent() } : { machine: told(machine) };
}

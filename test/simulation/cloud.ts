import type { SlipwayError } from "../../src/errors.ts";
import type { Launch, Machine, MachineEnd } from "../../src/substrate/contract.ts";
import type { Auditor } from "./auditor.ts";
import { isLive, told } from "./machine.ts";
import type { SimulatedMachine } from "./machine.ts";
import { LONGEST_WAY } from "./network.ts";
import type { CloudKind } from "./plans.ts";
import { full, overQuota, spent } from "./refusals.ts";
import type { Scene } from "./scene.ts";

/** What a launch request came to: a machine, a refusal, or an operation whose end is still to come. */
export type LaunchAnswer =
  | { readonly machine: Machine }
  | { readonly error: SlipwayError }
  | { readonly operation: Operation };

export interface Operation {
  outcome: { readonly machine: SimulatedMachine } | { readonly error: SlipwayError } | null;
}

/** One account, project or engine, at the far end of the network: what each request does when it arrives. */
export interface SimulatedCloud {
  readonly kind: CloudKind;
  readonly name: string;
  readonly places: readonly string[];
  readonly tokenMilliseconds: number;
  /** Machines that a place has room for. */
  readonly room: Map<string, number>;
  /** Until when nothing gets through to it. */
  outUntil: number;
  launch(launch: Launch): LaunchAnswer;
  /** Starts what was created; null where there is no such machine any more. */
  start(id: string): { readonly machine: Machine | null };
  describe(ids: readonly string[]): readonly (Machine | null)[];
  /** True for each that is gone now, or is not known. */
  terminate(ids: readonly string[]): readonly boolean[];
  list(): readonly Machine[];
}

/** The longest that a cloud may not show a new machine, in milliseconds. */
export const LONGEST_LAG = 20_000;

export interface CloudOptions {
  readonly kind: CloudKind;
  readonly places: readonly string[];
  /** For how long a token is promised to be known. */
  readonly tokenMilliseconds: number;
  /** The longest that a new machine may be missing from what the cloud shows. */
  readonly lag: number;
  /** A token whose machine has ended: it is refused, or answered with the dead machine. */
  readonly showsTheDead: boolean;
}

export function createCloud(scene: Scene, auditor: Auditor, options: CloudOptions): SimulatedCloud {
  const { kind, places, tokenMilliseconds, lag, showsTheDead } = options;
  const { random, scheduler, mood } = scene;
  const machines = new Map<string, SimulatedMachine>();
  const tokens = new Map<string, { readonly answer: LaunchAnswer; readonly until: number }>();
  const operations = new Map<string, Operation>();
  const room = new Map<string, number>();
  let born = 0;

  const end = (machine: SimulatedMachine, how: MachineEnd): void => {
    if (!isLive(machine)) return;
    machine.state = "ended";
    machine.end = how;
    scene.tell(kind, () => `${machine.id} ends by itself: ${how.message}`);
  };
  const boot = (machine: SimulatedMachine): void => {
    machine.isStarted = true;
    scheduler.after(random.between(50, 15_000), () => {
      if (!isLive(machine)) return;
      if (random.chance(mood.bootsFull))
        return end(machine, { exitCode: null, message: "full", reason: "INSUFFICIENT_CAPACITY" });
      if (random.chance(mood.bootsBroken))
        return end(machine, { exitCode: 1, message: "no such command" });
      machine.state = "running";
      scene.tell(kind, () => `${machine.id} runs`);
      if (random.chance(mood.endsLater))
        scheduler.after(random.between(100, 60_000), () =>
          scene.isCalm ? undefined : end(machine, { exitCode: 0, message: "its work is done" }),
        );
    });
  };
  const bear = ({ token, place, ownership, members }: Launch): SimulatedMachine => {
    born += 1;
    const machine: SimulatedMachine = {
      id: `${kind}-${born}`,
      cloud: kind,
      place: place.place,
      token,
      spawnId: members[0]?.spawnId ?? "",
      ownership,
      bornAt: scheduler.now(),
      shownFrom: scheduler.now() + (kind === "docker" ? 0 : random.between(0, lag)),
      state: "pending",
      end: null,
      isGone: false,
      isStarted: false,
    };
    machines.set(machine.id, machine);
    scene.tell(kind, () => `${machine.id} is born in ${machine.place} for ${machine.spawnId}`);
    auditor.born(machine);
    return machine;
  };
  const refusal = ({ place: { place } }: Launch): SlipwayError | null => {
    if (random.chance(mood.quota)) return overQuota();
    const living = [...machines.values()].filter((one) => one.place === place && isLive(one));
    return living.length >= (room.get(place) ?? Infinity) ? full(place) : null;
  };
  const isShown = (machine: SimulatedMachine): boolean =>
    !machine.isGone && machine.shownFrom <= scheduler.now();
  /** Compute Engine knows a name at once, and lists it later; EC2 shows nothing of a machine for some time. */
  const isKnown = (machine: SimulatedMachine): boolean =>
    kind === "ec2" ? isShown(machine) : !machine.isGone;
  const named = ({ token, place }: Launch): SimulatedMachine | undefined =>
    [...machines.values()].find(
      (one) => one.token === token && one.place === place.place && !one.isGone,
    );

  /** A token belongs to its zone, gives its machine again, and is known for longer than is promised. */
  const runInstances = (launch: Launch): LaunchAnswer => {
    const name = `${launch.place.place} ${launch.token}`;
    const known = tokens.get(name);
    if (known !== undefined && known.until >= scheduler.now() && "machine" in known.answer) {
      const machine = machines.get(known.answer.machine.id);
      if (machine !== undefined && (isLive(machine) || showsTheDead))
        return { machine: told(machine) };
      return { error: spent() };
    }
    const error = refusal(launch);
    if (error !== null) return { error };
    const machine = bear(launch);
    boot(machine);
    const until = scheduler.now() + tokenMilliseconds + 2 * LONGEST_WAY;
    tokens.set(name, { answer: { machine: told(machine) }, until });
    return { machine: told(machine) };
  };

  /** A name is one zone's; capacity is known only when the operation is done. */
  const insert = (launch: Launch): LaunchAnswer => {
    const name = `${launch.place.place} ${launch.token}`;
    const known = tokens.get(name);
    if (known !== undefined && known.until >= scheduler.now()) return known.answer;
    const existing = named(launch);
    if (existing?.isStarted === true) return { machine: told(existing) };
    const making = operations.get(existing?.id ?? "");
    if (making !== undefined) return { operation: making };
    const operation: Operation = { outcome: null };
    const error = refusal(launch);
    const machine = bear(launch);
    operations.set(machine.id, operation);
    scheduler.after(random.between(50, 8_000), () => {
      if (machine.isGone) operation.outcome = { error: spent() };
      else if (error === null) {
        operation.outcome = { machine };
        boot(machine);
      } else {
        operation.outcome = { error };
        machine.isGone = true;
        scene.tell(kind, () => `${machine.id} is not made: ${error.message}`);
      }
    });
    // Nobody promises for how long a request's id is known.
    tokens.set(name, {
      answer: { operation },
      until: scheduler.now() + random.between(1, 600_000),
    });
    return { operation };
  };

  const create = (launch: Launch): LaunchAnswer => {
    const existing = named(launch);
    if (existing !== undefined) return { machine: told(existing) };
    if (random.chance(mood.quota)) return { error: overQuota() };
    return { machine: told(bear(launch)) };
  };

  return {
    kind,
    name: kind,
    places,
    tokenMilliseconds,
    room,
    outUntil: 0,
    launch: { ec2: runInstances, gce: insert, docker: create }[kind],
    start(id) {
      const machine = machines.get(id);
      if (machine === undefined || machine.isGone) return { machine: null };
      if (!machine.isStarted) boot(machine);
      return { machine: told(machine) };
    },
    describe: (ids) =>
      ids.map((id) => {
        const machine = machines.get(id);
        return machine === undefined || !isKnown(machine) ? null : told(machine);
      }),
    terminate: (ids) =>
      ids.map((id) => {
        const machine = machines.get(id);
        if (machine === undefined || !isKnown(machine)) return true;
        if (isLive(machine)) auditor.ending(machine);
        machine.state = "ended";
        machine.end ??= { exitCode: null, message: "terminated" };
        // A VM that was terminated is shown for a while; a container is gone with its name.
        machine.isGone = kind !== "ec2";
        scene.tell(kind, () => `${id} is terminated`);
        return true;
      }),
    list: () =>
      [...machines.values()]
        .filter((machine) => isShown(machine) && (kind !== "ec2" || isLive(machine)))
        .map(told),
  };
}

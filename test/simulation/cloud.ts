import type { Launch, Machine, MachineEnd, Sighting } from "../../src/substrate/contract.ts";
import type { Auditor } from "./auditor.ts";
import { launchesOf } from "./cloud-launches.ts";
import type { LaunchAnswer } from "./cloud-launches.ts";
import { isLive, nameOf, told } from "./machine.ts";
import type { SimulatedMachine } from "./machine.ts";
import type { CloudKind } from "./plans.ts";
import type { Meter, SimulatedRates } from "./rates.ts";
import type { Scene } from "./scene.ts";

/** One account, project or engine, at the far end of the network: what each request does when it arrives. */
export interface SimulatedCloud {
  readonly kind: CloudKind;
  readonly name: string;
  readonly places: readonly string[];
  readonly tokenMilliseconds: number;
  /** Members that one launch may have. */
  readonly largestBatch: number;
  /** Null where it has none, or nobody keeps to them. */
  readonly rates: SimulatedRates | null;
  readonly meter: Meter;
  /** Machines that a place has room for. */
  readonly room: Map<string, number>;
  /** Until when nothing gets through to it. */
  outUntil: number;
  launch(launch: Launch): LaunchAnswer;
  /** Starts what was created; null where there is no such machine any more. */
  start(id: string): { readonly machine: Machine | null };
  describe(ids: readonly string[]): readonly Sighting[];
  terminate(ids: readonly string[]): readonly ("terminated" | "unknown")[];
  list(): readonly Machine[];
  /** What stays pending comes up after all. */
  unhang(): void;
}

/** The longest that a cloud may not show a new machine, in milliseconds. */
export const LONGEST_LAG = 20_000;
/** What a label or a name has room for, of the machines of a batch. */
export const LONGEST_TOLD_SPAWN_ID = 45;

export interface CloudOptions {
  readonly kind: CloudKind;
  /** Machines' ids begin with it. */
  readonly name: string;
  readonly places: readonly string[];
  /** For how long a token is promised to be known. */
  readonly tokenMilliseconds: number;
  readonly largestBatch: number;
  /** The longest that a new machine may be missing from what the cloud shows. */
  readonly lag: number;
  /** A token whose machines have all ended: it is refused, or answered with the dead machines. */
  readonly showsTheDead: boolean;
  readonly rates: SimulatedRates | null;
  readonly meter: Meter;
}

export function createCloud(scene: Scene, auditor: Auditor, options: CloudOptions): SimulatedCloud {
  const { kind, name, places, tokenMilliseconds, largestBatch, lag, rates, meter } = options;
  const { random, scheduler, mood } = scene;
  const machines = new Map<string, SimulatedMachine>();
  const room = new Map<string, number>();

  const end = (machine: SimulatedMachine, how: MachineEnd): void => {
    if (!isLive(machine)) return;
    machine.state = "ended";
    machine.end = how;
    scene.tell(name, () => `${machine.id} ends by itself: ${how.message}`);
  };
  const hanging: (() => void)[] = [];
  const boot = (machine: SimulatedMachine): void => {
    machine.isStarted = true;
    if (random.chance(mood.bootHangs)) hanging.push(() => comeUp(machine));
    else comeUp(machine);
  };
  const comeUp = (machine: SimulatedMachine): void => {
    scheduler.after(random.between(50, 15_000), () => {
      if (!isLive(machine)) return;
      if (random.chance(mood.bootsFull))
        return end(machine, { exitCode: null, message: "full", reason: "INSUFFICIENT_CAPACITY" });
      if (random.chance(mood.bootsBroken))
        return end(machine, { exitCode: 1, message: "no such command" });
      machine.state = "running";
      scene.tell(name, () => `${machine.id} runs`);
      if (random.chance(mood.endsLater))
        scheduler.after(random.between(100, 60_000), () =>
          scene.isCalm ? undefined : end(machine, { exitCode: 0, message: "its work is done" }),
        );
    });
  };
  const bear = ({ token, place, ownership, members }: Launch, member: number): SimulatedMachine => {
    const spawnId = members[member]?.spawnId ?? "";
    const machine: SimulatedMachine = {
      id: `${name}-${machines.size + 1}`,
      cloud: name,
      place: place.place,
      token,
      spawn: nameOf({ tenant: ownership.tenant, spawnId }),
      ownership,
      toldSpawnId: members.length === 1 || isTold(kind, spawnId) ? spawnId : null,
      launchIndex: kind === "ec2" ? member : null,
      bornAt: scheduler.now(),
      shownFrom: scheduler.now() + (kind === "docker" ? 0 : random.between(0, lag)),
      state: "pending",
      end: null,
      isGone: false,
      isStarted: false,
    };
    machines.set(machine.id, machine);
    scene.tell(name, () => `${machine.id} is born in ${machine.place} for ${machine.spawn}`);
    auditor.born(machine);
    return machine;
  };
  const isShown = (machine: SimulatedMachine): boolean =>
    !machine.isGone && machine.shownFrom <= scheduler.now();
  /** Compute Engine knows a name at once, and lists it later; EC2 shows nothing of a machine for some time. */
  const isKnown = (machine: SimulatedMachine): boolean =>
    kind === "ec2" ? isShown(machine) : !machine.isGone;
  const seen = (id: string): Sighting => {
    const machine = machines.get(id);
    if (machine !== undefined && isKnown(machine)) return told(machine);
    return kind === "ec2" ? "unknown" : null;
  };
  const launch = launchesOf({ scene, auditor, options, machines, room, bear, boot });

  return {
    kind,
    name,
    places,
    tokenMilliseconds,
    largestBatch,
    rates,
    meter,
    room,
    outUntil: 0,
    launch(asked) {
      if (asked.members.length > largestBatch)
        scene.violate(
          "no batch beyond what its provider takes",
          `${asked.members.length} for ${kind}`,
        );
      return launch(asked);
    },
    start(id) {
      const machine = machines.get(id);
      if (machine === undefined || machine.isGone) return { machine: null };
      if (!machine.isStarted) boot(machine);
      return { machine: told(machine) };
    },
    describe: (ids) => ids.map(seen),
    terminate: (ids) =>
      ids.map((id) => {
        const machine = machines.get(id);
        if (machine === undefined || !isKnown(machine))
          return kind === "ec2" ? "unknown" : "terminated";
        if (isLive(machine)) auditor.ending(machine);
        machine.state = "ended";
        machine.end ??= { exitCode: null, message: "terminated" };
        // A VM that was terminated is shown for a while; a container is gone with its name.
        machine.isGone = kind !== "ec2";
        scene.tell(name, () => `${id} is terminated`);
        return "terminated";
      }),
    list: () =>
      [...machines.values()]
        .filter((machine) => isShown(machine) && (kind !== "ec2" || isLive(machine)))
        .map(told),
    unhang() {
      for (const goOn of hanging.splice(0)) goOn();
    },
  };
}

/** Whether a machine of a batch says which member it is: Compute Engine's by its name, EC2's by its number alone. */
function isTold(kind: CloudKind, spawnId: string): boolean {
  return kind === "gce" && spawnId.length <= LONGEST_TOLD_SPAWN_ID;
}

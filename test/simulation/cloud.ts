import type { SlipwayError } from "../../src/errors.ts";
import type { Launch, Machine, MachineEnd, MachineStatus } from "../../src/substrate/contract.ts";
import { NO_INPUT } from "../../src/substrate/contract.ts";
import type { Auditor } from "./auditor.ts";
import { launchesOf } from "./cloud-launches.ts";
import type { LaunchAnswer } from "./cloud-launches.ts";
import { inputText } from "./inputs.ts";
import { isLive, nameOf, describedMachine, poolOf } from "./machine.ts";
import type { SimulatedMachine } from "./machine.ts";
import type { CloudKind } from "./plans.ts";
import type { Meter, SimulatedRates } from "./rates.ts";
import type { Scene } from "./scene.ts";

/** One account, project or engine at the far end of the network: handles each request on arrival. */
export interface SimulatedCloud {
  readonly kind: CloudKind;
  readonly name: string;
  readonly places: readonly string[];
  readonly pools: readonly string[];
  readonly tokenMilliseconds: number;
  /** Maximum number of members in a launch. */
  readonly maximumBatch: number;
  /** Null if the cloud has no rates, or they are not enforced. */
  readonly rates: SimulatedRates | null;
  readonly meter: Meter;
  /** Capacity per pool (`poolOf`), in machines. */
  readonly capacity: Map<string, number>;
  /** The refusals of EC2's markets and subnets, by their names. */
  readonly refusals: Map<string, SlipwayError>;
  /** The cloud is unreachable until this time. */
  unreachableUntil: number;
  launch(launch: Launch): LaunchAnswer;
  /** Starts a created machine; null if it no longer exists. */
  start(id: string): { readonly machine: Machine | null };
  describe(ids: readonly string[]): readonly MachineStatus[];
  terminate(ids: readonly string[]): readonly ("terminated" | "unknown")[];
  list(): readonly Machine[];
  /** Lets machines that stay pending boot. */
  releasePending(): void;
}

/** The longest time for which a cloud may not show a new machine, in milliseconds. */
export const LONGEST_LAG = 20_000;
/** Maximum length of a spawn id in the label or name of a machine in a batch. */
export const LONGEST_TAGGED_SPAWN_ID = 45;

export interface CloudOptions {
  readonly kind: CloudKind;
  /** Prefix of the machines' ids. */
  readonly name: string;
  readonly places: readonly string[];
  readonly pools: readonly string[];
  /** How long a token is promised to stay valid. */
  readonly tokenMilliseconds: number;
  readonly maximumBatch: number;
  /** The longest time for which the cloud may not show a new machine. */
  readonly lag: number;
  /** Whether a token whose machines have all ended is answered with those machines instead of being rejected. */
  readonly returnsTerminated: boolean;
  readonly rates: SimulatedRates | null;
  readonly meter: Meter;
}

export function createCloud(scene: Scene, auditor: Auditor, options: CloudOptions): SimulatedCloud {
  const { kind, name, places, pools, tokenMilliseconds, maximumBatch, lag, rates, meter } = options;
  const { random, scheduler, faultRates } = scene;
  const machines = new Map<string, SimulatedMachine>();
  const capacity = new Map<string, number>();
  const refusals = new Map<string, SlipwayError>();

  const end = (machine: SimulatedMachine, how: MachineEnd): void => {
    if (!isLive(machine)) return;
    machine.state = "ended";
    machine.end = how;
    scene.narrate(name, () => `${machine.id} ends by itself: ${how.message}`);
  };
  const hanging: (() => void)[] = [];
  const boot = (machine: SimulatedMachine): void => {
    machine.isStarted = true;
    if (random.chance(faultRates.bootHangs)) hanging.push(() => finishBoot(machine));
    else finishBoot(machine);
  };
  const finishBoot = (machine: SimulatedMachine): void => {
    scheduler.after(random.between(50, 15_000), () => {
      if (!isLive(machine)) return;
      if (random.chance(faultRates.bootsFull))
        return end(machine, { exitCode: null, message: "full", reason: "INSUFFICIENT_CAPACITY" });
      if (random.chance(faultRates.bootsBroken))
        return end(machine, { exitCode: 1, message: "command not found" });
      machine.state = "running";
      scene.narrate(name, () => `${machine.id} runs`);
      if (random.chance(faultRates.endsLater))
        scheduler.after(random.between(100, 60_000), () =>
          scene.isCalm ? undefined : end(machine, { exitCode: 0, message: "done" }),
        );
    });
  };
  const createMachine = (
    { token, place, ownership, members }: Launch,
    member: number,
  ): SimulatedMachine => {
    const { spawnId, ...input } = members[member] ?? { spawnId: "", ...NO_INPUT };
    const machine: SimulatedMachine = {
      id: `${name}-${machines.size + 1}`,
      cloud: name,
      place: place.place,
      pool: poolOf(place),
      token,
      spawn: nameOf({ tenant: ownership.tenant, spawnId }),
      input: inputText(input),
      ownership,
      taggedSpawnId: members.length === 1 || carriesSpawnId(kind, spawnId) ? spawnId : null,
      launchIndex: kind === "ec2" ? member : null,
      createdAt: scheduler.now(),
      shownFrom: scheduler.now() + (kind === "docker" ? 0 : random.between(0, lag)),
      state: "pending",
      end: null,
      isGone: false,
      isStarted: false,
    };
    machines.set(machine.id, machine);
    scene.narrate(name, () => `${machine.id} is created as ${machine.pool} for ${machine.spawn}`);
    auditor.created(machine);
    return machine;
  };
  const isShown = (machine: SimulatedMachine): boolean =>
    !machine.isGone && machine.shownFrom <= scheduler.now();
  /** Compute Engine finds a machine by name at once and lists it later; EC2 shows nothing of a machine for some time. */
  const isKnown = (machine: SimulatedMachine): boolean =>
    kind === "ec2" ? isShown(machine) : !machine.isGone;
  const seen = (id: string): MachineStatus => {
    const machine = machines.get(id);
    if (machine !== undefined && isKnown(machine)) return describedMachine(machine);
    return kind === "ec2" ? "unknown" : null;
  };
  const launch = launchesOf({
    scene,
    auditor,
    options,
    machines,
    capacity,
    refusals,
    createMachine,
    boot,
  });

  return {
    kind,
    name,
    places,
    pools,
    tokenMilliseconds,
    maximumBatch,
    rates,
    meter,
    capacity,
    refusals,
    unreachableUntil: 0,
    launch(asked) {
      if (asked.members.length > maximumBatch)
        scene.violate(
          "no batch exceeds the provider's maximum",
          `${asked.members.length} for ${kind}`,
        );
      return launch(asked);
    },
    start(id) {
      const machine = machines.get(id);
      if (machine === undefined || machine.isGone) return { machine: null };
      if (!machine.isStarted) boot(machine);
      return { machine: describedMachine(machine) };
    },
    describe: (ids) => ids.map(seen),
    terminate: (ids) =>
      ids.map((id) => {
        const machine = machines.get(id);
        if (machine === undefined || !isKnown(machine))
          return kind === "ec2" ? "unknown" : "terminated";
        if (isLive(machine)) auditor.terminating(machine);
        machine.state = "ended";
        machine.end ??= { exitCode: null, message: "terminated" };
        // A terminated VM remains visible for a while; a container is gone together with its name.
        machine.isGone = kind !== "ec2";
        scene.narrate(name, () => `${id} is terminated`);
        return "terminated";
      }),
    list: () =>
      [...machines.values()]
        .filter((machine) => isShown(machine) && (kind !== "ec2" || isLive(machine)))
        .map(describedMachine),
    releasePending() {
      for (const goOn of hanging.splice(0)) goOn();
    },
  };
}

/** Whether a machine of a batch carries its spawn id: on Compute Engine in its name; on EC2 only its index identifies it. */
function carriesSpawnId(kind: CloudKind, spawnId: string): boolean {
  return kind === "gce" && spawnId.length <= LONGEST_TAGGED_SPAWN_ID;
}

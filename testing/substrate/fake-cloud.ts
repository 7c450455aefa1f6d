import { canonicalJson } from "../../src/json/canonical-json.ts";
import type { SlipwayError } from "../../src/errors.ts";
import type { Launch, LaunchMember, LaunchOutcome, Machine } from "../../src/substrate/contract.ts";
import { noCapacity, refuseLaunch, tokenMismatch, tokenSpent } from "./fake-refusals.ts";
import { artifactOf } from "./fake-world.ts";
import type { FakeCloudOptions } from "./fake-world.ts";

/** The machines, tokens and room that outlive any one adapter, as a cloud outlives the processes that talk to it. */
export interface FakeCloud {
  /** Every machine that is not terminated, oldest first. */
  machines(): readonly Machine[];
  find(id: string): Machine | null;
  launch(launch: Launch): readonly LaunchOutcome[];
  /** False when it was gone already. */
  terminate(id: string): boolean;
  end(id: string, exitCode: number, message: string): void;
  print(id: string, text: string): void;
  /** What it printed; null for a machine that is gone. */
  printed(id: string): string | null;
  setCapacity(place: string, capacity: number): void;
  /** Calls back at each change of the machine or its output; gives back the way to stop. */
  onChange(id: string, changed: () => void): () => void;
}

interface FakeMachine {
  readonly machine: Machine;
  readonly runsAt: number;
  readonly end: Machine["end"];
  readonly output: string;
}

interface State {
  readonly options: FakeCloudOptions;
  readonly capacities: Map<string, number>;
  readonly machines: Map<string, FakeMachine>;
  readonly tokens: Map<string, { readonly body: string; readonly ids: readonly string[] }>;
  readonly listeners: Map<string, Set<() => void>>;
  born: number;
}

export function createFakeCloud(options: FakeCloudOptions): FakeCloud {
  const state: State = {
    options,
    capacities: new Map(options.places.map(({ place, capacity = Infinity }) => [place, capacity])),
    machines: new Map(),
    tokens: new Map(),
    listeners: new Map(),
    born: 0,
  };
  const change = (id: string, patch: Partial<FakeMachine>): void => {
    const found = state.machines.get(id);
    if (found === undefined) throw new Error(`the fake has no machine ${id}`);
    state.machines.set(id, { ...found, ...patch });
    notify(state, id);
  };
  return {
    machines: () => [...state.machines.values()].map((found) => seen(state, found)),
    find: (id) => mapDefined(state.machines.get(id), (found) => seen(state, found)),
    launch: (launch) => launchOnce(state, launch),
    terminate(id) {
      const existed = state.machines.delete(id);
      notify(state, id);
      return existed;
    },
    end: (id, exitCode, message) => change(id, { end: { exitCode, message } }),
    print: (id, text) => change(id, { output: `${state.machines.get(id)?.output ?? ""}${text}` }),
    printed: (id) => state.machines.get(id)?.output ?? null,
    setCapacity(place, capacity) {
      if (!state.capacities.has(place)) throw new Error(`the fake has no place ${place}`);
      state.capacities.set(place, capacity);
    },
    onChange: (id, changed) => listen(state, id, changed),
  };
}

/** A token is looked up before anything else is judged: a replay must succeed although the place is full by now. */
function launchOnce(state: State, launch: Launch): readonly LaunchOutcome[] {
  const body = bodyOf(launch);
  const known = state.tokens.get(launch.token);
  if (known !== undefined) return replay(state, launch, known, body);
  const refusal = refuseLaunch(state.options, launch);
  if (refusal !== null) return launch.members.map(() => rejected(refusal));
  const room = roomIn(state, launch.place.place);
  const fitting =
    room >= launch.members.length || state.options.shortage === "reject-rest" ? room : 0;
  const outcomes = launch.members.map((member, index): LaunchOutcome =>
    index < fitting
      ? { outcome: "accepted", machine: bear(state, launch, member) }
      : rejected(noCapacity(launch.place.place)),
  );
  const ids = outcomes.flatMap((one) => (one.outcome === "accepted" ? [one.machine.id] : []));
  // A refused launch leaves its token unused, as EC2 does: it may succeed later, when there is room.
  if (ids.length > 0) state.tokens.set(launch.token, { body, ids });
  return outcomes;
}

/** All that makes two launches the same to a cloud. Secrets may be renewed between a launch and its replay. */
function bodyOf({ plan, place, ownership, members }: Launch): string {
  return canonicalJson({
    planId: plan.planId,
    place: place.place,
    subnet: place.subnet ?? null,
    ownership,
    members,
  });
}

function replay(
  state: State,
  launch: Launch,
  known: { readonly body: string; readonly ids: readonly string[] },
  body: string,
): readonly LaunchOutcome[] {
  if (known.body !== body) {
    return launch.members.map(() => rejected(tokenMismatch(launch.token)));
  }
  return launch.members.map((_member, index): LaunchOutcome => {
    const id = known.ids[index];
    if (id === undefined) return rejected(noCapacity(launch.place.place));
    const found = state.machines.get(id);
    if (found !== undefined) return { outcome: "accepted", machine: seen(state, found) };
    return rejected(tokenSpent(launch.token, id));
  });
}

function bear(state: State, launch: Launch, member: LaunchMember): Machine {
  const { clock, images, bootMilliseconds } = state.options;
  const { plan, place, ownership } = launch;
  state.born += 1;
  const now = clock.now();
  const machine: Machine = {
    id: `fake-${state.born.toString().padStart(6, "0")}`,
    place: place.place,
    state: "pending",
    architecture: plan.architecture,
    artifact: plan.artifact.id,
    addresses: { private: `10.0.${state.born >> 8}.${state.born & 255}`, public: null },
    ports: plan.guest.ports.map(({ port }, index) => ({
      port,
      hostPort: 32_768 + state.born * 16 + index,
    })),
    launchIndex: null,
    ownership: { ...ownership, spawnId: member.spawnId },
    end: null,
    createdAt: new Date(now).toISOString(),
  };
  const image = images.find((known) => artifactOf(known) === plan.artifact.id);
  const found: FakeMachine = {
    machine,
    runsAt: now + bootMilliseconds,
    end: null,
    output: image?.prints ?? "",
  };
  state.machines.set(machine.id, found);
  return seen(state, found);
}

/** The machine as it is now: its state follows from the clock. */
function seen(state: State, { machine, runsAt, end }: FakeMachine): Machine {
  if (end !== null) return { ...machine, state: "ended", end };
  return { ...machine, state: state.options.clock.now() >= runsAt ? "running" : "pending" };
}

function roomIn(state: State, place: string): number {
  const taken = [...state.machines.values()].filter(
    (found) => found.end === null && found.machine.place === place,
  ).length;
  return Math.max(0, (state.capacities.get(place) ?? 0) - taken);
}

function listen(state: State, id: string, changed: () => void): () => void {
  const listeners = state.listeners.get(id) ?? new Set();
  state.listeners.set(id, listeners.add(changed));
  return () => {
    listeners.delete(changed);
  };
}

function notify(state: State, id: string): void {
  for (const changed of state.listeners.get(id) ?? []) changed();
}

function mapDefined<T, U>(value: T | undefined, map: (value: T) => U): U | null {
  return value === undefined ? null : map(value);
}

function rejected(error: SlipwayError): LaunchOutcome {
  return { outcome: "rejected", error };
}

import { canonicalJson } from "../../src/json/canonical-json.ts";
import type { SlipwayError } from "../../src/errors.ts";
import type { Launch, LaunchMember, LaunchOutcome, Machine } from "../../src/substrate/contract.ts";
import { noCapacity, refuseLaunch, tokenMismatch, tokenUsed } from "./fake-refusals.ts";
import { artifactOf, placeNamed } from "./fake-world.ts";
import type { FakeCloudOptions } from "./fake-world.ts";

/** The machines, tokens and capacity that outlive any one adapter, as a cloud outlives its clients. */
export interface FakeCloud {
  /** Every machine that is not terminated, oldest first. */
  machines(): readonly Machine[];
  find(id: string): Machine | null;
  launch(launch: Launch): readonly LaunchOutcome[];
  /** False if the machine was gone already. */
  terminate(id: string): boolean;
  end(id: string, exitCode: number, message: string): void;
  print(id: string, text: string): void;
  /** The machine's output; null if it is gone. */
  printed(id: string): string | null;
  setCapacity(place: string, capacity: number): void;
  /** Calls back at each change of the machine or its output. Returns a function that unsubscribes. */
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
  created: number;
}

export function createFakeCloud(options: FakeCloudOptions): FakeCloud {
  const state: State = {
    options,
    capacities: new Map(
      options.places === "any"
        ? []
        : options.places.map(({ place, capacity = Infinity }) => [place, capacity]),
    ),
    machines: new Map(),
    tokens: new Map(),
    listeners: new Map(),
    created: 0,
  };
  const change = (id: string, patch: Partial<FakeMachine>): void => {
    const found = state.machines.get(id);
    if (found === undefined) throw new Error(`the fake has no machine ${id}`);
    state.machines.set(id, { ...found, ...patch });
    notify(state, id);
  };
  return {
    machines: () => [...state.machines.values()].map((found) => currentMachine(state, found)),
    find: (id) => mapDefined(state.machines.get(id), (found) => currentMachine(state, found)),
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
      if (placeNamed(options.places, place) === undefined)
        throw new Error(`the fake has no place ${place}`);
      state.capacities.set(place, capacity);
    },
    onChange: (id, changed) => listen(state, id, changed),
  };
}

/** The token is looked up before anything else is checked: a replay must succeed even if the place has become full. */
function launchOnce(state: State, launch: Launch): readonly LaunchOutcome[] {
  const body = bodyOf(launch);
  const known = state.tokens.get(launch.token);
  if (known !== undefined) return replay(state, launch, known, body);
  const refusal = refuseLaunch(state.options, launch);
  if (refusal !== null) return launch.members.map(() => rejected(refusal));
  const room = freeCapacity(state, launch.place.place);
  const fitting =
    room >= launch.members.length || state.options.shortage === "reject-rest" ? room : 0;
  const outcomes = launch.members.map((member, index): LaunchOutcome =>
    index < fitting
      ? { outcome: "accepted", machine: createMachine(state, launch, member) }
      : rejected(noCapacity(launch.place.place)),
  );
  const ids = outcomes.flatMap((one) => (one.outcome === "accepted" ? [one.machine.id] : []));
  // A rejected launch leaves its token unused, as on EC2: the token can succeed later, when there is capacity.
  if (ids.length > 0) state.tokens.set(launch.token, { body, ids });
  return outcomes;
}

/** Everything that a cloud compares for idempotency. Secrets may be renewed between a launch and its replay. */
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
    if (found !== undefined) return { outcome: "accepted", machine: currentMachine(state, found) };
    return rejected(tokenUsed(launch.token, id));
  });
}

function createMachine(state: State, launch: Launch, member: LaunchMember): Machine {
  const { clock, images, bootMilliseconds } = state.options;
  const { plan, place, ownership } = launch;
  state.created += 1;
  const now = clock.now();
  const machine: Machine = {
    id: `fake-${state.created.toString().padStart(6, "0")}`,
    place: place.place,
    state: "pending",
    architecture: plan.architecture,
    artifact: plan.artifact.id,
    addresses: { private: `10.0.${state.created >> 8}.${state.created & 255}`, public: null },
    ports: plan.guest.ports.map(({ port }, index) => ({
      port,
      hostPort: 32_768 + state.created * 16 + index,
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
  return currentMachine(state, found);
}

/** The machine at the current time: its state follows from the clock. */
function currentMachine(state: State, { machine, runsAt, end }: FakeMachine): Machine {
  if (end !== null) return { ...machine, state: "ended", end };
  return { ...machine, state: state.options.clock.now() >= runsAt ? "running" : "pending" };
}

function freeCapacity(state: State, place: string): number {
  let left = state.capacities.get(place) ?? Infinity;
  for (const { machine, end } of state.machines.values())
    if (end === null && machine.place === place) left -= 1;
  return Math.max(0, left);
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

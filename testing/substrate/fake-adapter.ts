import type { Clock } from "../../src/host/clock.ts";
import { throwIfCancelled } from "../../src/async/cancellation.ts";
import { SlipwayError } from "../../src/errors.ts";
import type { Architecture, Substrate } from "../../src/plan/plan.ts";
import type {
  Machine,
  SubstrateAdapter,
  SubstrateCapabilities,
  TerminateOutcome,
} from "../../src/substrate/contract.ts";
import { createFakeCloud } from "./fake-cloud.ts";
import type { FakeCloud } from "./fake-cloud.ts";
import { createFaultBoard, lostReply } from "./fake-faults.ts";
import type { FakeFault, FakeVerb, FaultBoard } from "./fake-faults.ts";
import { inspectFakeImage, preflightFakePlan } from "./fake-checks.ts";
import { readFakeLogs } from "./fake-logs.ts";
import type { FakeImage, FakePlaces } from "./fake-world.ts";

export interface FakeAdapterOptions {
  readonly clock: Clock;
  readonly images: readonly FakeImage[];
  /** Default: one place named `fake`, without limits. */
  readonly places?: FakePlaces;
  /** Default `DOCKER`. */
  readonly substrate?: Substrate;
  /** Region in which `amiIds` are looked up. Default `us-east-1`. */
  readonly region?: string;
  /** Machine types with their architectures. Default: every name exists and has both architectures. */
  readonly machineTypes?: Readonly<Record<string, readonly Architecture[]>>;
  /** Default: one member per launch, no watching, 32 KiB of boot document in the environment. */
  readonly capabilities?: Partial<SubstrateCapabilities>;
  /** Milliseconds for which a new machine is `pending`. Default 0. */
  readonly bootMilliseconds?: number;
  /** Outcome of a batch that exceeds the room of its place. Default `reject-all`. */
  readonly shortage?: "reject-all" | "reject-rest";
  readonly faults?: readonly FakeFault[];
}

/** One call, including rejected ones. */
export interface FakeCall {
  readonly verb: FakeVerb;
  /** The clock's time at the call. */
  readonly at: number;
  /** The launch's token and place; null for the other verbs. */
  readonly token: string | null;
  readonly place: string | null;
}

/** An in-memory substrate, strict about the contract, that tests can inspect and break. */
export interface FakeAdapter extends SubstrateAdapter {
  /** How often each verb was called. */
  readonly calls: Readonly<Record<FakeVerb, number>>;
  /** The calls in order. */
  readonly history: readonly FakeCall[];
  /** Every machine that is not terminated, oldest first, of all owners. */
  readonly machines: readonly Machine[];
  readonly closed: boolean;
  /** Appends faults to those still pending. */
  fault(...faults: readonly FakeFault[]): void;
  /** Ends a machine from within, as a process that exits. Default message: `exited`. */
  end(id: string, exitCode: number, message?: string): void;
  /** Appends to the machine's output. */
  print(id: string, text: string): void;
  setCapacity(place: string, capacity: number): void;
  /** Opens another adapter with the same machines, tokens and faults, as another process would. */
  reopen(): FakeAdapter;
}

export function createFakeAdapter(options: FakeAdapterOptions): FakeAdapter {
  const capabilities: SubstrateCapabilities = {
    batch: { maximum: 1, longestSpawnId: null, idleMilliseconds: 0, longestMilliseconds: 0 },
    concurrentLaunches: null,
    rates: null,
    watchMilliseconds: 0,
    retryMilliseconds: 10_000,
    idempotency: { machines: "consistent", tokenMilliseconds: null },
    pollMilliseconds: 0,
    lagMilliseconds: 0,
    pendingMilliseconds: 900_000,
    bootDocument: { delivery: "environment", maximumBytes: 32_768 },
    ...options.capabilities,
  };
  const world: World = {
    options,
    capabilities,
    places: options.places ?? [{ place: "fake" }],
    substrate: options.substrate ?? "DOCKER",
    cloud: createFakeCloud({
      clock: options.clock,
      images: options.images,
      places: options.places ?? [{ place: "fake" }],
      substrate: options.substrate ?? "DOCKER",
      bootMilliseconds: options.bootMilliseconds ?? 0,
      maximumBatch: capabilities.batch.maximum,
      shortage: options.shortage ?? "reject-all",
    }),
    board: createFaultBoard(options.faults ?? []),
    history: [],
  };
  return openFake(world);
}

/** State shared by all adapters of one fake. */
interface World {
  readonly options: FakeAdapterOptions;
  readonly capabilities: SubstrateCapabilities;
  readonly places: FakePlaces;
  readonly substrate: Substrate;
  readonly cloud: FakeCloud;
  readonly board: FaultBoard;
  readonly history: FakeCall[];
}

function openFake(world: World): FakeAdapter {
  const { cloud, board, history } = world;
  const connection = { closed: false };
  return {
    ...verbs(world, createCaller(world, connection)),
    close() {
      connection.closed = true;
      return Promise.resolve();
    },
    get calls() {
      return countCalls(history);
    },
    get history() {
      return [...history];
    },
    get machines() {
      return cloud.machines();
    },
    get closed() {
      return connection.closed;
    },
    fault: (...faults) => board.add(faults),
    end: (id, exitCode, message = "exited") => cloud.end(id, exitCode, message),
    print: (id, text) => cloud.print(id, text),
    setCapacity: (place, capacity) => cloud.setCapacity(place, capacity),
    reopen: () => openFake(world),
  };
}

function verbs(world: World, call: Caller): Omit<SubstrateAdapter, "close"> {
  const { cloud, options } = world;
  return {
    substrate: world.substrate,
    capabilities: world.capabilities,
    secrets: () => [],
    inspectImage: (image, target, signal) =>
      call({ verb: "inspectImage", signal }, () =>
        inspectFakeImage(options.images, options.region ?? "us-east-1", image, target),
      ),
    preflight: (draft, _facts, signal) =>
      call({ verb: "preflight", signal }, () =>
        preflightFakePlan(world.places, options.machineTypes ?? null, draft),
      ),
    launch: (launch, signal) =>
      call(
        {
          verb: "launch",
          signal,
          token: launch.token,
          place: launch.place.place,
          reject: (error) => launch.members.map(() => ({ outcome: "rejected", error })),
          lose: (error) => launch.members.map(() => ({ outcome: "unknown", error })),
        },
        () => cloud.launch(launch),
      ),
    describe: (ids, signal) =>
      call({ verb: "describe", signal }, () => ids.map((id) => cloud.find(id))),
    terminate: (ids, signal) =>
      call(
        {
          verb: "terminate",
          signal,
          reject: (error) => ids.map((id): TerminateOutcome => ({ id, outcome: "failed", error })),
        },
        () =>
          ids.map((id): TerminateOutcome => {
            cloud.terminate(id);
            return { id, outcome: "terminated" };
          }),
      ),
    list: (owner, signal) =>
      call({ verb: "list", signal }, () =>
        cloud.machines().filter((machine) => machine.ownership?.owner === owner),
      ),
    async *logs(id, request, signal) {
      yield* await call({ verb: "logs", signal }, () => readFakeLogs(cloud, id, request, signal));
    },
  };
}

interface CallOptions<T> {
  readonly verb: FakeVerb;
  readonly signal: AbortSignal;
  readonly token?: string;
  readonly place?: string;
  /** Converts a rejection to the verb's result; without it the error is thrown. */
  readonly reject?: (error: SlipwayError) => T;
  /** Converts a lost reply to the verb's result; without it the error is thrown. */
  readonly lose?: (error: SlipwayError) => T;
}

type Caller = <T>(setting: CallOptions<T>, effect: () => T) => Promise<T>;

function fail(error: SlipwayError): never {
  throw error;
}

/** Runs one verb like a call over an unreliable network: records it, applies the next fault, then executes it. */
function createCaller(world: World, connection: { readonly closed: boolean }): Caller {
  const { clock } = world.options;
  return async (setting, effect) => {
    const { verb, signal, token = null, place = null, reject = fail, lose = fail } = setting;
    if (connection.closed) throw usedAfterClose(verb);
    throwIfCancelled(signal, verb);
    world.history.push({ verb, at: clock.now(), token, place });
    const fault = world.board.take(verb, place);
    if (fault?.kind === "delay") await pause(clock, fault.milliseconds, signal, verb);
    if (fault?.kind === "throw") throw new SlipwayError(fault.error);
    if (fault?.kind === "reject") return reject(new SlipwayError(fault.error));
    if (fault?.kind === "lost-before") return lose(lostReply(verb));
    const answer = effect();
    return fault?.kind === "lost-after" ? lose(lostReply(verb)) : answer;
  };
}

async function pause(clock: Clock, milliseconds: number, signal: AbortSignal, verb: FakeVerb) {
  try {
    await clock.sleep(milliseconds, signal);
  } catch (caught) {
    throwIfCancelled(signal, verb);
    throw caught;
  }
}

function countCalls(history: readonly FakeCall[]): Readonly<Record<FakeVerb, number>> {
  const count = (verb: FakeVerb): number => history.filter((call) => call.verb === verb).length;
  return {
    inspectImage: count("inspectImage"),
    preflight: count("preflight"),
    launch: count("launch"),
    describe: count("describe"),
    terminate: count("terminate"),
    list: count("list"),
    logs: count("logs"),
  };
}

function usedAfterClose(verb: FakeVerb): SlipwayError {
  return new SlipwayError({
    code: "INTERNAL",
    reason: "INTERNAL",
    message: `${verb} was called on a closed adapter`,
  });
}

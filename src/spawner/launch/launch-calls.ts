import { onAbort, raceWithDetach } from "../../async/cancellation.ts";
import type { Clock } from "../../host/clock.ts";
import { isSlipwayError } from "../../errors.ts";
import type { LaunchPlan } from "../../plan/plan.ts";
import type {
  LaunchOutcome,
  LaunchProgress,
  LaunchSecrets,
  SpawnMember,
  SubstrateAdapter,
} from "../../substrate/contract.ts";
import { launchDocuments } from "../../boot/boot-document.ts";
import { noCandidateLeft } from "../candidates.ts";
import { launchId } from "../../ledger/launch-token.ts";
import type { LaunchSlots } from "./launch-slots.ts";

/** A recorded launch, with what its call needs. */
export interface RecordedLaunch {
  readonly token: string;
  readonly adapter: SubstrateAdapter;
  readonly owner: string;
  /** The plan of any member: a launch's members differ only in their identity. */
  readonly plan: LaunchPlan;
  /** Index of its place among the plan's candidates. */
  readonly candidate: number;
  readonly secrets: () => Promise<LaunchSecrets>;
  /** Default true. A launch of several members is always wanted: one may be, and only whole launches are repeated. */
  readonly isWanted?: boolean;
  /** When it was admitted or recorded, in milliseconds since the epoch. */
  readonly at: number;
}

/** Called before a launch call is made, and with its outcomes. */
export interface LaunchPacing {
  /** Waits for another turn if the first one was so long ago that the call would count together with later ones. */
  readonly readmitLate: (
    launch: RecordedLaunch,
    admitted: { readonly members: number; readonly at: number },
    signal: AbortSignal,
  ) => Promise<void>;
  /** Notes the outcomes of the first call of a launch or of a repetition. */
  readonly noteOutcomes: (
    launch: RecordedLaunch,
    outcomes: readonly LaunchOutcome[],
    isRepeated: boolean,
  ) => Promise<void>;
}

/** A member's request for its outcome. */
export interface LaunchInquiry extends RecordedLaunch {
  readonly spawnId: string;
  /** All members, in order. */
  readonly members: () => Promise<readonly SpawnMember[]>;
  /** Waits for a turn at the provider if the launch is repeated. */
  readonly admit: (signal: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal;
  readonly detach: AbortSignal;
  readonly onProgress: (progress: LaunchProgress) => void;
}

/**
 * The launch calls of one process. A launch is repeated as a whole, so its members share each call: the first member
 * makes it, the others wait for it or receive its stored outcome.
 */
export interface LaunchCalls {
  /** Makes the first call of a launch; resolves when it has ended, with an answer or without. */
  startLaunch(launch: RecordedLaunch, members: readonly SpawnMember[]): Promise<void>;
  /** A member's outcome: of the call under way, of a call whose outcome it has not received, or of a new call. */
  awaitOutcome(inquiry: LaunchInquiry): Promise<LaunchOutcome>;
  /** Whether this process waits for the answer to a call of the launch. */
  isUnderWay(token: string): boolean;
}

/** How long a call's outcomes are kept for members that have not asked, in milliseconds. */
const KEPT = 60_000;

/** By spawn id: returns the member's outcome, or throws the call's error. */
type Answers = ReadonlyMap<string, () => LaunchOutcome>;

interface Call {
  readonly members: readonly SpawnMember[];
  /**
   * Outcomes for members that did not wait for them. Each is delivered once: a member that asks again causes another
   * call.
   */
  readonly undelivered: Map<string, () => LaunchOutcome>;
  readonly waiting: Set<LaunchInquiry>;
  running: { readonly done: Promise<Answers>; readonly stop: AbortController } | null;
  since: number;
}

/** The calls of one process by the launch's token. */
interface CallsState {
  readonly clock: Clock;
  readonly pacing: LaunchPacing;
  readonly slots: LaunchSlots;
  readonly calls: Map<string, Call>;
}

export function createLaunchCalls(
  ports: Pick<CallsState, "clock" | "pacing" | "slots">,
): LaunchCalls {
  const state: CallsState = { ...ports, calls: new Map() };
  return {
    async startLaunch(launch, members) {
      const admit = async (signal: AbortSignal) =>
        await ports.pacing.readmitLate(launch, { members: members.length, at: launch.at }, signal);
      const call = openCall(state, launch.token, members);
      await Promise.allSettled([startCall(state, call, { launch, admit, isRepeated: false })]);
    },
    awaitOutcome: (inquiry) => awaitOutcome(state, inquiry),
    isUnderWay: (token) => (state.calls.get(token)?.running ?? null) !== null,
  };
}

function openCall(state: CallsState, token: string, members: readonly SpawnMember[]): Call {
  dropOldCalls(state);
  const call: Call = {
    members,
    undelivered: new Map(),
    waiting: new Set(),
    running: null,
    since: state.clock.now(),
  };
  state.calls.set(token, call);
  return call;
}

function dropOldCalls({ calls, clock }: CallsState): void {
  for (const [token, { running, undelivered, since }] of calls)
    if (running === null && (undelivered.size === 0 || clock.now() - since > KEPT))
      calls.delete(token);
}

/** Other members may have asked while the members were looked up. */
async function findOrOpenCall(state: CallsState, { token, members }: LaunchInquiry): Promise<Call> {
  const all = await members();
  return state.calls.get(token) ?? openCall(state, token, all);
}

async function awaitOutcome(state: CallsState, inquiry: LaunchInquiry): Promise<LaunchOutcome> {
  const { token, spawnId, admit, signal } = inquiry;
  const call = state.calls.get(token) ?? (await findOrOpenCall(state, inquiry));
  // The previous caller aborted this call: its outcome is not an answer to this one.
  while (call.running?.stop.signal.aborted === true)
    await raceWithDetach(Promise.allSettled([call.running.done]), { signal });
  try {
    const { undelivered } = call;
    const repeat = { launch: inquiry, admit, isRepeated: true };
    const answers = undelivered.has(spawnId)
      ? undelivered
      : await awaitAnswers(
          state.clock,
          call,
          inquiry,
          call.running?.done ?? startCall(state, call, repeat),
        );
    const answer = answers.get(spawnId);
    if (answer === undefined) throw new Error(`launch ${launchId(token)} has no member ${spawnId}`);
    return answer();
  } finally {
    call.undelivered.delete(spawnId);
  }
}

/** The first call of a launch, or its repetition. */
interface Attempt {
  readonly launch: RecordedLaunch;
  /** Waits for a turn at the provider. */
  readonly admit: (signal: AbortSignal) => Promise<void>;
  readonly isRepeated: boolean;
}

function startCall(state: CallsState, call: Call, attempt: Attempt): Promise<Answers> {
  const stop = new AbortController();
  const done = makeCall(state, call, { ...attempt, stop: stop.signal });
  // Each member gets the failure when it asks; maybe none has asked yet.
  done.catch(() => undefined);
  call.running = { done, stop };
  return done;
}

async function makeCall(
  { clock, pacing, slots }: CallsState,
  call: Call,
  { launch, admit, isRepeated, stop }: Attempt & { readonly stop: AbortSignal },
): Promise<Answers> {
  try {
    // A first call has a slot already: it took one before it was recorded.
    using _slot = isRepeated ? await slots.take(launch.adapter, stop) : null;
    await admit(stop);
    const outcomes = await sendLaunch(call, launch, stop);
    const answers = new Map<string, () => LaunchOutcome>();
    for (const [index, { spawnId }] of call.members.entries()) {
      const outcome = outcomes[index];
      if (outcome === undefined)
        throw new Error(`the ${launch.plan.substrate} adapter gave no outcome`);
      answers.set(spawnId, () => outcome);
    }
    for (const [spawnId, answer] of answers) call.undelivered.set(spawnId, answer);
    await pacing.noteOutcomes(launch, outcomes, isRepeated);
    return answers;
  } catch (caught) {
    const fail = (): never => {
      throw caught;
    };
    // If the call was aborted, only the caller that aborted it gets the error.
    if (!stop.aborted) for (const { spawnId } of call.members) call.undelivered.set(spawnId, fail);
    throw caught;
  } finally {
    call.running = null;
    call.since = clock.now();
  }
}

/**
 * A call that only one caller waits for is aborted with that caller. A call that others share goes on. An adapter does
 * not give up what it has sent, so a caller that leaves waits a little longer for the answer: an accepted machine can
 * then be terminated at once. Without an answer, the record says that nothing is known of the launch yet.
 */
async function awaitAnswers(
  clock: Clock,
  call: Call,
  inquiry: LaunchInquiry,
  done: Promise<Answers>,
): Promise<Answers> {
  const { signal, detach } = inquiry;
  const leave = (): void => {
    if (call.members.length === 1 && call.waiting.size === 1)
      call.running?.stop.abort(signal.reason);
  };
  call.waiting.add(inquiry);
  using _leaving = onAbort(signal, leave);
  try {
    const grace = async (settled: AbortSignal) =>
      await clock.sleep(detach.aborted ? DETACHING : CANCELLING, settled);
    return await raceWithDetach(done, { signal, grace });
  } finally {
    call.waiting.delete(inquiry);
  }
}

const NO_SECRETS: LaunchSecrets = { credential: null, environment: {}, files: [] };

async function sendLaunch(
  call: Call,
  { token, adapter, owner, plan, candidate, secrets, isWanted = true }: RecordedLaunch,
  signal: AbortSignal,
): Promise<readonly LaunchOutcome[]> {
  const place = plan.candidates[candidate];
  if (place === undefined) throw noCandidateLeft(plan);
  const { tenant, workspace, planId } = plan;
  const launch = {
    token,
    plan,
    place,
    ownership: { owner, tenant, workspace, planId, launchId: launchId(token) },
    ...launchDocuments({ plan, place, members: call.members }, adapter.capabilities.bootDocument),
    // A machine that is never started needs none, and they may be gone.
    ...(isWanted || call.members.length > 1
      ? { secrets: await secrets() }
      : { secrets: NO_SECRETS, isWanted }),
    onProgress: (progress: LaunchProgress) => {
      for (const { onProgress } of call.waiting) onProgress(progress);
    },
  };
  try {
    return await adapter.launch(launch, signal);
  } catch (caught) {
    if (signal.aborted || !isSlipwayError(caught)) throw caught;
    // Thrown instead of answered: it is not known how far the call came.
    return call.members.map(() => ({ outcome: "unknown", error: caught }));
  }
}

/**
 * How long a caller that leaves still waits for an answer that is on its way, in milliseconds. Most providers answer
 * within 5 seconds; a person who has pressed Ctrl-C waits less gladly.
 */
const DETACHING = 2_000;
const CANCELLING = 5_000;

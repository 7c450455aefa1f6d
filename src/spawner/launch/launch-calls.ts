import { onAbort, raceWithDetach } from "../../async/cancellation.ts";
import type { Clock } from "../../host/clock.ts";
import { isSlipwayError } from "../../errors.ts";
import type { LaunchPlan } from "../../plan/plan.ts";
import type {
  LaunchOutcome,
  LaunchProgress,
  LaunchSecrets,
  SubstrateAdapter,
} from "../../substrate/contract.ts";
import { bootDocument } from "../../boot/boot-document.ts";
import { noCandidateLeft } from "../candidates.ts";
import { launchId } from "../../ledger/launch-token.ts";

/** A recorded launch, as its provider is asked for it. */
export interface RecordedLaunch {
  readonly token: string;
  readonly adapter: SubstrateAdapter;
  readonly owner: string;
  /** Of any member: they are alike in all that a launch says. */
  readonly plan: LaunchPlan;
  /** Of its place, among the plan's candidates. */
  readonly candidate: number;
  readonly secrets: () => Promise<LaunchSecrets>;
  /** When it was granted, or recorded: milliseconds since the epoch. */
  readonly at: number;
}

/** Who is asked just before a launch is made, and told what came of it. */
export interface LaunchPacing {
  /** Waits for another turn of a new launch whose first is so long ago that it would meet later ones on its way. */
  readonly readmitLate: (
    launch: RecordedLaunch,
    admitted: { readonly members: number; readonly at: number },
    signal: AbortSignal,
  ) => Promise<void>;
  /** Learns from an answer, to the first call of a launch or to a repetition. */
  readonly noteOutcomes: (
    launch: RecordedLaunch,
    outcomes: readonly LaunchOutcome[],
    isRepeated: boolean,
  ) => Promise<void>;
}

/** A member's question what became of it. */
export interface LaunchInquiry extends RecordedLaunch {
  readonly spawnId: string;
  /** Spawn ids of all members, in their order. */
  readonly members: () => Promise<readonly string[]>;
  /** Waits for its turn at the provider, where the launch is repeated. */
  readonly admit: (signal: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal;
  readonly detach: AbortSignal;
  readonly onProgress: (progress: LaunchProgress) => void;
}

/**
 * The adapter calls of one process. A launch is repeated as a whole, so its members share each call: whoever asks first
 * makes it, the others wait for it or are told what came of it.
 */
export interface LaunchCalls {
  /** Asks the provider for the first time; resolves when it has answered, or has not. */
  startLaunch(launch: RecordedLaunch, members: readonly string[]): Promise<void>;
  /** What became of a member, from the call that is under way, one that it has not been told of, or a new one. */
  awaitOutcome(inquiry: LaunchInquiry): Promise<LaunchOutcome>;
}

/** For how long the answers of a call are kept for members that have not asked, in milliseconds. */
const KEPT = 60_000;

/** By spawn id: gives what became of the member, or throws what the call did. */
type Answers = ReadonlyMap<string, () => LaunchOutcome>;

interface Call {
  readonly members: readonly string[];
  /** Answers for members that did not wait for them. Told once: a member that asks again wants another call. */
  readonly undelivered: Map<string, () => LaunchOutcome>;
  readonly waiting: Set<LaunchInquiry>;
  running: { readonly done: Promise<Answers>; readonly stop: AbortController } | null;
  since: number;
}

export function createLaunchCalls(
  clock: Clock,
  { noteOutcomes, readmitLate }: LaunchPacing,
): LaunchCalls {
  const calls = new Map<string, Call>();
  const dropOldCalls = (): void => {
    for (const [token, { running, undelivered, since }] of calls)
      if (running === null && (undelivered.size === 0 || clock.now() - since > KEPT))
        calls.delete(token);
  };
  const openCall = (token: string, members: readonly string[]): Call => {
    dropOldCalls();
    const call: Call = {
      members,
      undelivered: new Map(),
      waiting: new Set(),
      running: null,
      since: clock.now(),
    };
    calls.set(token, call);
    return call;
  };
  /** Others of the same launch may have asked while its members were looked up. */
  const findOrOpenCall = async ({ token, members }: LaunchInquiry): Promise<Call> => {
    const ids = await members();
    return calls.get(token) ?? openCall(token, ids);
  };
  const runCall = (
    call: Call,
    launch: RecordedLaunch,
    turn: {
      readonly admitted: (signal: AbortSignal) => Promise<void>;
      readonly isRepeated: boolean;
    },
  ): Promise<Answers> => {
    const stop = new AbortController();
    const work = async (): Promise<Answers> => {
      try {
        await turn.admitted(stop.signal);
        const outcomes = await sendLaunch(call, launch, stop.signal);
        const answers = new Map<string, () => LaunchOutcome>();
        for (const [index, spawnId] of call.members.entries()) {
          const outcome = outcomes[index];
          if (outcome === undefined)
            throw new Error(`the ${launch.plan.substrate} adapter gave no outcome`);
          answers.set(spawnId, () => outcome);
        }
        for (const [spawnId, answer] of answers) call.undelivered.set(spawnId, answer);
        await noteOutcomes(launch, outcomes, turn.isRepeated);
        return answers;
      } catch (caught) {
        const fail = (): never => {
          throw caught;
        };
        // One that was given up is told to who gave it up alone.
        if (!stop.signal.aborted)
          for (const spawnId of call.members) call.undelivered.set(spawnId, fail);
        throw caught;
      } finally {
        call.running = null;
        call.since = clock.now();
      }
    };
    const done = work();
    // Each member hears of it when it asks; none may have asked yet.
    done.catch(() => undefined);
    call.running = { done, stop };
    return done;
  };

  return {
    async startLaunch(launch, members) {
      const admitted = async (signal: AbortSignal) =>
        await readmitLate(launch, { members: members.length, at: launch.at }, signal);
      const turn = { admitted, isRepeated: false };
      await Promise.allSettled([runCall(openCall(launch.token, members), launch, turn)]);
    },
    async awaitOutcome(inquiry) {
      const call = calls.get(inquiry.token) ?? (await findOrOpenCall(inquiry));
      const { spawnId, admit: admitted } = inquiry;
      // Given up by whoever asked before: what comes of it is no answer to anybody else.
      while (call.running?.stop.signal.aborted === true)
        await Promise.allSettled([call.running.done]);
      try {
        const answers = call.undelivered.has(spawnId)
          ? call.undelivered
          : await awaitAnswers(
              clock,
              call,
              inquiry,
              call.running?.done ?? runCall(call, inquiry, { admitted, isRepeated: true }),
            );
        const answer = answers.get(spawnId);
        if (answer === undefined)
          throw new Error(`launch ${launchId(inquiry.token)} has no member ${spawnId}`);
        return answer();
      } finally {
        call.undelivered.delete(spawnId);
      }
    },
  };
}

/**
 * A launch that nobody else waits for is given up with whoever does. One for others too goes on, and whoever leaves hears
 * its end first: until then nobody can tell what there is to be taken away.
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
    // An adapter does not give up what it has sent. A caller that detaches must: the record then says that nothing is
    // known of the launch yet.
    const grace = async (settled: AbortSignal) => await clock.sleep(PATIENCE, settled);
    return await raceWithDetach(done, { signal: detach, grace });
  } finally {
    call.waiting.delete(inquiry);
  }
}

async function sendLaunch(
  call: Call,
  { token, adapter, owner, plan, candidate, secrets }: RecordedLaunch,
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
    members: call.members.map((spawnId) => ({
      spawnId,
      bootDocument: bootDocument(plan, spawnId, adapter.capabilities.bootDocument),
    })),
    secrets: await secrets(),
    onProgress: (progress: LaunchProgress) => {
      for (const { onProgress } of call.waiting) onProgress(progress);
    },
  };
  try {
    return await adapter.launch(launch, signal);
  } catch (caught) {
    if (signal.aborted || !isSlipwayError(caught)) throw caught;
    // Thrown, not answered: how far it came is not known.
    return call.members.map(() => ({ outcome: "unknown", error: caught }));
  }
}

/** How long a caller that leaves still waits for an answer that is on its way, in milliseconds. */
const PATIENCE = 2_000;

import { createDeadline, raceWithDetach } from "../../../src/async/cancellation.ts";
import type { Pace, RatedCall, RateSettings } from "../../../src/pacing/rates.ts";
import type { AwsApi } from "./api.ts";
import { isPassing, isThrottle, retryAfterSeconds } from "../errors/errors.ts";
import type { Sleep } from "../../../src/async/cancellation.ts";
import { rateOf, rateScope } from "./rates.ts";
import type { RatedAction } from "./rates.ts";

export interface PacingOptions {
  readonly accountId: string;
  readonly pace: Pace;
  readonly rates: RateSettings;
  readonly sleep: Sleep;
  /** How long a call may take each time that it is sent, in milliseconds. Default five minutes. */
  readonly longestMilliseconds?: number;
}

/** How often a call is sent at most. */
const MOST_ATTEMPTS = 3;
const LONGEST_MILLISECONDS = 5 * 60_000;
/** Before a call is sent again, in milliseconds; longer each time. */
const FIRST_PAUSE = 100;
const FIRST_PAUSE_OF_THROTTLED = 500;
/** What AWS asks to wait beyond this is told to whoever waits, who may have other things to do. */
const LONGEST_PAUSE = 5_000;

/**
 * The same calls, each of which waits for its turn at EC2's rates every time that it is sent: three times at most, where
 * that may help. A launch goes once and without a wait: whoever launches has waited, and is told what came of it. Its
 * dry run spends the same rate, and waits.
 */
export function pacedApi(api: AwsApi, options: PacingOptions): AwsApi {
  const scope = rateScope(options.accountId, api.region);
  const callOf = (action: RatedAction, resources = 0): RatedCall => ({
    scope,
    limit: rateOf(action, scope, options.rates),
    resources,
  });
  const paced = async <Answer>(
    action: RatedAction,
    signal: AbortSignal,
    send: (limited: AbortSignal) => Promise<Answer>,
  ): Promise<Answer> => await inTurn(callOf(action), { ...options, send }, signal);
  return {
    ...api,
    describeImages: async (input, signal) =>
      await paced("DescribeImages", signal, (limited) => api.describeImages(input, limited)),
    describeRegions: async (input, signal) =>
      await paced("DescribeRegions", signal, (limited) => api.describeRegions(input, limited)),
    describeInstanceTypes: async (input, signal) =>
      await paced("DescribeInstanceTypes", signal, (limited) =>
        api.describeInstanceTypes(input, limited),
      ),
    describeInstanceTypeOfferings: async (input, signal) =>
      await paced("DescribeInstanceTypeOfferings", signal, (limited) =>
        api.describeInstanceTypeOfferings(input, limited),
      ),
    describeSubnets: async (input, signal) =>
      await paced("DescribeSubnets", signal, (limited) => api.describeSubnets(input, limited)),
    describeSecurityGroups: async (input, signal) =>
      await paced("DescribeSecurityGroups", signal, (limited) =>
        api.describeSecurityGroups(input, limited),
      ),
    async describeInstances(input, signal) {
      const isNarrowed = input.Filters !== undefined || input.MaxResults !== undefined;
      const action = isNarrowed ? "DescribeInstances" : "DescribeInstances by id";
      return await paced(action, signal, (limited) => api.describeInstances(input, limited));
    },
    getConsoleOutput: async (input, signal) =>
      await paced("GetConsoleOutput", signal, (limited) => api.getConsoleOutput(input, limited)),
    rehearseInstances: async (input, signal) =>
      await paced("RunInstances", signal, (limited) => api.rehearseInstances(input, limited)),
    async terminateInstances(input, signal) {
      const call = callOf("TerminateInstances", input.InstanceIds?.length);
      const send = (limited: AbortSignal) => api.terminateInstances(input, limited);
      return await inTurn(call, { ...options, send }, signal);
    },
  };
}

interface Sending<Answer> extends Pick<PacingOptions, "pace" | "sleep" | "longestMilliseconds"> {
  readonly send: (limited: AbortSignal) => Promise<Answer>;
}

async function inTurn<Answer>(
  call: RatedCall,
  { send, pace, sleep, longestMilliseconds = LONGEST_MILLISECONDS }: Sending<Answer>,
  signal: AbortSignal,
): Promise<Answer> {
  for (let attempt = 1; ; attempt += 1) {
    await pace.wait(call, signal);
    try {
      return await sendOnce(send, signal, longestMilliseconds);
    } catch (caught) {
      if (isThrottle(caught)) await pace.throttled(call, milliseconds(retryAfterSeconds(caught)));
      const pause = attempt < MOST_ATTEMPTS ? pauseAfter(caught, attempt) : null;
      if (pause === null || signal.aborted) throw caught;
      await sleep(pause, signal);
    }
  }
}

/**
 * The SDK's transport does not see to either: after a `101 Switching Protocols` that it did not ask for it no longer
 * reacts to the signal, and an answer that comes byte by byte it reads for ever.
 */
async function sendOnce<Answer>(
  send: (limited: AbortSignal) => Promise<Answer>,
  signal: AbortSignal,
  milliseconds: number,
): Promise<Answer> {
  signal.throwIfAborted();
  using deadline = createDeadline(signal, milliseconds);
  return await raceWithDetach(send(deadline.signal), { signal: deadline.signal });
}

/** Null where it is of no use to send the call again. */
function pauseAfter(caught: unknown, attempt: number): number | null {
  if (!isPassing(caught)) return null;
  const asked = (retryAfterSeconds(caught) ?? 0) * 1_000;
  if (asked > LONGEST_PAUSE) return null;
  const first = isThrottle(caught) ? FIRST_PAUSE_OF_THROTTLED : FIRST_PAUSE;
  return Math.max(asked, first * 2 ** (attempt - 1));
}

function milliseconds(seconds: number | null): number | null {
  return seconds === null ? null : seconds * 1_000;
}

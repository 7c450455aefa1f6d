import { createDeadline, raceWithDetach } from "../../../src/async/cancellation.ts";
import type { Pace, RatedCall, RateSettings } from "../../../src/pacing/rates.ts";
import type { AwsApi } from "./api.ts";
import { isTransient, isThrottle, retryAfterSeconds } from "../errors/errors.ts";
import type { Sleep } from "../../../src/async/cancellation.ts";
import { rateOf, rateScope } from "./rates.ts";
import type { RatedAction } from "./rates.ts";

export interface PacingOptions {
  readonly accountId: string;
  readonly pace: Pace;
  readonly rates: RateSettings;
  readonly sleep: Sleep;
  /** How long each attempt of a call may take, in milliseconds. Default: five minutes. */
  readonly attemptMilliseconds?: number;
}

/** How many times a call is sent at most. */
const MAX_ATTEMPTS = 3;
const DEFAULT_ATTEMPT_MILLISECONDS = 5 * 60_000;
/** Pause before the first retry, in milliseconds. Each further pause is twice as long. */
const FIRST_PAUSE = 100;
const FIRST_THROTTLED_PAUSE = 500;
/** Longest wait before a retry, in milliseconds. If AWS asks for more, the call fails and its caller decides. */
const LONGEST_PAUSE = 5_000;

/**
 * The same calls, paced by EC2's rates. Every attempt waits for its turn, and a call that failed for a transient reason
 * is sent again, three times in all. A launch is sent once and without a wait: the spawner has paced it and handles its
 * outcome. A dry run spends the same rate as a launch, and waits here.
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
  ): Promise<Answer> => await sendPaced(callOf(action), { ...options, send }, signal);
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
    describeVpcs: async (input, signal) =>
      await paced("DescribeVpcs", signal, (limited) => api.describeVpcs(input, limited)),
    describeLaunchTemplateVersions: async (input, signal) =>
      await paced("DescribeLaunchTemplateVersions", signal, (limited) =>
        api.describeLaunchTemplateVersions(input, limited),
      ),
    describeCapacityReservations: async (input, signal) =>
      await paced("DescribeCapacityReservations", signal, (limited) =>
        api.describeCapacityReservations(input, limited),
      ),
    describeSecurityGroups: async (input, signal) =>
      await paced("DescribeSecurityGroups", signal, (limited) =>
        api.describeSecurityGroups(input, limited),
      ),
    async describeInstances(input, signal) {
      const isNarrowed = input.Filters !== undefined || input.MaxResults !== undefined;
      const action = isNarrowed ? "DescribeInstances" : "DescribeInstances by id";
      return await paced(action, signal, (limited) => api.describeInstances(input, limited));
    },
    describeVolumes: async (input, signal) =>
      await paced("DescribeVolumes", signal, (limited) => api.describeVolumes(input, limited)),
    describeSpotInstanceRequests: async (input, signal) =>
      await paced("DescribeSpotInstanceRequests", signal, (limited) =>
        api.describeSpotInstanceRequests(input, limited),
      ),
    describeNetworkInterfaces: async (input, signal) =>
      await paced("DescribeNetworkInterfaces", signal, (limited) =>
        api.describeNetworkInterfaces(input, limited),
      ),
    deleteVolume: async (id, signal) =>
      await paced("DeleteVolume", signal, (limited) => api.deleteVolume(id, limited)),
    deleteNetworkInterface: async (id, signal) =>
      await paced("DeleteNetworkInterface", signal, (limited) =>
        api.deleteNetworkInterface(id, limited),
      ),
    getConsoleOutput: async (input, signal) =>
      await paced("GetConsoleOutput", signal, (limited) => api.getConsoleOutput(input, limited)),
    dryRunInstances: async (input, signal) =>
      await paced("RunInstances", signal, (limited) => api.dryRunInstances(input, limited)),
    async terminateInstances(input, signal) {
      const call = callOf("TerminateInstances", input.InstanceIds?.length);
      const send = (limited: AbortSignal) => api.terminateInstances(input, limited);
      return await sendPaced(call, { ...options, send }, signal);
    },
  };
}

interface Sending<Answer> extends Pick<PacingOptions, "pace" | "sleep" | "attemptMilliseconds"> {
  readonly send: (limited: AbortSignal) => Promise<Answer>;
}

async function sendPaced<Answer>(
  call: RatedCall,
  { send, pace, sleep, attemptMilliseconds = DEFAULT_ATTEMPT_MILLISECONDS }: Sending<Answer>,
  signal: AbortSignal,
): Promise<Answer> {
  for (let attempt = 1; ; attempt += 1) {
    await pace.wait(call, signal);
    try {
      return await sendOnce(send, signal, attemptMilliseconds);
    } catch (caught) {
      if (isThrottle(caught)) await pace.throttled(call, milliseconds(retryAfterSeconds(caught)));
      const pause = attempt < MAX_ATTEMPTS ? pauseAfter(caught, attempt) : null;
      if (pause === null || signal.aborted) throw caught;
      await sleep(pause, signal);
    }
  }
}

/**
 * Bounds one attempt by the signal and by time. The SDK's transport does neither reliably: after an unrequested
 * `101 Switching Protocols` it ignores the signal, and it never stops reading an answer that arrives byte by byte.
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

/** The pause before a retry, in milliseconds. Null if a retry cannot help. */
function pauseAfter(caught: unknown, attempt: number): number | null {
  if (!isTransient(caught)) return null;
  const demanded = (retryAfterSeconds(caught) ?? 0) * 1_000;
  if (demanded > LONGEST_PAUSE) return null;
  const first = isThrottle(caught) ? FIRST_THROTTLED_PAUSE : FIRST_PAUSE;
  return Math.max(demanded, first * 2 ** (attempt - 1));
}

function milliseconds(seconds: number | null): number | null {
  return seconds === null ? null : seconds * 1_000;
}

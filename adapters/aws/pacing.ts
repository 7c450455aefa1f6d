import type { Pace, RatedCall, RateSettings } from "../../src/substrate/rates.ts";
import type { AwsApi } from "./api.ts";
import { isPassing, isThrottle, retryAfterSeconds } from "./errors.ts";
import type { Sleep } from "./pause.ts";
import { rateOf, rateScope } from "./rates.ts";
import type { RatedAction } from "./rates.ts";

export interface PacingOptions {
  readonly accountId: string;
  readonly pace: Pace;
  readonly rates: RateSettings;
  readonly sleep: Sleep;
}

/** How often a call is sent at most. */
const MOST_ATTEMPTS = 3;
/** Before a call is sent again, in milliseconds; longer each time. */
const FIRST_PAUSE = 100;
const FIRST_PAUSE_OF_THROTTLED = 500;
/** What AWS asks to wait beyond this is told to whoever waits, who may have other things to do. */
const LONGEST_PAUSE = 5_000;

type Send<Input, Output> = (input: Input, signal: AbortSignal) => Promise<Output>;

/**
 * The same calls, each of which waits for its turn at EC2's rates every time that it is sent: three times at most, where
 * that may help. A launch goes once and without a wait: whoever launches has waited, and is told what came of it. Its
 * dry run spends the same rate, and waits.
 */
export function pacedApi(api: AwsApi, options: PacingOptions): AwsApi {
  const { accountId, pace, rates, sleep } = options;
  const scope = rateScope(accountId, api.region);
  const send = async <Input, Output>(
    call: RatedCall,
    one: { readonly send: Send<Input, Output>; readonly input: Input },
    signal: AbortSignal,
  ): Promise<Output> => {
    for (let attempt = 1; ; attempt += 1) {
      await pace.wait(call, signal);
      try {
        return await one.send(one.input, signal);
      } catch (caught) {
        if (isThrottle(caught)) await pace.throttled(call, milliseconds(retryAfterSeconds(caught)));
        const pause = attempt < MOST_ATTEMPTS ? pauseAfter(caught, attempt) : null;
        if (pause === null || signal.aborted) throw caught;
        await sleep(pause, signal);
      }
    }
  };
  const paced = <Input, Output>(
    action: RatedAction,
    one: Send<Input, Output>,
  ): Send<Input, Output> => {
    const call = { scope, limit: rateOf(action, scope, rates) };
    return async (input, signal) => await send(call, { send: one, input }, signal);
  };
  const launches = { scope, limit: rateOf("RunInstances", scope, rates) };
  const endings = { scope, limit: rateOf("TerminateInstances", scope, rates) };
  const byId = paced("DescribeInstances by id", api.describeInstances);
  const narrowed = paced("DescribeInstances", api.describeInstances);
  return {
    ...api,
    describeImages: paced("DescribeImages", api.describeImages),
    describeRegions: paced("DescribeRegions", api.describeRegions),
    describeInstanceTypes: paced("DescribeInstanceTypes", api.describeInstanceTypes),
    describeInstanceTypeOfferings: paced(
      "DescribeInstanceTypeOfferings",
      api.describeInstanceTypeOfferings,
    ),
    describeSubnets: paced("DescribeSubnets", api.describeSubnets),
    describeSecurityGroups: paced("DescribeSecurityGroups", api.describeSecurityGroups),
    describeInstances: async (input, signal) =>
      input.Filters === undefined && input.MaxResults === undefined
        ? await byId(input, signal)
        : await narrowed(input, signal),
    getConsoleOutput: paced("GetConsoleOutput", api.getConsoleOutput),
    runInstances: async (input, signal) => {
      if (input.DryRun !== true) return await api.runInstances(input, signal);
      return await send(launches, { send: api.runInstances, input }, signal);
    },
    terminateInstances: async (input, signal) => {
      const call = { ...endings, resources: input.InstanceIds?.length ?? 0 };
      return await send(call, { send: api.terminateInstances, input }, signal);
    },
  };
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

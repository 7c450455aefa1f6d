import type { Pace, RatedCall, RateSettings } from "../../src/substrate/rates.ts";
import type { AwsApi } from "./api.ts";
import { isThrottle, retryAfterSeconds } from "./errors.ts";
import { rateOf, rateScope } from "./rates.ts";
import type { RatedAction } from "./rates.ts";

export interface PacingOptions {
  readonly accountId: string;
  readonly pace: Pace;
  readonly rates: RateSettings;
}

type Send<Input, Output> = (input: Input, signal: AbortSignal) => Promise<Output>;

/**
 * The same calls, each of which waits for its turn at EC2's rates, and tells when it was refused all the same. A launch
 * goes at once: whoever launches has waited, and is told what came of it; its dry run spends the same rate and waits.
 */
export function pacedApi(api: AwsApi, { accountId, pace, rates }: PacingOptions): AwsApi {
  const scope = rateScope(accountId, api.region);
  const send = async <Input, Output>(
    call: RatedCall,
    one: { readonly send: Send<Input, Output>; readonly input: Input },
    signal: AbortSignal,
  ): Promise<Output> => {
    await pace.wait(call, signal);
    try {
      return await one.send(one.input, signal);
    } catch (caught) {
      if (isThrottle(caught)) await pace.throttled(call, milliseconds(retryAfterSeconds(caught)));
      throw caught;
    }
  };
  const paced =
    <Input, Output>(action: RatedAction, call: Send<Input, Output>): Send<Input, Output> =>
    async (input, signal) =>
      await send({ scope, limit: rateOf(action, scope, rates) }, { send: call, input }, signal);
  const byId = paced("DescribeInstances by id", api.describeInstances);
  const narrowed = paced("DescribeInstances", api.describeInstances);
  const dryRun = paced("RunInstances", api.runInstances);
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
    runInstances: async (input, signal) =>
      input.DryRun === true ? await dryRun(input, signal) : await api.runInstances(input, signal),
    terminateInstances: async (input, signal) => {
      const limit = rateOf("TerminateInstances", scope, rates);
      const call = { scope, limit, resources: input.InstanceIds?.length ?? 0 };
      return await send(call, { send: api.terminateInstances, input }, signal);
    },
  };
}

function milliseconds(seconds: number | null): number | null {
  return seconds === null ? null : seconds * 1_000;
}

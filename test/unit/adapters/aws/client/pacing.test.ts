import { describe, expect, it } from "vitest";
import { createAwsApi } from "../../../../../adapters/aws/client/api.ts";
import type { AwsApi } from "../../../../../adapters/aws/client/api.ts";
import { pacedApi } from "../../../../../adapters/aws/client/pacing.ts";
import { RATED_ACTIONS, rateOf, rateScope } from "../../../../../adapters/aws/client/rates.ts";
import { checkRates } from "../../../../../src/pacing/rates.ts";
import type { RatedCall, RateSettings } from "../../../../../src/pacing/rates.ts";
import { publishedRates } from "../../../../../testing/ec2/rate-limits.ts";
import { caughtError } from "../../../../support/caught.ts";

const refuse = () => Promise.reject(new Error("a client was opened"));
const noClients = { ec2: refuse, sts: refuse, accessKeyId: refuse, close: () => undefined };
const { signal } = new AbortController();

function refusal(name: string, status: number, retryAfter?: number): Error {
  const headers = retryAfter === undefined ? {} : { "retry-after": String(retryAfter) };
  const $response = { statusCode: status, headers };
  return Object.assign(new Error(name), { name, $metadata: { httpStatusCode: status }, $response });
}
const THROTTLED = refusal("RequestLimitExceeded", 503);

/** An API whose calls fail in this order and then succeed, and a log of everything that was sent and paced. */
function scene(failures: readonly Error[] = [], rates: RateSettings = {}) {
  const log: string[] = [];
  const remaining = [...failures];
  const send = async () => {
    log.push("sent");
    const failure = remaining.shift();
    if (failure !== undefined) throw failure;
    return { $metadata: {}, Instances: [], Reservations: [] };
  };
  const api: AwsApi = {
    ...createAwsApi(noClients, "us-east-1"),
    describeImages: send,
    describeInstances: send,
    runInstances: send,
    async dryRunInstances() {
      await send();
    },
    terminateInstances: send,
  };
  const nameOf = ({ scope, limit, resources = 0 }: RatedCall) =>
    `${limit.name}${resources > 0 ? ` of ${resources}` : ""} of ${scope}`;
  return {
    log,
    api: pacedApi(api, {
      accountId: "1234",
      rates,
      sleep: async (milliseconds) => void log.push(`pause ${milliseconds}`),
      pace: {
        wait: async (call) => void log.push(nameOf(call)),
        throttled: async (call, milliseconds) =>
          void log.push(`throttled ${call.limit.name} ${milliseconds ?? "for a while"}`),
      },
    }),
  };
}
const SCOPE = rateScope("1234", "us-east-1");

describe("a call to EC2", () => {
  it("waits for its turn at its own rate", async () => {
    const { api, log } = scene();
    await api.describeImages({}, signal);
    await api.describeInstances({ InstanceIds: ["i-1"] }, signal);
    await api.describeInstances({ Filters: [] }, signal);
    await api.describeInstances({ MaxResults: 5 }, signal);
    await api.terminateInstances({ InstanceIds: ["i-1", "i-2"] }, signal);
    expect(log.filter((each) => each !== "sent")).toEqual([
      `DescribeImages of ${SCOPE}`,
      `DescribeInstances by id of ${SCOPE}`,
      `DescribeInstances of ${SCOPE}`,
      `DescribeInstances of ${SCOPE}`,
      `TerminateInstances of 2 of ${SCOPE}`,
    ]);
  });

  it("does not wait if it launches, but waits for a launch's rate if it is a dry run", async () => {
    const { api, log } = scene();
    const counts = { MinCount: 1, MaxCount: 1 };
    await api.runInstances(counts);
    expect(log).toEqual(["sent"]);
    await api.dryRunInstances(counts, signal);
    expect(log).toEqual(["sent", `RunInstances of ${SCOPE}`, "sent"]);
  });

  it("is sent up to three times for transient failures, waiting for its turn each time", async () => {
    const { api, log } = scene([
      THROTTLED,
      refusal("InternalError", 500),
      refusal("RequestLimitExceeded", 503, 2),
    ]);
    await expect(api.describeImages({}, signal)).rejects.toThrow("RequestLimitExceeded");
    const turn = [`DescribeImages of ${SCOPE}`, "sent"];
    expect(log).toEqual([
      ...turn,
      "throttled DescribeImages for a while",
      "pause 500",
      ...turn,
      "pause 200",
      ...turn,
      "throttled DescribeImages 2000",
    ]);
  });

  it.each([
    ["a permanent refusal", refusal("UnauthorizedOperation", 403)],
    ["a throttle that asks for a wait of one minute", refusal("RequestLimitExceeded", 503, 60)],
  ])("is sent once if the answer is %s", async (_, failure) => {
    const { api, log } = scene([failure]);
    await expect(api.describeImages({}, signal)).rejects.toBe(failure);
    expect(log.filter((each) => each === "sent").length).toBe(1);
  });

  it("is not sent after an abort, and only once if it launches", async () => {
    const { api, log } = scene([THROTTLED]);
    const reason = new Error("given up");
    await expect(api.describeImages({}, AbortSignal.abort(reason))).rejects.toBe(reason);
    await expect(api.runInstances({ MinCount: 1, MaxCount: 1 })).rejects.toBe(THROTTLED);
    expect(log.filter((each) => each === "sent").length).toBe(1);
  });
});

describe("the rates", () => {
  it.each(RATED_ACTIONS.filter((name) => !name.includes(" ")))("of %s are published", (action) => {
    const isRead = !/^(?:RunInstances|TerminateInstances|Delete)/.test(action);
    const published = publishedRates({ action, isRead, isNarrowed: true });
    const { requests, resources } = rateOf(action, SCOPE, {});
    const sizes = [requests, resources].map((bucket) =>
      bucket === null
        ? undefined
        : {
            capacity: bucket.capacity,
            refillPerSecond: (bucket.refill * 1_000) / bucket.everyMilliseconds,
          },
    );
    expect(sizes).toEqual([published?.requests, published?.resources]);
  });

  it("come from the settings, those of the scope first", () => {
    const bucket = {
      capacity: 9,
      refill: 9,
      everyMilliseconds: 1_000,
      pace: "continuous",
    } as const;
    const requests = { ...bucket, capacity: 7 };
    const settings = {
      RunInstances: { requests: bucket },
      [`RunInstances of ${SCOPE}`]: { requests },
    };
    expect(rateOf("RunInstances", SCOPE, settings).requests.capacity).toBe(7);
    expect(rateOf("RunInstances", "elsewhere", settings).requests.capacity).toBe(9);
    expect(rateOf("RunInstances", SCOPE, settings).resources?.capacity).toBe(1_000);
  });

  it("have names, and settings for any other name are refused", async () => {
    checkRates({ RunInstances: {}, [`DescribeImages of ${SCOPE}`]: {} }, RATED_ACTIONS);
    const error = await caughtError(async () => checkRates({ runInstances: {} }, RATED_ACTIONS));
    expect(error).toMatchObject({ reason: "INVALID_INPUT" });
    expect(error.remedy).toContain("RunInstances");
  });
});

import { describe, expect, it } from "vitest";
import { createAwsApi } from "../../../../../adapters/aws/client/api.ts";
import type { AwsApi } from "../../../../../adapters/aws/client/api.ts";
import { pacedApi } from "../../../../../adapters/aws/client/pacing.ts";
import { RATED_ACTIONS, rateOf, rateScope } from "../../../../../adapters/aws/client/rates.ts";
import { checkRates } from "../../../../../src/pacing/rates.ts";
import type { RatedCall, RateSettings } from "../../../../../src/pacing/rates.ts";
import { publishedRates } from "../../../../../testing/ec2/rate-limits.ts";
import { caughtError } from "../../../../support/caught.ts";

const nobody = () => Promise.reject(new Error("no client is asked for"));
const nowhere = { ec2: nobody, sts: nobody, accessKeyId: nobody, close: () => undefined };
const { signal } = new AbortController();

function refusal(name: string, status: number, retryAfter?: number): Error {
  const headers = retryAfter === undefined ? {} : { "retry-after": String(retryAfter) };
  const $response = { statusCode: status, headers };
  return Object.assign(new Error(name), { name, $metadata: { httpStatusCode: status }, $response });
}
const THROTTLED = refusal("RequestLimitExceeded", 503);

/** EC2's calls with these failures in turn, answers after them, and what was told to the pace. */
function scene(failures: readonly Error[] = [], rates: RateSettings = {}) {
  const told: string[] = [];
  const left = [...failures];
  const send = async () => {
    told.push("sent");
    const failure = left.shift();
    if (failure !== undefined) throw failure;
    return { $metadata: {}, Instances: [], Reservations: [] };
  };
  const api: AwsApi = {
    ...createAwsApi(nowhere, "us-east-1"),
    describeImages: send,
    describeInstances: send,
    runInstances: send,
    async rehearseInstances() {
      await send();
    },
    terminateInstances: send,
  };
  const nameOf = ({ scope, limit, resources = 0 }: RatedCall) =>
    `${limit.name}${resources > 0 ? ` of ${resources}` : ""} of ${scope}`;
  return {
    told,
    api: pacedApi(api, {
      accountId: "1234",
      rates,
      sleep: async (milliseconds) => void told.push(`pause ${milliseconds}`),
      pace: {
        wait: async (call) => void told.push(nameOf(call)),
        throttled: async (call, milliseconds) =>
          void told.push(`throttled ${call.limit.name} ${milliseconds ?? "for a while"}`),
      },
    }),
  };
}
const SCOPE = rateScope("1234", "us-east-1");

describe("a call to EC2", () => {
  it("waits for its turn at its own rate", async () => {
    const { api, told } = scene();
    await api.describeImages({}, signal);
    await api.describeInstances({ InstanceIds: ["i-1"] }, signal);
    await api.describeInstances({ Filters: [] }, signal);
    await api.describeInstances({ MaxResults: 5 }, signal);
    await api.terminateInstances({ InstanceIds: ["i-1", "i-2"] }, signal);
    expect(told.filter((each) => each !== "sent")).toEqual([
      `DescribeImages of ${SCOPE}`,
      `DescribeInstances by id of ${SCOPE}`,
      `DescribeInstances of ${SCOPE}`,
      `DescribeInstances of ${SCOPE}`,
      `TerminateInstances of 2 of ${SCOPE}`,
    ]);
  });

  it("waits for no turn where it launches, and for a launch's where it only would", async () => {
    const { api, told } = scene();
    const counts = { MinCount: 1, MaxCount: 1 };
    await api.runInstances(counts);
    expect(told).toEqual(["sent"]);
    await api.rehearseInstances(counts, signal);
    expect(told).toEqual(["sent", `RunInstances of ${SCOPE}`, "sent"]);
  });

  it("is sent again for what may pass, three times at most, each time in its turn", async () => {
    const { api, told } = scene([
      THROTTLED,
      refusal("InternalError", 500),
      refusal("RequestLimitExceeded", 503, 2),
    ]);
    await expect(api.describeImages({}, signal)).rejects.toThrow("RequestLimitExceeded");
    const turn = [`DescribeImages of ${SCOPE}`, "sent"];
    expect(told).toEqual([
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
    ["a refusal for good", refusal("UnauthorizedOperation", 403)],
    ["who asks to wait for a minute", refusal("RequestLimitExceeded", 503, 60)],
  ])("is sent once for %s", async (_, failure) => {
    const { api, told } = scene([failure]);
    await expect(api.describeImages({}, signal)).rejects.toBe(failure);
    expect(told.filter((each) => each === "sent").length).toBe(1);
  });

  it("is not sent after an abort, and once where it launches", async () => {
    const { api, told } = scene([THROTTLED]);
    const reason = new Error("given up");
    await expect(api.describeImages({}, AbortSignal.abort(reason))).rejects.toBe(reason);
    await expect(api.runInstances({ MinCount: 1, MaxCount: 1 })).rejects.toBe(THROTTLED);
    expect(told.filter((each) => each === "sent").length).toBe(1);
  });
});

describe("the rates", () => {
  it.each(RATED_ACTIONS.filter((name) => !name.includes(" ")))("of %s are published", (action) => {
    const isRead = !["RunInstances", "TerminateInstances"].includes(action);
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

  it("are what the settings say, for one scope before all", () => {
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

  it("have names that are held to", async () => {
    checkRates({ RunInstances: {}, [`DescribeImages of ${SCOPE}`]: {} }, RATED_ACTIONS);
    const error = await caughtError(async () => checkRates({ runInstances: {} }, RATED_ACTIONS));
    expect(error).toMatchObject({ reason: "INVALID_INPUT" });
    expect(error.remedy).toContain("RunInstances");
  });
});

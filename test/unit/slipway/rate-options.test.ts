import { describe, expect, it } from "vitest";
import { checkRateOptions } from "../../../src/slipway/rate-options.ts";
import type { RateOptions } from "../../../src/slipway/rate-options.ts";
import { caughtError } from "../../support/caught.ts";

const bucket = { capacity: 9, refill: 9, everyMilliseconds: 1_000, pace: "continuous" } as const;

/** Options as an unchecked JavaScript program passes them. */
function given(json: string): RateOptions {
  return JSON.parse(json);
}

describe("the option rates", () => {
  it.each<RateOptions>([
    {},
    { AWS: {} },
    { AWS: { RunInstances: { requests: bucket, resources: bucket } } },
    { GCP: { Queries: { requests: { ...bucket, pace: "window" }, resources: null } } },
  ])("accepts %j", (rates) => {
    expect(() => checkRateOptions(rates)).not.toThrow();
  });

  it.each([
    ['{"DOCKER":{}}', "DOCKER"],
    ['{"AWS":{"RunInstances":{"request":{}}}}', "request"],
    ['{"AWS":{"RunInstances":{"requests":{"capacity":"many"}}}}', "capacity"],
    ['{"AWS":{"RunInstances":{"requests":{"capacity":5}}}}', "RunInstances"],
    ['{"AWS":{"RunInstances":null}}', "RunInstances"],
    [
      '{"AWS":{"RunInstances":{"requests":{"capacity":0,"refill":1,"everyMilliseconds":1,"pace":"window"}}}}',
      "RunInstances",
    ],
    [
      '{"AWS":{"RunInstances":{"requests":{"capacity":1,"refill":1,"everyMilliseconds":1,"pace":"slow"}}}}',
      "pace",
    ],
  ])("rejects %s, and names the place", async (json, where) => {
    const error = await caughtError(async () => checkRateOptions(given(json)));
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT", reason: "INVALID_INPUT" });
    expect(error.message).toContain(where);
  });
});

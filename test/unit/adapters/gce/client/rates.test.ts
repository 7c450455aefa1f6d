import { describe, expect, it } from "vitest";
import { API_CALLS } from "../../../../../adapters/gce/client/api-calls.ts";
import { createPacing } from "../../../../../adapters/gce/client/pacing.ts";
import {
  quotaOf,
  RATE_QUOTAS,
  rateOf,
  rateScope,
} from "../../../../../adapters/gce/client/rates.ts";
import { publishedRates } from "../../../../../testing/gce/rate-limits.ts";

const SCOPE = rateScope("agents");

describe("the quotas of Compute Engine", () => {
  it.each(API_CALLS.map((call) => [call.method, call] as const))(
    "of %s are published",
    (id, call) => {
      const published = publishedRates({ id, isMutation: call.changes === true });
      const { name, requests } = rateOf(quotaOf(call), SCOPE, {});
      expect({ metric: name, perMinute: requests.capacity }).toEqual(published);
      expect(requests).toMatchObject({ everyMilliseconds: 60_000, pace: "window" });
    },
  );

  it("are all in use", () => {
    expect(new Set(API_CALLS.map(quotaOf))).toEqual(new Set(RATE_QUOTAS));
  });
});

describe("the pace of a call to Compute Engine", () => {
  const told: unknown[] = [];
  const pacing = createPacing({
    project: "agents",
    rates: {},
    pace: {
      wait: async ({ scope, limit }) => void told.push(`${limit.name} of ${scope}`),
      throttled: async (_, milliseconds) => void told.push(milliseconds),
    },
  });
  const { signal } = new AbortController();
  const paceOf = (method: string) => {
    const call = API_CALLS.find((one) => one.method === method);
    if (call === undefined) throw new Error(`there is no call ${method}`);
    return pacing(call);
  };

  it("is its quota's", async () => {
    await paceOf("instances.delete").wait(signal);
    await paceOf("images.get").wait(signal);
    await paceOf("images.get").throttled(2);
    await paceOf("images.get").throttled(null);
    expect(told.splice(0)).toEqual([
      "Queries of project agents",
      "Read requests of project agents",
      2_000,
      null,
    ]);
  });

  it.each(["instances.insert", "instances.bulkInsert"])(
    "is waited for by no %s",
    async (launch) => {
      await paceOf(launch).wait(signal);
      await paceOf(launch).throttled(2);
      expect(told).toEqual([]);
    },
  );
});

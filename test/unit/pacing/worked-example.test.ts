import { expect, it } from "vitest";
import { rateOf } from "../../../adapters/aws/client/rates.ts";
import { FULL_PACE } from "../../../src/pacing/backpressure.ts";
import { spendTokens, timeUntil, tokensAt } from "../../../src/pacing/buckets.ts";
import type { BucketState } from "../../../src/pacing/buckets.ts";
import type { RateBucket } from "../../../src/pacing/rates.ts";
import { tableRows } from "../../docs/support/documents.ts";

const { requests, resources } = rateOf("RunInstances", "account 123456789012 in us-east-1", {});

function bucketOf(rate: RateBucket | null) {
  if (rate === null) throw new Error("RunInstances has no bucket for machines");
  let state: BucketState | null = null;
  const bucket = () => ({ rate, state, backpressure: FULL_PACE });
  return {
    timeUntil: (tokens: number, now: number) => timeUntil(bucket(), tokens, now),
    spend: (tokens: number, now: number): number => {
      state = spendTokens(bucket(), tokens, now);
      return tokensAt(bucket(), now);
    },
  };
}

it("docs/pacing.md computes its example as the product does", () => {
  const [calls, machines] = [bucketOf(requests), bucketOf(resources)];
  let now = 0;
  const computed = tableRows("docs/pacing.md", "A worked example").map(([, call = ""]) => {
    const count = Number.parseInt(call, 10);
    now += Math.max(calls.timeUntil(1, now), machines.timeUntil(count, now));
    return [`${now / 1_000} s`, call, `${calls.spend(1, now)}`, `${machines.spend(count, now)}`];
  });
  expect(computed).toHaveLength(4);
  const shown = tableRows("docs/pacing.md", "A worked example").map((row) => row.slice(0, 4));
  expect(computed).toEqual(shown);
});

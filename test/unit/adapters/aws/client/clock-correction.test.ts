import { describe, expect, it } from "vitest";
import { CLOCK_CORRECTION } from "../../../../../adapters/aws/client/clock-correction.ts";

interface Refusal {
  readonly httpStatusCode: number;
  readonly clockSkewCorrected?: true;
}

/** Whether the client sends a request again after the last of these refusals. */
async function isRepeated(...refusals: readonly Refusal[]): Promise<boolean> {
  let token = await CLOCK_CORRECTION.acquireInitialRetryToken("");
  for (const metadata of refusals) {
    const error = { name: "AuthFailure", message: "refused", $metadata: metadata };
    const refreshing = CLOCK_CORRECTION.refreshRetryTokenForRetry(token, {
      error,
      errorType: "CLIENT_ERROR",
    });
    const [settled] = await Promise.allSettled([refreshing]);
    if (settled.status === "rejected") return false;
    token = settled.value;
  }
  return true;
}

describe("a request to EC2", () => {
  it("is repeated once after a refusal that corrected the clock", async () => {
    const refusal = { httpStatusCode: 401, clockSkewCorrected: true } as const;
    expect(await isRepeated(refusal)).toBe(true);
    expect(await isRepeated(refusal, refusal)).toBe(false);
  });

  it("is not repeated for any other failure", async () => {
    expect(await isRepeated({ httpStatusCode: 401 })).toBe(false);
    expect(await isRepeated({ httpStatusCode: 503 })).toBe(false);
    // EC2 may have launched machines before it failed.
    expect(await isRepeated({ httpStatusCode: 500, clockSkewCorrected: true })).toBe(false);
  });
});

import type { EC2ClientConfig } from "@aws-sdk/client-ec2";

type RetryStrategy = Extract<
  EC2ClientConfig["retryStrategy"],
  { readonly acquireInitialRetryToken: unknown }
>;
type RetryToken = Awaited<ReturnType<RetryStrategy["acquireInitialRetryToken"]>>;

/** The SDK measures the difference with every reply, so a second refusal has another cause. */
const MOST_RETRIES = 1;

/**
 * Sends a request again only if AWS refused its signature because of this machine's clock. From the `Date` of the
 * refusal the SDK learns the difference between the clocks, and it signs the next attempt with the corrected time. It
 * leaves that attempt to its retries, which the EC2 client does without: `pacedApi` repeats reads, and the spawner
 * launches. AWS did nothing for a refused signature, so even a launch may be sent again.
 */
export const CLOCK_CORRECTION: RetryStrategy = {
  acquireInitialRetryToken: async () => tokenOf(0),
  async refreshRetryTokenForRetry(token, { error }) {
    const retries = token.getRetryCount();
    const { clockSkewCorrected = false, httpStatusCode = 0 } = error?.$metadata ?? {};
    // After a status of 500 or more, AWS may have done what was asked.
    if (retries >= MOST_RETRIES || !clockSkewCorrected || httpStatusCode >= 500)
      throw new Error("this failure is not retried by the client");
    return tokenOf(retries + 1);
  },
  recordSuccess() {},
};

function tokenOf(retries: number): RetryToken {
  return { getRetryCount: () => retries, getRetryDelay: () => 0 };
}

import { OAuth2Client } from "google-auth-library";
import { describe, expect, it, vi } from "vitest";
import { createAuthorization } from "../../../../../adapters/gce/client/authorization.ts";
import { gceAgents } from "../../../../../adapters/gce/client/transport.ts";
import { gceError } from "../../../../../adapters/gce/errors/errors.ts";
import { readFailure } from "../../../../../adapters/gce/errors/failure.ts";

/** The error of a call whose credentials fail with this error. */
async function errorOf(failure: Error) {
  const client = new OAuth2Client();
  vi.spyOn(client, "getRequestHeaders").mockRejectedValue(failure);
  const authorization = createAuthorization(
    { agents: gceAgents(null), now: () => Date.now() },
    async () => client,
  );
  const [ended] = await Promise.allSettled([authorization.getRequestHeaders()]);
  const caught = ended.status === "rejected" ? ended.reason : null;
  return gceError(readFailure(caught), { doing: "deleting instance one" });
}

describe("an access token that is not available", () => {
  it.each(["ECONNREFUSED", "ENOTFOUND"])(
    "because of %s says nothing about the credentials, and nothing was sent",
    async (code) => {
      const error = await errorOf(Object.assign(new Error(`connect ${code}`), { code }));
      expect(error).toMatchObject({
        code: "UNAVAILABLE",
        reason: "CLOUD_UNAVAILABLE",
        message: `the service that issues access tokens for Compute Engine cannot be reached: connect ${code}`,
        retry: "same-token",
        metadata: { sent: false },
      });
    },
  );

  it("because no connection was established names the service", async () => {
    const config = { url: new URL("https://sts.example.com/v1/token?secret=1") };
    const failure = Object.assign(new Error("no connection"), { code: "CONNECT_TIMEOUT", config });
    const { message } = await errorOf(failure);
    expect(message).toContain("for Compute Engine (sts.example.com) cannot be reached");
    expect(message).not.toContain("secret");
  });

  it("because of something on this machine has a remedy for that, not a new sign-in", async () => {
    const words = "The file at /nowhere/token does not exist, or it is not a file.";
    const error = await errorOf(new Error(words));
    expect(error.message).toContain(words);
    expect(error.remedy).toContain("what it refers to");
    expect(error.remedy).not.toContain("gcloud");
  });

  it("because the token service refuses says that they are bad", async () => {
    expect(await errorOf(new Error("invalid_grant"))).toMatchObject({
      code: "UNAUTHENTICATED",
      reason: "CLOUD_UNAUTHENTICATED",
      retry: "never",
    });
  });
});

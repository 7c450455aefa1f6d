import { syncBuiltinESMExports } from "node:module";
import { UserRefreshClient } from "google-auth-library";
import { http, HttpResponse } from "msw";
import { setupServer } from "msw/node";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createAuthorization } from "../../../../../adapters/gce/client/authorization.ts";
import { impersonated } from "../../../../../adapters/gce/client/impersonated.ts";
import { tokenRefusal } from "../../../../../adapters/gce/client/token-refusal.ts";
import { gceAgents } from "../../../../../adapters/gce/client/transport.ts";
import { gceError } from "../../../../../adapters/gce/errors/errors.ts";
import { readFailure } from "../../../../../adapters/gce/errors/failure.ts";

const ACCOUNT = "launcher@agents-1.iam.gserviceaccount.com";
const IAM = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/:account";
const SIGN_IN = "https://oauth2.googleapis.com/token";
const TOKEN = { access_token: "granted-token", expires_in: 3_600, token_type: "Bearer" };

const google = setupServer(http.post(SIGN_IN, () => HttpResponse.json(TOKEN)));
beforeAll(() => {
  google.listen();
  syncBuiltinESMExports();
});
afterEach(() => google.resetHandlers());
afterAll(() => {
  google.close();
  syncBuiltinESMExports();
});

function user() {
  return new UserRefreshClient({ clientId: "id", clientSecret: "secret", refreshToken: "refresh" });
}

/** The error of a call with the user's credentials, or with those of an account that the user acts as. */
async function errorOf({ actsAs }: { readonly actsAs: string | null }) {
  const authorization = createAuthorization(
    { agents: gceAgents(null), now: () => Date.now() },
    async () => (actsAs === null ? user() : impersonated(user(), actsAs)),
  );
  const [ended] = await Promise.allSettled([authorization.getRequestHeaders()]);
  const caught = ended.status === "rejected" ? ended.reason : null;
  return gceError(readFailure(caught), { doing: "reading image base" });
}

function refusing(url: string, status: number, body: object): void {
  google.use(http.post(url, () => HttpResponse.json(body, { status })));
}

function googles(message: string, code: number, reason: string): object {
  const info = { "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason };
  return { error: { code, message, status: "REFUSED", details: [info] } };
}

describe("a refusal to act as a service account", () => {
  it("asks for the role that it lacks", async () => {
    const words =
      "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist).";
    refusing(IAM, 403, googles(words, 403, "IAM_PERMISSION_DENIED"));
    expect(await errorOf({ actsAs: ACCOUNT })).toMatchObject({
      code: "PERMISSION_DENIED",
      reason: "CLOUD_PERMISSION_DENIED",
      message: `there is no access token for Compute Engine: iamcredentials.googleapis.com answered with HTTP status 403: ${words}`,
      remedy: expect.stringContaining(`roles/iam.serviceAccountTokenCreator on ${ACCOUNT}`),
      blastRadius: "account",
      retry: "never",
      metadata: { status: 403, provider_code: "IAM_PERMISSION_DENIED" },
    });
  });

  it("asks for the API where that is not enabled", async () => {
    const words =
      "IAM Service Account Credentials API has not been used in project 1 before or it is disabled.";
    refusing(IAM, 403, googles(words, 403, "SERVICE_DISABLED"));
    expect(await errorOf({ actsAs: ACCOUNT })).toMatchObject({
      code: "PERMISSION_DENIED",
      message: expect.stringContaining(words),
      remedy: "Enable the API that the message names, in the project that it names.",
    });
  });

  it("asks for the account that there is not", async () => {
    refusing(IAM, 404, googles(`Gaia id not found for email ${ACCOUNT}`, 404, ""));
    expect(await errorOf({ actsAs: ACCOUNT })).toMatchObject({
      code: "UNAUTHENTICATED",
      remedy: `Create the service account ${ACCOUNT}, or correct its address.`,
    });
  });
});

describe("a refusal of a user's credentials", () => {
  it("shows the words, also where Google asks for a new sign-in", async () => {
    refusing(SIGN_IN, 400, {
      error: "invalid_grant",
      error_description: "reauth related error (invalid_rapt)",
      error_subtype: "invalid_rapt",
    });
    const error = await errorOf({ actsAs: null });
    expect(error).toMatchObject({
      code: "UNAUTHENTICATED",
      message:
        "there is no access token for Compute Engine: oauth2.googleapis.com answered with HTTP status 400: invalid_grant: reauth related error (invalid_rapt)",
      remedy: expect.stringContaining("gcloud auth application-default login"),
      metadata: { provider_code: "invalid_grant" },
    });
  });
});

describe("a token service's refusal", () => {
  const refused = (url: string, status: number, data: unknown) =>
    tokenRefusal(Object.assign(new Error("said"), { config: { url }, response: { status, data } }));

  it("of a workload's own token concerns its identity provider, not a person's sign-in", () => {
    const said = { error: "invalid_grant", error_description: "eyJhbGci.e30.x: rejected" };
    const error = refused("https://sts.googleapis.com/v1/token", 400, said);
    expect(error).toMatchObject({ code: "UNAUTHENTICATED" });
    expect(error?.message).toContain("invalid_grant: [redacted]: rejected");
    expect(error?.remedy).toContain("attribute mapping");
  });

  it.each([429, 500, 503])("with status %i passes", (status) => {
    expect(refused("https://sts.googleapis.com/v1/token", status, "")).toMatchObject({
      code: "UNAVAILABLE",
      reason: "CLOUD_UNAVAILABLE",
      retry: "same-token",
    });
  });

  it("at an unknown service is shown as it is, with a neutral remedy", () => {
    const error = refused("https://idp.example.com/token?key=secret", 418, "<html>");
    expect(error?.message).toContain("idp.example.com answered with HTTP status 418: said");
    expect(error?.message).not.toContain("secret");
    expect(error?.remedy).toMatch(/^Correct what the message says/);
  });

  it("has the words of an identity provider", () => {
    const data = { message: "Resource not accessible by integration" };
    const error = refused("https://pipelines.example.com/idtoken", 403, data);
    expect(error?.message).toContain("HTTP status 403: Resource not accessible by integration");
  });

  it("is nothing else's", () => {
    expect(tokenRefusal(new Error("no refresh token"))).toBeNull();
  });
});

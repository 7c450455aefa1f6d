import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { IdentityPoolClient, JWT, OAuth2Client, UserRefreshClient } from "google-auth-library";
import { http, HttpResponse } from "msw";
import type { HttpResponseResolver } from "msw";
import { setupServer } from "msw/node";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { audienceOf } from "../../../../../adapters/gce/client/credential-file.ts";
import { impersonated } from "../../../../../adapters/gce/client/impersonated.ts";
import { openCredentials } from "../../../../../adapters/gce/client/credentials.ts";
import type { CredentialOptions } from "../../../../../adapters/gce/client/credentials.ts";
import { gceAgents } from "../../../../../adapters/gce/client/transport.ts";
import { createSecretMemory } from "../../../../../src/redaction/secret-memory.ts";
import { serviceAccountOf } from "../../../../../adapters/gce/target.ts";
import { caughtError } from "../../../../support/caught.ts";
import { gcpTarget } from "../../../../support/gce-launches.ts";
import { sendJson, startServer } from "../../../oci/support/http-server.ts";
import { makePipe } from "../../../../support/pipe.ts";

const WRITER = "writer@agents.iam.gserviceaccount.com";
const READER = "reader@agents.iam.gserviceaccount.com";
const PROVIDER = "projects/1/locations/global/workloadIdentityPools/pool/providers/own";

function open(
  options: Omit<CredentialOptions, "agents" | "home" | "memory" | "now">,
  memory = createSecretMemory(9),
) {
  return openCredentials({
    home: "/nonexistent",
    now: () => Date.now(),
    ...options,
    memory,
    agents: gceAgents(null),
  });
}

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-credentials-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(content: unknown): Promise<string> {
  const path = join(folder, `${Math.random()}.json`);
  await writeFile(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

const AUTHORIZED_USER = {
  type: "authorized_user",
  client_id: "id",
  client_secret: "secret",
  refresh_token: "refresh",
};
const ANSWERED = { headers: new Headers(), url: new URL("https://iamcredentials.googleapis.com") };
const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const PRIVATE_KEY = privateKey.export({ type: "pkcs8", format: "pem" });
const SERVICE_ACCOUNT = {
  type: "service_account",
  client_email: READER,
  private_key: PRIVATE_KEY,
};
const EXTERNAL = {
  type: "external_account",
  audience: "//iam.googleapis.com/projects/9/other",
  subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
  token_url: "https://sts.example.com/v1/token",
  service_account_impersonation_url: "https://iamcredentials.example.com/other",
  credential_source: { file: "/var/run/token" },
};

describe("whose token goes with a call", () => {
  it("is the one that was given, whatever else there is", async () => {
    const target = gcpTarget({ wifServiceAccount: WRITER, wifProviderResourceName: PROVIDER });
    const environment = { CLOUDSDK_AUTH_ACCESS_TOKEN: " token\n" };
    const client = await open({ target, environment, role: "launcher" });
    expect((await client.getRequestHeaders()).get("authorization")).toBe("Bearer token");
  });

  it("is the placement's account of this role: the reader's is the launcher's where it has none", () => {
    const both = gcpTarget({ wifServiceAccount: WRITER, wifReadonlyServiceAccount: READER });
    expect(serviceAccountOf(both, "reader")).toBe(READER);
    expect(serviceAccountOf(both, "launcher")).toBe(WRITER);
    const one = gcpTarget({ wifServiceAccount: WRITER });
    expect(serviceAccountOf(one, "reader")).toBe(WRITER);
    expect(serviceAccountOf(gcpTarget(), "launcher")).toBeNull();
  });

  it.each([
    ["a user's", AUTHORIZED_USER, UserRefreshClient],
    ["a service account's", SERVICE_ACCOUNT, JWT],
    ["an external account's", EXTERNAL, IdentityPoolClient],
  ])("is that of %s credentials in the file that is named", async (_whose, content, kind) => {
    const environment = { GOOGLE_APPLICATION_CREDENTIALS: await file(content) };
    const client = await open({ target: gcpTarget(), environment, role: "reader" });
    expect(client).toBeInstanceOf(kind);
  });

  it("is that of the file that the variable names in lower case", async () => {
    const environment = { google_application_credentials: await file(AUTHORIZED_USER) };
    const client = await open({ target: gcpTarget(), environment, role: "reader" });
    expect(client).toBeInstanceOf(UserRefreshClient);
  });

  it("never comes from a pipe, which may have no writer", async () => {
    const path = makePipe(join(folder, "pipe.json"));
    const environment = { GOOGLE_APPLICATION_CREDENTIALS: path };
    await expect(open({ target: gcpTarget(), environment, role: "reader" })).rejects.toMatchObject({
      reason: "CLOUD_CONFIGURATION_INVALID",
      message: `GOOGLE_APPLICATION_CREDENTIALS ${path} cannot be read: it is a pipe, not a regular file`,
    });
  });

  it("is another account's, which is asked for with one's own", async () => {
    const own = new OAuth2Client();
    own.setCredentials({ access_token: "own" });
    const data = { accessToken: "other", expireTime: "2999-01-01T00:00:00Z" };
    const sent = vi
      .spyOn(own.transporter, "request")
      .mockResolvedValue(Object.assign(new Response(), { data, config: ANSWERED }));
    const headers = await impersonated(own, WRITER).getRequestHeaders();
    expect(headers.get("authorization")).toBe("Bearer other");
    const url = String(sent.mock.calls[0]?.[0]?.url);
    expect(url).toContain(`${encodeURIComponent(WRITER)}:generateAccessToken`);
    expect(url).toMatch(/^https:\/\/iamcredentials\.googleapis\.com\//);
  });

  it("is opened without a word on the console", async () => {
    const words = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const target = gcpTarget({ wifServiceAccount: WRITER });
    for (const content of [AUTHORIZED_USER, SERVICE_ACCOUNT, EXTERNAL]) {
      const environment = { GOOGLE_APPLICATION_CREDENTIALS: await file(content) };
      await open({ target, environment, role: "launcher" });
    }
    expect(words).not.toHaveBeenCalled();
    words.mockRestore();
  });
});

describe("a file of credentials", () => {
  const IAM = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts";
  const WORKFORCE = "//iam.googleapis.com/locations/global/workforcePools/people/providers/own";
  const TOKEN = { access_token: "granted-token", expires_in: 3_600, token_type: "Bearer" };
  const IMPERSONATED = { accessToken: "granted-token", expireTime: "2999-01-01T00:00:00Z" };
  const asked: { readonly host: string; readonly form: URLSearchParams; readonly body: string }[] =
    [];
  const answer =
    (reply: object): HttpResponseResolver =>
    async ({ request }) => {
      const body = await request.text();
      asked.push({ host: new URL(request.url).host, form: new URLSearchParams(body), body });
      return HttpResponse.json(reply);
    };
  const google = setupServer(
    http.post("https://oauth2.googleapis.com/token", answer(TOKEN)),
    http.post("https://sts.googleapis.com/v1/token", answer(TOKEN)),
    http.post("https://sts.googleapis.com/v1/oauthtoken", answer(TOKEN)),
    http.post("https://sts.example.goog/v1/token", answer(TOKEN)),
    http.post(`${IAM}/:account`, answer(IMPERSONATED)),
    http.post(
      "https://iamcredentials.example.goog/v1/projects/-/serviceAccounts/:account",
      answer(IMPERSONATED),
    ),
  );
  beforeAll(() => {
    google.listen();
    syncBuiltinESMExports();
  });
  beforeEach(() => asked.splice(0));
  afterAll(() => {
    google.close();
    syncBuiltinESMExports();
  });

  const workload = async () => ({
    type: "external_account",
    audience: `//iam.googleapis.com/${PROVIDER}`,
    subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
    credential_source: { file: await file("subject-token") },
  });
  const KINDS: readonly (readonly [kind: string, content: () => Promise<object> | object])[] = [
    ["a user", () => AUTHORIZED_USER],
    ["a service account", () => SERVICE_ACCOUNT],
    [
      "a service account whose key has no type",
      () => ({ client_email: READER, private_key: PRIVATE_KEY }),
    ],
    ["a workload", workload],
    [
      "a workload that acts as an account",
      async () => ({
        ...(await workload()),
        service_account_impersonation_url: `${IAM}/${WRITER}:generateAccessToken`,
      }),
    ],
    [
      "a workforce pool",
      async () => ({
        ...(await workload()),
        audience: WORKFORCE,
        workforce_pool_user_project: "people-1",
      }),
    ],
    [
      "a user of a workforce pool",
      () => ({
        ...AUTHORIZED_USER,
        type: "external_account_authorized_user",
        audience: WORKFORCE,
        token_url: "https://sts.googleapis.com/v1/oauthtoken",
      }),
    ],
    [
      "an account that a user acts as",
      () => ({
        type: "impersonated_service_account",
        service_account_impersonation_url: `${IAM}/${WRITER}:generateAccessToken`,
        source_credentials: AUTHORIZED_USER,
        delegates: [READER],
      }),
    ],
  ];

  it.each(KINDS)("bills %s by its quota project", async (_kind, contentOf) => {
    const content = { ...(await contentOf()), quota_project_id: "billing-1", universe_domain: "" };
    const headers = await headersOf(content, {});
    expect(headers.get("authorization")).toBe("Bearer granted-token");
    expect(headers.get("x-goog-user-project")).toBe("billing-1");
  });

  it.each(KINDS)("bills %s by the project in the environment", async (_kind, contentOf) => {
    const content = { ...(await contentOf()), quota_project_id: "billing-1" };
    const headers = await headersOf(content, { GOOGLE_CLOUD_QUOTA_PROJECT: "billing-2" });
    expect(headers.get("x-goog-user-project")).toBe("billing-2");
  });

  it.each(KINDS)("bills %s by nothing else", async (_kind, contentOf) => {
    const headers = await headersOf({ ...(await contentOf()), quota_project_id: null }, {});
    expect(headers.has("x-goog-user-project")).toBe(false);
  });

  it("sends the project of a workforce pool's user", async () => {
    const content = { ...(await workload()), audience: WORKFORCE };
    await headersOf({ ...content, workforce_pool_user_project: "people-1" }, {});
    const [request] = asked;
    expect(request?.form.get("options")).toBe(JSON.stringify({ userProject: "people-1" }));
  });

  it("sends the delegates between a user and an account", async () => {
    await headersOf(
      {
        type: "impersonated_service_account",
        service_account_impersonation_url: `${IAM}/${WRITER}:generateAccessToken`,
        source_credentials: AUTHORIZED_USER,
        delegates: [READER],
      },
      {},
    );
    expect(asked.map(({ host }) => host)).toEqual([
      "oauth2.googleapis.com",
      "iamcredentials.googleapis.com",
    ]);
    expect(JSON.parse(asked[1]?.body ?? "")).toMatchObject({ delegates: [READER] });
  });

  it("is used in its own universe", async () => {
    const content = { ...(await workload()), universe_domain: "example.goog" };
    const environment = { GOOGLE_APPLICATION_CREDENTIALS: await file(content) };
    const target = gcpTarget({ wifServiceAccount: WRITER });
    const client = await open({ target, environment, role: "launcher" });
    expect(client.universeDomain).toBe("example.goog");
    await client.getRequestHeaders();
    expect(asked.map(({ host }) => host)).toEqual([
      "sts.example.goog",
      "iamcredentials.example.goog",
    ]);
  });

  it("is not used in another universe than the environment's", async () => {
    const environment = {
      GOOGLE_APPLICATION_CREDENTIALS: await file(AUTHORIZED_USER),
      GOOGLE_CLOUD_UNIVERSE_DOMAIN: "example.goog",
    };
    await expect(open({ target: gcpTarget(), environment, role: "reader" })).rejects.toMatchObject({
      reason: "CLOUD_CONFIGURATION_INVALID",
      message:
        "GOOGLE_CLOUD_UNIVERSE_DOMAIN is example.goog, but the credentials are for the universe googleapis.com",
    });
  });

  it.each([
    [{ type: "gdch_service_account" }, "has credentials of type gdch_service_account, which"],
    [{ type: "<secret>" }, "has no type of credentials"],
    [{}, "has no type of credentials"],
    [[], "is not a JSON object"],
    [
      { ...AUTHORIZED_USER, refresh_token: "" },
      "has no valid refresh_token (type authorized_user)",
    ],
    [
      { ...SERVICE_ACCOUNT, private_key: "secret" },
      "has a private_key that is not one in PEM form",
    ],
    [
      { ...SERVICE_ACCOUNT, private_key: PRIVATE_KEY.toString().replaceAll("\n", "\\n") },
      "has a private_key that is not one in PEM form",
    ],
    [{ ...EXTERNAL, credential_source: {} }, "cannot be used: No valid Identity Pool"],
    [{ ...EXTERNAL, workforce_pool_user_project: "secret" }, "cannot be used: workforcePool"],
  ])("is not %j", async (content, words) => {
    const environment = { GOOGLE_APPLICATION_CREDENTIALS: await file(content) };
    const error = await caughtError(() =>
      open({ target: gcpTarget(), environment, role: "reader" }),
    );
    expect(error.reason).toBe("CLOUD_CONFIGURATION_INVALID");
    expect(error.message).toContain(words);
    expect(JSON.stringify([error, error.message])).not.toMatch(/secret"|<secret>/u);
  });

  async function headersOf(content: object, more: Readonly<Record<string, string>>) {
    const environment = { GOOGLE_APPLICATION_CREDENTIALS: await file(content), ...more };
    const client = await open({ target: gcpTarget(), environment, role: "reader" });
    return await client.getRequestHeaders();
  }
});

describe("a workload identity provider", () => {
  const target = gcpTarget({ wifProviderResourceName: PROVIDER, wifServiceAccount: WRITER });

  it("is asked with the workload's own token, for the placement's account and no other", async () => {
    const environment = { GOOGLE_APPLICATION_CREDENTIALS: await file(EXTERNAL) };
    const client = await open({ target, environment, role: "launcher" });
    expect(client).toBeInstanceOf(OAuth2Client);
    const own = await open({
      target: gcpTarget({ wifProviderResourceName: PROVIDER }),
      environment,
      role: "launcher",
    });
    expect(own).toBeInstanceOf(IdentityPoolClient);
    const told = JSON.stringify(Object.values(own).filter((one) => typeof one === "string"));
    expect(told).toContain(PROVIDER);
    expect(told).not.toContain("other");
  });

  it("is named with and without its service", () => {
    expect(audienceOf(PROVIDER)).toBe(`//iam.googleapis.com/${PROVIDER}`);
    expect(audienceOf(`//iam.googleapis.com/${PROVIDER}`)).toBe(`//iam.googleapis.com/${PROVIDER}`);
  });

  it.each([
    ["no file", async () => ({})],
    ["a file that is not there", async () => ({ GOOGLE_APPLICATION_CREDENTIALS: "/nowhere" })],
    ["a file of no JSON", async () => ({ GOOGLE_APPLICATION_CREDENTIALS: await file("secret {") })],
    [
      "credentials of another kind",
      async () => ({ GOOGLE_APPLICATION_CREDENTIALS: await file(AUTHORIZED_USER) }),
    ],
  ])("with %s cannot be asked", async (_what, environmentOf) => {
    const environment = await environmentOf();
    const error = await caughtError(() => open({ target, environment, role: "reader" }));
    expect(error.reason).toBe("CLOUD_CONFIGURATION_INVALID");
    expect(JSON.stringify([error, error.message])).not.toContain("secret");
  });
});

describe("the secrets of a request for a token", () => {
  it.each([
    ["a user", AUTHORIZED_USER, ["refresh", "secret"]],
    ["a service account", SERVICE_ACCOUNT, [expect.stringMatching(/^eyJ/)]],
  ])("are remembered of %s, and so is the token", async (_whose, content, sent) => {
    const memory = createSecretMemory(9);
    const environment = { GOOGLE_APPLICATION_CREDENTIALS: await file(content) };
    const client = await open({ target: gcpTarget(), environment, role: "reader" }, memory);
    client.transporter.defaults.fetchImplementation = async () =>
      Response.json({ access_token: "granted-token", expires_in: 3_600 });
    await client.request({ url: "https://compute.googleapis.com/" });
    const known = memory.all().map((secret) => secret.reveal());
    expect(known.toSorted()).toEqual(expect.arrayContaining([...sent, "granted-token"]));
  });

  it("are remembered of an external account", async () => {
    await using service = await startServer((_request, response) =>
      sendJson(response, { access_token: "granted-token", token_type: "Bearer", expires_in: 60 }),
    );
    const memory = createSecretMemory(9);
    const client = await open(await externalAccount(`${service.url}/token`), memory);
    expect((await client.getRequestHeaders()).get("authorization")).toBe("Bearer granted-token");
    const [request] = service.requests;
    expect(new URLSearchParams(request?.body).get("subject_token")).toBe("subject-token");
    expect(request?.headers["content-type"]).toMatch(/^application\/x-www-form-urlencoded/);
    expect(memory.all().map((secret) => secret.reveal())).toEqual(["subject-token"]);
  });

  it.each([301, 302, 303, 307, 308])("go nowhere else after a redirect (%i)", async (status) => {
    await using elsewhere = await startServer((_request, response) => sendJson(response, {}));
    await using service = await startServer((_request, response) => {
      response.writeHead(status, { location: `${elsewhere.url}/token` });
      response.end();
    });
    const client = await open(await externalAccount(`${service.url}/token`));
    await expect(client.getRequestHeaders()).rejects.toThrow("redirect");
    expect(elsewhere.requests).toEqual([]);
  });
});

async function externalAccount(
  tokenUrl: string,
): Promise<Omit<CredentialOptions, "agents" | "home" | "memory" | "now">> {
  const source = { file: await file("subject-token") };
  const account = { ...EXTERNAL, token_url: tokenUrl, credential_source: source };
  const { service_account_impersonation_url: _url, ...plain } = account;
  const environment = { GOOGLE_APPLICATION_CREDENTIALS: await file(plain) };
  return { target: gcpTarget(), environment, role: "reader" };
}

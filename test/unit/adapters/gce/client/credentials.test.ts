import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { IdentityPoolClient, JWT, OAuth2Client, UserRefreshClient } from "google-auth-library";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { audienceOf } from "../../../../../adapters/gce/client/credential-file.ts";
import { impersonated, openCredentials } from "../../../../../adapters/gce/client/credentials.ts";
import type { CredentialOptions } from "../../../../../adapters/gce/client/credentials.ts";
import { createSecretMemory } from "../../../../../src/redaction/secret-memory.ts";
import { serviceAccountOf } from "../../../../../adapters/gce/target.ts";
import { caughtError } from "../../../../support/caught.ts";
import { gcpTarget } from "../../../../support/gce-launches.ts";
import { sendJson, startServer } from "../../../oci/support/http-server.ts";
import { makePipe } from "../../../../support/pipe.ts";

const WRITER = "writer@agents.iam.gserviceaccount.com";
const READER = "reader@agents.iam.gserviceaccount.com";
const PROVIDER = "projects/1/locations/global/workloadIdentityPools/pool/providers/own";

function open(options: Omit<CredentialOptions, "memory">, memory = createSecretMemory(9)) {
  return openCredentials({ ...options, memory });
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
  private_key: "-----BEGIN PRIVATE KEY-----",
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
    [
      "a service account",
      { ...SERVICE_ACCOUNT, private_key: PRIVATE_KEY },
      [expect.stringMatching(/^eyJ/)],
    ],
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

async function externalAccount(tokenUrl: string): Promise<Omit<CredentialOptions, "memory">> {
  const source = { file: await file("subject-token") };
  const account = { ...EXTERNAL, token_url: tokenUrl, credential_source: source };
  const { service_account_impersonation_url: _url, ...plain } = account;
  const environment = { GOOGLE_APPLICATION_CREDENTIALS: await file(plain) };
  return { target: gcpTarget(), environment, role: "reader" };
}

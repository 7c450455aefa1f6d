import { describe, expect, it } from "vitest";
import { isSlipwayError } from "../../../src/errors.ts";
import type { RegistryCredential } from "../../../src/oci/credential.ts";
import { tinyImage } from "../../../testing/registry/index.ts";
import { asking, password, testClient } from "./support/client.ts";
import { sendJson, startServer } from "./support/http-server.ts";

const IMAGE = tinyImage("amd64");
const ALICE = password("alice", "wonder:land");

describe("a token server", () => {
  const digest = IMAGE.manifest.digest;

  /** A registry with a challenge and its token service. */
  async function ask(
    challenge: (url: string) => string,
    reply: (response: Parameters<typeof sendJson>[0]) => void,
    credential: RegistryCredential | null = ALICE,
  ) {
    await using server = await startServer((request, response) => {
      if (request.url.startsWith("/token")) reply(response);
      else if (request.headers.authorization === "Bearer good")
        response
          .writeHead(200, {
            "content-type": IMAGE.manifest.mediaType,
            "docker-content-digest": digest,
          })
          .end();
      else response.writeHead(401, { "www-authenticate": challenge(server.url) }).end();
    });
    using client = testClient();
    const request = asking(`${server.host}/a@${digest}`, credential);
    try {
      return { outcome: await client.headManifest(request), requests: server.requests };
    } catch (caught) {
      if (!isSlipwayError(caught)) throw caught;
      return { outcome: caught, requests: server.requests };
    }
  }
  const bearer = (url: string): string => `Bearer realm="${url}/token?x=1",service="s e"`;

  it.each<[string, unknown]>([
    ["token", { token: "good" }],
    ["access_token", { access_token: "good" }],
    ["both", { token: "other", access_token: "good", expires_in: 10, issued_at: "?" }],
    ["nulls", { token: "good", access_token: null, expires_in: null }],
  ])("may call it %s", async (_what, reply) => {
    const { outcome, requests } = await ask(bearer, (response) => sendJson(response, reply));
    expect(outcome).toMatchObject({ digest });
    expect(requests[1]?.url).toBe("/token?x=1&service=s+e&scope=repository%3Aa%3Apull");
  });

  it("is preferred to Basic, and receives no missing parameters", async () => {
    const { outcome, requests } = await ask(
      (url) => `Basic realm="x", Bearer realm="${url}/token"`,
      (response) => sendJson(response, { token: "good" }),
    );
    expect(outcome).toMatchObject({ digest });
    expect(requests[1]?.url).toBe("/token?scope=repository%3Aa%3Apull");
  });

  it.each<[string, unknown, string]>([
    ["no token", {}, "REGISTRY_PROTOCOL"],
    ["a list", [], "REGISTRY_PROTOCOL"],
    ["an empty token", { token: "" }, "REGISTRY_PROTOCOL"],
    ["a token with a line break", { token: "good\r\nx: y" }, "REGISTRY_PROTOCOL"],
    ["a token of another type", { token: 1 }, "REGISTRY_PROTOCOL"],
    ["a token of megabytes", { token: "x".repeat(1024 * 1024) }, "REGISTRY_PROTOCOL"],
    ["a token that the registry refuses", { token: "bad" }, "REGISTRY_UNAUTHENTICATED"],
  ])("may not send %s", async (_what, reply, reason) => {
    const { outcome } = await ask(bearer, (response) => sendJson(response, reply));
    expect(outcome).toMatchObject({ reason });
  });

  it.each([
    [400, "REGISTRY_UNAUTHENTICATED"],
    [401, "REGISTRY_UNAUTHENTICATED"],
    [403, "REGISTRY_UNAUTHENTICATED"],
    [429, "REGISTRY_RATE_LIMITED"],
    [503, "REGISTRY_UNAVAILABLE"],
    [302, "REGISTRY_PROTOCOL"],
  ])("with status %i is understood", async (status, reason) => {
    const { outcome } = await ask(bearer, (response) => sendJson(response, {}, { status }));
    expect(outcome).toMatchObject({ reason });
  });

  it.each([
    ["", "refused the credential"],
    ["Negotiate", "unsupported authentication scheme (negotiate)"],
    ["Bearer service=x", "no realm"],
    ['Bearer realm="not an address"', 'realm of its challenge is not an address: "not an address"'],
  ])("cannot be found from the challenge %j", async (challenge, why) => {
    const { outcome } = await ask(
      () => challenge,
      () => undefined,
    );
    expect(outcome).toMatchObject({ message: expect.stringContaining(why) });
  });

  it("quotes only the first of very many schemes", async () => {
    const { outcome } = await ask(
      () => "scheme ".repeat(1_500),
      () => undefined,
    );
    expect(outcome).toMatchObject({ message: expect.stringMatching(/^.{1,600}$/u) });
  });

  it("does not get a repeated credential into a message", async () => {
    const { outcome } = await ask(bearer, (response) =>
      sendJson(
        response,
        { errors: [{ code: "DENIED", message: "alice:wonder:land is no friend of ours" }] },
        { status: 429 },
      ),
    );
    expect(outcome).toMatchObject({ metadata: { errors: [{ code: "DENIED" }] } });
    expect(JSON.stringify(outcome)).not.toContain("wonder");
  });

  it("sends the password only to the realm, and the token only to the registry", async () => {
    const { requests } = await ask(bearer, (response) => sendJson(response, { token: "good" }));
    const basic = `Basic ${Buffer.from("alice:wonder:land").toString("base64")}`;
    expect(requests.map(({ headers }) => headers.authorization)).toEqual([
      undefined,
      basic,
      "Bearer good",
    ]);
  });
});

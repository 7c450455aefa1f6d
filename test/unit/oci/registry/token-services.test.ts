import { describe, expect, it } from "vitest";
import type { RegistryCredential } from "../../../../src/oci/credential.ts";
import { asking, identityToken, password, ROBOT, SECURE, testClient } from "../support/client.ts";
import {
  challengeReply,
  errorReply,
  HOST,
  IMAGE,
  manifestReply,
  NAME,
  playHosts,
  type PlayedRequest,
} from "../support/public-registry.ts";

const SERVICE = "auth.example.com";
const CHALLENGE = `Bearer realm="https://${SERVICE}/token",service="registry",scope="repository:team/app:pull"`;
const FOUND = { digest: IMAGE.manifest.digest };

/** Plays a registry that takes the token `good`, and its token service. */
function play(
  service: (request: PlayedRequest) => Response,
  challenge: string | ((request: PlayedRequest) => string) = CHALLENGE,
) {
  return playHosts((request) => {
    if (request.url.host === SERVICE) return service(request);
    if (request.authorization === "Bearer good") return manifestReply();
    return challengeReply(typeof challenge === "string" ? challenge : challenge(request));
  });
}

async function read(credential: RegistryCredential | null = ROBOT) {
  using client = testClient(SECURE);
  return await client.getManifest(asking(NAME, credential));
}

describe("the document of a token service", () => {
  it.each<[string, object]>([
    ["Harbor's, with an empty access_token", { token: "good", access_token: "" }],
    ["an empty token", { token: "", access_token: "good" }],
    ["null", { token: null, access_token: "good", expires_in: null, issued_at: null }],
    ["a token that no header can hold", { access_token: "a b\n", token: "good" }],
    ["a token of another type", { access_token: 7, token: "good" }],
    ["names in another case", { Token: "good", Expires_In: 300 }],
    ["a later null", JSON.parse('{"token": "good", "Token": null}') as object],
    ["an empty expires_in", { token: "good", expires_in: "" }],
    ["expires_in as text", { token: "good", expires_in: "3600" }],
    ["expires_in as a fraction", { token: "good", expires_in: 299.5 }],
    ["expires_in 0", { token: "good", expires_in: 0 }],
    ["a negative expires_in", { token: "good", expires_in: -1 }],
    ["an unreadable issued_at", { token: "good", issued_at: "yesterday" }],
    ["an empty issued_at", { token: "good", issued_at: "" }],
    ["more members", { token: "good", scope: "", refresh_token: null, id: [1] }],
  ])("may have %s", async (_what, document) => {
    using hosts = play(() => Response.json(document));
    expect(await read()).toMatchObject(FOUND);
    expect(hosts.requests).toHaveLength(3);
  });

  it.each(["application/octet-stream", "text/html; charset=utf-8"])(
    "may have the content type %s, and another status of success",
    async (type) => {
      const headers = { "content-type": type };
      using hosts = play(() => new Response('{"token":"good"}', { status: 201, headers }));
      expect(await read()).toMatchObject(FOUND);
      expect(hosts.requests).toHaveLength(3);
    },
  );

  it.each<[string, string]>([
    ["no token", '{"token":"","access_token":null}'],
    ["a list", '["good"]'],
    ["no JSON", "good"],
  ])("is not usable with %s", async (_what, text) => {
    using hosts = play(() => new Response(text));
    await expect(read()).rejects.toThrow(
      expect.objectContaining({
        reason: "REGISTRY_PROTOCOL",
        message: expect.stringContaining(`${SERVICE} sent no usable token`),
      }),
    );
    expect(hosts.requests).toHaveLength(2);
  });

  it.each([
    [{ token: "good", expires_in: 0 }, 45_000],
    [{ token: "good", expires_in: "300" }, 270_000],
    [{ token: "good" }, 45_000],
  ])(
    "keeps its token for its lifetime, or for the minute of the specification: %j",
    async (document, until) => {
      let now = 0;
      using hosts = play(() => Response.json(document));
      using client = testClient({ ...SECURE, now: () => now });
      await client.getManifest(asking(NAME, ROBOT));
      now = until - 1;
      await client.headManifest(asking(NAME, ROBOT));
      expect(hosts.requests).toHaveLength(4);
      now = until;
      await client.headManifest(asking(NAME, ROBOT));
      expect(hosts.requests).toHaveLength(7);
    },
  );
});

describe("the realm of a challenge", () => {
  it.each([
    ["", "its challenge has no realm"],
    ["/token", 'the realm of its challenge is not an address: "/token"'],
    ["auth.example.com/token", 'is not an address: "auth.example.com/token"'],
  ])("must be an address: %j", async (realm, why) => {
    using hosts = play(() => Response.json({ token: "good" }), `Bearer realm="${realm}"`);
    await expect(read()).rejects.toThrow(
      expect.objectContaining({
        reason: "REGISTRY_PROTOCOL",
        message: expect.stringContaining(why),
      }),
    );
    expect(hosts.requests).toHaveLength(1);
  });
});

describe("the scope of a token", () => {
  const scopesOf = ({ url }: PlayedRequest) => url.searchParams.getAll("scope");

  it.each<[string, string, readonly string[]]>([
    ["the challenge's", "repository:upstream/team/app:pull", ["repository:upstream/team/app:pull"]],
    [
      "several",
      "repository:team/app:pull repository:library/base:pull",
      ["repository:team/app:pull", "repository:library/base:pull"],
    ],
    ["a plugin's", "repository(plugin):team/app:pull", ["repository(plugin):team/app:pull"]],
    ["all actions", "repository:team/app:*", ["repository:team/app:*"]],
    ["a registry's", "registry:catalog:*", ["registry:catalog:*"]],
    ["a repeated one once", "aws aws", ["aws"]],
    ["its own without one in the challenge", "", ["repository:team/app:pull"]],
  ])("is %s", async (_what, scope, scopes) => {
    using hosts = play(
      () => Response.json({ token: "good" }),
      `Bearer realm="https://${SERVICE}/token",service="registry",scope="${scope}"`,
    );
    expect(await read()).toMatchObject(FOUND);
    expect(hosts.requests.slice(1, 2).map(scopesOf)).toEqual([scopes]);
  });

  it("is sent in one field of a form", async () => {
    using hosts = play(
      () => Response.json({ access_token: "good" }),
      `Bearer realm="https://${SERVICE}/token",scope="a b",service=""`,
    );
    expect(await read(identityToken("refresh"))).toMatchObject(FOUND);
    const form = new URLSearchParams(hosts.requests[1]?.body);
    expect(form.getAll("scope")).toEqual(["a b"]);
    expect(form.has("service")).toBe(false);
  });

  it.each<[string, string, readonly string[]]>([
    [
      "that the registry names then",
      ',scope="repository:proxy/app:pull"',
      ["repository:proxy/app:pull"],
    ],
    [
      "of the repository, if it names an example",
      ',scope="repository:user/image:pull"',
      ["repository:team/app:pull"],
    ],
  ])("is replaced once after a rejected token, by the one %s", async (_what, then, scopes) => {
    const example = ',scope="repository:user/image:pull"';
    using hosts = play(
      (request) => {
        const asked = scopesOf(request);
        // A service that knows one scope refuses all others, as GitHub's does.
        return asked.join() === scopes.join()
          ? Response.json({ token: "good" })
          : Response.json({ token: "weak" });
      },
      ({ authorization }) =>
        `Bearer realm="https://${SERVICE}/token"${authorization === null ? example : then}`,
    );
    expect(await read()).toMatchObject(FOUND);
    expect(hosts.requests.filter(({ url }) => url.host === SERVICE).map(scopesOf)).toEqual([
      ["repository:user/image:pull"],
      scopes,
    ]);
  });

  it("is not replaced without end", async () => {
    let scope = 0;
    using hosts = play(
      () => Response.json({ token: "weak" }),
      () => `Bearer realm="https://${SERVICE}/token",scope="s${(scope += 1)}"`,
    );
    await expect(read()).rejects.toThrow(
      expect.objectContaining({ reason: "REGISTRY_UNAUTHENTICATED" }),
    );
    expect(hosts.requests).toHaveLength(5);
  });

  it("is asked for again if the registry rejects an old token with a challenge for Basic", async () => {
    let token = "good";
    using hosts = playHosts(({ url, authorization }) => {
      if (url.host === SERVICE) return Response.json({ token });
      if (authorization === `Bearer ${token}`) return manifestReply();
      return challengeReply(authorization === null ? CHALLENGE : 'Basic realm="harbor"');
    });
    using client = testClient(SECURE);
    await client.getManifest(asking(NAME));
    token = "new";
    expect(await client.headManifest(asking(NAME))).toMatchObject(FOUND);
    expect(hosts.steps.slice(3).map((step) => step.split(" ").at(-1))).toEqual([
      "Bearer",
      "-",
      "-",
      "Bearer",
    ]);
  });
});

describe("the request to a token service", () => {
  it.each([
    [
      "keeps the realm's query",
      `realm="https://${SERVICE}/token?tenant=7"`,
      "?tenant=7&service=registry&",
    ],
    ["omits an empty service", `realm="https://${SERVICE}/token",service=""`, "?"],
  ])("%s", async (_what, parameters, query) => {
    const service = parameters.includes("service") ? "" : ',service="registry"';
    using hosts = play(() => Response.json({ token: "good" }), `Bearer ${parameters}${service}`);
    await read();
    expect(hosts.requests[1]?.url.search).toBe(`${query}scope=repository%3Ateam%2Fapp%3Apull`);
  });

  it.each([404, 405, 415])(
    "falls back to GET if the service does not support forms (%i)",
    async (status) => {
      using hosts = play(({ method }) =>
        method === "POST" ? new Response(null, { status }) : Response.json({ token: "good" }),
      );
      expect(await read(identityToken("refresh"))).toMatchObject(FOUND);
      expect(hosts.requests[2]).toMatchObject({
        method: "GET",
        authorization: `Basic ${Buffer.from(":refresh").toString("base64")}`,
      });
    },
  );

  it.each([
    ["Basic without a realm of Bearer", 'Bearer service="x", Basic realm="r"', "Basic"],
    ["Bearer behind other schemes", `Negotiate, NTLM, Basic realm="a, b", ${CHALLENGE}`, "Bearer"],
    ["Bearer in another case", `bEARER Realm="https://${SERVICE}/token"`, "Bearer"],
    [
      "a challenge with semicolons behind its realm",
      `Bearer realm="https://${SERVICE}/token";service=x`,
      "Bearer",
    ],
    [
      "a challenge that is cut off behind its realm",
      `Bearer realm="https://${SERVICE}/token",scope="x`,
      "Bearer",
    ],
  ])("answers %s", async (_what, challenge, scheme) => {
    const basic = `Basic ${Buffer.from("robot:sesame").toString("base64")}`;
    using hosts = playHosts(({ url, authorization }) => {
      if (url.host === SERVICE) return Response.json({ token: "good" });
      const good = authorization === basic || authorization === "Bearer good";
      return good ? manifestReply() : challengeReply(challenge);
    });
    expect(await read()).toMatchObject(FOUND);
    expect(hosts.steps.at(-1)).toBe(`GET ${HOST}/v2/team/app/manifests/1 ${scheme}`);
  });

  it.each(["/token", "token", ""])("is not sent to a realm without a host: %j", async (realm) => {
    using hosts = play(() => Response.json({ token: "good" }), `Bearer realm="${realm}"`);
    await expect(read()).rejects.toThrow(expect.objectContaining({ reason: "REGISTRY_PROTOCOL" }));
    expect(hosts.requests).toHaveLength(1);
  });
});

describe("the refusal of a token service", () => {
  it.each<[string, number, unknown, string]>([
    [
      "Docker Hub's",
      401,
      { details: "incorrect username or password" },
      "status 401: incorrect username or password",
    ],
    [
      "OAuth2's",
      400,
      { error: "invalid_grant", error_description: "the token has expired" },
      "status 400 (invalid_grant): the token has expired",
    ],
  ])("keeps its words: %s", async (_what, status, document, words) => {
    using hosts = play(() => errorReply(status, document));
    await expect(read()).rejects.toThrow(
      expect.objectContaining({
        code: "UNAUTHENTICATED",
        reason: "REGISTRY_UNAUTHENTICATED",
        message: `${HOST}/team/app: the token service ${SERVICE} of the registry ${HOST} refused the credential: ${words}`,
      }),
    );
    expect(hosts.requests).toHaveLength(2);
  });

  // https://github.com/Azure/acr/issues/633
  it.each([
    "HTTP Basic: Access denied. If a password was provided …",
    "client with IP '203.0.113.7' is not allowed access. Refer https://aka.ms/acr/firewall to grant access.",
  ])("by 403 is not the credential's fault alone: %s", async (message) => {
    using _hosts = play(() => errorReply(403, { errors: [{ code: "DENIED", message }] }));
    await expect(read()).rejects.toThrow(
      expect.objectContaining({
        code: "PERMISSION_DENIED",
        reason: "REGISTRY_PERMISSION_DENIED",
        message: `${HOST}/team/app: the registry ${HOST} does not let this credential pull team/app: status 403 (DENIED): ${message}`,
        remedy: expect.stringMatching(/^Settle what the registry's message names\./),
      }),
    );
  });

  it.each<[string, number, unknown, string, string, string]>([
    [
      "a disabled service",
      403,
      { errors: [{ code: "DENIED", message: "Artifact Registry API is disabled" }] },
      "REGISTRY_PERMISSION_DENIED",
      `the registry ${HOST} does not let anonymous callers pull team/app: status 403 (DENIED): Artifact Registry API is disabled`,
      "Settle what the registry's message names. If it names no cause: Use a credential",
    ],
    [
      "an unknown project",
      404,
      { errors: [{ code: "NAME_UNKNOWN", message: "no project team" }] },
      "IMAGE_NOT_FOUND",
      `the registry ${HOST} has no such image: status 404 (NAME_UNKNOWN): no project team`,
      "Check repository, tag and digest",
    ],
    [
      "an invalid name",
      400,
      { errors: [{ code: "NAME_INVALID", message: "two parts at most" }] },
      "INVALID_REFERENCE",
      `the registry ${HOST} does not accept the name: status 400 (NAME_INVALID): two parts at most`,
      "Correct the repository",
    ],
    [
      "a request that is not supported",
      400,
      { error: "invalid_scope", error_description: "the scope is malformed" },
      "REGISTRY_REFUSED",
      `the token service ${SERVICE} of the registry ${HOST} refused the request: status 400 (invalid_scope): the scope is malformed`,
      "Settle what the registry's message names",
    ],
  ])("to anonymous callers keeps its meaning: %s", async (_what, status, document, ...expected) => {
    const [reason, why, remedy] = expected;
    using hosts = play(() => errorReply(status, document));
    await expect(read(null)).rejects.toThrow(
      expect.objectContaining({
        reason,
        message: `${HOST}/team/app: ${why}`,
        remedy: expect.stringContaining(remedy),
      }),
    );
    expect(hosts.requests).toHaveLength(2);
  });

  it("may be a rate limit, or maintenance", async () => {
    const document = { errors: [{ code: "UNAVAILABLE", message: "maintenance until 05:00 UTC" }] };
    const read503 = async () => {
      using hosts = play(() => errorReply(503, document, { "retry-after": "60" }));
      await read().finally(() => expect(hosts.requests).toHaveLength(4));
    };
    await expect(read503()).rejects.toThrow(
      expect.objectContaining({
        code: "UNAVAILABLE",
        message: expect.stringContaining("status 503 (UNAVAILABLE): maintenance until 05:00 UTC"),
        metadata: expect.objectContaining({ retry_after_seconds: 60 }),
      }),
    );
    using hosts = play(() => errorReply(429, { message: "slow down" }));
    await expect(read()).rejects.toThrow(
      expect.objectContaining({
        reason: "REGISTRY_RATE_LIMITED",
        message: expect.stringContaining("slow down"),
      }),
    );
    expect(hosts.requests).toHaveLength(2);
  });
});

describe("secrets in the refusal of a token service", () => {
  it.each([
    ["a password", password("robot", "hunter2"), "hunter2"],
    ["a password's header", password("robot", "hunter2"), "cm9ib3Q6aHVudGVyMg=="],
    ["an identity token", identityToken("hunter2"), "hunter2"],
    ["an identity token's header", identityToken("hunter2"), "Omh1bnRlcjI="],
  ])("are redacted: %s, in its code and its message", async (_what, credential, secret) => {
    const document = { errors: [{ code: secret, message: `no ${secret}` }] };
    using hosts = play(({ method }) =>
      method === "POST" ? new Response(null, { status: 405 }) : errorReply(401, document),
    );
    const failure: unknown = await read(credential).catch((caught: unknown) => caught);
    expect(failure).toMatchObject({ reason: "REGISTRY_UNAUTHENTICATED" });
    const everything = `${JSON.stringify(failure)} ${String(failure)}`;
    expect(everything).toContain("no [redacted]");
    expect(everything).not.toContain(secret);
    expect(hosts.requests.length).toBeGreaterThan(1);
  });

  it("does not blame a missing credential for a broken token service", async () => {
    using hosts = play(() => new Response("no such page", { status: 404 }));
    await expect(read(null)).rejects.toThrow(
      expect.objectContaining({
        reason: "REGISTRY_PROTOCOL",
        message: expect.stringContaining(
          `its token service ${SERVICE} answers with status 404: no such page`,
        ),
      }),
    );
    expect(hosts.requests).toHaveLength(2);
  });
});

import { describe, expect, it } from "vitest";
import type { RegistryUsers, TestRegistry } from "../../../../testing/registry/index.ts";
import { type Ask, ask, basic, fieldsOf, registryWithImage, verdict } from "./support.ts";

const MANIFEST = "/v2/team/app/manifests/v1";
const SCOPE = "repository:team/app:pull";
const USERS: RegistryUsers = {
  robot: "pass:word",
  reader: { password: "r", push: [] },
  stranger: { password: "s", pull: ["other/*"] },
};

describe("basic authentication", () => {
  const auth = { kind: "basic", users: USERS } as const;

  it.each([
    ["no credential", undefined],
    ["a wrong password", basic("robot", "password")],
    ["a wrong name", basic("hasOwnProperty", "pass:word")],
    ["a token", "Bearer abc"],
    ["nonsense", "Basic ???"],
  ])("rejects %s with a challenge", async (_, authorization) => {
    await using registry = await registryWithImage({ auth });
    const asked: Ask = authorization === undefined ? {} : { authorization };
    for (const path of ["/v2/", MANIFEST]) {
      const answer = await ask(registry, path, asked);
      expect(answer.headers.get("www-authenticate")).toBe('Basic realm="test registry"');
      expect(await verdict(answer)).toBe("401 UNAUTHORIZED");
    }
    expect(registry.requests.some((request) => request.authorized)).toBe(false);
  });

  it("hides repositories from requests without a credential, and challenges at /v2/", async () => {
    await using registry = await registryWithImage({ auth: { ...auth, hidden: true } });
    const base = await ask(registry, "/v2/");
    expect(base.headers.get("www-authenticate")).toBe('Basic realm="test registry"');
    const hidden = await ask(registry, MANIFEST);
    expect(hidden.headers.get("www-authenticate")).toBeNull();
    expect(await verdict(hidden)).toBe("404 NAME_UNKNOWN");
    const authorization = basic("robot", "pass:word");
    expect(await verdict(ask(registry, MANIFEST, { authorization }))).toBe("200");
  });

  it("admits a user with permission, and denies one without", async () => {
    await using registry = await registryWithImage({ auth });
    const read = (name: string, password: string) =>
      verdict(ask(registry, MANIFEST, { authorization: basic(name, password) }));
    expect(await read("robot", "pass:word")).toBe("200");
    expect(await read("reader", "r")).toBe("200");
    expect(await read("stranger", "s")).toBe("403 DENIED");
    const write = { method: "POST", authorization: basic("reader", "r") };
    expect(await verdict(ask(registry, "/v2/team/app/blobs/uploads/", write))).toBe("403 DENIED");
  });

  it("rejects a mount from a repository that its user cannot read", async () => {
    const users = { mover: { password: "m", pull: ["new/*"] } };
    await using registry = await registryWithImage({ auth: { kind: "basic", users } });
    const path = `/v2/new/app/blobs/uploads/?mount=sha256:0&from=team/app`;
    const asked = { method: "POST", authorization: basic("mover", "m") };
    expect(await verdict(ask(registry, path, asked))).toBe("403 DENIED");
  });
});

describe("token authentication", () => {
  const auth = { kind: "token", users: USERS, service: "my registry" } as const;

  function tokenPath(scope = SCOPE, service: string = auth.service, more = ""): string {
    return `/token?${new URLSearchParams({ service, scope }).toString()}${more}`;
  }

  async function tokenBy(registry: TestRegistry, asked: Ask, path = tokenPath()): Promise<string> {
    return String((await fieldsOf(await ask(registry, path, asked)))["access_token"]);
  }

  function read(registry: TestRegistry, token: string): Promise<Response> {
    return ask(registry, MANIFEST, { authorization: `Bearer ${token}` });
  }

  it("announces where to get a token, and for which scope", async () => {
    await using registry = await registryWithImage({ auth });
    const challenge = async (path: string, asked: Ask = {}) =>
      (await ask(registry, path, asked)).headers.get("www-authenticate");
    const common = `Bearer realm="${registry.url}/token",service="my registry"`;
    expect(await challenge("/v2/")).toBe(common);
    expect(await challenge(MANIFEST)).toBe(`${common},scope="${SCOPE}"`);
    expect(await challenge(MANIFEST, { authorization: basic("robot", "pass:word") })).toBe(
      `${common},scope="${SCOPE}"`,
    );
    expect(await challenge("/v2/team/app/blobs/uploads/?from=a", { method: "POST" })).toBe(
      `${common},scope="repository:team/app:pull,push repository:a:pull"`,
    );
    expect(await challenge(MANIFEST, { authorization: "Bearer unknown" })).toBe(
      `${common},scope="${SCOPE}",error="invalid_token"`,
    );
  });

  it("issues a token for a name and password", async () => {
    await using registry = await registryWithImage({ auth, now: () => 0 });
    const answer = await ask(registry, tokenPath(), { authorization: basic("robot", "pass:word") });
    const fields = await fieldsOf(answer);
    expect(fields).toMatchObject({ expires_in: 300, issued_at: "1970-01-01T00:00:00.000Z" });
    expect(fields["token"]).toBe(fields["access_token"]);
    expect(fields).not.toHaveProperty("refresh_token");
    expect((await read(registry, String(fields["token"]))).status).toBe(200);
    expect(registry.requests).toMatchObject([
      {
        target: "token",
        user: "robot",
        authorized: true,
        scopes: [SCOPE],
        authentication: "basic",
      },
      { target: "manifest", user: "robot", authorized: true, authentication: "bearer" },
    ]);
  });

  it("issues an anonymous token for public repositories only", async () => {
    const anonymousPull = ["team/*"];
    await using closed = await registryWithImage({ auth });
    await using open = await registryWithImage({ auth: { ...auth, anonymousPull } });
    const refused = await read(closed, await tokenBy(closed, {}));
    expect(refused.headers.get("www-authenticate")).toContain('error="insufficient_scope"');
    expect(await verdict(refused)).toBe("401 UNAUTHORIZED");
    expect((await read(open, await tokenBy(open, {}))).status).toBe(200);
  });

  it("issues a token that grants no more than was requested and is allowed", async () => {
    await using registry = await registryWithImage({ auth });
    const stranger = { authorization: basic("stranger", "s") };
    expect((await read(registry, await tokenBy(registry, stranger))).status).toBe(401);
    const reader = { authorization: basic("reader", "r") };
    const path = tokenPath("repository:team/app:pull,push");
    const authorization = `Bearer ${await tokenBy(registry, reader, path)}`;
    const begin = (token: string) =>
      ask(registry, "/v2/team/app/blobs/uploads/", { method: "POST", authorization: token });
    expect((await ask(registry, MANIFEST, { authorization })).status).toBe(200);
    expect((await begin(authorization)).status).toBe(401);
    const robot = { authorization: basic("robot", "pass:word") };
    expect((await begin(`Bearer ${await tokenBy(registry, robot, path)}`)).status).toBe(202);
  });

  it("rejects a wrong password, another service, and other methods", async () => {
    await using registry = await registryWithImage({ auth });
    const wrong = { authorization: basic("robot", "wrong") };
    expect(await verdict(ask(registry, tokenPath(), wrong))).toBe("401 UNAUTHORIZED");
    expect(await verdict(ask(registry, tokenPath(SCOPE, "other")))).toBe("400 UNSUPPORTED");
    expect(await verdict(ask(registry, tokenPath(), { method: "PUT" }))).toBe("405 UNSUPPORTED");
    expect(registry.requests.map(({ authorized, user }) => [authorized, user])).toEqual([
      [false, null],
      [false, null],
      [false, null],
    ]);
  });

  it("does not honour an expired token", async () => {
    const clock = { now: 0 };
    await using registry = await registryWithImage({
      auth: { ...auth, expiresIn: 60, honouredFor: 10 },
      now: () => clock.now,
    });
    const token = await tokenBy(registry, { authorization: basic("robot", "pass:word") });
    clock.now = 9_999;
    expect((await read(registry, token)).status).toBe(200);
    clock.now = 10_000;
    const late = await read(registry, token);
    expect(late.headers.get("www-authenticate")).toContain('error="invalid_token"');
    expect(late.status).toBe(401);
  });

  it("invalidates every access token on request", async () => {
    await using registry = await registryWithImage({ auth });
    const token = await tokenBy(registry, { authorization: basic("robot", "pass:word") });
    registry.expireAccessTokens();
    expect((await read(registry, token)).status).toBe(401);
  });

  describe("by OAuth2", () => {
    const FORM = { service: auth.service, client_id: "tests", scope: SCOPE };

    function post(registry: TestRegistry, form: Record<string, string>): Promise<Response> {
      const fields = { ...FORM, ...form };
      return ask(registry, "/token", { method: "POST", body: new URLSearchParams(fields) });
    }

    it("issues a token for a refresh token", async () => {
      await using registry = await registryWithImage({ auth });
      const refresh = registry.issueIdentityToken("robot");
      const form = { grant_type: "refresh_token", refresh_token: refresh };
      const fields = await fieldsOf(await post(registry, form));
      expect(fields).toMatchObject({ refresh_token: refresh, scope: SCOPE, expires_in: 300 });
      expect((await read(registry, String(fields["access_token"]))).status).toBe(200);
      expect(registry.requests[0]).toMatchObject({ user: "robot", authorized: true });
      const kept = JSON.stringify(registry.requests);
      expect(kept).not.toContain(refresh);
    });

    it("issues a token, and with offline access a refresh token, for a password", async () => {
      await using registry = await registryWithImage({ auth });
      const form = { grant_type: "password", username: "robot", password: "pass:word" };
      expect(await fieldsOf(await post(registry, form))).not.toHaveProperty("refresh_token");
      const fields = await fieldsOf(await post(registry, { ...form, access_type: "offline" }));
      const again = { grant_type: "refresh_token", refresh_token: String(fields["refresh_token"]) };
      expect((await post(registry, again)).status).toBe(200);
    });

    it("issues a refresh token by GET to a user who requests one, but not anonymously", async () => {
      await using registry = await registryWithImage({ auth });
      const path = tokenPath(SCOPE, auth.service, "&offline_token=true");
      const robot = await ask(registry, path, { authorization: basic("robot", "pass:word") });
      const refresh = String((await fieldsOf(robot))["refresh_token"]);
      const form = { grant_type: "refresh_token", refresh_token: refresh };
      expect((await post(registry, form)).status).toBe(200);
      expect(await fieldsOf(await ask(registry, path))).not.toHaveProperty("refresh_token");
    });

    it.each([
      ["an unknown refresh token", { grant_type: "refresh_token", refresh_token: "x" }, 401],
      ["no refresh token", { grant_type: "refresh_token" }, 401],
      ["a wrong password", { grant_type: "password", username: "robot", password: "x" }, 401],
      ["another grant", { grant_type: "client_credentials" }, 400],
      ["no grant", {}, 400],
      ["another service", { grant_type: "password", service: "other" }, 400],
      ["no client", { grant_type: "password", client_id: "" }, 400],
    ] as const)("rejects %s", async (_, form, status) => {
      await using registry = await registryWithImage({ auth });
      expect((await post(registry, form)).status).toBe(status);
    });

    it("rejects a body that is not a form, and a form that is too long", async () => {
      await using registry = await registryWithImage({ auth });
      const post = (body: string | URLSearchParams) =>
        verdict(ask(registry, "/token", { method: "POST", body }));
      const good = new URLSearchParams({
        ...FORM,
        grant_type: "password",
        username: "robot",
        password: "pass:word",
      });
      expect(await post(good)).toBe("200");
      expect(await post(good.toString())).toBe("400 UNSUPPORTED");
      expect(await post(new URLSearchParams({ a: "a".repeat(70_000) }))).toBe("413 SIZE_INVALID");
    });

    it("issues identity tokens to its users only", async () => {
      await using registry = await registryWithImage({ auth });
      await using plain = await registryWithImage();
      for (const give of [
        () => registry.issueIdentityToken("unknown"),
        () => plain.issueIdentityToken("robot"),
      ])
        expect(give).toThrow(expect.objectContaining({ reason: "INVALID_INPUT" }));
    });
  });
});

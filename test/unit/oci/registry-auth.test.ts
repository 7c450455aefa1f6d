import { describe, expect, it } from "vitest";
import type { RegistryCredential } from "../../../src/oci/credential.ts";
import type { RegistryClient } from "../../../src/oci/registry/contract.ts";
import {
  startRegistry,
  tinyImage,
  type RegistryAuth,
  type TestRegistry,
} from "../../../testing/registry/index.ts";
import { asking, identityToken, password, testClient } from "./support/client.ts";

const IMAGE = tinyImage("amd64");
const USERS = { alice: "wonder:land", carol: { password: "c", pull: ["team/other"] } };
const ALICE = password("alice", "wonder:land");
const TOKEN: RegistryAuth = { kind: "token", users: USERS, expiresIn: 300 };

function head(
  client: RegistryClient,
  registry: TestRegistry,
  credential: RegistryCredential | null,
) {
  const { pinned } = registry.add("team/app", "1", IMAGE);
  return client.headManifest(asking(pinned, credential));
}

function steps(registry: TestRegistry): readonly string[] {
  return registry.requests.map(
    ({ method, target, authentication, status }) =>
      `${method} ${target} ${authentication} ${status}`,
  );
}

describe("Basic authentication", () => {
  it("answers the challenge once, and sends the credential directly from then on", async () => {
    await using registry = await startRegistry({ auth: { kind: "basic", users: USERS } });
    using client = testClient();
    await head(client, registry, ALICE);
    await head(client, registry, ALICE);
    expect(steps(registry)).toEqual([
      "HEAD manifest none 401",
      "HEAD manifest basic 200",
      "HEAD manifest basic 200",
    ]);
  });

  it("is tried once with a wrong password", async () => {
    await using registry = await startRegistry({ auth: { kind: "basic", users: USERS } });
    using client = testClient();
    await expect(head(client, registry, password("alice", "no"))).rejects.toThrow(
      expect.objectContaining({
        code: "UNAUTHENTICATED",
        reason: "REGISTRY_UNAUTHENTICATED",
        blastRadius: "credential",
        retry: "never",
        message: expect.stringContaining(`the registry ${registry.host} refused the credential`),
        remedy: expect.stringContaining("password"),
      }),
    );
    expect(registry.requests).toHaveLength(2);
  });

  it("is named by its source if it is wrong", async () => {
    await using registry = await startRegistry({ auth: { kind: "basic", users: USERS } });
    using client = testClient();
    const wrong = { ...password("alice", "no"), origin: "secret LOGIN" };
    await expect(head(client, registry, wrong)).rejects.toThrow(
      expect.objectContaining({
        message: expect.stringContaining("refused the credential of secret LOGIN"),
        remedy: expect.stringContaining("that secret LOGIN has for"),
      }),
    );
  });

  it("requires a password, and not a token", async () => {
    await using registry = await startRegistry({ auth: { kind: "basic", users: USERS } });
    using client = testClient();
    await expect(head(client, registry, null)).rejects.toThrow(
      expect.objectContaining({
        reason: "REGISTRY_UNAUTHENTICATED",
        message: expect.stringContaining("none is available"),
        remedy: expect.stringContaining("docker login"),
      }),
    );
    await expect(head(client, registry, identityToken("t"))).rejects.toThrow(
      "takes a user name and a password, not an identity token",
    );
  });
});

describe("tokens", () => {
  it("are requested with user name and password, for one repository, and reused", async () => {
    await using registry = await startRegistry({ auth: TOKEN });
    using client = testClient();
    await head(client, registry, ALICE);
    await head(client, registry, ALICE);
    expect(steps(registry)).toEqual([
      "HEAD manifest none 401",
      "GET token basic 200",
      "HEAD manifest bearer 200",
      "HEAD manifest bearer 200",
    ]);
    expect(registry.requests[1]).toMatchObject({
      user: "alice",
      scopes: ["repository:team/app:pull"],
    });
  });

  it("are requested with an identity token in a form", async () => {
    await using registry = await startRegistry({ auth: TOKEN });
    using client = testClient();
    await head(client, registry, identityToken(registry.issueIdentityToken("alice")));
    expect(steps(registry)).toEqual([
      "HEAD manifest none 401",
      "POST token none 200",
      "HEAD manifest bearer 200",
    ]);
    await expect(head(client, registry, identityToken("stale"))).rejects.toThrow(
      expect.objectContaining({ reason: "REGISTRY_UNAUTHENTICATED" }),
    );
  });

  it("are not requested if the registry allows anonymous reads", async () => {
    await using registry = await startRegistry({ auth: { ...TOKEN, anonymousPull: ["team/*"] } });
    using client = testClient();
    expect(await head(client, registry, null)).toMatchObject({ digest: IMAGE.manifest.digest });
    expect(registry.requests.some(({ authentication }) => authentication === "basic")).toBe(false);
  });

  it("are not shared between callers or repositories", async () => {
    await using registry = await startRegistry({ auth: TOKEN });
    using client = testClient();
    await head(client, registry, ALICE);
    // Carol's password is right, and her token grants nothing.
    for (const [other, reason] of [
      [null, "REGISTRY_UNAUTHENTICATED"],
      [password("carol", "c"), "REGISTRY_PERMISSION_DENIED"],
      [password("alice", "wrong"), "REGISTRY_UNAUTHENTICATED"],
    ] as const)
      await expect(head(client, registry, other)).rejects.toThrow(
        expect.objectContaining({ reason }),
      );
    const { pinned } = registry.add("team/third", "1", IMAGE);
    await client.headManifest(asking(pinned, ALICE));
    expect(registry.requests.findLast(({ target }) => target === "token")?.scopes).toEqual([
      "repository:team/third:pull",
    ]);
    expect(steps(registry).slice(-3)).toEqual([
      "HEAD manifest none 401",
      "GET token basic 200",
      "HEAD manifest bearer 200",
    ]);
  });

  it("are requested once for concurrent callers", async () => {
    await using registry = await startRegistry({ auth: TOKEN });
    using client = testClient();
    await Promise.all(Array.from({ length: 20 }, () => head(client, registry, ALICE)));
    expect(registry.requests.filter(({ target }) => target === "token")).toHaveLength(1);
  });

  it("are renewed before they expire", async () => {
    let now = 1_000_000;
    await using registry = await startRegistry({ auth: TOKEN, now: () => now });
    using client = testClient({ now: () => now });
    await head(client, registry, ALICE);
    now += 269_000;
    await head(client, registry, ALICE);
    expect(registry.requests.filter(({ target }) => target === "token")).toHaveLength(1);
    now += 2_000;
    await head(client, registry, ALICE);
    expect(registry.requests.filter(({ target }) => target === "token")).toHaveLength(2);
    expect(steps(registry).slice(-3)).toEqual([
      "HEAD manifest none 401",
      "GET token basic 200",
      "HEAD manifest bearer 200",
    ]);
  });

  it("are renewed once if the registry no longer accepts them", async () => {
    await using registry = await startRegistry({ auth: TOKEN });
    using client = testClient();
    await head(client, registry, ALICE);
    registry.expireAccessTokens();
    await head(client, registry, ALICE);
    expect(steps(registry).slice(3)).toEqual([
      "HEAD manifest bearer 401",
      "GET token basic 200",
      "HEAD manifest bearer 200",
    ]);
    registry.fault({ fault: { kind: "unauthorized" }, target: "manifest" });
    const before = registry.requests.length;
    await expect(head(client, registry, ALICE)).rejects.toThrow(
      expect.objectContaining({ reason: "REGISTRY_UNAUTHENTICATED" }),
    );
    expect(registry.requests.length - before).toBe(3);
  });

  it("are awaited by each caller until its own signal", async () => {
    await using registry = await startRegistry({ auth: TOKEN });
    using client = testClient();
    const { pinned } = registry.add("team/app", "1", IMAGE);
    const stall = registry.fault({ fault: { kind: "stall" }, target: "token" });
    const controller = new AbortController();
    const impatient = client.headManifest({ ...asking(pinned, ALICE), signal: controller.signal });
    const patient = client.headManifest(asking(pinned, ALICE));
    await stall.reached;
    controller.abort();
    await expect(impatient).rejects.toThrow(expect.objectContaining({ code: "CANCELLED" }));
    stall.release();
    expect(await patient).toMatchObject({ digest: IMAGE.manifest.digest });
  });
});

import { describe, expect, it } from "vitest";
import {
  type PushCredential,
  type RegistryAuth,
  pushImage,
  startRegistry,
  startTokenServer,
  tinyImage,
} from "../../../../testing/registry/index.ts";
import { INDEX } from "./support.ts";

const USERS = { robot: "pass", reader: { password: "r", push: [] } };
const ROBOT: PushCredential = { kind: "password", username: "robot", password: "pass" };
const IMAGE = tinyImage("amd64");

describe("pushImage", () => {
  it.each<[string, RegistryAuth]>([
    ["no authentication", { kind: "none" }],
    ["basic authentication", { kind: "basic", users: USERS }],
    ["token authentication", { kind: "token", users: USERS }],
  ])("pushes an index with all its images under %s", async (_, auth) => {
    await using registry = await startRegistry({ auth });
    const { url, host } = registry;
    const pushed = await pushImage({
      url,
      repository: "team/app",
      tag: "v1",
      image: INDEX,
      credential: ROBOT,
    });
    const { digest } = INDEX.manifest;
    expect(pushed).toEqual({
      digest,
      reference: `${host}/team/app:v1`,
      pinned: `${host}/team/app@${digest}`,
    });
    expect(registry.find("team/app", "v1")?.bytes).toEqual(INDEX.manifest.bytes);
    for (const { manifest } of INDEX.images)
      expect(registry.find("team/app", manifest.digest)).toEqual(manifest);
  });

  it("pushes with an identity token, and does not upload existing blobs again", async () => {
    await using registry = await startRegistry({ auth: { kind: "token", users: USERS } });
    const credential = {
      kind: "identity-token",
      token: registry.issueIdentityToken("robot"),
    } as const;
    const push = (tag: string) =>
      pushImage({ url: registry.url, repository: "app", tag, image: IMAGE, credential });
    await push("v1");
    const before = registry.requests.length;
    await push("v2");
    const later = registry.requests.slice(before);
    expect(later.filter(({ target }) => target === "upload")).toEqual([]);
    expect(registry.find("app", "v2")).toEqual(IMAGE.manifest);
  });

  it.each<[string, RegistryAuth, PushCredential | null, string]>([
    [
      "a wrong password",
      { kind: "basic", users: { robot: "x" } },
      ROBOT,
      "REGISTRY_UNAUTHENTICATED",
    ],
    ["no password", { kind: "basic", users: USERS }, null, "CREDENTIAL_INVALID"],
    [
      "no permission",
      { kind: "basic", users: { robot: { password: "pass", push: [] } } },
      ROBOT,
      "REGISTRY_PERMISSION_DENIED",
    ],
    ["an anonymous token", { kind: "token", users: USERS }, null, "REGISTRY_UNAUTHENTICATED"],
    [
      "an unknown token",
      { kind: "token", users: USERS },
      { kind: "identity-token", token: "x" },
      "REGISTRY_UNAUTHENTICATED",
    ],
  ])("reports %s", async (_, auth, credential, reason) => {
    await using registry = await startRegistry({ auth });
    const pushing = pushImage({
      url: registry.url,
      repository: "app",
      tag: "v1",
      image: IMAGE,
      ...(credential === null ? {} : { credential }),
    });
    await expect(pushing).rejects.toMatchObject({ reason });
    expect(registry.find("app", "v1")).toBeNull();
  });

  it("quotes an unexpected answer of the registry", async () => {
    await using registry = await startRegistry();
    const push = () => pushImage({ url: registry.url, repository: "app", tag: "v1", image: IMAGE });
    registry.fault({ fault: { kind: "status", status: 507 }, target: "upload", times: 1 });
    await expect(push()).rejects.toThrow(/begin an upload: HTTP 507/);
    registry.fault({ fault: { kind: "status", status: 503 }, target: "ping", times: 1 });
    await expect(push()).rejects.toMatchObject({ reason: "REGISTRY_PROTOCOL" });
    await expect(push()).resolves.toMatchObject({ digest: IMAGE.manifest.digest });
  });

  it("requests a token from the token server that the registry names", async () => {
    await using tokens = await startTokenServer({ users: USERS });
    const auth = { kind: "token", users: {}, realm: tokens.realm } as const;
    await using registry = await startRegistry({ auth });
    const pushing = pushImage({
      url: registry.url,
      repository: "app",
      tag: "v1",
      image: IMAGE,
      credential: ROBOT,
    });
    // This registry accepts only its own tokens.
    await expect(pushing).rejects.toMatchObject({ reason: "REGISTRY_UNAUTHENTICATED" });
    expect(tokens.requests).toMatchObject([
      { user: "robot", scopes: ["repository:app:pull,push"] },
    ]);
  });
});

import { describe, expect, it } from "vitest";
import { startRegistry, type RegistryAuth } from "../../../../testing/registry/index.ts";
import { asking, password, ROBOT, SECURE, testClient } from "../support/client.ts";
import {
  challengeReply,
  errorReply,
  HOST,
  IMAGE,
  manifestReply,
  NAME,
  PINNED,
  playHosts,
} from "../support/public-registry.ts";

const BASIC = `Basic ${Buffer.from("robot:sesame").toString("base64")}`;
const MANIFEST = `${HOST}/v2/team/app/manifests/1`;
const UNKNOWN = { errors: [{ code: "NAME_UNKNOWN", message: "repository name not known" }] };

/** Plays a registry that challenges at `/v2/` alone, and otherwise answers anonymous requests with this. */
function play(hide: () => Response, challenge = 'Basic realm="registry"') {
  return playHosts(({ url, authorization }) => {
    if (url.pathname === "/token") return Response.json({ token: "good" });
    if (authorization === BASIC || authorization === "Bearer good") return manifestReply();
    return url.pathname === "/v2/" ? challengeReply(challenge) : hide();
  });
}

describe("a registry that challenges at /v2/ alone", () => {
  it.each<[string, () => Response]>([
    ["404", () => errorReply(404, UNKNOWN)],
    ["403", () => errorReply(403, { errors: [{ code: "DENIED", message: "denied" }] })],
    ["401 without a challenge", () => new Response(null, { status: 401 })],
  ])("gets the credential if it answers anonymous requests with %s", async (_what, hide) => {
    using hosts = play(hide);
    using client = testClient(SECURE);
    expect(await client.getManifest(asking(NAME, ROBOT))).toMatchObject({
      digest: IMAGE.manifest.digest,
    });
    await client.headManifest(asking(PINNED, ROBOT));
    expect(hosts.steps).toEqual([
      `GET ${MANIFEST} -`,
      `GET ${HOST}/v2/ -`,
      `GET ${MANIFEST} Basic`,
      `HEAD ${HOST}/v2/team/app/manifests/${IMAGE.manifest.digest} Basic`,
    ]);
  });

  it("gets a token for the repository, not for the example in GitHub's challenge", async () => {
    const challenge = `Bearer realm="https://${HOST}/token",service="${HOST}",scope="repository:user/image:pull"`;
    using hosts = play(() => errorReply(404, UNKNOWN), challenge);
    using client = testClient(SECURE);
    await client.headManifest(asking(PINNED, ROBOT));
    const token = hosts.requests.find(({ url }) => url.pathname === "/token");
    expect(token?.url.searchParams.getAll("scope")).toEqual(["repository:team/app:pull"]);
  });

  it("is asked once if there is no credential", async () => {
    using hosts = play(() => errorReply(404, UNKNOWN));
    using client = testClient(SECURE);
    await expect(client.getManifest(asking(NAME))).rejects.toThrow(
      expect.objectContaining({
        reason: "IMAGE_NOT_FOUND",
        remedy: expect.stringContaining("private repository"),
      }),
    );
    expect(hosts.steps).toEqual([`GET ${MANIFEST} -`]);
  });

  it("may refuse the credential too", async () => {
    using hosts = play(() => errorReply(404, UNKNOWN));
    using client = testClient(SECURE);
    await expect(client.getManifest(asking(NAME, password("robot", "wrong")))).rejects.toThrow(
      expect.objectContaining({
        reason: "IMAGE_NOT_FOUND",
        message: `${NAME}: the registry ${HOST} has no such image: status 404 (NAME_UNKNOWN): repository name not known`,
      }),
    );
    expect(hosts.requests).toHaveLength(3);
  });
});

describe("the fake registry, if it hides repositories", () => {
  it.each<RegistryAuth>([
    { kind: "basic", users: { robot: "sesame" }, hidden: true },
    { kind: "token", users: { robot: "sesame" }, hidden: true },
  ])("serves an image to the client's credential, with all its parts: $kind", async (auth) => {
    await using registry = await startRegistry({ auth });
    using client = testClient();
    const { reference, digest } = registry.add("team/app", "1", IMAGE);
    const { manifest } = await client.getManifest(asking(reference, ROBOT));
    if (manifest.kind === "index") throw new Error("it is an index");
    const repository = asking(reference).reference;
    const access = { repository, credential: ROBOT, signal: asking(reference).signal };
    const config = await client.getConfig({ ...access, descriptor: manifest.config });
    expect(config).toEqual(Buffer.from(IMAGE.config.bytes));
    expect(await client.headManifest(asking(reference, ROBOT))).toMatchObject({ digest });
  });
});

describe("a registry without any challenge", () => {
  it.each<[string, () => Response]>([
    ["takes no credentials", () => Response.json({})],
    ["fails at /v2/", () => new Response(null, { status: 404 })],
  ])("keeps its first answer if it %s", async (_what, base) => {
    using hosts = playHosts(({ url }) =>
      url.pathname === "/v2/" ? base() : errorReply(404, UNKNOWN),
    );
    using client = testClient(SECURE);
    await expect(client.getManifest(asking(NAME, ROBOT))).rejects.toThrow(
      expect.objectContaining({ reason: "IMAGE_NOT_FOUND" }),
    );
    expect(hosts.steps).toEqual([`GET ${MANIFEST} -`, `GET ${HOST}/v2/ -`]);
  });

  it("is not asked for one if the target of a redirect refuses", async () => {
    using hosts = playHosts(({ url }) =>
      url.host === HOST
        ? new Response(null, { status: 307, headers: { location: "https://cdn.example.com/x" } })
        : new Response(null, { status: 403 }),
    );
    using client = testClient(SECURE);
    await expect(client.getManifest(asking(NAME, ROBOT))).rejects.toThrow(
      expect.objectContaining({
        code: "FAILED_PRECONDITION",
        reason: "REGISTRY_REFUSED",
        message: `${NAME}: the registry ${HOST} redirects to cdn.example.com, which refused the request: status 403`,
        metadata: expect.objectContaining({ host: "cdn.example.com" }),
      }),
    );
    expect(hosts.requests).toHaveLength(2);
  });
});

import { describe, expect, it } from "vitest";
import { asking, SECURE, testClient } from "../support/client.ts";
import {
  errorReply,
  HOST,
  IMAGE,
  manifestReply,
  PINNED,
  playHosts,
} from "../support/public-registry.ts";

const { digest, mediaType } = IMAGE.manifest;
const PATH = `${HOST}/v2/team/app/manifests/${digest}`;
const BOTH = [`HEAD ${PATH} -`, `GET ${PATH} -`];

/** Plays a registry that answers HEAD with this, and GET with the manifest. */
function play(head: () => Response) {
  return playHosts(({ method }) => (method === "HEAD" ? head() : manifestReply()));
}

describe("HEAD", () => {
  it.each([400, 403, 404, 405, 406, 500, 501, 502, 503])(
    "that gets %i is followed by GET, at once",
    async (status) => {
      using hosts = play(() => new Response(null, { status }));
      using client = testClient(SECURE);
      expect(await client.headManifest(asking(PINNED))).toEqual({ digest, mediaType });
      expect(hosts.steps).toEqual(BOTH);
    },
  );

  it.each<[string, Readonly<Record<string, string>>]>([
    ["an empty digest", { "docker-content-digest": "" }],
    ["another media type", { "content-type": "text/html" }],
    ["no media type", { "content-type": "" }],
  ])("with %s is followed by GET", async (_what, headers) => {
    using hosts = play(() => manifestReply({ headers }));
    using client = testClient(SECURE);
    expect(await client.headManifest(asking(PINNED))).toEqual({ digest, mediaType });
    expect(hosts.steps).toEqual(BOTH);
  });

  it("that is refused gets its reason from GET", async () => {
    const document = { errors: [{ code: "DENIED", message: "blocked by the firewall rules" }] };
    using hosts = playHosts(({ method }) =>
      method === "HEAD" ? new Response(null, { status: 403 }) : errorReply(403, document),
    );
    using client = testClient(SECURE);
    await expect(client.headManifest(asking(PINNED))).rejects.toThrow(
      expect.objectContaining({
        reason: "REGISTRY_PERMISSION_DENIED",
        message: expect.stringContaining("status 403 (DENIED): blocked by the firewall rules"),
      }),
    );
    expect(hosts.steps).toEqual(BOTH);
  });

  it.each([
    [429, "REGISTRY_RATE_LIMITED"],
    [401, "REGISTRY_UNAUTHENTICATED"],
  ])("that gets %i is not followed by another manifest request", async (status, reason) => {
    using hosts = play(() => new Response(null, { status }));
    using client = testClient(SECURE);
    await expect(client.headManifest(asking(PINNED))).rejects.toThrow(
      expect.objectContaining({ reason }),
    );
    expect(hosts.steps).not.toContain(BOTH[1]);
  });

  it("that is refused does not return a cached manifest", async () => {
    let allowed = true;
    const gone = { errors: [{ code: "MANIFEST_UNKNOWN", message: "deleted" }] };
    using hosts = playHosts(() => (allowed ? manifestReply() : errorReply(410, gone)));
    using client = testClient(SECURE);
    await client.getManifest(asking(PINNED));
    allowed = false;
    await expect(client.getManifest(asking(PINNED))).rejects.toThrow(
      expect.objectContaining({ code: "NOT_FOUND", message: expect.stringContaining("deleted") }),
    );
    expect(hosts.requests).toHaveLength(3);
  });
});

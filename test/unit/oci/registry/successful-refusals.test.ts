import { describe, expect, it } from "vitest";
import { asking, password, testClient } from "../support/client.ts";
import { challengeReply, IMAGE, NAME, PINNED, playHosts } from "../support/public-registry.ts";

const SECURE = { insecure: () => false };
const SERVICE = "auth.example.com";
const CHALLENGE = `Bearer realm="https://${SERVICE}/token",service="registry"`;

function refusal(code: string, message: string) {
  return { errors: [{ code, message }] };
}

async function read(response: () => Response) {
  using _hosts = playHosts(() => response());
  using client = testClient(SECURE);
  const failure: unknown = await client
    .getManifest(asking(NAME))
    .catch((caught: unknown) => caught);
  return { failure };
}

describe("a successful response", () => {
  it.each([
    ["<!doctype html><title>Log in</title>", "text/html; charset=utf-8", ": Log in"],
    ["\uFEFF\r\n <html>", "application/json", ""],
  ])("that is a web page is not blamed on the image: %j", async (page, type, title) => {
    const headers = { "content-type": type };
    const { failure } = await read(() => new Response(page, { headers }));
    expect(failure).toMatchObject({
      reason: "REGISTRY_PROTOCOL",
      message: expect.stringMatching(
        new RegExp(`it sent a web page instead of a manifest${title}$`),
      ),
      remedy: expect.stringContaining("no proxy responds in its place"),
    });
  });

  it.each(["Access blocked by policy. Contact IT.\n", "no healthy upstream"])(
    "that is a sentence is not blamed on the image: %j",
    async (text) => {
      const { failure } = await read(() => new Response(text));
      expect(failure).toMatchObject({
        reason: "REGISTRY_PROTOCOL",
        message: expect.stringMatching(
          new RegExp(`it sent a text instead of a manifest: ${escaped(text.trim())}$`),
        ),
      });
    },
  );

  it.each(['{"schemaVersion":2,', "\u001F\uFFFD\u0008", "[{]"])(
    "that is damaged is the image's: %j",
    async (text) => {
      const { failure } = await read(() => new Response(text));
      expect(failure).toMatchObject({ reason: "MANIFEST_INVALID" });
    },
  );

  it.each<[string, unknown, string, string, string]>([
    [
      "a proxy's refusal",
      refusal("DENIED", "blocked by the curation policy"),
      "PERMISSION_DENIED",
      "REGISTRY_PERMISSION_DENIED",
      "status 200 (DENIED): blocked by the curation policy",
    ],
    [
      "an unknown image",
      refusal("MANIFEST_UNKNOWN", "manifest unknown"),
      "NOT_FOUND",
      "IMAGE_NOT_FOUND",
      "status 200 (MANIFEST_UNKNOWN): manifest unknown",
    ],
    [
      "a missing credential",
      refusal("UNAUTHORIZED", "authentication required"),
      "UNAUTHENTICATED",
      "REGISTRY_UNAUTHENTICATED",
      "status 200 (UNAUTHORIZED): authentication required",
    ],
    [
      "a limit",
      refusal("TOOMANYREQUESTS", "slow down"),
      "RESOURCE_EXHAUSTED",
      "REGISTRY_RATE_LIMITED",
      "status 200 (TOOMANYREQUESTS): slow down",
    ],
    [
      "an outage",
      refusal("UNAVAILABLE", "the remote repository is offline"),
      "UNAVAILABLE",
      "REGISTRY_UNAVAILABLE",
      "status 200 (UNAVAILABLE): the remote repository is offline",
    ],
    [
      "a code of its own",
      { errors: [{ code: "LICENSE_EXPIRED", message: "renew it" }], status: 0 },
      "FAILED_PRECONDITION",
      "REGISTRY_REFUSED",
      "status 200 (LICENSE_EXPIRED): renew it",
    ],
    [
      "an object of its own",
      { message: "not found in any remote", status_code: 404 },
      "FAILED_PRECONDITION",
      "REGISTRY_REFUSED",
      "status 200: not found in any remote",
    ],
  ])("may hold an error document: %s", async (_what, document, code, reason, words) => {
    for (const name of [NAME, PINNED]) {
      using hosts = playHosts(() => Response.json(document));
      using client = testClient(SECURE);
      await expect(client.getManifest(asking(name))).rejects.toThrow(
        expect.objectContaining({
          code,
          reason,
          message: expect.stringMatching(new RegExp(`${escaped(words)}$`)),
        }),
      );
      expect(hosts.requests).toHaveLength(1);
    }
  });

  it("may hold an error document instead of a configuration", async () => {
    using _hosts = playHosts(() => Response.json(refusal("BLOB_UNKNOWN", "blob is archived")));
    using client = testClient(SECURE);
    const { config } = IMAGE;
    const descriptor = { mediaType: config.mediaType, digest: config.digest, size: 1_000 };
    const { reference, ...access } = asking(NAME);
    const reading = client.getConfig({ ...access, repository: reference, descriptor });
    await expect(reading).rejects.toThrow(
      expect.objectContaining({
        code: "NOT_FOUND",
        message: expect.stringMatching(/status 200 \(BLOB_UNKNOWN\): blob is archived$/),
      }),
    );
  });

  it("may have members of an error beside those of a manifest", async () => {
    const manifest: unknown = JSON.parse(Buffer.from(IMAGE.manifest.bytes).toString("utf8"));
    using _hosts = playHosts(() => Response.json(Object.assign({ errors: [] }, manifest)));
    using client = testClient(SECURE);
    expect(await client.getManifest(asking(NAME))).toMatchObject({
      manifest: { kind: "manifest" },
    });
  });

  it("that is empty is not blamed on the image", async () => {
    const { failure } = await read(() => new Response(null));
    expect(failure).toMatchObject({
      reason: "REGISTRY_PROTOCOL",
      message: expect.stringContaining("it sent an empty answer for a manifest"),
    });
  });
});

describe("a successful response of a token service", () => {
  it.each<[string, string, string, RegExp]>([
    [
      "a login page",
      "<!doctype html><html><title>Sign in to Acme</title>",
      "REGISTRY_PROTOCOL",
      /its token service auth\.example\.com sent a web page instead of a token: Sign in to Acme$/,
    ],
    [
      "a sentence",
      "please log in first",
      "REGISTRY_PROTOCOL",
      /its token service auth\.example\.com sent a text instead of a token: please log in first$/,
    ],
    [
      "the specification's error",
      '{"errors":[{"code":"UNAUTHORIZED","message":"the robot is disabled"}]}',
      "REGISTRY_UNAUTHENTICATED",
      /the token service auth\.example\.com of .+ refused the credential: status 200 \(UNAUTHORIZED\): the robot is disabled$/,
    ],
    [
      "OAuth2's error",
      '{"error":"invalid_grant","error_description":"the password has expired"}',
      "REGISTRY_UNAUTHENTICATED",
      /status 200 \(invalid_grant\): the password has expired$/,
    ],
    [
      "a denial",
      '{"errors":[{"code":"DENIED","message":"billing is disabled"}]}',
      "REGISTRY_PERMISSION_DENIED",
      /status 200 \(DENIED\): billing is disabled$/,
    ],
    [
      "a code of its own",
      '{"token":"","errors":[{"code":"PLAN_ENDED","message":"the plan has ended"}]}',
      "REGISTRY_REFUSED",
      /the token service auth\.example\.com of .+ refused the request: status 200 \(PLAN_ENDED\): the plan has ended$/,
    ],
    [
      "a passing failure",
      '{"error":"temporarily_unavailable"}',
      "REGISTRY_UNAVAILABLE",
      /status 200 \(temporarily_unavailable\)$/,
    ],
  ])("may be %s, with a status of success", async (_what, text, reason, message) => {
    using _hosts = playHosts(({ url }) =>
      url.host === SERVICE ? new Response(text) : challengeReply(CHALLENGE),
    );
    using client = testClient(SECURE);
    const reading = client.getManifest(asking(NAME, password("robot", "sesame")));
    await expect(reading).rejects.toThrow(
      expect.objectContaining({ reason, message: expect.stringMatching(message) }),
    );
  });
});

function escaped(text: string): string {
  return text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`);
}

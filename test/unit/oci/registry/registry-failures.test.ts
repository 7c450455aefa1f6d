import { createServer } from "node:net";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import type { TimeLimits } from "../../../../src/oci/registry/http-client.ts";
import { startRegistry, tinyImage } from "../../../../testing/registry/index.ts";
import { asking, password, smallInternet, testClient } from "../support/client.ts";
import { sendJson, startServer } from "../support/http-server.ts";

const IMAGE = tinyImage("amd64");
const NOW = Date.UTC(2026, 0, 1);

describe("an unreachable registry", () => {
  it("is reported as unavailable, which is transient", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const bound = server.address();
    const port = typeof bound === "object" && bound !== null ? bound.port : 0;
    server.close();
    await once(server, "close");
    for (const insecure of [true, false]) {
      using client = testClient({ insecure: () => insecure });
      await expect(client.getManifest(asking(`127.0.0.1:${port}/a:1`))).rejects.toThrow(
        expect.objectContaining({
          code: "UNAVAILABLE",
          reason: "REGISTRY_UNAVAILABLE",
          retry: "same-token",
          message: `127.0.0.1:${port}/a:1: the registry 127.0.0.1:${port} cannot be reached: the connection was refused (ECONNREFUSED)`,
          metadata: {
            registry: `127.0.0.1:${port}`,
            repository: "a",
            host: `127.0.0.1:${port}`,
            system_error: "ECONNREFUSED",
            sent: false,
          },
        }),
      );
    }
  });

  it("may have an unknown host name", async () => {
    using client = testClient({ transport: smallInternet({}), insecure: () => false });
    await expect(client.getManifest(asking("registry.test/a:1"))).rejects.toThrow(
      expect.objectContaining({
        reason: "REGISTRY_UNAVAILABLE",
        message:
          "registry.test/a:1: the registry registry.test cannot be reached: its name cannot be resolved (ENOTFOUND)",
      }),
    );
  });

  it("may be one whose token service cannot be reached", async () => {
    await using registry = await startServer((_request, response) => {
      const challenge = 'Bearer realm="http://auth.test/token"';
      response.writeHead(401, { "www-authenticate": challenge }).end();
    });
    using client = testClient({ transport: smallInternet({}) });
    await expect(client.getManifest(asking(`${registry.host}/a:1`))).rejects.toThrow(
      expect.objectContaining({
        reason: "REGISTRY_UNAVAILABLE",
        message: `${registry.host}/a: the registry ${registry.host} cannot be reached: auth.test: its name cannot be resolved (ENOTFOUND)`,
        metadata: expect.objectContaining({ host: "auth.test", system_error: "ENOTFOUND" }),
      }),
    );
  });

  it("may be one that redirects to an unreachable host", async () => {
    await using registry = await startServer((_request, response) => {
      response.writeHead(307, { location: "http://storage.test/blob" }).end();
    });
    using client = testClient({ transport: smallInternet({}) });
    await expect(client.getManifest(asking(`${registry.host}/a:1`))).rejects.toThrow(
      expect.objectContaining({
        reason: "REGISTRY_UNAVAILABLE",
        message: expect.stringContaining("storage.test: its name cannot be resolved (ENOTFOUND)"),
      }),
    );
  });

  it.each(["127.0.0.1:99999/a", "[fd00123123123]:5000/a"])(
    "may have a name that cannot be connected to: %s",
    async (name) => {
      using client = testClient();
      await expect(client.getManifest(asking(name))).rejects.toThrow(
        expect.objectContaining({ code: "INVALID_ARGUMENT", reason: "INVALID_REFERENCE" }),
      );
    },
  );
});

describe("a registry that fails", () => {
  it.each([500, 502, 503])("with %i is retried, and may recover", async (status) => {
    await using registry = await startRegistry();
    using client = testClient();
    const { reference, digest } = registry.add("a", "1", IMAGE);
    registry.fault({ fault: { kind: "status", status }, times: 2 });
    expect(await client.getManifest(asking(reference))).toMatchObject({ digest });
    expect(registry.requests).toHaveLength(3);
  });

  it("with a permanent 503 is retried a limited number of times", async () => {
    await using registry = await startRegistry();
    using client = testClient();
    const { reference } = registry.add("a", "1", IMAGE);
    registry.fault({ fault: { kind: "status", status: 503 } });
    await expect(client.getManifest(asking(reference))).rejects.toThrow(
      expect.objectContaining({
        reason: "REGISTRY_UNAVAILABLE",
        message: expect.stringContaining("status 503 (UNKNOWN)"),
        metadata: expect.objectContaining({ status: 503 }),
      }),
    );
    expect(registry.requests).toHaveLength(3);
  });

  it.each([undefined, 100])(
    "by cutting the connection (after %j bytes) is retried",
    async (afterBytes) => {
      await using registry = await startRegistry();
      using client = testClient();
      const { reference, digest } = registry.add("a", "1", IMAGE);
      // The first request only finds that this server has no TLS.
      await client.headManifest(asking(reference));
      const fault = { kind: "reset", ...(afterBytes === undefined ? {} : { afterBytes }) } as const;
      registry.fault({ fault, methods: ["GET"], times: 2 });
      expect(await client.getManifest(asking(reference))).toMatchObject({ digest });
      expect(registry.requests).toHaveLength(4);
    },
  );

  it.each([400, 405, 418, 501])("with %i is not retried", async (status) => {
    await using registry = await startRegistry();
    using client = testClient();
    const { reference } = registry.add("a", "1", IMAGE);
    registry.fault({ fault: { kind: "status", status } });
    await expect(client.getManifest(asking(reference))).rejects.toThrow(
      expect.objectContaining({ code: "FAILED_PRECONDITION", reason: "REGISTRY_REFUSED" }),
    );
    expect(registry.requests).toHaveLength(1);
  });

  it("because it is not a registry is recognised", async () => {
    const server = createServer((socket) => socket.end("SSH-2.0-OpenSSH\r\n")).listen(
      0,
      "127.0.0.1",
    );
    await once(server, "listening");
    const bound = server.address();
    const port = typeof bound === "object" && bound !== null ? bound.port : 0;
    using client = testClient();
    await expect(client.getManifest(asking(`127.0.0.1:${port}/a:1`))).rejects.toThrow(
      expect.objectContaining({ reason: "REGISTRY_PROTOCOL" }),
    );
    server.close();
  });

  it.each<[string, string, number, TimeLimits]>([
    [
      "sends nothing at all",
      "no answer came in time",
      0,
      { document: 10_000, documentIdle: 50, blobIdle: 10_000 },
    ],
    ["drips", "took too long", 5, { document: 100, documentIdle: 10_000, blobIdle: 10_000 }],
  ])("because it %s times out", async (_what, why, pause, limits) => {
    await using registry = await startServer((_request, response) => {
      if (pause === 0) return;
      response.writeHead(200, { "content-type": IMAGE.manifest.mediaType });
      const drip = setInterval(() => response.write(" "), pause);
      response.once("close", () => clearInterval(drip));
    });
    using client = testClient({ limits });
    await expect(client.getManifest(asking(`${registry.host}/a:1`))).rejects.toThrow(
      expect.objectContaining({
        code: "UNAVAILABLE",
        reason: "REGISTRY_UNAVAILABLE",
        message: expect.stringContaining(why),
      }),
    );
    expect(registry.requests).toHaveLength(1);
  });

  it("to respond can be cancelled", async () => {
    await using registry = await startRegistry();
    using client = testClient();
    const { reference } = registry.add("a", "1", IMAGE);
    const stall = registry.fault({ fault: { kind: "stall" } });
    const body = registry.fault({ fault: { kind: "stall", afterBytes: 10 } });
    for (const fault of [stall, body]) {
      const controller = new AbortController();
      const reading = client.getManifest({ ...asking(reference), signal: controller.signal });
      await fault.reached;
      controller.abort();
      await expect(reading).rejects.toThrow(
        expect.objectContaining({ code: "CANCELLED", reason: "INTERRUPTED" }),
      );
      fault.remove();
    }
    const signal = AbortSignal.abort();
    const before = registry.requests.length;
    await expect(client.getManifest({ ...asking(reference), signal })).rejects.toThrow(
      expect.objectContaining({ code: "CANCELLED" }),
    );
    expect(registry.requests).toHaveLength(before);
  });
});

describe("a registry that refuses", () => {
  it.each([
    ["seconds", { "retry-after": "120" }, { retry_after_seconds: 120 }],
    [
      "a date",
      { "retry-after": new Date(NOW + 90_500).toUTCString() },
      { retry_after_seconds: 90 },
    ],
    [
      "a date in the past",
      { "retry-after": new Date(NOW - 1000).toUTCString() },
      { retry_after_seconds: 0 },
    ],
    ["a quota", { "ratelimit-remaining": "0;w=21600" }, { rate_limit_remaining: 0 }],
    ["nonsense", { "retry-after": "soon", "ratelimit-remaining": "-" }, {}],
  ])("for a rate limit reports when to retry: %s", async (_what, headers, metadata) => {
    await using registry = await startRegistry();
    using client = testClient({ now: () => NOW });
    const { reference } = registry.add("a", "1", IMAGE);
    registry.fault({ fault: { kind: "status", status: 429, headers } });
    await expect(client.getManifest(asking(reference))).rejects.toThrow(
      expect.objectContaining({
        code: "RESOURCE_EXHAUSTED",
        reason: "REGISTRY_RATE_LIMITED",
        retry: "same-token",
        blastRadius: "credential",
        metadata: {
          registry: registry.host,
          repository: "a",
          status: 429,
          errors: [{ code: "TOOMANYREQUESTS", message: "injected fault: status 429" }],
          ...metadata,
        },
      }),
    );
    expect(registry.requests).toHaveLength(1);
  });

  it("for a rate limit may use another status", async () => {
    await using registry = await startRegistry();
    using client = testClient();
    const { reference } = registry.add("a", "1", IMAGE);
    registry.fault({ fault: { kind: "status", status: 403, code: "TOOMANYREQUESTS" } });
    await expect(client.getManifest(asking(reference))).rejects.toThrow(
      expect.objectContaining({ reason: "REGISTRY_RATE_LIMITED" }),
    );
  });

  it.each([
    [null, "does not let anonymous callers pull a"],
    [password("alice", "wonderland"), "does not let this credential pull a"],
  ])("permission differs from one without a valid credential %#", async (credential, why) => {
    await using registry = await startRegistry();
    using client = testClient();
    const { reference } = registry.add("a", "1", IMAGE);
    registry.fault({ fault: { kind: "status", status: 403, code: "DENIED" } });
    await expect(client.getManifest(asking(reference, credential))).rejects.toThrow(
      expect.objectContaining({
        code: "PERMISSION_DENIED",
        reason: "REGISTRY_PERMISSION_DENIED",
        message: expect.stringContaining(why),
        remedy: expect.stringContaining("does not exist"),
      }),
    );
  });

  it("is quoted only within the specification, and without secrets", async () => {
    const errors = [
      { code: "DENIED", message: `no ${Buffer.from("alice:wonderland").toString("base64")}` },
      { code: "DENIED", message: "line\none\u0000 \u202E" },
      { code: "DENIED", message: "x".repeat(10_000) },
      { code: "DENIED", message: 7 },
      { code: "DENIED" },
      { code: "SIXTH" },
    ];
    await using registry = await startServer((request, response) => {
      if (request.headers.authorization === undefined)
        sendJson(response, {}, { status: 401, headers: { "www-authenticate": "Basic" } });
      else sendJson(response, { errors }, { status: 403 });
    });
    using client = testClient();
    const asked = asking(`${registry.host}/a:1`, password("alice", "wonderland"));
    await expect(client.getManifest(asked)).rejects.toThrow(
      expect.objectContaining({
        metadata: expect.objectContaining({
          errors: [
            { code: "DENIED", message: "no [redacted]" },
            { code: "DENIED", message: "line one" },
            { code: "DENIED", message: "x".repeat(300) },
            { code: "DENIED" },
            { code: "DENIED" },
          ],
        }),
      }),
    );
  });

  it.each<[string, string]>([
    ["a web page", "<html>"],
    ["an invalid code", JSON.stringify({ errors: [{ code: "<script>" }] })],
    ["no errors", JSON.stringify({ errors: [] })],
    ["too much", JSON.stringify({ errors: [{ code: "DENIED", message: "x".repeat(100_000) }] })],
  ])("with %s is understood by its status", async (_what, body) => {
    await using registry = await startServer((_request, response) =>
      response.writeHead(403).end(body),
    );
    using client = testClient();
    await expect(client.getManifest(asking(`${registry.host}/a:1`))).rejects.toThrow(
      expect.objectContaining({
        reason: "REGISTRY_PERMISSION_DENIED",
        metadata: { registry: registry.host, repository: "a", status: 403 },
      }),
    );
  });
});

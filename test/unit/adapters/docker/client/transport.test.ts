import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:https";
import { TLSSocket } from "node:tls";
import { describe, expect, it } from "vitest";
import { EngineConnectionFailure } from "../../../../../adapters/docker/errors/engine-failure.ts";
import { parseEndpoint } from "../../../../../adapters/docker/client/endpoint.ts";
import type { EngineTls } from "../../../../../adapters/docker/client/endpoint.ts";
import { createModem } from "../../../../../adapters/docker/client/modem.ts";
import type { DialOptions } from "../../../../../adapters/docker/client/modem.ts";
import { createTransport } from "../../../../../adapters/docker/client/transport.ts";
import type { EngineRequest } from "../../../../../adapters/docker/client/transport.ts";
import { proxyRule } from "../../../../../src/proxy/proxy-rule.ts";
import { SlipwayError } from "../../../../../src/errors.ts";
import { certificatePem, selfSignedCertificate } from "../../../../../testing/registry/index.ts";
import { startFakeEngine } from "../../../../support/fake-engine.ts";
import { startMappingProxy } from "../../../../support/mapping-proxy.ts";
import { startServer } from "../../../oci/support/http-server.ts";
import type { FakeEngine } from "../../../../support/fake-engine.ts";

function transportOf(engine: Pick<FakeEngine, "host">) {
  return createTransport(parseEndpoint(engine.host, "the test"));
}

function get(path: string, changes: Partial<EngineRequest> = {}): EngineRequest {
  return {
    method: "GET",
    path,
    headers: {},
    body: null,
    signal: null,
    silenceMilliseconds: 10_000,
    ...changes,
  };
}

describe("createTransport", () => {
  it("keeps its connection from one request to the next", async () => {
    await using engine = await startFakeEngine();
    engine.on("GET /info", ({ reply }) => reply(200, {}));
    const transport = transportOf(engine);
    for (let count = 0; count < 3; count += 1) {
      const { body } = await transport.send(get("/info"));
      for await (const _piece of body);
    }
    await transport.close();
    expect(engine.connections()).toBe(1);
  });

  it("reaches an engine by TCP through the proxy of the environment, as Docker's command line does", async () => {
    await using engine = await startServer((_request, response) => response.end("{}"));
    await using mapping = await startMappingProxy({
      names: { "engine.example.test:2375": engine.port },
    });
    const endpoint = parseEndpoint("tcp://engine.example.test:2375", "the test");
    const proxy = proxyRule({ HTTP_PROXY: mapping.url });
    const transport = createTransport(endpoint, { proxy });
    const { status, body } = await transport.send(get("/info"));
    for await (const _piece of body);
    await transport.close();
    expect(status).toBe(200);
    expect(mapping.requests.map(({ target }) => target)).toEqual([
      "http://engine.example.test:2375/info",
    ]);
    expect(engine.requests.map(({ url }) => url)).toEqual(["/info"]);
  });

  it("names the proxy that does not connect to the engine", async () => {
    const refusal = { status: 403, reason: "Filtered" };
    await using mapping = await startMappingProxy({ refusal });
    const tls = { certificateAuthority: null, certificate: null, key: null, verify: true };
    const endpoint = parseEndpoint("tcp://engine.example.test:2376", "the test", tls);
    const proxy = proxyRule({ HTTPS_PROXY: mapping.url });
    const transport = createTransport(endpoint, { proxy });
    await expect(transport.send(get("/info"))).rejects.toMatchObject({
      name: "EngineConnectionFailure",
      message: `the proxy ${mapping.url} (HTTPS_PROXY) did not connect to engine.example.test:2376: HTTP status 403 Filtered`,
      sent: false,
    });
    await transport.close();
  });

  it("reports that nothing was sent if no server listens", async () => {
    const transport = transportOf({ host: "unix:///nonexistent/engine.sock" });
    await expect(transport.send(get("/info"))).rejects.toMatchObject({
      name: "EngineConnectionFailure",
      code: "ENOENT",
      sent: false,
    });
    const closed = createTransport(parseEndpoint("tcp://127.0.0.1:1", "the test"));
    await expect(closed.send(get("/info"))).rejects.toMatchObject({
      code: "ECONNREFUSED",
      sent: false,
    });
  });

  it("says that it was sent where the answer breaks off", async () => {
    await using engine = await startFakeEngine();
    engine.on("GET /info", (exchange) => exchange.hangUp());
    const transport = transportOf(engine);
    await expect(transport.send(get("/info"))).rejects.toMatchObject({
      name: "EngineConnectionFailure",
      code: "ECONNRESET",
      sent: true,
    });
    await transport.close();
  });

  it("says the same on a connection that it had kept", async () => {
    await using engine = await startFakeEngine();
    engine.on(
      "GET /info",
      ({ reply }) => reply(200, {}),
      (exchange) => exchange.hangUp(),
    );
    const transport = transportOf(engine);
    const { body } = await transport.send(get("/info"));
    for await (const _piece of body);
    await expect(transport.send(get("/info"))).rejects.toMatchObject({ sent: true });
    await transport.close();
  });

  it("does not wait forever", async () => {
    await using engine = await startFakeEngine();
    engine.on("GET /info", () => undefined);
    const transport = transportOf(engine);
    const failure = transport.send(get("/info", { silenceMilliseconds: 30 }));
    await expect(failure).rejects.toMatchObject({ code: "TIMED_OUT", sent: true });
    await transport.close();
  });

  it("stops at the signal, before, during and after the answer's beginning", async () => {
    await using engine = await startFakeEngine();
    const controllers = [new AbortController(), new AbortController()];
    engine.on("GET /never", () => controllers[0]?.abort());
    engine.on("GET /stream", ({ stream }) => stream({ status: "x" }));
    const transport = transportOf(engine);
    const aborted = transport.send(get("/never", { signal: AbortSignal.abort() }));
    await expect(aborted).rejects.toMatchObject({ code: "CANCELLED" });
    const during = transport.send(get("/never", { signal: controllers[0]?.signal ?? null }));
    await expect(during).rejects.toMatchObject({ code: "CANCELLED" });
    const { body } = await transport.send(
      get("/stream", { signal: controllers[1]?.signal ?? null }),
    );
    controllers[1]?.abort(new SlipwayError({ code: "ABORTED", reason: "TIMED_OUT", message: "x" }));
    const read = async () => {
      for await (const _piece of body);
    };
    await expect(read()).rejects.toMatchObject({ reason: "TIMED_OUT" });
    expect(engine.requests).toEqual(["GET /never", "GET /stream"]);
    await transport.close();
  });
});

describe("an engine by TLS", () => {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const certificate = certificatePem(
    selfSignedCertificate({
      privateKey,
      commonName: "engine",
      names: ["127.0.0.1"],
      now: Date.now(),
    }),
  );
  const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();

  /** Calls an engine that demands a client certificate; returns the name on that certificate. */
  async function ask(tls: Partial<EngineTls>): Promise<unknown> {
    const options = { key, cert: certificate, ca: certificate, requestCert: true };
    const server = createServer({ ...options, rejectUnauthorized: false }, (request, response) => {
      const { socket } = request;
      const peer = socket instanceof TLSSocket ? socket.getPeerCertificate().subject : null;
      response.end(JSON.stringify(peer?.CN ?? null));
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    const address = server.address();
    const port = typeof address === "object" ? address?.port : 0;
    const keys = { certificateAuthority: null, certificate: null, key: null, verify: true, ...tls };
    const transport = createTransport(parseEndpoint(`tcp://127.0.0.1:${port}`, "the test", keys));
    try {
      const { body } = await transport.send(get("/info"));
      let text = "";
      for await (const piece of body) text += String(piece);
      return JSON.parse(text);
    } finally {
      await transport.close();
      server.close();
      server.closeAllConnections();
    }
  }

  it("is trusted by its authority, and receives the client's certificate", async () => {
    expect(await ask({ certificateAuthority: certificate })).toBeNull();
    const all = { certificateAuthority: certificate, certificate, key };
    expect(await ask(all)).toBe("engine");
  });

  it("is not asked with keys that are not PEM", async () => {
    await expect(ask({ certificate: "x", key: "y" })).rejects.toMatchObject({
      name: "EngineConnectionFailure",
      code: "ERR_OSSL_PEM_NO_START_LINE",
      sent: false,
    });
  });

  it("receives nothing if it is not trusted, unless verification is off", async () => {
    await expect(ask({})).rejects.toMatchObject({
      name: "EngineConnectionFailure",
      code: "DEPTH_ZERO_SELF_SIGNED_CERT",
      sent: false,
    });
    expect(await ask({ verify: false })).toBeNull();
  });
});

describe("createModem", () => {
  function dial(engine: FakeEngine, options: Partial<DialOptions> & { path: string }) {
    const transport = transportOf(engine);
    const modem = createModem(transport, {
      signal: null,
      silenceMilliseconds: 10_000,
      replyMilliseconds: 10_000,
    });
    return new Promise<unknown>((resolve, reject) => {
      modem.dial({ method: "GET", statusCodes: {}, ...options }, (error, reply) => {
        void transport.close();
        if (error === null) resolve(reply);
        else reject(error);
      });
    });
  }

  it("puts queries into the address and bodies into the body", async () => {
    await using engine = await startFakeEngine();
    engine.on("POST /x", ({ query, headers, body, reply }) =>
      reply(200, { query, type: headers["content-type"], body: Buffer.from(body).toString() }),
    );
    const options = { a: 1, b: true, c: { d: ["e&f"] }, g: undefined };
    const query = { a: "1", b: "true", c: '{"d":["e&f"]}' };
    const post = { path: "/x?", method: "POST" };
    expect(await dial(engine, { ...post, options })).toEqual({ query, body: "" });
    const both = { _query: options, _body: { h: "ï" } };
    expect(await dial(engine, { ...post, options: both })).toEqual({
      query,
      type: "application/json",
      body: '{"h":"ï"}',
    });
  });

  it("reads errors of the engine and of what stands before it", async () => {
    await using engine = await startFakeEngine();
    engine.on("GET /json", ({ reply }) => reply(409, { message: "first\nsecond" }));
    engine.on("GET /other", ({ reply }) => reply(418, "teapot"));
    engine.on("GET /empty", ({ reply }) => reply(503));
    await expect(dial(engine, { path: "/json" })).rejects.toMatchObject({
      name: "EngineReplyFailure",
      status: 409,
      message: "first second",
    });
    await expect(dial(engine, { path: "/other" })).rejects.toMatchObject({ message: '"teapot"' });
    await expect(dial(engine, { path: "/empty" })).rejects.toMatchObject({
      message: "HTTP status 503",
    });
  });

  it("takes an answer that breaks off half-way for none", async () => {
    await using engine = await startFakeEngine();
    engine.on("GET /x", ({ stream }) => {
      const answer = stream({ half: 1 });
      setImmediate(() => answer.breakOff());
    });
    await expect(dial(engine, { path: "/x" })).rejects.toBeInstanceOf(EngineConnectionFailure);
  });

  it("does not read an answer without an end", async () => {
    await using engine = await startFakeEngine();
    const piece = Buffer.alloc(2 ** 20, " ");
    engine.on("GET /x", ({ stream }) => {
      const answer = stream();
      for (let count = 0; count < 66; count += 1) answer.write(piece);
    });
    await expect(dial(engine, { path: "/x" })).rejects.toMatchObject({ code: "TOO_LONG" });
  });
});

import { describe, expect, it } from "vitest";
import { NO_CERTIFICATES } from "../../../../src/oci/registry/certificates.ts";
import { createHttpTransport } from "../../../../src/oci/registry/transport.ts";
import { proxyRule } from "../../../../src/proxy/proxy-rule.ts";
import { tinyImage } from "../../../../testing/registry/index.ts";
import { caughtError } from "../../../support/caught.ts";
import { startMappingProxy } from "../../../support/mapping-proxy.ts";
import type { MappingProxy } from "../../../support/mapping-proxy.ts";
import { testIdentity } from "../../../support/test-identity.ts";
import { asking, password, testClient } from "../support/client.ts";
import { sendJson, startServer } from "../support/http-server.ts";

const { mediaType, digest, bytes } = tinyImage("amd64").manifest;
const HEADERS = { "content-type": mediaType, "docker-content-digest": digest };
const REGISTRY = "registry.example.test";
const REFERENCE = `${REGISTRY}/a@${digest}`;

/** A client that knows no name of the test by itself. */
function clientBehind(proxy: Pick<MappingProxy, "url">, cert: string | null = null) {
  return testClient({
    insecure: () => cert === null,
    certificates: async () => ({ authorities: cert, client: [] }),
    retry: { retries: 0, pauseMilliseconds: 1 },
    proxy: proxyRule({ HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url }),
  });
}

describe("a registry behind a proxy", () => {
  it("is read through tunnels, with TLS from end to end", async () => {
    const tls = testIdentity([REGISTRY]);
    await using registry = await startServer(
      (_request, response) => response.writeHead(200, HEADERS).end(bytes),
      { tls },
    );
    await using proxy = await startMappingProxy({ names: { [`${REGISTRY}:443`]: registry.port } });
    using client = clientBehind(proxy, tls.cert);
    expect(await client.headManifest(asking(REFERENCE))).toMatchObject({ digest });
    expect((await client.getManifest(asking(REFERENCE))).digest).toBe(digest);
    for (const request of proxy.requests)
      expect(request).toEqual({
        method: "CONNECT",
        target: `${REGISTRY}:443`,
        authorization: null,
      });
    expect(registry.requests.map(({ headers }) => headers["proxy-authorization"])).toEqual([
      undefined,
      undefined,
    ]);
  });

  it("must have a certificate for its own name, not for the proxy's", async () => {
    const tls = testIdentity(["127.0.0.1"]);
    await using registry = await startServer((_request, response) => response.end(), { tls });
    await using proxy = await startMappingProxy({ names: { [`${REGISTRY}:443`]: registry.port } });
    using client = clientBehind(proxy, tls.cert);
    const error = await caughtError(() => client.headManifest(asking(REFERENCE)));
    expect(error).toMatchObject({ reason: "REGISTRY_TLS" });
    expect(registry.requests).toEqual([]);
  });

  it("without TLS is read by requests that the proxy forwards", async () => {
    await using registry = await startServer((_request, response) =>
      response.writeHead(200, HEADERS).end(bytes),
    );
    await using proxy = await startMappingProxy({
      names: { [`${REGISTRY}:5000`]: registry.port },
      // The tunnel with which the client tries TLS first ends at a server that does not speak it.
    });
    using client = clientBehind(proxy);
    const reference = `${REGISTRY}:5000/a@${digest}`;
    expect(await client.headManifest(asking(reference))).toMatchObject({ digest });
    expect(proxy.requests.at(-1)).toEqual({
      method: "HEAD",
      target: `http://${REGISTRY}:5000/v2/a/manifests/${digest}`,
      authorization: null,
    });
    expect(registry.requests.at(-1)).toMatchObject({
      url: `/v2/a/manifests/${digest}`,
      headers: { host: `${REGISTRY}:5000` },
    });
  });

  it("has its token service and the hosts of its blobs behind the proxy too", async () => {
    const token = "auth.example.test";
    const blobs = "blobs.example.test";
    const tls = testIdentity([REGISTRY, token, blobs]);
    await using server = await startServer(
      ({ url, headers }, response) => {
        if (headers.host === token) return sendJson(response, { token: "granted" });
        if (headers.host === blobs) return void response.writeHead(200, HEADERS).end(bytes);
        if (headers.authorization !== "Bearer granted") {
          const challenge = `Bearer realm="https://${token}/token",service="test"`;
          return void response.writeHead(401, { "www-authenticate": challenge }).end();
        }
        return void response.writeHead(307, { location: `https://${blobs}${url}` }).end();
      },
      { tls },
    );
    const names = { [`${REGISTRY}:443`]: 0, [`${token}:443`]: 0, [`${blobs}:443`]: 0 };
    await using proxy = await startMappingProxy({
      names: Object.fromEntries(Object.keys(names).map((name) => [name, server.port])),
    });
    using client = clientBehind(proxy, tls.cert);
    const found = await client.getManifest(asking(REFERENCE, password("user", "sesame")));
    expect(found.digest).toBe(digest);
    expect(proxy.requests.map(({ target }) => target)).toEqual(Object.keys(names));
  });

  it("is reached with the proxy's user and password, which no error repeats", async () => {
    const refusal = { status: 407, reason: "Proxy Authentication Required" };
    await using proxy = await startMappingProxy({ refusal });
    const url = proxy.url.replace("//", "//user:hunter2@");
    using client = clientBehind({ url }, "");
    const error = await caughtError(() => client.headManifest(asking(REFERENCE)));
    expect(error).toMatchObject({
      code: "UNAUTHENTICATED",
      reason: "PROXY_REFUSED",
      retry: "never",
      metadata: { proxy: proxy.url, variable: "HTTPS_PROXY", status: 407, registry: REGISTRY },
    });
    expect(error.message).toBe(
      `${REFERENCE}: the proxy ${proxy.url} (HTTPS_PROXY) did not connect to ${REGISTRY}:443: HTTP status 407 Proxy Authentication Required`,
    );
    const [sent] = proxy.requests;
    expect(sent?.authorization).toBe(`Basic ${Buffer.from("user:hunter2").toString("base64")}`);
    expect(JSON.stringify(error)).not.toContain("hunter2");
    expect(JSON.stringify(error)).not.toContain(sent?.authorization ?? "none");
  });

  it.each([
    [403, "Filtered", "PROXY_REFUSED", "PERMISSION_DENIED"],
    [404, "Not Found", "PROXY_REFUSED", "FAILED_PRECONDITION"],
    [502, "Unknown Host", "PROXY_UNAVAILABLE", "UNAVAILABLE"],
    [503, "", "PROXY_UNAVAILABLE", "UNAVAILABLE"],
  ])("is not blamed for the proxy's answer %s", async (status, reason, expected, code) => {
    await using proxy = await startMappingProxy({ refusal: { status, reason } });
    using client = clientBehind(proxy, "");
    const error = await caughtError(() => client.headManifest(asking(REFERENCE)));
    expect(error).toMatchObject({ reason: expected, code });
    expect(error.message).toContain(`the proxy ${proxy.url} (HTTPS_PROXY) did not connect to`);
  });

  it("without TLS is not blamed for a proxy that demands a password", async () => {
    const refusal = { status: 407, reason: "Proxy Authentication Required" };
    await using proxy = await startMappingProxy({ refusal });
    using client = clientBehind(proxy);
    const error = await caughtError(() => client.headManifest(asking(REFERENCE)));
    expect(error).toMatchObject({ reason: "PROXY_REFUSED", code: "UNAUTHENTICATED" });
    expect(proxy.requests.map(({ method }) => method)).toEqual(["CONNECT", "HEAD"]);
  });

  it("is not blamed for a proxy that cannot be reached", async () => {
    const proxy = await startMappingProxy();
    await proxy[Symbol.asyncDispose]();
    using client = clientBehind(proxy, "");
    const error = await caughtError(() => client.headManifest(asking(REFERENCE)));
    expect(error).toMatchObject({ reason: "PROXY_UNAVAILABLE", retry: "same-token" });
    expect(error.message).toMatch(
      /the proxy http:\S+ \(HTTPS_PROXY\) cannot be reached.*ECONNREFUSED/,
    );
  });

  it("is read directly if NO_PROXY names it", async () => {
    await using proxy = await startMappingProxy();
    using client = testClient({
      insecure: () => false,
      retry: { retries: 0, pauseMilliseconds: 1 },
      proxy: proxyRule({ HTTPS_PROXY: proxy.url, NO_PROXY: ".example.test" }),
    });
    const error = await caughtError(() => client.headManifest(asking(REFERENCE)));
    expect(error.message).toContain("its name cannot be resolved");
    expect(proxy.requests).toEqual([]);
  });
});

describe("addresses that a registry's answer names, behind a proxy", () => {
  const { signal } = new AbortController();
  const common = {
    method: "GET",
    headers: {},
    trust: { verify: false, ...NO_CERTIFICATES },
    headMilliseconds: 1_000,
    idleMilliseconds: 1_000,
    signal,
  } as const;

  it.each([
    ["http://10.1.2.3/", "public", "10.1.2.3 is a private address"],
    ["https://[fd00::1]/", "public", "fd00::1 is a private address"],
    ["http://169.254.169.254/", "routable", "169.254.169.254 is a link-local address"],
    [
      "http://inside.example.test/",
      "public",
      "inside.example.test has the private address 10.0.0.9",
    ],
    [
      "http://metadata.example.test/",
      "routable",
      "metadata.example.test has the link-local address 169.254.169.254",
    ],
  ] as const)("%s is refused before the proxy is asked", async (url, addresses, why) => {
    await using proxy = await startMappingProxy();
    const known: Readonly<Record<string, string>> = {
      "inside.example.test": "10.0.0.9",
      "metadata.example.test": "169.254.169.254",
    };
    const transport = createHttpTransport({
      proxy: proxyRule({ HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url }),
      lookup: (name, _options, callback) =>
        callback(null, [{ address: known[name] ?? "192.0.2.1", family: 4 }]),
    });
    await expect(transport.send({ ...common, url: new URL(url), addresses })).rejects.toMatchObject(
      { name: "RefusedAddressError", message: why },
    );
    transport.close();
    expect(proxy.requests).toEqual([]);
  });

  it("may have a name that only the proxy knows, which counts as public", async () => {
    await using target = await startServer((_request, response) => response.end("found"));
    await using proxy = await startMappingProxy({
      names: { "blobs.example.test:80": target.port },
    });
    const transport = createHttpTransport({
      proxy: proxyRule({ HTTP_PROXY: proxy.url }),
      lookup: (_name, _options, callback) =>
        callback(Object.assign(new Error("no such name"), { code: "ENOTFOUND" }), []),
    });
    const url = new URL("http://blobs.example.test/");
    const response = await transport.send({ ...common, url, addresses: "public" });
    expect([response.status, response.private]).toEqual([200, false]);
    response.discard();
    transport.close();
  });
});

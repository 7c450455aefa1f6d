import { describe, expect, it } from "vitest";
import { NO_CERTIFICATES } from "../../../../src/oci/registry/certificates.ts";
import type { RegistryCertificates } from "../../../../src/oci/registry/certificates.ts";
import { createHttpTransport } from "../../../../src/oci/registry/transport.ts";
import { tinyImage } from "../../../../testing/registry/index.ts";
import { asking, password, SECURE, smallInternet, testClient } from "../support/client.ts";
import { startServer } from "../support/http-server.ts";
import type { HttpServerOptions } from "../support/http-server.ts";
import { SecretValue } from "../../../../src/secret-value.ts";
import { testIdentity } from "../../../support/test-identity.ts";

const { mediaType, digest, bytes } = tinyImage("amd64").manifest;
const HEADERS = { "content-type": mediaType, "docker-content-digest": digest };
const UNTRUSTED = expect.objectContaining({
  code: "FAILED_PRECONDITION",
  reason: "REGISTRY_TLS",
  retry: "never",
});

function trusting(authorities: string): RegistryCertificates {
  return { authorities, client: [] };
}

function serve(tls?: HttpServerOptions["tls"]) {
  return startServer(
    (_request, response) => response.writeHead(200, HEADERS).end(bytes),
    tls === undefined ? {} : { tls },
  );
}

describe("TLS", () => {
  it("trusts the given certificate authorities of the registry", async () => {
    const tls = testIdentity(["127.0.0.1"]);
    await using registry = await serve(tls);
    const asked: string[] = [];
    using client = testClient({
      ...SECURE,
      certificates: async (host) => {
        asked.push(host);
        return { authorities: tls.cert, client: [] };
      },
    });
    const reference = `${registry.host}/a@${digest}`;
    expect(await client.headManifest(asking(reference))).toMatchObject({ digest });
    expect(await client.headManifest(asking(reference))).toMatchObject({ digest });
    expect(new Set(asked)).toEqual(new Set([registry.host]));
  });

  it.each([
    ["an unknown authority", ["127.0.0.1"], Date.now(), "self-signed", false],
    ["another name", ["127.0.0.2"], Date.now(), "another name", true],
    ["a past validity period", ["127.0.0.1"], 0, "expired", true],
  ])(
    "rejects a certificate of %s before sending anything",
    async (_what, names, now, why, known) => {
      const tls = testIdentity(names, now);
      await using registry = await serve(tls);
      using client = testClient({
        ...SECURE,
        certificates: async () => (known ? trusting(tls.cert) : NO_CERTIFICATES),
      });
      const name = `${registry.host}/a:1`;
      await expect(client.getManifest(asking(name, password("a", "b")))).rejects.toThrow(
        expect.objectContaining({
          reason: "REGISTRY_TLS",
          message: expect.stringMatching(`the registry ${registry.host} is not trusted: .*${why}`),
          remedy: expect.stringContaining("NODE_EXTRA_CA_CERTS"),
        }),
      );
      expect(registry.requests).toHaveLength(0);
    },
  );

  // https://github.com/docker/for-linux/issues/894
  it("names what the registry refuses in the handshake, and not a lack of TLS", async () => {
    const identity = testIdentity(["127.0.0.1"]);
    // No client offers a cipher without encryption.
    await using registry = await serve({ ...identity, ciphers: "NULL-SHA256:@SECLEVEL=0" });
    using client = testClient({ ...SECURE, certificates: async () => trusting(identity.cert) });
    await expect(client.getManifest(asking(`${registry.host}/a:1`))).rejects.toThrow(
      expect.objectContaining({
        code: "FAILED_PRECONDITION",
        reason: "REGISTRY_TLS",
        message: `${registry.host}/a:1: no connection to the registry ${registry.host}: TLS failed (ssl/tls alert handshake failure)`,
        remedy: expect.stringContaining("engines need TLS 1.2 or later"),
      }),
    );
  });

  it.each<[string, readonly string[], string, string]>([
    ["the Common Name alone", [], "Common Name", "another certificate"],
    ["an address beside the Common Name", ["127.0.0.1"], "another name", "NODE_EXTRA_CA_CERTS"],
    ["a part of a label", ["regist*.test.example"], "another name", "NODE_EXTRA_CA_CERTS"],
  ])(
    "rejects a certificate that names the registry by %s, as Go does",
    async (_what, names, why, remedy) => {
      const tls = testIdentity(names, Date.now(), "registry.test.example");
      await using registry = await serve(tls);
      using client = testClient({
        ...SECURE,
        transport: smallInternet({ "registry.test.example": ["127.0.0.1"] }),
        certificates: async () => trusting(tls.cert),
      });
      const name = `registry.test.example:${registry.port}/a:1`;
      await expect(client.getManifest(asking(name, password("a", "b")))).rejects.toThrow(
        expect.objectContaining({
          code: "FAILED_PRECONDITION",
          reason: "REGISTRY_TLS",
          message: expect.stringContaining(why),
          remedy: expect.stringContaining(remedy),
        }),
      );
      expect(registry.requests).toHaveLength(0);
    },
  );

  it.each(["registry.test.example", "*.test.example"])(
    "accepts a certificate with the alternative name %s",
    async (alternative) => {
      const tls = testIdentity([alternative], Date.now(), "elsewhere");
      await using registry = await serve(tls);
      using client = testClient({
        ...SECURE,
        transport: smallInternet({ "registry.test.example": ["127.0.0.1"] }),
        certificates: async () => trusting(tls.cert),
      });
      const name = `registry.test.example:${registry.port}/a@${digest}`;
      expect(await client.headManifest(asking(name))).toMatchObject({ digest });
    },
  );

  it("accepts any name of an insecure registry's certificate", async () => {
    await using registry = await serve(testIdentity([], Date.now(), "elsewhere"));
    using client = testClient();
    expect(await client.headManifest(asking(`${registry.host}/a:1`))).toMatchObject({ digest });
  });

  it("names an invalid certificate authority", async () => {
    await using registry = await serve(testIdentity(["127.0.0.1"]));
    using client = testClient({ ...SECURE, certificates: async () => trusting("no certificate") });
    await expect(client.getManifest(asking(`${registry.host}/a:1`))).rejects.toThrow(UNTRUSTED);
  });

  it("presents the client certificate of the registry's folder", async () => {
    const tls = testIdentity(["127.0.0.1"]);
    const { cert, key } = testIdentity(["client"]);
    await using registry = await serve({ ...tls, ca: cert });
    const client = [{ certificate: cert, key: new SecretValue(key) }];
    using known = testClient({
      ...SECURE,
      certificates: async () => ({ authorities: tls.cert, client }),
    });
    const name = `${registry.host}/a:1`;
    expect(await known.headManifest(asking(name))).toMatchObject({ digest });
    using unknown = testClient({ ...SECURE, certificates: async () => trusting(tls.cert) });
    await expect(unknown.headManifest(asking(name))).rejects.toThrow(
      expect.objectContaining({
        reason: "REGISTRY_TLS",
        message: expect.stringContaining("it demands a client certificate"),
        remedy: expect.stringContaining("NAME.cert"),
      }),
    );
    expect(registry.requests).toHaveLength(1);
  });

  it("names a client certificate with another certificate's key", async () => {
    const tls = testIdentity(["127.0.0.1"]);
    await using registry = await serve(tls);
    const key = new SecretValue(testIdentity(["other"]).key);
    const client = [{ certificate: testIdentity(["client"]).cert, key }];
    using known = testClient({
      ...SECURE,
      certificates: async () => ({ authorities: tls.cert, client }),
    });
    await expect(known.headManifest(asking(`${registry.host}/a:1`))).rejects.toThrow(UNTRUSTED);
  });

  it("reads no certificates of an insecure registry, as Docker does not", async () => {
    await using registry = await serve(testIdentity(["elsewhere.test"]));
    using client = testClient({
      certificates: () => Promise.reject(new Error("the folder was read")),
    });
    expect(await client.headManifest(asking(`${registry.host}/a:1`))).toMatchObject({ digest });
  });

  it("accepts any certificate of an insecure registry", async () => {
    await using registry = await serve(testIdentity(["elsewhere.test"]));
    using client = testClient();
    expect(await client.headManifest(asking(`${registry.host}/a:1`))).toMatchObject({ digest });
  });

  it("is required of every other registry", async () => {
    await using registry = await serve();
    const asked: string[] = [];
    using client = testClient({
      insecure: async (host) => {
        asked.push(host);
        return false;
      },
    });
    await expect(client.getManifest(asking(`${registry.host}/a:1`))).rejects.toThrow(
      expect.objectContaining({
        reason: "REGISTRY_TLS",
        message: expect.stringContaining("does not speak TLS, and is not declared insecure"),
        remedy: expect.stringContaining("insecure-registries"),
      }),
    );
    expect(registry.requests).toHaveLength(0);
    expect(asked).toEqual([registry.host]);
  });

  it("is tried once and then abandoned for an insecure registry without TLS", async () => {
    await using registry = await serve();
    const transport = createHttpTransport();
    const protocols: string[] = [];
    using client = testClient({
      transport: {
        ...transport,
        async send(request) {
          protocols.push(request.url.protocol);
          return await transport.send(request);
        },
      },
    });
    for (let round = 0; round < 3; round += 1)
      expect(await client.headManifest(asking(`${registry.host}/a:1`))).toMatchObject({ digest });
    expect(protocols).toEqual(["https:", "http:", "http:", "http:"]);
  });

  it.each<[string, Parameters<typeof startServer>[0]]>([
    [
      "it redirects to an unreachable host",
      (_request, response) => response.writeHead(307, { location: "https://127.0.0.1:1/x" }).end(),
    ],
    [
      "its response breaks off",
      (_request, response) => {
        response.writeHead(200, { ...HEADERS, "content-length": bytes.length });
        response.write(bytes.subarray(0, 10), () => response.destroy());
      },
    ],
  ])("is kept for an insecure registry that supports it, although %s", async (_what, answer) => {
    await using registry = await startServer(answer, { tls: testIdentity(["127.0.0.1"]) });
    const transport = createHttpTransport();
    const origins: string[] = [];
    using client = testClient({
      transport: {
        ...transport,
        send: async (request) => {
          origins.push(request.url.origin);
          return await transport.send(request);
        },
      },
    });
    await expect(
      client.getManifest(asking(`${registry.host}/a:1`, password("a", "b"))),
    ).rejects.toThrow(expect.objectContaining({ reason: "REGISTRY_UNAVAILABLE" }));
    expect(origins).toContain(registry.url);
    expect(origins.filter((origin) => origin.startsWith("http:"))).toEqual([]);
  });

  it("is kept on a redirect and for a token", async () => {
    const tls = testIdentity(["registry.test"]);
    await using plain = await serve();
    for (const send of [
      { status: 307, headers: { location: `http://store.test:${plain.port}/x` } },
      {
        status: 401,
        headers: { "www-authenticate": `Bearer realm="http://store.test:${plain.port}/x"` },
      },
    ]) {
      await using registry = await startServer(
        (_request, response) => response.writeHead(send.status, send.headers).end(),
        { tls },
      );
      using client = testClient({
        ...SECURE,
        certificates: async () => trusting(tls.cert),
        transport: smallInternet({ "registry.test": ["127.0.0.1"], "store.test": ["127.0.0.1"] }),
      });
      await expect(
        client.getManifest(asking(`registry.test:${registry.port}/a:1`, password("a", "b"))),
      ).rejects.toThrow(
        expect.objectContaining({
          reason: "REDIRECT_REFUSED",
          message: expect.stringContaining("without TLS"),
        }),
      );
    }
    expect(plain.requests).toHaveLength(0);
  });
});

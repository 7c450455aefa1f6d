import { expect, it } from "vitest";
import { proxyRule } from "../../src/proxy/proxy-rule.ts";
import { tinyImage } from "../../testing/registry/index.ts";
import { caughtError } from "../support/caught.ts";
import { ec2Scene, failures } from "../support/ec2-resolve.ts";
import { describeWithProxy } from "../support/peers.ts";
import { testIdentity } from "../support/test-identity.ts";
import { startTinyproxy } from "../support/tinyproxy.ts";
import { asking, testClient } from "../unit/oci/support/client.ts";
import { startServer } from "../unit/oci/support/http-server.ts";

/** Linux connects it to this machine, and the rule for proxies does not exempt it. */
const ANY_ADDRESS = "0.0.0.0";
const { mediaType, digest, bytes } = tinyImage("amd64").manifest;
const HEADERS = { "content-type": mediaType, "docker-content-digest": digest };

describeWithProxy("tinyproxy", (peer) => {
  it("tunnels to a registry", async () => {
    await using proxy = await startTinyproxy(peer, "user", "sesame");
    const tls = testIdentity([ANY_ADDRESS]);
    await using registry = await startServer(
      (_request, response) => response.writeHead(200, HEADERS).end(bytes),
      { tls },
    );
    using client = testClient({
      insecure: () => false,
      certificates: async () => ({ authorities: tls.cert, client: [] }),
      proxy: proxyRule({ HTTPS_PROXY: `http://user:sesame@127.0.0.1:${proxy.port}` }),
    });
    const found = await client.getManifest(
      asking(`${ANY_ADDRESS}:${registry.port}/team/app@${digest}`),
    );
    expect(found.digest).toBe(digest);
    expect(proxy.requests).toEqual([`CONNECT ${ANY_ADDRESS}:${registry.port} HTTP/1.1`]);
  });

  it("forwards to EC2 and STS", async () => {
    await using proxy = await startTinyproxy(peer, "user", "sesame");
    await using scene = await ec2Scene();
    const url = scene.ec2.url.replace("127.0.0.1", ANY_ADDRESS);
    const environment = {
      AWS_ENDPOINT_URL: url,
      HTTP_PROXY: `http://user:sesame@127.0.0.1:${proxy.port}`,
    };
    const { checks } = await scene.resolve({ environment });
    expect(failures(checks)).toEqual({});
    expect(new Set(proxy.requests)).toEqual(new Set([`POST ${url}/ HTTP/1.1`]));
  });

  it("refuses a wrong password, and the error says so without it", async () => {
    await using proxy = await startTinyproxy(peer, "user", "sesame");
    using client = testClient({
      insecure: () => false,
      proxy: proxyRule({ HTTPS_PROXY: `http://user:wrong-word@127.0.0.1:${proxy.port}` }),
    });
    const error = await caughtError(() =>
      client.headManifest(asking(`registry.example.test/team/app@${digest}`)),
    );
    expect(error).toMatchObject({
      code: "UNAUTHENTICATED",
      reason: "PROXY_REFUSED",
      metadata: { status: 401 },
    });
    expect(JSON.stringify(error)).not.toContain("wrong-word");
  });

  it("answers for a target that it cannot reach", async () => {
    await using proxy = await startTinyproxy(peer, "user", "sesame");
    using client = testClient({
      insecure: () => false,
      retry: { retries: 0, pauseMilliseconds: 1 },
      proxy: proxyRule({ HTTPS_PROXY: `http://user:sesame@127.0.0.1:${proxy.port}` }),
    });
    const error = await caughtError(() =>
      client.headManifest(asking(`${ANY_ADDRESS}:1/team/app@${digest}`)),
    );
    expect(error).toMatchObject({ reason: "PROXY_UNAVAILABLE" });
    expect(error.message).toContain(`did not connect to ${ANY_ADDRESS}:1: HTTP status`);
  });
});

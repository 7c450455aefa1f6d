import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { startRegistry, tinyImage } from "../../testing/registry/index.ts";
import { startMappingProxy } from "../support/mapping-proxy.ts";
import { scratchFolder } from "../support/scratch.ts";
import { testIdentity } from "../support/test-identity.ts";
import { startServer } from "../unit/oci/support/http-server.ts";
import { slipwayProcess } from "./support/slipway-process.ts";

const REGISTRY = "registry.example.test";
const IMAGE = tinyImage("amd64");

/** `inspect` in a process that has these variables. */
async function inspect(folder: string, environment: Readonly<Record<string, string>>) {
  return await slipwayProcess(["inspect", `${REGISTRY}/team/app:1`, "-o", "json"], {
    environment: { HOME: folder, SLIPWAY_DATABASE: join(folder, "slipway.db"), ...environment },
  });
}

describe("the command line behind a proxy", () => {
  it("reads a registry that only the proxy can resolve, with TLS to both", async () => {
    await using registry = await startRegistry();
    registry.add("team/app", "1", IMAGE);
    const tls = testIdentity([REGISTRY, "127.0.0.1"]);
    await using secure = await startServer(
      ({ url, method, headers }, response) => {
        const { accept = "*/*" } = headers;
        void fetch(`http://${registry.host}${url}`, { method, headers: { accept } }).then(
          async (reply) => {
            response.writeHead(reply.status, Object.fromEntries(reply.headers));
            response.end(Buffer.from(await reply.arrayBuffer()));
          },
        );
      },
      { tls },
    );
    await using proxy = await startMappingProxy({
      names: { [`${REGISTRY}:443`]: secure.port },
      tls,
    });
    using folder = scratchFolder();
    const authorities = join(folder.path, "authorities.pem");
    writeFileSync(authorities, tls.cert);
    const ran = await inspect(folder.path, {
      HTTPS_PROXY: proxy.url.replace("//", "//user:hunter2@"),
      NODE_EXTRA_CA_CERTS: authorities,
    });
    expect(ran).toMatchObject({ exitCode: 0, stderr: "" });
    expect(JSON.parse(ran.stdout)).toMatchObject({ manifest_digest: IMAGE.manifest.digest });
    const [first] = proxy.requests;
    expect(first).toEqual({
      method: "CONNECT",
      target: `${REGISTRY}:443`,
      authorization: `Basic ${Buffer.from("user:hunter2").toString("base64")}`,
    });
  });

  it("does not trust a proxy whose certificate authority it does not know", async () => {
    const tls = testIdentity(["127.0.0.1"]);
    await using proxy = await startMappingProxy({ tls });
    using folder = scratchFolder();
    const ran = await inspect(folder.path, { HTTPS_PROXY: proxy.url });
    expect(JSON.parse(ran.stderr)).toMatchObject({
      error: {
        reason: "PROXY_UNAVAILABLE",
        remedy: "Make the proxy's certificate authority known by NODE_EXTRA_CA_CERTS.",
        retry: "never",
      },
    });
    expect(proxy.requests).toEqual([]);
  });

  it.each([
    ["socks5://127.0.0.1:1080", "PROXY_INVALID", 3],
    ["http://127.0.0.1:1", "PROXY_UNAVAILABLE", 7],
  ])("reports a proxy that cannot be used: %s", async (proxy, reason, exitCode) => {
    using folder = scratchFolder();
    const ran = await inspect(folder.path, { https_proxy: proxy });
    expect(ran).toMatchObject({ exitCode, stdout: "" });
    expect(JSON.parse(ran.stderr)).toMatchObject({ error: { reason } });
  });
});

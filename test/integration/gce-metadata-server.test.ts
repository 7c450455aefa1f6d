import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { GceAdapterOptions } from "../../adapters/gce/index.ts";
import { machineCredentials } from "../../adapters/gce/client/metadata-server.ts";
import { failures } from "../support/ec2-resolve.ts";
import { gceScene, IMAGE, PROJECT } from "../support/gce-scene.ts";
import type { GceScene } from "../support/gce-scene.ts";
import { startMappingProxy } from "../support/mapping-proxy.ts";
import { scratchFolder } from "../support/scratch.ts";
import { watchConsole } from "../support/watch-console.ts";
import { startServer } from "../unit/oci/support/http-server.ts";

const GOOGLE = { "metadata-flavor": "Google" };
const TOKEN = "/computeMetadata/v1/instance/service-accounts/default/token";

/** What the metadata server of a machine answers. */
function metadataServer(account = true) {
  return startServer(({ url, headers }, response) => {
    if (headers["metadata-flavor"] !== "Google") return response.writeHead(403).end();
    if (url === "/computeMetadata/v1/instance/") return response.writeHead(200, GOOGLE).end();
    if (!url.startsWith(TOKEN) || !account) return response.writeHead(404, GOOGLE).end();
    response.writeHead(200, { ...GOOGLE, "content-type": "application/json" });
    return response.end(JSON.stringify({ access_token: "of-the-machine", expires_in: 3_599 }));
  });
}

/** The checks of the scene's image, with an environment that has no token. */
async function inspect(
  { gce, open }: GceScene,
  { environment = {}, ...options }: Partial<GceAdapterOptions>,
) {
  const adapter = open({
    ...options,
    environment: {
      CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE: `${gce.url}/compute/v1/`,
      ...environment,
    },
  });
  const selfLink = `projects/${PROJECT}/global/images/${IMAGE}`;
  const { checks } = await adapter.inspectImage(
    { substrate: "GCP", selfLink },
    { imageName: "agent-base", architecture: "amd64" },
    new AbortController().signal,
  );
  return checks;
}

describe("the metadata server of Slipway's machine", () => {
  it("gives the token of the machine, and is never asked through a proxy", async () => {
    const printed = watchConsole();
    await using scene = await gceScene();
    await using server = await metadataServer();
    await using proxy = await startMappingProxy();
    const checks = await inspect(scene, {
      environment: {
        GCE_METADATA_HOST: server.host,
        HTTP_PROXY: proxy.url,
        HTTPS_PROXY: proxy.url,
      },
    });
    expect(failures(checks)).toEqual({});
    expect(server.requests.map(({ url }) => url.split("?")[0])).toContain(TOKEN);
    expect(proxy.requests).toEqual([]);
    expect(printed).toEqual([]);
  });

  it("is one check without it, and nothing is printed", async () => {
    const printed = watchConsole();
    await using scene = await gceScene();
    await using other = await startServer((_request, response) => response.writeHead(403).end());
    const checks = await inspect(scene, { environment: { GCE_METADATA_HOST: other.host } });
    expect(failures(checks)).toEqual({ "cloud.credentials": "CLOUD_UNAUTHENTICATED" });
    const failed = checks.find(({ outcome }) => outcome === "failed");
    expect(failed?.message).toContain(
      `CLOUDSDK_AUTH_ACCESS_TOKEN and GOOGLE_APPLICATION_CREDENTIALS are not set, /nonexistent/.config/gcloud/application_default_credentials.json does not exist, and no metadata server answers (${other.host} is not a metadata server (HTTP status 403))`,
    );
    expect(printed).toEqual([]);
  });

  it("is not looked for if the environment says so", async () => {
    await using scene = await gceScene();
    await using server = await metadataServer();
    const checks = await inspect(scene, {
      environment: { GCE_METADATA_HOST: server.host, METADATA_SERVER_DETECTION: "none" },
    });
    expect(failures(checks)).toEqual({ "cloud.credentials": "CLOUD_UNAUTHENTICATED" });
    expect(server.requests).toEqual([]);
  });

  it.each([
    ["sometimes", "is not assume-present, none, bios-only or ping-only, but sometimes"],
    ["bios-only", "is bios-only, and this machine is not Google's"],
  ])("is not relied on where METADATA_SERVER_DETECTION is %s", async (detection, why) => {
    await using server = await metadataServer();
    const environment = { GCE_METADATA_HOST: server.host, METADATA_SERVER_DETECTION: detection };
    const opened = machineCredentials({ environment, now: () => 0, isGoogles: () => false });
    await expect(opened).rejects.toThrow(`METADATA_SERVER_DETECTION ${why}`);
    expect(server.requests).toEqual([]);
  });

  it.each([
    ["bios-only", true, false],
    ["", true, false],
    ["assume-present", false, false],
    ["ping-only", true, true],
    ["", false, true],
  ])(
    "is asked first where METADATA_SERVER_DETECTION is %j and the machine Google's: %s",
    async (detection, isGoogles, asked) => {
      await using server = await metadataServer();
      const environment = { GCE_METADATA_HOST: server.host, METADATA_SERVER_DETECTION: detection };
      await machineCredentials({ environment, now: () => 0, isGoogles: () => isGoogles });
      const urls = server.requests.map(({ url }) => url);
      expect(urls.includes("/computeMetadata/v1/instance/")).toBe(asked);
    },
  );

  it("is asked again DETECT_GCP_RETRIES times", async () => {
    await using server = await startServer((_request, response) =>
      response.writeHead(503, GOOGLE).end(),
    );
    const environment = { GCE_METADATA_HOST: server.host, DETECT_GCP_RETRIES: "2" };
    const opened = machineCredentials({ environment, now: () => 0, isGoogles: () => false });
    await expect(opened).rejects.toThrow("503");
    expect(server.requests).toHaveLength(3);
  });

  it("is not missed on a machine that is not Google's, whatever its network says", async () => {
    await using scene = await gceScene();
    const checks = await inspect(scene, { environment: { GCE_METADATA_HOST: "127.0.0.1:1" } });
    expect(failures(checks)).toEqual({ "cloud.credentials": "CLOUD_UNAUTHENTICATED" });
    const failed = checks.find(({ outcome }) => outcome === "failed");
    expect(failed).toMatchObject({
      message: expect.stringContaining("no metadata server answers (connect ECONNREFUSED"),
      remedy: expect.stringContaining("gcloud auth application-default login"),
    });
  });

  it("is out of reach where it is known to be there", async () => {
    await using scene = await gceScene();
    const environment = {
      GCE_METADATA_HOST: "127.0.0.1:1",
      METADATA_SERVER_DETECTION: "assume-present",
    };
    const checks = await inspect(scene, { environment });
    expect(failures(checks)).toEqual({ "cloud.reachable": "CLOUD_UNAVAILABLE" });
  });

  it.each(["/computeMetadata/v1/instance/", TOKEN])(
    "may fail for the moment (%s), and the credentials are not to blame",
    async (path) => {
      await using scene = await gceScene();
      await using server = await startServer(({ url }, response) =>
        response.writeHead(url.startsWith(path) ? 503 : 200, GOOGLE).end(),
      );
      const checks = await inspect(scene, { environment: { GCE_METADATA_HOST: server.host } });
      expect(failures(checks)).toEqual({ "cloud.reachable": "CLOUD_UNAVAILABLE" });
    },
  );

  it("may have no service account for the machine", async () => {
    await using scene = await gceScene();
    await using server = await metadataServer(false);
    const checks = await inspect(scene, { environment: { GCE_METADATA_HOST: server.host } });
    const failed = checks.find(({ outcome }) => outcome === "failed");
    expect(failed?.message).toContain("this machine has no service account");
  });
});

describe("the file of gcloud auth application-default login", () => {
  const user = { client_id: "id", client_secret: "secret", refresh_token: "refresh" };

  it.each([
    ["the home folder", (path: string) => ({ home: path }), [".config", "gcloud"]],
    ["CLOUDSDK_CONFIG", (path: string) => ({ environment: { CLOUDSDK_CONFIG: path } }), []],
  ] as const)("is found in %s", async (_name, optionsFor, folders) => {
    using folder = scratchFolder();
    const place = join(folder.path, ...folders);
    mkdirSync(place, { recursive: true });
    writeFileSync(
      join(place, "application_default_credentials.json"),
      JSON.stringify({ type: "authorized_user", ...user }),
    );
    await using scene = await gceScene();
    const refusal = { status: 403, reason: "Filtered" };
    await using proxy = await startMappingProxy({ refusal });
    const options: Partial<GceAdapterOptions> = optionsFor(folder.path);
    const environment = { ...options.environment, HTTPS_PROXY: proxy.url };
    await inspect(scene, { ...options, environment });
    expect(proxy.requests.map(({ target }) => target)).toContain("oauth2.googleapis.com:443");
  });

  it("that cannot be used is an error that names it", async () => {
    using folder = scratchFolder();
    const path = join(folder.path, "application_default_credentials.json");
    writeFileSync(path, "{");
    await using scene = await gceScene();
    const checks = await inspect(scene, { environment: { CLOUDSDK_CONFIG: folder.path } });
    expect(failures(checks)).toEqual({ "cloud.credentials": "CLOUD_CONFIGURATION_INVALID" });
    expect(checks.find(({ outcome }) => outcome === "failed")?.message).toContain(
      `${path} is not JSON`,
    );
  });
});

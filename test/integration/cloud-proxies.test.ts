import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createAwsAdapter } from "../../adapters/aws/index.ts";
import type { AwsEnvironment } from "../../adapters/aws/index.ts";
import { awsTarget, EC2_ACCOUNT } from "../support/ec2-launch.ts";
import { ec2Scene, failures } from "../support/ec2-resolve.ts";
import { gceScene, IMAGE, PROJECT } from "../support/gce-scene.ts";
import { startMappingProxy } from "../support/mapping-proxy.ts";
import { scratchFolder } from "../support/scratch.ts";
import { testIdentity } from "../support/test-identity.ts";
import { startServer } from "../unit/oci/support/http-server.ts";

const ROLE = `arn:aws-cn:iam::${EC2_ACCOUNT}:role/launcher`;
const { signal } = new AbortController();

function portOf(url: string): number {
  return Number(new URL(url).port);
}

/** The checks of an image in China, where nothing can be reached without the proxy. */
async function resolveInChina(environment: AwsEnvironment) {
  const region = "cn-north-1";
  const adapter = createAwsAdapter({
    target: awsTarget({ region }),
    environment,
    home: "/nowhere",
    now: () => Date.now(),
  });
  const { checks } = await adapter.inspectImage(
    { substrate: "AWS", amiIds: { [region]: "ami-0abc123def456789a" }, baked: false },
    { imageName: "agent-base", architecture: "amd64" },
    signal,
  );
  await adapter.close();
  return checks;
}

describe("EC2 and STS behind a proxy", () => {
  it("are reached through it, whatever address this machine knows", async () => {
    await using scene = await ec2Scene();
    const port = portOf(scene.ec2.url);
    await using proxy = await startMappingProxy({
      names: { "ec2.example.test:80": port, "sts.example.test:80": port },
    });
    const environment = {
      AWS_ENDPOINT_URL_EC2: "http://ec2.example.test",
      AWS_ENDPOINT_URL_STS: "http://sts.example.test",
      HTTP_PROXY: proxy.url,
    };
    const { checks } = await scene.resolve({ environment });
    expect(failures(checks)).toEqual({});
    const targets = proxy.requests.map(({ method, target }) => `${method} ${target}`);
    expect(new Set(targets)).toEqual(
      new Set(["POST http://ec2.example.test/", "POST http://sts.example.test/"]),
    );
  });

  it("keep TLS from end to end, with the certificate authorities of AWS_CA_BUNDLE", async () => {
    const tls = testIdentity(["ec2.example.test"]);
    await using scene = await ec2Scene();
    await using ec2 = await startServer(
      ({ headers, body }, response) => {
        const names = ["authorization", "content-type", "x-amz-date"];
        const kept = names.map((name): [string, string] => [name, `${headers[name]?.toString()}`]);
        void fetch(scene.ec2.url, { method: "POST", headers: kept, body }).then(async (reply) =>
          response.writeHead(reply.status).end(await reply.text()),
        );
      },
      { tls },
    );
    await using proxy = await startMappingProxy({ names: { "ec2.example.test:443": ec2.port } });
    using folder = scratchFolder();
    const bundle = join(folder.path, "bundle.pem");
    writeFileSync(bundle, tls.cert);
    const environment = {
      AWS_ENDPOINT_URL_EC2: "https://ec2.example.test",
      HTTPS_PROXY: proxy.url,
    };
    const trusting = await scene.resolve({
      environment: { ...environment, AWS_CA_BUNDLE: bundle },
    });
    expect(failures(trusting.checks)).toEqual({});
    expect(new Set(proxy.requests.map(({ method }) => method))).toEqual(new Set(["CONNECT"]));
    expect(ec2.requests[0]?.headers["user-agent"]).toMatch(/^aws-sdk-js\/.* slipway$/);
    const wary = await scene.resolve({ environment });
    expect(failures(wary.checks)).toMatchObject({ "cloud.reachable": "CLOUD_UNAVAILABLE" });
  });

  it("are not blamed if the proxy refuses, and nothing names its password", async () => {
    const refusal = { status: 407, reason: "Proxy Authentication Required" };
    await using proxy = await startMappingProxy({ refusal });
    const checks = await resolveInChina({
      AWS_ACCESS_KEY_ID: EC2_ACCOUNT,
      AWS_SECRET_ACCESS_KEY: "test",
      HTTPS_PROXY: proxy.url.replace("//", "//user:hunter2@"),
    });
    const failed = checks.filter(({ outcome }) => outcome === "failed");
    expect(failed.map(({ name, reason, code }) => [name, reason, code])).toEqual([
      ["cloud.reachable", "PROXY_REFUSED", "UNAUTHENTICATED"],
    ]);
    expect(failed[0]?.message).toContain(
      `the proxy ${proxy.url} (HTTPS_PROXY) did not connect to ec2.cn-north-1.amazonaws.com.cn:443: HTTP status 407`,
    );
    expect(JSON.stringify(checks)).not.toMatch(/hunter2|aHVudGVyMg|dXNlcjpodW50ZXIy/);
  });

  it("without TLS are not blamed for a proxy that demands a password", async () => {
    await using scene = await ec2Scene();
    const refusal = { status: 407, reason: "Proxy Authentication Required" };
    await using proxy = await startMappingProxy({ refusal });
    const environment = { AWS_ENDPOINT_URL: "http://ec2.example.test", HTTP_PROXY: proxy.url };
    const { checks } = await scene.resolve({ environment });
    expect(failures(checks)).toEqual({ "cloud.reachable": "PROXY_REFUSED" });
  });

  it("have the inner clients of the SDK behind it, each at the address of the placement", async () => {
    using folder = scratchFolder();
    const write = (name: string, text: string) => {
      writeFileSync(join(folder.path, name), text);
      return join(folder.path, name);
    };
    const config = write(
      "config",
      `[profile base]\naws_access_key_id = ${EC2_ACCOUNT}\naws_secret_access_key = example\n` +
        `[profile assumed]\nregion = us-east-1\nrole_arn = ${ROLE}\nsource_profile = base\n`,
    );
    const token = write("token", "token-of-the-pod");
    const sources: readonly AwsEnvironment[] = [
      { AWS_WEB_IDENTITY_TOKEN_FILE: token, AWS_ROLE_ARN: ROLE },
      { AWS_PROFILE: "assumed" },
    ];
    const refusal = { status: 403, reason: "Filtered" };
    for (const source of sources) {
      await using proxy = await startMappingProxy({ refusal });
      const checks = await resolveInChina({
        ...source,
        AWS_CONFIG_FILE: config,
        AWS_SHARED_CREDENTIALS_FILE: join(folder.path, "credentials"),
        HTTPS_PROXY: proxy.url,
      });
      expect(proxy.requests.map(({ target }) => target)).toEqual([
        "sts.cn-north-1.amazonaws.com.cn:443",
      ]);
      expect(checks.find(({ outcome }) => outcome === "failed")?.message).toContain(
        `the proxy ${proxy.url}`,
      );
    }
  });

  it("have single sign-on behind it, in the region of its own settings", async () => {
    using home = scratchFolder();
    // The SDK looks for the token in the home folder of the process.
    vi.stubEnv("HOME", home.path);
    onTestFinished(() => void vi.unstubAllEnvs());
    const url = "https://example.awsapps.cn/start";
    const cache = join(home.path, ".aws", "sso", "cache");
    mkdirSync(cache, { recursive: true });
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    writeFileSync(
      join(cache, `${createHash("sha1").update(url).digest("hex")}.json`),
      JSON.stringify({ accessToken: "granted", expiresAt }),
    );
    const config = join(home.path, ".aws", "config");
    writeFileSync(
      config,
      `[profile single]\nsso_start_url = ${url}\nsso_region = cn-northwest-1\n` +
        `sso_account_id = ${EC2_ACCOUNT}\nsso_role_name = launcher\n`,
    );
    await using proxy = await startMappingProxy({ refusal: { status: 403, reason: "Filtered" } });
    await resolveInChina({
      AWS_PROFILE: "single",
      AWS_CONFIG_FILE: config,
      AWS_SHARED_CREDENTIALS_FILE: join(home.path, "credentials"),
      HTTPS_PROXY: proxy.url,
    });
    expect(new Set(proxy.requests.map(({ target }) => target))).toEqual(
      new Set(["portal.sso.cn-northwest-1.amazonaws.com.cn:443"]),
    );
  });
});

describe("Compute Engine behind a proxy", () => {
  it("is reached through it", async () => {
    await using scene = await gceScene();
    const names = { "compute.example.test:80": portOf(scene.gce.url) };
    await using proxy = await startMappingProxy({ names });
    const adapter = scene.open({
      environment: {
        CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE: "http://compute.example.test/compute/v1/",
        CLOUDSDK_AUTH_ACCESS_TOKEN: "token",
        HTTP_PROXY: proxy.url,
      },
    });
    const source = {
      substrate: "GCP",
      selfLink: `projects/${PROJECT}/global/images/${IMAGE}`,
    } as const;
    const image = { imageName: "agent-base", architecture: "amd64" } as const;
    const { checks } = await adapter.inspectImage(source, image, signal);
    expect(failures(checks)).toEqual({});
    expect(proxy.requests[0]?.target).toContain("http://compute.example.test/compute/v1/projects/");
  });

  it("has its token services behind it, and is not blamed for its answer", async () => {
    using folder = scratchFolder();
    const path = join(folder.path, "credential.json");
    const user = { client_id: "id", client_secret: "client-secret", refresh_token: "refresh" };
    writeFileSync(path, JSON.stringify({ type: "authorized_user", ...user }));
    await using scene = await gceScene();
    const refusal = { status: 403, reason: "Filtered" };
    await using proxy = await startMappingProxy({ refusal });
    const adapter = scene.open({
      environment: {
        CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE: `${scene.gce.url}/compute/v1/`,
        GOOGLE_APPLICATION_CREDENTIALS: path,
        HTTPS_PROXY: proxy.url,
      },
    });
    const source = { substrate: "GCP", selfLink: `projects/${PROJECT}/global/images/x` } as const;
    const image = { imageName: "agent-base", architecture: "amd64" } as const;
    const { checks } = await adapter.inspectImage(source, image, signal);
    expect(new Set(proxy.requests.map(({ target }) => target))).toEqual(
      new Set(["oauth2.googleapis.com:443"]),
    );
    const failed = checks.find(({ outcome }) => outcome === "failed");
    expect(failed).toMatchObject({ reason: "PROXY_REFUSED", code: "PERMISSION_DENIED" });
    expect(failed?.message).toContain(
      `the proxy ${proxy.url} (HTTPS_PROXY) did not connect to oauth2.googleapis.com:443`,
    );
  });
});

describe("a proxy that is not supported", () => {
  const SOCKS = "socks5h://proxy.example:1080";
  const KEYS = { AWS_ACCESS_KEY_ID: EC2_ACCOUNT, AWS_SECRET_ACCESS_KEY: "test" };

  it.each([
    ["HTTPS_PROXY", {}],
    ["HTTP_PROXY", { AWS_ENDPOINT_URL: "http://ec2.example.test" }],
  ])("is the cause if EC2 is behind it: %s", async (variable, more) => {
    const checks = await resolveInChina({ ...KEYS, ...more, [variable]: SOCKS });
    const failed = checks.find(({ outcome }) => outcome === "failed");
    expect(failed).toMatchObject({ reason: "PROXY_INVALID", code: "FAILED_PRECONDITION" });
    expect(failed?.message).toContain(`${variable} "${SOCKS}" has the scheme socks5h:`);
  });

  it("is the cause if Compute Engine is behind it", async () => {
    await using scene = await gceScene();
    const adapter = scene.open({
      environment: {
        CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE: "http://compute.example.test/compute/v1/",
        CLOUDSDK_AUTH_ACCESS_TOKEN: "anything",
        HTTP_PROXY: SOCKS,
      },
    });
    const source = { substrate: "GCP", selfLink: `projects/${PROJECT}/global/images/x` } as const;
    const image = { imageName: "agent-base", architecture: "amd64" } as const;
    const { checks } = await adapter.inspectImage(source, image, signal);
    expect(checks.find(({ outcome }) => outcome === "failed")?.reason).toBe("PROXY_INVALID");
  });

  it("is not needed for an endpoint on this machine, nor for one in NO_PROXY", async () => {
    await using scene = await ec2Scene();
    const environment = { HTTP_PROXY: SOCKS, HTTPS_PROXY: SOCKS };
    const { checks } = await scene.resolve({ environment });
    expect(failures(checks)).toEqual({});
  });
});

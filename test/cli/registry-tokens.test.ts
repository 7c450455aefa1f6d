import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startRegistry, tinyImage } from "../../testing/registry/index.ts";
import type { TestRegistry } from "../../testing/registry/index.ts";
import { startCountingRelay } from "../support/counting-relay.ts";
import type { CountingRelay } from "../support/counting-relay.ts";
import { fieldOf } from "../support/engine-client.ts";
import { startOwnEngine } from "../support/engines.ts";
import type { OwnEngine } from "../support/engines.ts";
import { describeWithMoto } from "../support/localstack.ts";
import { LOOK_ALIKES } from "../support/look-alikes.ts";
import { startMappingProxy } from "../support/mapping-proxy.ts";
import type { MappingProxy } from "../support/mapping-proxy.ts";
import { MOTO_ACCOUNT, startMoto } from "../support/moto.ts";
import { describeWithOwnEngines } from "../support/peers.ts";
import { testIdentity } from "../support/test-identity.ts";
import { viewEngine } from "../support/world-engine.ts";
import { scratchCatalog } from "./support/scratch-catalog.ts";
import type { ScratchCatalog } from "./support/scratch-catalog.ts";

const HOST = `${MOTO_ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com`;
/** What moto grants to everyone. */
const TOKEN = `${MOTO_ACCOUNT}-auth-token`;
const GOOGLE_HOST = "us-docker.pkg.dev";
const GOOGLE_TOKEN = "ya29.access-token-of-this-process";
const GRANT = "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken";
const SPAWNS = 64;
/** Hosts without a port of their own reach a registry at this one. */
const TLS_PORT = 443;

/**
 * A registry under an ECR host name with its own certificate authority. A proxy alone resolves that name, for the command
 * line and for the engine, which trusts the authority by its own settings.
 */
describeWithOwnEngines("pull_credential", (peer) => {
  describeWithMoto("ECR, with moto's token service", (program) => {
    const stack = new AsyncDisposableStack();
    let registry: TestRegistry;
    let proxy: MappingProxy;
    let grants: CountingRelay;
    let engine: OwnEngine;
    let catalog: ScratchCatalog;
    let environment: Readonly<Record<string, string>>;

    const set = async (kind: string, name: string, body: object) => {
      const stdin = JSON.stringify({ name, ...body });
      await catalog.must(["set", kind, name], { stdin, environment });
    };
    const image = async (name: string, docker: object) => {
      await set("image", name, { architecture: "ARCHITECTURE_AMD64", docker });
      await set("workspace", name, { image_ref: name, placement: "here" });
    };

    beforeAll(async () => {
      catalog = stack.use(scratchCatalog());
      const identity = testIdentity([
        HOST,
        GOOGLE_HOST,
        ...LOOK_ALIKES.filter((host) => !host.includes(":")),
      ]);
      const tls = { key: identity.key, certificate: identity.cert };
      const users = { AWS: TOKEN, oauth2accesstoken: GOOGLE_TOKEN };
      const auth = { kind: "basic", users } as const;
      registry = stack.use(await startRegistry({ auth, tls }));
      registry.add("team/agent", "1", tinyImage("amd64"));
      const port = Number(new URL(registry.url).port);
      const hosts = [HOST, GOOGLE_HOST, ...LOOK_ALIKES].map((host) =>
        host.includes(":") ? host : `${host}:${TLS_PORT}`,
      );
      proxy = stack.use(
        await startMappingProxy({ names: Object.fromEntries(hosts.map((host) => [host, port])) }),
      );
      const moto = stack.use(await startMoto(program));
      grants = stack.use(await startCountingRelay(moto.url));
      const authorities = join(catalog.path, "authority.pem");
      await writeFile(authorities, identity.cert);
      for (const host of [HOST, GOOGLE_HOST, ...LOOK_ALIKES]) {
        const folder = join(catalog.path, ".config", "docker", "certs.d", host);
        await mkdir(folder, { recursive: true });
        await writeFile(join(folder, "ca.crt"), identity.cert);
      }
      engine = stack.use(
        await startOwnEngine(peer, {
          environment: { HTTPS_PROXY: proxy.url, SSL_CERT_FILE: authorities },
        }),
      );
      environment = {
        HTTPS_PROXY: proxy.url,
        AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE",
        AWS_SECRET_ACCESS_KEY: "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY",
        AWS_ENDPOINT_URL: grants.url,
        AWS_EC2_METADATA_DISABLED: "true",
        CLOUDSDK_AUTH_ACCESS_TOKEN: GOOGLE_TOKEN,
      };
      await set("placement", "here", { target: { docker: { host: engine.host } } });
      await image("agent", { image_ref: `${HOST}/team/agent:1`, pull_credential: "ECR" });
    }, 60_000);
    afterAll(() => stack.disposeAsync());

    const json = async (...argv: readonly string[]): Promise<unknown> =>
      JSON.parse((await catalog.must([...argv, "-o", "json"], { environment })).stdout);

    it("resolves without a static secret, and names the source of the credential", async () => {
      const before = grants.requests.length;
      const plan = await json("resolve", "agent");
      expect(plan).toMatchObject({
        artifact: { pinned: true },
        credential: { kind: "cloud-identity", service: "ECR" },
        sources: { "/credential": "image agent generation 1 docker.pull_credential" },
      });
      expect(grants.requests.slice(before)).toEqual([GRANT]);
      expect(JSON.stringify(plan)).not.toContain(TOKEN);
    });

    it(`spawns ${SPAWNS} machines with one token, which nothing shows`, async () => {
      const before = grants.requests.length;
      const spawned = await catalog.must(
        ["spawn", "agent", "--id", "many", "--count", String(SPAWNS), "-o", "json", "--verbose"],
        { environment },
      );
      expect(grants.requests.slice(before)).toEqual([GRANT]);
      const described = await json("describe", "many-0");
      expect(described).toMatchObject({ state: "running" });
      const machine = String(fieldOf(described, "machine", "id"));
      const view = viewEngine(engine);
      const inspected = JSON.stringify(await view.inspect(machine));
      const texts = [spawned.stdout, spawned.stderr, JSON.stringify(described), inspected];
      for (const text of texts) expect(text).not.toContain(TOKEN);
      const entries = await readdir(catalog.path, { withFileTypes: true });
      const files = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
      expect(files).toContain("slipway.db");
      for (const file of files) {
        const content = await readFile(join(catalog.path, file));
        expect(content.includes(TOKEN)).toBe(false);
        expect(content.includes(Buffer.from(`AWS:${TOKEN}`).toString("base64"))).toBe(false);
      }
      await catalog.must(["terminate", "--workspace", "agent"], { environment });
    }, 240_000);

    it("asks for another token once after a 401, and then says that it was refused", async () => {
      const before = grants.requests.length;
      const headers = { "www-authenticate": 'Basic realm="closed"' };
      const fault = { kind: "status", status: 401, code: "UNAUTHORIZED", headers } as const;
      const closed = registry.fault({ fault });
      const ran = await catalog.run(["resolve", "agent", "-o", "json"], { environment });
      closed.remove();
      expect(JSON.parse(ran.stderr)).toMatchObject({
        error: {
          checks: expect.arrayContaining([
            expect.objectContaining({ reason: "REGISTRY_UNAUTHENTICATED" }),
          ]),
        },
      });
      expect(grants.requests.slice(before)).toEqual([GRANT, GRANT]);
    });

    it("GAR reads and pulls with an access token of Google's, which nothing shows", async () => {
      const imageRef = `${GOOGLE_HOST}/team/agent:1`;
      await image("google", { image_ref: imageRef, pull_credential: "GAR" });
      const spawned = await json("spawn", "google", "--id", "google");
      const described = await json("describe", "google");
      expect(described).toMatchObject({
        state: "running",
        plan: { credential: { kind: "cloud-identity", service: "GAR" } },
      });
      const texts = JSON.stringify([spawned, described]);
      expect(texts).not.toContain(GOOGLE_TOKEN);
      await catalog.must(["terminate", "--workspace", "google"], { environment });
    }, 60_000);

    it.each(LOOK_ALIKES.map((host, index) => [host, index] as const))(
      "sends no token to %s, and asks for none",
      async (host, index) => {
        const asked = grants.requests.length;
        const read = registry.requests.length;
        await image(`fake-${index}`, { image_ref: `${host}/team/agent:1`, pull_credential: "ECR" });
        const ran = await catalog.run(["resolve", `fake-${index}`, "-o", "json"], { environment });
        expect(ran.exitCode).toBe(3);
        expect(JSON.parse(ran.stderr)).toMatchObject({
          error: { reason: "CREDENTIAL_REGISTRY_MISMATCH" },
        });
        expect(grants.requests).toHaveLength(asked);
        expect(registry.requests).toHaveLength(read);
      },
    );

    it("NONE pulls anonymously, whatever Docker's configuration has", async () => {
      await mkdir(join(catalog.path, ".docker"), { recursive: true });
      const auth = Buffer.from(`AWS:${TOKEN}`).toString("base64");
      const file = join(catalog.path, ".docker", "config.json");
      await writeFile(file, JSON.stringify({ auths: { [HOST]: { auth } } }));
      await image("closed", { image_ref: `${HOST}/team/agent:1`, pull_credential: "NONE" });
      const read = registry.requests.length;
      const ran = await catalog.run(["resolve", "closed", "-o", "json"], { environment });
      expect(JSON.parse(ran.stderr)).toMatchObject({
        error: { reason: "REGISTRY_UNAUTHENTICATED" },
      });
      const schemes = registry.requests.slice(read).map(({ authentication }) => authentication);
      expect(new Set(schemes)).toEqual(new Set(["none"]));
    });

    it("fails the dry run with AWS's words if AWS grants no token", async () => {
      const broken = { ...environment, AWS_ENDPOINT_URL: "http://127.0.0.1:1" };
      const ran = await catalog.run(["resolve", "agent", "-o", "json"], { environment: broken });
      expect(JSON.parse(ran.stderr)).toMatchObject({
        error: {
          reason: "CLOUD_UNAVAILABLE",
          message: expect.stringContaining("GetAuthorizationToken in us-east-1"),
        },
      });
    });
  });
});

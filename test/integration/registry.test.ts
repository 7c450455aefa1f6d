import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { RegistryCredential } from "../../src/oci/credential.ts";
import { inspectOciImage, verifyLayerBlobs } from "../../src/oci/inspect/inspect-image.ts";
import { parsePlatform } from "../../src/oci/image/platform.ts";
import { formatReference, parseReference } from "../../src/oci/reference.ts";
import type { RegistryClient } from "../../src/oci/registry/contract.ts";
import { createRegistryClient } from "../../src/oci/registry/client.ts";
import { parsePullCredential } from "../../src/secrets/pull-credential.ts";
import { SecretValue } from "../../src/secret-value.ts";
import {
  type BuiltImage,
  type BuiltIndex,
  pushImage,
  startTokenServer,
  tinyImage,
  tinyMultiPlatformImage,
} from "../../testing/registry/index.ts";
import { type RegistryPeer, describeWithRegistry } from "../support/peers.ts";
import { type RealRegistry, startRealRegistry } from "../support/real-registry.ts";
import { scratchFolder } from "../support/scratch.ts";

const ROBOT = { username: "robot", password: "pass:word" };
const USERS = { robot: ROBOT.password };
const INDEX = tinyMultiPlatformImage();
const DOCKER_IMAGE = tinyImage("amd64", { mediaTypes: "docker", compression: "gzip" });
const signal = new AbortController().signal;

interface Site extends AsyncDisposable {
  readonly registry: RealRegistry;
  readonly identityToken: string | null;
}

/** The distribution project's registry, with its users in a password file. */
async function withPasswords(peer: RegistryPeer): Promise<Site> {
  const registry = await startRealRegistry(peer, { kind: "htpasswd", users: USERS });
  return {
    registry,
    identityToken: null,
    [Symbol.asyncDispose]: () => registry.stop(),
  };
}

/** The same, with a token server. */
async function withTokens(peer: RegistryPeer): Promise<Site> {
  const folder = scratchFolder();
  const tokens = await startTokenServer({ users: USERS });
  const certificatePath = join(folder.path, "token.pem");
  await writeFile(certificatePath, tokens.certificate);
  const { realm, service, issuer } = tokens;
  const registry = await startRealRegistry(peer, {
    kind: "token",
    realm,
    service,
    issuer,
    certificatePath,
  });
  return {
    registry,
    identityToken: tokens.issueIdentityToken("robot"),
    async [Symbol.asyncDispose]() {
      await registry.stop();
      await tokens.close();
      folder[Symbol.dispose]();
    },
  };
}

function openClient(): RegistryClient & Disposable {
  const client = createRegistryClient({
    userAgent: "slipway/test",
    now: () => Date.now(),
    insecure: () => true,
  });
  return { ...client, [Symbol.dispose]: () => client.close() };
}

/** What the tenant's secret says, for this registry. */
function secret(value: object | string, host: string): RegistryCredential {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const reference = parseReference(`${host}/team/app:1`);
  return parsePullCredential({ name: "pull", value: new SecretValue(text), reference });
}

function inspect(
  client: RegistryClient,
  reference: string,
  credential: RegistryCredential | null,
  platform = "linux/amd64",
) {
  return inspectOciImage(client, {
    reference: parseReference(reference),
    platform: parsePlatform(platform),
    credential,
    signal,
  });
}

function push(host: string, repository: string, image: BuiltImage | BuiltIndex) {
  const credential = { kind: "password", ...ROBOT } as const;
  return pushImage({ url: `http://${host}`, repository, tag: "1", image, credential });
}

const SITES = [
  ["htpasswd", withPasswords],
  ["token", withTokens],
] as const;

describeWithRegistry("the registry client and the distribution project's registry", (peer) => {
  it.each(SITES)("reads images by tag and digest, and all their layers (%s)", async (_, open) => {
    await using site = await open(peer);
    const { host } = site.registry;
    await push(host, "team/app", INDEX);
    await push(host, "team/single", DOCKER_IMAGE);
    using client = openClient();
    const credential = secret(`${ROBOT.username}:${ROBOT.password}`, host);

    for (const image of INDEX.images) {
      const { os, architecture } = image.platform;
      const byTag = await inspect(
        client,
        `${host}/team/app:1`,
        credential,
        `${os}/${architecture}`,
      );
      expect(byTag).toMatchObject({
        indexDigest: INDEX.manifest.digest,
        manifestDigest: image.manifest.digest,
        imageId: image.config.digest,
        diffIds: image.layers.map(({ diffId }) => diffId),
      });
      const pinned = formatReference(byTag.pinned);
      const byDigest = await inspect(client, pinned, credential, `${os}/${architecture}`);
      expect(byDigest).toMatchObject({ indexDigest: null, imageId: image.config.digest });
      const verified = await verifyLayerBlobs(client, { inspection: byTag, credential, signal });
      expect(verified).toHaveLength(image.layers.length);
    }
    expect(await inspect(client, `${host}/team/single:1`, credential)).toMatchObject({
      indexDigest: null,
      manifestDigest: DOCKER_IMAGE.manifest.digest,
    });
  });

  it.each(SITES)("asks once for what it may read already (%s)", async (_, open) => {
    await using site = await open(peer);
    const { host } = site.registry;
    await push(host, "team/app", INDEX);
    using client = openClient();
    const credential = secret(ROBOT, host);
    const { pinned } = await inspect(client, `${host}/team/app:1`, credential);
    const before = (await site.registry.requests()).length;
    const head = await client.headManifest({ reference: pinned, credential, signal });
    expect(head.digest).toBe(pinned.digest);
    const since = (await site.registry.requests()).slice(before);
    expect(since.map(({ method, status }) => [method, status])).toEqual([["HEAD", 200]]);
  });

  it.each(SITES)("understands its refusals (%s)", async (_, open) => {
    await using site = await open(peer);
    const { host } = site.registry;
    await push(host, "team/app", INDEX);
    using client = openClient();
    const credential = secret(ROBOT, host);
    const reference = `${host}/team/app:1`;
    const unauthenticated = { code: "UNAUTHENTICATED", reason: "REGISTRY_UNAUTHENTICATED" };
    await expect(inspect(client, reference, null)).rejects.toMatchObject(unauthenticated);
    await expect(inspect(client, reference, secret("robot:wrong", host))).rejects.toMatchObject(
      unauthenticated,
    );
    for (const name of ["team/app:2", "team/other:1", `team/app@sha256:${"0".repeat(64)}`])
      await expect(inspect(client, `${host}/${name}`, credential)).rejects.toMatchObject({
        code: "NOT_FOUND",
        reason: "IMAGE_NOT_FOUND",
      });
    await expect(inspect(client, reference, credential, "linux/s390x")).rejects.toMatchObject({
      reason: "PLATFORM_NOT_FOUND",
      metadata: { available: ["linux/amd64", "linux/arm64/v8"] },
    });
  });

  it("takes each form of a pull secret", async () => {
    await using site = await withTokens(peer);
    const { host } = site.registry;
    await push(host, "team/app", INDEX);
    const auth = Buffer.from(`${ROBOT.username}:${ROBOT.password}`).toString("base64");
    const forms = [
      `${ROBOT.username}:${ROBOT.password}`,
      ROBOT,
      { identitytoken: site.identityToken },
      { auths: { [host]: { auth } } },
      { auths: { [`http://${host}/v2/`]: { identitytoken: site.identityToken } } },
    ];
    for (const form of forms) {
      using client = openClient();
      const inspection = await inspect(client, `${host}/team/app:1`, secret(form, host));
      expect(inspection.indexDigest).toBe(INDEX.manifest.digest);
    }
  });

  it("sees that what is stored is damaged", async () => {
    await using site = await withPasswords(peer);
    const { registry } = site;
    const { host } = registry;
    await push(host, "team/app", DOCKER_IMAGE);
    using client = openClient();
    const credential = secret(ROBOT, host);
    const inspection = await inspect(client, `${host}/team/app:1`, credential);
    const [layer] = DOCKER_IMAGE.layers;
    const path = registry.contentFile(layer?.digest ?? "");
    const bytes = await readFile(path);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    await writeFile(path, bytes);
    await expect(
      verifyLayerBlobs(client, { inspection, credential, signal }),
    ).rejects.toMatchObject({ metadata: { layer: 0, digest: layer?.digest } });
  });
});

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SecretValue } from "../../../../../src/secret-value.ts";
import type { SubstrateAdapter } from "../../../../../src/substrate/contract.ts";
import {
  buildImage,
  startRegistry,
  tinyImage,
  tinyMultiPlatformImage,
} from "../../../../../testing/registry/index.ts";
import type { TestRegistry } from "../../../../../testing/registry/index.ts";
import { adapterOf } from "../../../../support/docker-subject.ts";

const PASSWORD = "registry-s3cret";
const CREDENTIAL = {
  kind: "password",
  username: "robot",
  password: new SecretValue(PASSWORD),
} as const;

const { signal } = new AbortController();
let registry: TestRegistry;
let adapter: SubstrateAdapter;

beforeAll(async () => {
  registry = await startRegistry({
    auth: { kind: "basic", users: { robot: { password: PASSWORD } } },
  });
  // No server listens there: reading an image from a loopback registry needs no engine.
  adapter = adapterOf({ host: "unix:///nonexistent/engine.sock" });
});
afterAll(async () => {
  await adapter.close();
  await registry.close();
});

function inspect(
  imageRef: string,
  credential: typeof CREDENTIAL | null = CREDENTIAL,
  changes: { readonly hasCommand?: boolean } = {},
) {
  const image = { substrate: "DOCKER", imageRef, credential } as const;
  const target = { imageName: "agent-base", architecture: "arm64", ...changes } as const;
  return adapter.inspectImage(image, target, signal);
}

describe("inspectImage", () => {
  it("pins the platform's manifest of an index, and says what it is", async () => {
    const config = { Env: ["A=1"], User: "app" };
    const index = tinyMultiPlatformImage({ config });
    const added = registry.add("team/agent", "1.4", index);
    const found = await inspect(added.reference);
    const arm64 = index.images[1];
    expect(found.artifact).toEqual({
      id: `${registry.host}/team/agent@${arm64?.manifest.digest}`,
      requested: added.reference,
      pinned: true,
      indexDigest: index.manifest.digest,
      imageId: arm64?.config.digest,
      chainId: arm64?.layers[0]?.diffId,
      platform: "linux/arm64/v8",
      createdAt: "1980-01-01T00:00:00Z",
    });
    expect(found.architecture).toBe("arm64");
    expect(found.checks.map(({ name, outcome }) => [name, outcome])).toEqual([
      ["image.reference", "passed"],
      ["image.manifest", "passed"],
      ["image.platform", "passed"],
      ["image.config", "passed"],
      ["image.layers", "passed"],
    ]);
    expect(found.checks.at(-1)?.message).toBe("the one layer agrees with the configuration");
    expect(found.floating).toEqual([{ reference: added.reference, value: index.manifest.digest }]);
    expect(found.facts).toMatchObject({
      platform: "linux/arm64/v8",
      config: { Env: ["A=1"], User: "app", Entrypoint: ["/machine"] },
    });
    expect(Object.keys(found.sources).toSorted()).toEqual([
      "/artifact/chain_id",
      "/artifact/created_at",
      "/artifact/id",
      "/artifact/image_id",
      "/artifact/index_digest",
      "/artifact/platform",
    ]);
  });

  it("does not call a digest floating", async () => {
    const added = registry.add("team/fixed", null, tinyImage("arm64"));
    const found = await inspect(added.pinned);
    expect(found.artifact).toMatchObject({ id: added.pinned, indexDigest: null });
    expect(found.floating).toEqual([]);
  });

  it.each([
    ["image.reference", "INVALID_REFERENCE", () => "registry.test/UPPER"],
    ["image.manifest", "IMAGE_NOT_FOUND", () => `${registry.host}/team/none:1`],
    [
      "image.platform",
      "PLATFORM_NOT_FOUND",
      () => registry.add("team/amd64", "1", tinyImage("amd64")).reference,
    ],
    [
      "image.config",
      "IMAGE_CONFIG_INVALID",
      () => {
        const image = tinyImage("arm64");
        const overrides = { config: { rootfs: null } };
        const broken = buildImage({ platform: image.platform, layers: image.layers, overrides });
        return registry.add("team/config", "1", broken).reference;
      },
    ],
    [
      "image.layers",
      "LAYERS_MISMATCH",
      () => {
        const image = tinyImage("arm64");
        const overrides = { config: { rootfs: { type: "layers", diff_ids: [] } } };
        const broken = buildImage({ platform: image.platform, layers: image.layers, overrides });
        return registry.add("team/layers", "1", broken).reference;
      },
    ],
  ])("fails at %s with %s, and skips the checks after it", async (name, reason, reference) => {
    const found = await inspect(reference());
    expect(found.artifact).toBeNull();
    const failed = found.checks.findIndex(({ outcome }) => outcome === "failed");
    expect(found.checks[failed]).toMatchObject({ name, reason });
    expect(found.checks[failed]?.message).toContain("image agent-base: ");
    expect(found.checks[failed]?.remedy).toBeTruthy();
    expect(found.checks.map(({ outcome }) => outcome)).toEqual(
      found.checks.map((_check, index) =>
        index < failed ? "passed" : index === failed ? "failed" : "skipped",
      ),
    );
  });

  it("names the record to correct if the image is for another platform", async () => {
    const { reference } = registry.add("team/other", "1", tinyImage("amd64"));
    const { checks } = await inspect(reference);
    expect(checks.find(({ outcome }) => outcome === "failed")?.remedy).toBe(
      "Push the image for linux/arm64, or set architecture of image agent-base to one that it has.",
    );
  });

  it("says what a reference means whose image does not exist", async () => {
    const found = await inspect(`${registry.host}/team/none`);
    expect(found.checks[0]).toEqual({
      name: "image.reference",
      outcome: "passed",
      message: `${registry.host}/team/none means ${registry.host}/team/none:latest`,
    });
  });

  it("warns of what departs, and hands on which engines refuse it", async () => {
    const { layers, platform } = tinyImage("arm64");
    const config = { Entrypoint: ["/machine"], ExposedPorts: { "1-2/tcp": {} } };
    const overrides = { config: { created: "" } };
    const odd = buildImage({ platform, layers, config, overrides });
    const found = await inspect(registry.add("team/odd", "1", odd).reference);
    expect(found.artifact).toMatchObject({ platform: "linux/arm64/v8", createdAt: null });
    expect(found.checks.filter(({ outcome }) => outcome === "warning")).toMatchObject([
      { name: "image.config", message: expect.stringContaining("image agent-base: image conf") },
      { name: "image.config", message: expect.stringContaining('"1-2/tcp"') },
    ]);
    expect(found.facts["refusals"]).toEqual([
      {
        message: "image configuration: created: not a date and time of RFC 3339",
        refused_by: ["docker-graph-driver", "docker-containerd", "podman"],
      },
    ]);
  });

  it("states no platform for the engine if the configuration omits it", async () => {
    const { layers, platform } = tinyImage("arm64");
    const config = { Entrypoint: ["/machine"] };
    const overrides = { config: { architecture: "", os: "" } };
    const odd = buildImage({ platform, layers, config, overrides });
    const found = await inspect(registry.add("team/bare", "1", odd).reference);
    expect(found.architecture).toBe("arm64");
    expect(found.artifact).not.toHaveProperty("platform");
  });

  it.each([
    ["image.command", "NO_COMMAND", { config: { Env: ["A=b"] } }, "no command"],
    ["image.config", "IMAGE_CONFIG_INVALID", { config: { Cmd: ["/x"], WorkingDir: "app" } }, "app"],
  ])("fails at %s with %s before any pull", async (name, reason, members, why) => {
    const { layers, platform } = tinyImage("arm64");
    const image = buildImage({ platform, layers, ...members });
    const found = await inspect(registry.add("team/unfit", "1", image).reference);
    expect(found.checks.find(({ outcome }) => outcome === "failed")).toMatchObject({
      name,
      reason,
      code: "FAILED_PRECONDITION",
      blastRadius: "image",
      message: expect.stringContaining(why),
    });
  });

  it("needs no command of the image if the workspace has one", async () => {
    const { layers, platform } = tinyImage("arm64");
    const image = buildImage({ platform, layers, config: { Env: ["A=b"] } });
    const { reference } = registry.add("team/bare-command", "1", image);
    const found = await inspect(reference, CREDENTIAL, { hasCommand: true });
    expect(found.checks.filter(({ outcome }) => outcome === "failed")).toEqual([]);
  });

  it("distinguishes a wrong password from an unreachable registry", async () => {
    const wrong = { ...CREDENTIAL, password: new SecretValue("wr0ng") };
    const image = { substrate: "DOCKER", imageRef: `${registry.host}/team/agent:1.4` } as const;
    const target = { imageName: "agent-base", architecture: "arm64" } as const;
    const refused = await adapter.inspectImage({ ...image, credential: wrong }, target, signal);
    expect(refused.checks[1]).toMatchObject({ reason: "REGISTRY_UNAUTHENTICATED" });
    expect(JSON.stringify(refused)).not.toContain("wr0ng");
    const absent = await inspect("127.0.0.1:1/team/agent:1");
    expect(absent.checks[1]).toMatchObject({ code: "UNAVAILABLE", reason: "REGISTRY_UNAVAILABLE" });
    // Nothing about the image is known.
    expect(absent.checks.map(({ outcome }) => outcome)).toEqual([
      "skipped",
      "failed",
      "skipped",
      "skipped",
      "skipped",
    ]);
  });

  it("throws when it is cancelled", async () => {
    const image = { substrate: "DOCKER", imageRef: "x", credential: null } as const;
    const target = { imageName: "agent-base", architecture: "arm64" } as const;
    await expect(adapter.inspectImage(image, target, AbortSignal.abort())).rejects.toMatchObject({
      code: "CANCELLED",
    });
  });
});

describe("an image that many look at at once", () => {
  it("is read from the registry once for each credential, and again afterwards", async () => {
    const added = registry.add("team/crowd", "1", tinyImage("arm64"));
    const asked = (): number =>
      registry.requests.filter(({ path }) => path.endsWith("/team/crowd/manifests/1")).length;
    await inspect(added.reference);
    const alone = asked();
    const found = await Promise.all([1, 2, 3].map(() => inspect(added.reference)));
    expect(new Set(found).size).toBe(1);
    const together = asked();
    await Promise.all([inspect(added.reference), inspect(added.reference, null)]);
    expect([together - alone, asked() - together]).toEqual([1, 2]);
  });
});

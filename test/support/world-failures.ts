import { readFile, writeFile } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import type { ErrorCode, ErrorReason, JsonValue } from "../../src/errors.ts";
import { buildImage, buildIndex, buildLayer, tinyImage } from "../../testing/registry/index.ts";
import type { BuiltImage, Pushed, TestRegistry } from "../../testing/registry/index.ts";
import { uniqueName } from "./world.ts";
import type { World, WorkspaceOptions } from "./world.ts";
import type { PrivateRegistry } from "./world-registry.ts";

export interface FailureScene {
  /** With htpasswd authentication. */
  readonly registry: PrivateRegistry;
  readonly tokens: PrivateRegistry;
  /** A registry in this process, open to everyone, that misbehaves. */
  readonly hostile: TestRegistry;
  readonly world: World;
}

/** A failure that resolving a workspace finds. */
export interface ResolveFailure {
  readonly name: string;
  readonly workspace: (scene: FailureScene) => Promise<FailingWorkspace>;
  /** Code of the one failing check. */
  readonly code: ErrorCode;
  readonly reason: ErrorReason;
  readonly message: RegExp;
  readonly remedy: RegExp;
}

export interface FailingWorkspace extends WorkspaceOptions {
  /** Runs after the workspace's records are written. */
  readonly afterwards?: () => Promise<void>;
}

const IMAGE = tinyImage("amd64");
const FIFTY_MEGABYTES = 50_000_000;
const ABSENT = `sha256:${"0".repeat(64)}`;

export const RESOLVE_FAILURES: readonly ResolveFailure[] = [
  {
    name: "a wrong password",
    async workspace(scene) {
      await scene.world.secret("WRONG", "robot:wrong");
      return { ...(await pushed(scene, IMAGE)), secret: "WRONG" };
    },
    code: "UNAUTHENTICATED",
    reason: "REGISTRY_UNAUTHENTICATED",
    message: /refused the credential/,
    remedy: /Check the user name and the password/,
  },
  {
    name: "a wrong password at the token server",
    async workspace({ world, tokens }) {
      await world.secret("WRONG", "robot:wrong");
      return { imageRef: (await tokens.push(IMAGE)).reference, secret: "WRONG" };
    },
    code: "UNAUTHENTICATED",
    reason: "REGISTRY_UNAUTHENTICATED",
    message: /refused the credential/,
    remedy: /Check the user name and the password/,
  },
  {
    name: "no credential",
    workspace: async (scene) => ({ ...(await pushed(scene, IMAGE)), secret: null }),
    code: "UNAUTHENTICATED",
    reason: "REGISTRY_UNAUTHENTICATED",
    message: /requires a credential, and none is available/,
    remedy: /Store a pull secret for 127\.0\.0\.1:\d+/,
  },
  {
    name: "a secret for another registry",
    async workspace(scene) {
      const auths = { "registry.example:5000": { auth: "cm9ib3Q6cGFzcw==" } };
      await scene.world.secret("ELSEWHERE", JSON.stringify({ auths }));
      return { ...(await pushed(scene, IMAGE)), secret: "ELSEWHERE" };
    },
    code: "FAILED_PRECONDITION",
    reason: "CREDENTIAL_REGISTRY_MISMATCH",
    message: /ELSEWHERE holds a credential for registry\.example:5000.* is on 127\.0\.0\.1:\d+/,
    remedy: /Name a secret for 127\.0\.0\.1:\d+/,
  },
  {
    name: "a deleted pull secret",
    async workspace(scene) {
      await scene.world.secret("LOST", scene.registry.login);
      const options = { ...(await pushed(scene, IMAGE)), secret: "LOST" };
      return { ...options, afterwards: () => loseSecret(scene.world, "LOST") };
    },
    code: "FAILED_PRECONDITION",
    reason: "SECRET_NOT_FOUND",
    message: /docker\.pull_credential_secret refers to secret LOST, which does not exist/,
    remedy: /slipway set secret LOST/,
  },
  {
    name: "a deleted secret of the workspace",
    async workspace(scene) {
      await scene.world.secret("GONE", "value");
      const options = { ...(await pushed(scene, IMAGE)), fields: { secret_refs: ["GONE"] } };
      return { ...options, afterwards: () => loseSecret(scene.world, "GONE") };
    },
    code: "FAILED_PRECONDITION",
    reason: "SECRET_NOT_FOUND",
    message: /secret_refs\[0\] refers to secret GONE, which does not exist/,
    remedy: /slipway set secret GONE/,
  },
  {
    name: "an unknown tag",
    async workspace(scene) {
      const { imageRef } = await pushed(scene, IMAGE);
      return { imageRef: `${imageRef}-other` };
    },
    code: "NOT_FOUND",
    reason: "IMAGE_NOT_FOUND",
    message: /has no such image/,
    remedy: /Check repository, tag and digest/,
  },
  {
    name: "an unknown digest",
    async workspace(scene) {
      const { imageRef } = await pushed(scene, IMAGE);
      return { imageRef: imageRef.replace(/:1$/, `@${ABSENT}`) };
    },
    code: "NOT_FOUND",
    reason: "IMAGE_NOT_FOUND",
    message: /has no such image/,
    remedy: /Check repository, tag and digest/,
  },
  {
    name: "an index without the platform",
    async workspace({ registry }) {
      const { reference } = await registry.push(buildIndex([IMAGE]));
      return { imageRef: reference, architecture: "arm64" };
    },
    code: "FAILED_PRECONDITION",
    reason: "PLATFORM_NOT_FOUND",
    message: /no platform linux\/arm64; available: linux\/amd64/,
    remedy: /Push the image for linux\/arm64/,
  },
  {
    name: "an image of another platform",
    workspace: async (scene) => ({ ...(await pushed(scene, IMAGE)), architecture: "arm64" }),
    code: "FAILED_PRECONDITION",
    reason: "PLATFORM_NOT_FOUND",
    message: /no platform linux\/arm64; available: linux\/amd64/,
    remedy: /Push the image for linux\/arm64/,
  },
  {
    name: "a configuration that does not match its digest",
    async workspace(scene) {
      const changed = (text: string) => text.replace("1980", "1981");
      return { imageRef: (await damaged(scene, "config", changed)).reference };
    },
    code: "FAILED_PRECONDITION",
    reason: "DIGEST_MISMATCH",
    message: /blob sha256:\w+: the content has the digest sha256:\w+, expected sha256:\w+/,
    remedy: /Push the image again, or look for a proxy/,
  },
  {
    name: "a manifest by tag that does not match its digest",
    async workspace(scene) {
      return { imageRef: (await damaged(scene, "manifest", (text) => `${text} `)).reference };
    },
    code: "FAILED_PRECONDITION",
    reason: "DIGEST_MISMATCH",
    message: /:1: manifest: the content has the digest sha256:\w+, expected sha256:\w+/,
    remedy: /Push the image again, or look for a proxy/,
  },
  {
    name: "a manifest by digest that does not match its digest",
    async workspace(scene) {
      return { imageRef: (await damaged(scene, "manifest", (text) => `${text} `)).pinned };
    },
    code: "FAILED_PRECONDITION",
    reason: "DIGEST_MISMATCH",
    message: /@sha256:\w+: manifest: the content has the digest sha256:\w+, expected sha256:\w+/,
    remedy: /Push the image again, or look for a proxy/,
  },
  {
    name: "a manifest of 50 MB",
    async workspace({ hostile }) {
      const { reference } = hostile.add(`large/${uniqueName()}`, "1", IMAGE);
      hostile.fault({ fault: { kind: "oversized", bytes: FIFTY_MEGABYTES }, target: "manifest" });
      return { imageRef: reference, secret: null };
    },
    code: "FAILED_PRECONDITION",
    reason: "MANIFEST_TOO_LARGE",
    message: /larger than 4194304 bytes/,
    remedy: /Push a container image/,
  },
  {
    name: "a configuration without a rootfs",
    workspace: (scene) => pushed(scene, broken({ rootfs: null })),
    code: "FAILED_PRECONDITION",
    reason: "IMAGE_CONFIG_INVALID",
    message: /rootfs: is missing/,
    remedy: /Build and push the image again/,
  },
  {
    name: "an image without a command",
    workspace: (scene) => pushed(scene, broken({ config: { Env: ["A=b"] } })),
    code: "FAILED_PRECONDITION",
    reason: "NO_COMMAND",
    message: /the image has no command/,
    remedy: /Build the image with an ENTRYPOINT or a CMD/,
  },
  {
    name: "a manifest with more layers than its configuration",
    workspace: (scene) =>
      pushed(scene, broken({ rootfs: { type: "layers", diff_ids: [] }, history: [] })),
    code: "FAILED_PRECONDITION",
    reason: "LAYERS_MISMATCH",
    message: /the manifest has 1 layers, the configuration 0 DiffIDs/,
    remedy: /Build and push the image again/,
  },
  {
    name: "a history with more layers than exist",
    workspace: (scene) => pushed(scene, broken({ history: [{}, {}] })),
    code: "FAILED_PRECONDITION",
    reason: "IMAGE_UNSUPPORTED",
    message: /graph-driver image store\) refuses the image: .*history: has 2 entries with a layer/,
    remedy: /Build and push the image again/,
  },
  {
    name: "a registry that is down",
    workspace: () => Promise.resolve({ imageRef: "127.0.0.1:9/team/app:1" }),
    code: "UNAVAILABLE",
    reason: "REGISTRY_UNAVAILABLE",
    message: /127\.0\.0\.1:9 cannot be reached/,
    remedy: /Check the registry's name/,
  },
  {
    name: "an engine that is down",
    async workspace(scene) {
      const host = "unix:///nonexistent/docker.sock";
      const placement = await scene.world.placement({ host });
      return { ...(await pushed(scene, IMAGE)), placement };
    },
    code: "UNAVAILABLE",
    reason: "ENGINE_UNAVAILABLE",
    message: /unix:\/\/\/nonexistent\/docker\.sock cannot be reached/,
    remedy: /Start the engine/,
  },
];

/** A one-layer image for amd64 that violates the specification. */
function broken(config: Readonly<Record<string, JsonValue>>): BuiltImage {
  const layer = buildLayer([{ type: "file", path: "a", content: Buffer.from("a") }]);
  const platform = { os: "linux", architecture: "amd64" };
  const command = { Entrypoint: ["/a"] };
  return buildImage({ platform, layers: [layer], config: command, overrides: { config } });
}

async function pushed({ registry }: FailureScene, image: BuiltImage): Promise<WorkspaceOptions> {
  return { imageRef: (await registry.push(image)).reference };
}

/** Pushes a unique image and replaces the content of one of its digests in the registry. */
async function damaged(
  { registry }: FailureScene,
  what: "config" | "manifest",
  damage: (text: string) => string,
): Promise<Pushed> {
  const image = tinyImage("amd64", { config: { Labels: { only: uniqueName() } } });
  const pushed = await registry.push(image);
  const file = registry.real.contentFile(image[what].digest);
  await writeFile(file, damage(await readFile(file, "utf8")));
  return pushed;
}

/** Deletes a secret directly in the database: the catalog rejects the deletion of a record in use. */
function loseSecret({ commands }: World, name: string): Promise<void> {
  const path = commands.database;
  using database = new DatabaseSync(path, { enableForeignKeyConstraints: false });
  for (const table of ["catalog_record WHERE kind = 'secret' AND", "catalog_sealed_value WHERE"])
    database.prepare(`DELETE FROM ${table} name = ?`).run(name);
  return Promise.resolve();
}

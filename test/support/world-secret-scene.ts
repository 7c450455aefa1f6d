import { randomBytes } from "node:crypto";
import { chmod, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import type { JsonObject } from "../../src/errors.ts";
import type { BuiltImage } from "../../testing/registry/index.ts";
import { busyboxImage } from "./busybox-image.ts";
import type { EnginePeer, RegistryPeer } from "./peers.ts";
import { scratchFolder } from "./scratch.ts";
import { openWorld } from "./world.ts";
import type { World } from "./world.ts";
import { startPrivateRegistry } from "./world-registry.ts";
import type { PrivateRegistry } from "./world-registry.ts";
import { scanFor } from "./world-secrets.ts";
import type { SecretScan } from "./world-secrets.ts";

/** Two private registries, every kind of secret, and a Docker credential helper. */
export interface SecretScene {
  readonly registry: PrivateRegistry;
  readonly tokens: PrivateRegistry;
  readonly world: World;
  readonly scan: SecretScan;
  /** The catalog's secrets, by name. */
  readonly records: Readonly<Record<string, string>>;
  /** Environment in which Docker's configuration and its helper are found. */
  readonly environment: Readonly<Record<string, string>>;
  readonly images: Readonly<Record<"steady" | "telltale" | "unstartable", BuiltImage>>;
}

/** The reasons with which the failing workspaces of {@link makeWorkspaces} fail. */
export const EXPECTED_REASONS = [
  "MACHINE_EXITED",
  "MACHINE_NOT_STARTED",
  "RESOURCE_VALUE_REFUSED",
  "REGISTRY_UNAUTHENTICATED",
  "CREDENTIAL_REGISTRY_MISMATCH",
  "CREDENTIAL_INVALID",
] as const;

/** Prints all its secrets, and exits with an error. */
const TELLTALE = "echo $API_TOKEN $SESSION; cat /run/secrets/key; echo; exit 3";

const GUEST: JsonObject = {
  secret_refs: ["API_TOKEN"],
  runtime_secret_mounts: [
    { secret: "SESSION_KEY", env: "SESSION" },
    { secret: "SIGNING_KEY", path: "/run/secrets/key", mode: "0444" },
  ],
};

export async function setUpSecrets(
  stack: AsyncDisposableStack,
  engine: EnginePeer,
  peer: RegistryPeer,
): Promise<SecretScene> {
  const registry = stack.use(await startPrivateRegistry(peer, "htpasswd"));
  const tokens = stack.use(await startPrivateRegistry(peer, "token"));
  const world = stack.use(await openWorld({ engine, registry, others: [tokens] }));
  const { username, password, login, host } = registry;
  const own = {
    WRONG_PASSWORD: secretText("wrong"),
    API_TOKEN: secretText("api"),
    SESSION_KEY: secretText("session"),
    SIGNING_KEY: ["first", "second", "third"].map((line) => secretText(line)).join("\n"),
    BINARY: `${secretText("binary")}\0${secretText("behind")}`,
    IDENTITY: tokens.identityToken(),
  };
  const { WRONG_PASSWORD, IDENTITY, ...guest } = own;
  const image = (config: JsonObject) => busyboxImage(engine, { architecture: "amd64", config });
  const records = {
    ...guest,
    LOGIN_JSON: JSON.stringify({ username, password }),
    LOGIN_CONFIG: dockerConfig(host, login),
    LOGIN_IDENTITY: JSON.stringify({ identitytoken: IDENTITY }),
    LOGIN_WRONG: `${username}:${WRONG_PASSWORD}`,
    LOGIN_ELSEWHERE: dockerConfig("registry.example", login),
    LOGIN_BROKEN: `{"username": "${username}", "password": "${password}"`,
  };
  for (const [name, value] of Object.entries(records)) await world.secret(name, value);
  return {
    registry,
    tokens,
    world,
    scan: scanFor({ ...own, PASSWORD: password, TOKEN_PASSWORD: tokens.password }),
    records,
    environment: await credentialHelper(stack, registry),
    images: {
      steady: await image({ Cmd: ["sleep", "600"] }),
      telltale: await image({ Cmd: ["sh", "-c", TELLTALE] }),
      unstartable: await image({ Cmd: ["/absent"] }),
    },
  };
}

/** A workspace for each way in which a secret is used, valid and invalid; the first one is valid. */
export async function makeWorkspaces(scene: SecretScene): Promise<readonly string[]> {
  const { world, registry, tokens, images } = scene;
  const { reference: steady } = await registry.push(images.steady);
  const { reference: telltale } = await registry.push(images.telltale);
  const { reference: unstartable } = await registry.push(images.unstartable);
  const { reference: elsewhere } = await tokens.push(images.steady);
  const binary: JsonObject = { secret_refs: ["BINARY"] };
  const workspaces = [
    { imageRef: steady, fields: GUEST },
    { imageRef: elsewhere, secret: "LOGIN_IDENTITY" },
    // With Docker's configuration and its helper.
    { imageRef: steady, secret: null },
    { imageRef: telltale, secret: "LOGIN_JSON", fields: GUEST },
    { imageRef: unstartable, secret: "LOGIN_CONFIG", fields: GUEST },
    { imageRef: steady, fields: binary },
    { imageRef: steady, secret: "LOGIN_WRONG" },
    { imageRef: steady, secret: "LOGIN_ELSEWHERE" },
    { imageRef: steady, secret: "LOGIN_BROKEN" },
  ];
  const names: string[] = [];
  for (const workspace of workspaces) names.push(await world.workspace(workspace));
  return names;
}

/** A text that occurs nowhere else. */
function secretText(what: string): string {
  return `${what}-${randomBytes(15).toString("hex")}`;
}

function dockerConfig(server: string, login: string): string {
  return JSON.stringify({ auths: { [server]: { auth: Buffer.from(login).toString("base64") } } });
}

/** A folder with a Docker configuration that names a credential helper, and the helper itself. */
async function credentialHelper(
  stack: AsyncDisposableStack,
  { username, password }: PrivateRegistry,
): Promise<Readonly<Record<string, string>>> {
  const folder = scratchFolder();
  stack.defer(() => folder[Symbol.dispose]());
  const answer = join(folder.path, "answer.json");
  const helper = join(folder.path, "docker-credential-scene");
  await writeFile(answer, JSON.stringify({ Username: username, Secret: password }));
  await writeFile(helper, `#!/bin/sh\nread server\nexec cat ${answer}\n`);
  await chmod(helper, 0o755);
  await writeFile(join(folder.path, "config.json"), JSON.stringify({ credsStore: "scene" }));
  const path = [folder.path, process.env["PATH"] ?? ""].join(delimiter);
  return { DOCKER_CONFIG: folder.path, PATH: path };
}

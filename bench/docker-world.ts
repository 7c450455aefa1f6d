import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { PeerMissing } from "./figure.ts";
import { createSlipway } from "../src/slipway/create-slipway.ts";
import type { Slipway } from "../src/slipway/slipway.ts";
import { startRegistry, tinyImage } from "../testing/registry/index.ts";
import type { BuiltImage, TestRegistry } from "../testing/registry/index.ts";

const run = promisify(execFile);
const PASSWORD = "bench-password";

/** A private registry with one image, a workspace for that image, and the engine in `DOCKER_HOST`. */
export interface DockerWorld extends AsyncDisposable {
  readonly registry: TestRegistry;
  readonly slipway: Slipway;
  /** `repository@digest` of the image. */
  readonly pinned: string;
  /** Runs the `docker` command and returns its output. */
  readonly docker: (...args: readonly string[]) => Promise<string>;
  /** Environment in which `docker` reaches the engine. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** The engine in `DOCKER_HOST`, or else the tests' engine. */
export function dockerEnvironment(): Readonly<Record<string, string | undefined>> {
  const host = process.env["DOCKER_HOST"] ?? process.env["SLIPWAY_TEST_DOCKER_HOST"];
  return { ...process.env, ...(host === undefined ? {} : { DOCKER_HOST: host }) };
}

/** @throws PeerMissing if there is no `docker` command, or no engine that answers it */
export async function dockerWorld(image?: BuiltImage): Promise<DockerWorld> {
  await requireEngine();
  const folder = await mkdtemp(join(tmpdir(), "slipway-bench-"));
  const registry = await startRegistry({ auth: { kind: "basic", users: { robot: PASSWORD } } });
  const architecture = process.arch === "arm64" ? "arm64" : "amd64";
  const { pinned } = registry.add("bench/machine", "v1", image ?? tinyImage(architecture));
  const environment = { ...dockerEnvironment(), DOCKER_CONFIG: folder };
  const slipway = await createSlipway({ database: join(folder, "slipway.db"), environment });
  await slipway.catalog.setDocument("secret", {
    name: "LOGIN",
    plaintext_value: `robot:${PASSWORD}`,
  });
  await slipway.catalog.set("image", {
    name: "machine",
    architecture: architecture === "arm64" ? "ARCHITECTURE_ARM64" : "ARCHITECTURE_AMD64",
    docker: { imageRef: `${registry.host}/bench/machine:v1`, pullCredentialSecret: "LOGIN" },
  });
  await slipway.catalog.set("placement", {
    name: "here",
    substrate: "DOCKER",
    target: { docker: {} },
  });
  await slipway.catalog.set("workspace", { name: "bench", imageRef: "machine", placement: "here" });
  const docker = async (...args: readonly string[]) =>
    (await run("docker", [...args], { env: environment })).stdout.trim();
  return {
    registry,
    slipway,
    pinned,
    docker,
    environment,
    async [Symbol.asyncDispose]() {
      await slipway[Symbol.asyncDispose]();
      await registry.close();
      await docker("image", "rm", "--force", pinned);
      await rm(folder, { recursive: true });
    },
  };
}

async function requireEngine(): Promise<void> {
  try {
    await run("docker", ["version"], { env: dockerEnvironment() });
  } catch (caught) {
    const isAbsent = caught instanceof Error && "code" in caught && caught.code === "ENOENT";
    throw new PeerMissing(isAbsent ? "docker is not installed" : "no Docker engine answers", {
      cause: caught,
    });
  }
}

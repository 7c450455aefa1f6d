import { startRegistry, tinyMultiPlatformImage } from "../../testing/registry/index.ts";
import { engineObstacle, spawnObstacle } from "./obstacles.ts";
import { openDemoWorld, say } from "./world.ts";
import type { DemoWorld } from "./world.ts";

const PASSWORD = "correct horse battery staple";
const SPAWN_ID = "demo-1";
const ARCHITECTURE = process.arch === "arm64" ? "ARM64" : "AMD64";

/** A private registry of this process, and the container engine of this machine. */
export async function demoDocker(): Promise<void> {
  await using registry = await startRegistry({
    auth: { kind: "basic", users: { robot: PASSWORD } },
  });
  registry.add("demo/hello", "v1", tinyMultiPlatformImage());
  await using world = await openDemoWorld();
  try {
    await fromRegistryToContainer(world, registry.host);
  } finally {
    // Success where nothing was spawned, or where it is gone already.
    await world.run(["terminate", "--workspace", "hello-dev"]);
  }
}

async function fromRegistryToContainer(world: DemoWorld, host: string): Promise<void> {
  const { must, set, show, run } = world;
  say("A private registry with one small image for amd64 and arm64, and an empty catalog.");
  const login = { input: `robot:${PASSWORD}`, shown: "robot:…" };
  await must(["set", "secret", "REGISTRY_LOGIN"], login);
  await set("image", "hello", [
    `architecture: ARCHITECTURE_${ARCHITECTURE}`,
    "docker:",
    `  image_ref: ${host}/demo/hello:v1`,
    "  pull_credential_secret: REGISTRY_LOGIN",
  ]);
  await set("placement", "this-machine", ["substrate: DOCKER", "target:", "  docker: {}"]);
  await set("workspace", "hello-dev", ["image_ref: hello", "placement: this-machine"]);

  const { stderr } = await run(["resolve", "hello-dev", "-o", "json"]);
  const obstacle = engineObstacle(stderr);
  if (obstacle !== null) return await withoutEngine(world, host, obstacle);
  say("The dry run: everything is decided and verified, nothing is changed or pulled.");
  await must(["resolve", "hello-dev"]);

  say("The same, and one machine at the end of it.");
  const { code, stdout } = await show(["spawn", "hello-dev", "--id", SPAWN_ID]);
  if (code !== 0) {
    const described = await run(["describe", SPAWN_ID, "-o", "json"]);
    const failure = spawnObstacle(described.stdout, host);
    if (failure === null) throw new Error(`slipway spawn ended with ${code}: ${stdout}`);
    return say(failure);
  }
  say("The same id again is the same machine.");
  await must(["spawn", "hello-dev", "--id", SPAWN_ID]);
  await must(["logs", SPAWN_ID]);
  await must(["describe", SPAWN_ID]);
  await must(["terminate", SPAWN_ID]);
  await must(["list"]);
  say("Done: resolved, spawned, described and terminated on a real engine.");
}

/** What needs no engine: the image as the registry has it, and the plan as far as the catalog goes. */
async function withoutEngine(world: DemoWorld, host: string, obstacle: string): Promise<void> {
  const { must, show } = world;
  say("The dry run asks the engine too, and there is none that can be used.");
  await show(["resolve", "hello-dev"]);
  say("The image is read and verified from the registry all the same, its layers included.");
  const reference = `${host}/demo/hello:v1`;
  await must(["inspect", reference, "--secret", "REGISTRY_LOGIN", "--verify-layers"]);
  say("And the plan, as far as the catalog alone can tell:");
  await must(["resolve", "hello-dev", "--offline"]);
  say(`No container was booted: ${obstacle}`);
  say("Start Docker, or set DOCKER_HOST to an engine, and run this again.");
}

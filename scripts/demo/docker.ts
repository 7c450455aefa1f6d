import { startRegistry, tinyMultiPlatformImage } from "../../testing/registry/index.ts";
import { engineObstacle, spawnObstacle } from "./obstacles.ts";
import { CHECKS, NOTHING, openDemoWorld, PROGRESS, say } from "./world.ts";
import type { DemoWorld, Outcome } from "./world.ts";

const PASSWORD = "correct horse battery staple";
const SPAWN_ID = "demo-docker";
const ARCHITECTURE = process.arch === "arm64" ? "ARM64" : "AMD64";

/**
 * A private registry in this process, and this machine's container engine.
 *
 * @returns null if no container can be started here
 */
export async function demoDocker(): Promise<Outcome | null> {
  await using registry = await startRegistry({
    auth: { kind: "basic", users: { robot: PASSWORD } },
  });
  registry.add("demo/hello", "v1", tinyMultiPlatformImage());
  await using world = await openDemoWorld();
  try {
    return await fromRegistryToContainer(world, registry.host);
  } finally {
    // Succeeds if nothing was spawned, or if the machine is already gone.
    await world.run(["terminate", "--workspace", "hello-dev"]);
  }
}

async function fromRegistryToContainer(world: DemoWorld, host: string): Promise<Outcome | null> {
  const { must, set, show, run } = world;
  say("Docker: a private registry with one image for amd64 and arm64, and this machine's engine.");
  await world.setSecret("REGISTRY_LOGIN", `robot:${PASSWORD}`);
  await set("image", {
    name: "hello",
    architecture: `ARCHITECTURE_${ARCHITECTURE}`,
    docker: { image_ref: `${host}/demo/hello:v1`, pull_credential_secret: "REGISTRY_LOGIN" },
  });
  await set("placement", { name: "this-machine", substrate: "DOCKER", target: { docker: {} } });
  await set("workspace", { name: "hello-dev", image_ref: "hello", placement: "this-machine" });

  const { stderr } = await run(["resolve", "hello-dev", "-o", "json"]);
  const obstacle = engineObstacle(stderr);
  if (obstacle !== null) {
    await withoutEngine(world, host, obstacle);
    return null;
  }
  say("The dry run decides and verifies everything. It changes nothing and pulls nothing.");
  await must(["resolve", "hello-dev"], { lines: CHECKS });

  say("The spawn makes one machine. The same id again returns the same machine.");
  const { code, stdout } = await show(["spawn", "hello-dev", "--id", SPAWN_ID], PROGRESS);
  if (code !== 0) {
    const described = await run(["describe", SPAWN_ID, "-o", "json"]);
    const failure = spawnObstacle(described.stdout, host);
    if (failure === null) throw new Error(`slipway spawn ended with ${code}: ${stdout}`);
    say(failure);
    return null;
  }
  await must(["spawn", "hello-dev", "--id", SPAWN_ID], { lines: /^MACHINE / });
  await must(["logs", SPAWN_ID]);
  await must(["terminate", SPAWN_ID], { lines: NOTHING });
  return await world.outcome(SPAWN_ID);
}

/** The part that needs no engine: the image in the registry, and the plan as far as the catalog determines it. */
async function withoutEngine(world: DemoWorld, host: string, obstacle: string): Promise<void> {
  const { must, show } = world;
  say("The dry run also checks the engine, and no usable engine was found.");
  await show(["resolve", "hello-dev"]);
  say("The image is read and verified from the registry nevertheless, including its layers.");
  const reference = `${host}/demo/hello:v1`;
  await must(["inspect", reference, "--secret", "REGISTRY_LOGIN", "--verify-layers"]);
  say("The catalog alone gives a plan that is not pinned and cannot be spawned.");
  await must(["resolve", "hello-dev", "--offline"], { lines: CHECKS });
  say(`No container was started: ${obstacle}`);
  console.log("# Start Docker, or set DOCKER_HOST to an engine, and run this again.");
}

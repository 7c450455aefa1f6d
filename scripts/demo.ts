/**
 * The main job from end to end, each command shown with its real output: a registry in this process that asks for a
 * password, a catalog in a scratch folder, and the container engine of this machine. Where none can be used,
 * everything up to the launch is shown and the demo says what is missing.
 */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { startRegistry, tinyMultiPlatformImage } from "../src/testing/registry/index.ts";
import { engineObstacle, spawnObstacle } from "./demo-obstacles.ts";

interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const MAIN = join(import.meta.dirname, "..", "dist", "src", "cli", "main.js");
const PASSWORD = "correct horse battery staple";
const SPAWN_ID = "demo-1";
const ARCHITECTURE = process.arch === "arm64" ? "ARM64" : "AMD64";

const folder = await mkdtemp(join(tmpdir(), "slipway-demo-"));
// Nothing of the person's own catalog is read or written, whatever their environment says.
const environment = {
  ...process.env,
  SLIPWAY_DATABASE: join(folder, "slipway.db"),
  SLIPWAY_KEY_FILE: join(folder, "slipway.key"),
  SLIPWAY_TENANT: "demo",
};
let interruption: NodeJS.Signals | null = null;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.on(signal, () => (interruption = signal));

await using registry = await startRegistry({
  auth: { kind: "basic", users: { robot: PASSWORD } },
});
registry.add("demo/hello", "v1", tinyMultiPlatformImage());
try {
  await demo();
} catch (caught) {
  if (interruption === null) throw caught;
  process.exitCode = 128 + constants.signals[interruption];
} finally {
  // Success where nothing was spawned, or where it is gone already.
  await run(["terminate", "--workspace", "hello-dev"]);
  await rm(folder, { recursive: true });
}

async function demo(): Promise<void> {
  say("A private registry with one small image for amd64 and arm64, and an empty catalog.");
  await must(["set", "secret", "REGISTRY_LOGIN"], `robot:${PASSWORD}`, "robot:…");
  await set("image", "hello", [
    `architecture: ARCHITECTURE_${ARCHITECTURE}`,
    "docker:",
    `  image_ref: ${registry.host}/demo/hello:v1`,
    "  pull_credential_secret: REGISTRY_LOGIN",
  ]);
  await set("placement", "this-machine", ["substrate: DOCKER", "target:", "  docker: {}"]);
  await set("workspace", "hello-dev", ["image_ref: hello", "placement: this-machine"]);

  const { stderr } = await run(["resolve", "hello-dev", "-o", "json"]);
  const obstacle = engineObstacle(stderr);
  if (obstacle !== null) return await withoutEngine(obstacle);
  say("The dry run: everything is decided and verified, nothing is changed or pulled.");
  await must(["resolve", "hello-dev"]);

  say("The same, and one machine at the end of it.");
  const { code, stdout } = await show(["spawn", "hello-dev", "--id", SPAWN_ID]);
  if (code !== 0) {
    const described = await run(["describe", SPAWN_ID, "-o", "json"]);
    const failure = spawnObstacle(described.stdout, registry.host);
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
async function withoutEngine(obstacle: string): Promise<void> {
  say("The dry run asks the engine too, and there is none that can be used.");
  await show(["resolve", "hello-dev"]);
  say("The image is read and verified from the registry all the same, its layers included.");
  const reference = `${registry.host}/demo/hello:v1`;
  await must(["inspect", reference, "--secret", "REGISTRY_LOGIN", "--verify-layers"]);
  say("And the plan, as far as the catalog alone can tell:");
  await must(["resolve", "hello-dev", "--offline"]);
  say(`Nothing was booted: ${obstacle}`);
  say("Start Docker, or set DOCKER_HOST to an engine, and run this again.");
}

function say(text: string): void {
  console.log(`\n# ${text}`);
}

async function set(kind: string, name: string, fields: readonly string[]): Promise<void> {
  const body = [`name: ${name}`, ...fields].join("\n");
  await must(["set", kind, name], body, body);
}

async function must(args: readonly string[], input = "", shown = ""): Promise<void> {
  const { code } = await show(args, input, shown);
  if (code !== 0) throw new Error(`slipway ${args.join(" ")} ended with ${code}`);
}

/** Runs one command and shows it with what it printed. */
async function show(args: readonly string[], input = "", shown = ""): Promise<Run> {
  const words = [...args, "-o", "table"];
  console.log(`\n$ slipway ${words.join(" ")}${shown === "" ? "" : ` <<EOF\n${shown}\nEOF`}`);
  const done = await run(words, input);
  process.stdout.write(`${done.stderr}${done.stdout}`);
  if (interruption !== null) throw new Error(`ended by ${interruption}`);
  return done;
}

async function run(words: readonly string[], input = ""): Promise<Run> {
  const child = spawn(process.execPath, [MAIN, ...words], { env: environment });
  child.stdin.end(input);
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    }),
  ]);
  return { code, stdout, stderr };
}

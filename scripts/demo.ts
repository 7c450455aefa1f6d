/**
 * The main job from end to end, each command shown with its real output: a registry in this process that asks for a
 * password, a catalog in a scratch folder, and the container engine of this machine. Where none answers, everything
 * up to the launch is shown and the demo says what is missing.
 */
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startRegistry, tinyMultiPlatformImage } from "../src/testing/registry/index.ts";

interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const MAIN = join(import.meta.dirname, "..", "dist", "src", "cli", "main.js");
const PASSWORD = "correct horse battery staple";
const SPAWN_ID = "demo-1";

const folder = await mkdtemp(join(tmpdir(), "slipway-demo-"));
await using registry = await startRegistry({
  auth: { kind: "basic", users: { robot: PASSWORD } },
});
registry.add("demo/hello", "v1", tinyMultiPlatformImage());
try {
  await demo();
} finally {
  await rm(folder, { recursive: true });
}

async function demo(): Promise<void> {
  say("A private registry with one small image for amd64 and arm64, and an empty catalog.");
  await must(["set", "secret", "REGISTRY_LOGIN"], `robot:${PASSWORD}\n`, "robot:…");
  await set("image", "hello", [
    `architecture: ${process.arch === "arm64" ? "ARCHITECTURE_ARM64" : "ARCHITECTURE_AMD64"}`,
    "docker:",
    `  image_ref: ${registry.host}/demo/hello:v1`,
    "  pull_credential_secret: REGISTRY_LOGIN",
  ]);
  await set("placement", "this-machine", ["substrate: DOCKER", "target:", "  docker: {}"]);
  await set("workspace", "hello-dev", ["image_ref: hello", "placement: this-machine"]);

  say("What would happen, decided and verified, with nothing changed:");
  const resolved = await slipway(["resolve", "hello-dev", "-o", "table"]);
  if (resolved.code !== 0) return await withoutEngine(resolved);

  say("The same, and one machine at the end of it:");
  await must(["spawn", "hello-dev", "--id", SPAWN_ID]);
  say("The same id again: the same machine.");
  await must(["spawn", "hello-dev", "--id", SPAWN_ID, "-o", "table"]);
  await must(["logs", SPAWN_ID]);
  await must(["describe", SPAWN_ID, "-o", "table"]);
  await must(["terminate", SPAWN_ID, "-o", "table"]);
  await must(["list"]);
  say("Done: resolved, spawned, described and terminated on a real engine.");
}

/** Everything that needs no engine: the image as the registry has it, and the plan as far as the catalog goes. */
async function withoutEngine(resolved: Run): Promise<void> {
  if (!resolved.stderr.includes("UNAVAILABLE")) throw new Error("resolve failed with an engine");
  say("No container engine answers here, so nothing can be booted. The image is still read and verified:");
  await must(["inspect", `${registry.host}/demo/hello:v1`, "--secret", "REGISTRY_LOGIN", "--verify-layers"]);
  say("And the plan, as far as the catalog alone can tell:");
  await must(["resolve", "hello-dev", "--offline"]);
  say("Nothing was booted: no container engine answered. Start Docker, or set DOCKER_HOST, and run this again.");
}

function say(text: string): void {
  console.log(`\n# ${text}`);
}

async function set(kind: string, name: string, fields: readonly string[]): Promise<void> {
  const body = [`name: ${name}`, ...fields, ""].join("\n");
  await writeFile(join(folder, `${name}.yaml`), body);
  await must(["set", kind, name], body, body);
}

async function must(args: readonly string[], input = "", shown = ""): Promise<void> {
  const { code } = await slipway(args, input, shown);
  if (code !== 0) throw new Error(`slipway ${args.join(" ")} ended with ${code}`);
}

/** Runs one command and shows it with what it printed. */
async function slipway(args: readonly string[], input = "", shown = ""): Promise<Run> {
  console.log(`\n$ slipway ${args.join(" ")}${shown === "" ? "" : " <<EOF"}`);
  if (shown !== "") console.log(`${shown.trimEnd()}\nEOF`);
  const environment = { ...process.env, SLIPWAY_DATABASE: join(folder, "slipway.db") };
  const child = spawn(process.execPath, [MAIN, ...args], { env: environment });
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  return { code, stdout: await stdout, stderr: await stderr };
}

/** All that a stream says, shown as it comes. */
async function collect(stream: NodeJS.ReadableStream): Promise<string> {
  let text = "";
  for await (const piece of stream) {
    text += String(piece);
    process.stdout.write(String(piece));
  }
  return text;
}

/**
 * Packs the package, installs it elsewhere as a user would, and uses it (command line and library) on the oldest and
 * on the current Node, where nothing but results may be printed. Needs the package registry; CI runs it.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const OLDEST_NODE = "22.18.0";

const PROGRAM = `
import { createSlipway, parseReference, SlipwayError } from "slipway";
import { startRegistry, tinyMultiPlatformImage } from "slipway/testing";
import { createDockerAdapter } from "slipway/adapters/docker";
const registry = await startRegistry();
registry.add("team/agent", "v1", tinyMultiPlatformImage());
const slipway = await createSlipway({ database: "library.db", tenant: "acme", environment: {} });
try {
  const image = { name: "agent", architecture: "ARCHITECTURE_ARM64",
    docker: { imageRef: registry.host + "/team/agent:v1" } };
  await slipway.catalog.set("image", image);
  await slipway.catalog.set("placement", { name: "here", substrate: "DOCKER", target: { docker: {} } });
  await slipway.catalog.set("workspace", { name: "dev", imageRef: "agent", placement: "here" });
  const plan = await slipway.resolveWorkspace("dev", { offline: true });
  const { manifestDigest } = await slipway.inspectImage(image.docker.imageRef, { verifyLayers: true });
  const failure = await slipway.describeSpawn("none").catch((error) => error);
  if (!(failure instanceof SlipwayError) || failure.code !== "NOT_FOUND") throw failure;
  console.log(plan.architecture, manifestDigest.slice(0, 7), parseReference("ubuntu").repository,
    typeof createDockerAdapter, (await slipway.listSpawns()).length);
} finally {
  await slipway[Symbol.asyncDispose]();
  await registry.close();
}
`;

interface Try {
  readonly command: readonly string[];
  readonly input?: string;
  /** What standard output begins with. */
  readonly prints: string;
}

const IMAGE = "name: agent\narchitecture: ARCHITECTURE_AMD64\ndocker:\n  image_ref: ubuntu\n";
const CLI = join("node_modules", "slipway", "dist", "cli", "slipway.cjs");
const tries: readonly Try[] = [
  { command: ["program.mjs"], prints: "arm64 sha256: library/ubuntu function 0\n" },
  { command: [CLI, "--version"], prints: "" },
  { command: [CLI, "set", "image", "agent"], input: IMAGE, prints: "name: agent\n" },
  { command: [CLI, "set", "secret", "LOGIN"], input: "robot:pass\n", prints: "name: LOGIN\n" },
  { command: [CLI, "get", "image", "-o", "json"], prints: "[" },
  { command: [CLI, "history", "image", "agent"], prints: "- generation: 1\n" },
  { command: [CLI, "list", "--state", "running"], prints: "[]\n" },
];

const folder = mkdtempSync(join(tmpdir(), "slipway-package-"));
try {
  const packed = npm(["pack", "--silent", "--pack-destination", folder], process.cwd());
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }');
  writeFileSync(join(folder, "program.mjs"), PROGRAM);
  npm(
    ["install", "--silent", "--no-audit", `node@${OLDEST_NODE}`, `./${lastLine(packed)}`],
    folder,
  );
  for (const node of [join(folder, "node_modules", ".bin", "node"), process.execPath]) {
    for (const each of tries) attempt(node, each);
    rmSync(join(folder, "data"), { recursive: true });
  }
} finally {
  rmSync(folder, { recursive: true });
}

function npm(args: readonly string[], cwd: string): string {
  const stdio = ["ignore", "pipe", "inherit"] as const;
  return execFileSync("npm", [...args], { cwd, stdio: [...stdio], encoding: "utf8" });
}

/** What `npm pack` prints after the build's own words: the file's name. */
function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}

function attempt(node: string, { command, input = "", prints }: Try): void {
  const env = { PATH: process.env["PATH"], XDG_DATA_HOME: join(folder, "data"), HOME: folder };
  const ran = spawnSync(node, [...command], { cwd: folder, env, input, encoding: "utf8" });
  const good = ran.status === 0 && ran.stderr === "" && ran.stdout.startsWith(prints);
  const version = execFileSync(node, ["--version"], { encoding: "utf8" }).trim();
  console.log(`${good ? "passed" : "FAILED"}  ${version}  ${command.join(" ")}`);
  if (good) return;
  console.log(`exit code ${ran.status}\n${ran.stdout}${ran.stderr}`);
  process.exitCode = 1;
}

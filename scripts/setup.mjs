// Runs a script of this repository on a machine that has nothing but Node 20 and npm:
//
//   node scripts/setup.mjs scripts/demo.ts [arguments]
//
// installs the dependencies when they are missing or differ from the lock file, builds when the
// sources have changed since the last build, then runs the script with the Node of node_modules
// (24), with its arguments, signals and exit code. Announces each step on standard error before it
// begins, and prints nothing if there is none. Plain JavaScript without dependencies, because it
// runs before there are any.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { constants } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const modules = path.join(root, "node_modules");
const binaries = path.join(modules, ".bin");
const node = path.join(binaries, "node");
const buildStamp = path.join(modules, ".cache", "slipway-build");
const buildInputs = [
  "src",
  "adapters",
  "testing",
  "scripts/build",
  "scripts/build.ts",
  "package-lock.json",
  "tsconfig.json",
  "tsconfig.build.json",
];

const [script, ...scriptArguments] = process.argv.slice(2);
if (script === undefined) {
  process.stderr.write("usage: node scripts/setup.mjs <script> [arguments]\n");
  process.exit(2);
}
installDependencies();
build();
runScript(script, scriptArguments);

function installDependencies() {
  if (dependenciesMatch()) return;
  // npm must not run with the Node of the node_modules that it is about to replace.
  const others = (process.env["PATH"] ?? "")
    .split(path.delimiter)
    .filter((folder) => folder !== binaries);
  const environment = { ...process.env, PATH: others.join(path.delimiter) };
  step({
    title: "npm ci",
    announcement: "installing the dependencies with npm ci (about 30 seconds)",
    command: "npm",
    // Without a level it would inherit that of `npm run --silent`, and fail without a word.
    arguments: ["ci", "--no-audit", "--no-fund", "--loglevel=error"],
    environment,
  });
  if (!existsSync(node)) fail("npm ci", `it did not install ${path.relative(root, node)}\n`);
}

/** Whether npm's record of its last install in node_modules matches the lock file. */
function dependenciesMatch() {
  const installed = readPackages(path.join(modules, ".package-lock.json"));
  if (installed === undefined || !existsSync(node)) return false;
  const wanted = readPackages(path.join(root, "package-lock.json"));
  if (wanted === undefined) fail("reading package-lock.json", "it is missing or is not JSON\n");
  const unwanted = Object.keys(installed).some((name) => !Object.hasOwn(wanted, name));
  return (
    !unwanted &&
    Object.entries(wanted).every(([name, entry]) => isInstalled(entry, name, installed))
  );
}

function isInstalled(wanted, name, installed) {
  if (name === "") return true;
  const present = Object.hasOwn(installed, name) ? installed[name] : undefined;
  // Binaries for other platforms are in the lock file, but not in node_modules.
  if (present === undefined) return wanted.optional === true || wanted.devOptional === true;
  return present.version === wanted.version && present.integrity === wanted.integrity;
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8")).packages;
  } catch {
    return undefined;
  }
}

function build() {
  const digest = digestOfInputs();
  if (
    existsSync(path.join(root, "dist")) &&
    existsSync(buildStamp) &&
    readFileSync(buildStamp, "utf8") === digest
  )
    return;
  rmSync(buildStamp, { force: true });
  step({
    title: "the build",
    announcement: "building (about 10 seconds)",
    command: node,
    arguments: ["scripts/build.ts"],
    environment: withOurNode(),
  });
  mkdirSync(path.dirname(buildStamp), { recursive: true });
  writeFileSync(buildStamp, digest);
}

/** A digest of names, sizes and times, not of contents: reading every file would slow down each run of the demo. */
function digestOfInputs() {
  const hash = createHash("sha256");
  for (const input of buildInputs) {
    for (const file of filesOf(path.join(root, input))) {
      const { size, mtimeMs } = statSync(file);
      hash.update(`${path.relative(root, file)} ${size} ${mtimeMs}\n`);
    }
  }
  return hash.digest("hex");
}

function filesOf(place) {
  if (!existsSync(place)) return [];
  if (!statSync(place).isDirectory()) return [place];
  return readdirSync(place)
    .toSorted()
    .flatMap((name) => filesOf(path.join(place, name)));
}

function step({ title, announcement, command, arguments: given, environment }) {
  process.stderr.write(`setup: ${announcement} ...\n`);
  const options = { cwd: root, env: environment, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 };
  const { status, signal, error, stdout, stderr } = spawnSync(command, given, options);
  if (error !== undefined) fail(title, `${error.message}\n`);
  if (status === 0) return;
  const ending = signal === null ? `exit code ${status}` : `ended by ${signal}`;
  fail(title, `${stdout}${stderr}${ending}\n`);
}

function fail(title, output) {
  process.stderr.write(`setup: ${title} failed:\n${output}`);
  process.exit(1);
}

function withOurNode() {
  return { ...process.env, PATH: [binaries, process.env["PATH"]].join(path.delimiter) };
}

function runScript(file, given) {
  const child = spawn(node, [path.resolve(root, file), ...given], {
    cwd: root,
    env: withOurNode(),
    stdio: "inherit",
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      // A terminal sends its interrupt to the script as well; a second one would mean "stop immediately".
      if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.on("error", (error) => fail(file, `${error.message}\n`));
  child.on("exit", (code, signal) => {
    process.exit(signal === null ? (code ?? 1) : 128 + (constants.signals[signal] ?? 0));
  });
}

import { execFile } from "node:child_process";
import { readFile, readdir } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";

interface RunningProcess {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
  readonly command: string;
}

const ENGINE_PROGRAMS = ["dockerd", "containerd", "containerd-shim"];
const POLL_MS = 10;
const ATTEMPTS = 1000;

/**
 * Kills the processes that a killed engine leaves running: its containerd, the shims of its containers, and the
 * containers. They are found by the engine's folder in their command lines. Returns when they have ended.
 */
export function endProcessesOf(engineFolder: string): Promise<void> {
  return endAll(() => processesOf(engineFolder));
}

/** Kills only the containerd of a killed engine. Containers and their shims keep running. */
export function endContainerdOf(engineFolder: string): Promise<void> {
  return endAll(async () =>
    (await processesOf(engineFolder)).filter(({ name }) => name === "containerd"),
  );
}

/** Whether the process is running; a zombie is not. */
export async function isRunning(pid: number): Promise<boolean> {
  return (await readProcess(pid)) !== undefined;
}

async function endAll(find: () => Promise<readonly RunningProcess[]>): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const found = await find();
    if (found.length === 0) return;
    for (const { pid } of found) killIfThere(pid);
    // The kernel reports the end of a process to its parent only, so we have to poll.
    await delay(POLL_MS);
  }
  throw new Error("processes of an engine do not end");
}

/** Unmounts everything at or below the folder, the innermost mounts first. */
export async function unmountBelow(folder: string): Promise<void> {
  const mounts = (await readFile("/proc/self/mounts", "utf8")).split("\n");
  const points = mounts
    .map((line) => line.split(" ")[1] ?? "")
    .filter((point) => point.startsWith(`${folder}/`));
  for (const point of points.toReversed()) await promisify(execFile)("umount", ["-l", point]);
}

/** Containers come before their shims: if a shim dies first, its container escapes. */
async function processesOf(engineFolder: string): Promise<readonly RunningProcess[]> {
  const all = await runningProcesses();
  const own = all.filter(
    ({ name, command }) =>
      ENGINE_PROGRAMS.some((program) => name.startsWith(program)) &&
      command.includes(`${engineFolder}/`),
  );
  const shims = new Set(
    own.filter(({ name }) => name.startsWith("containerd-shim")).map(({ pid }) => pid),
  );
  return [...all.filter(({ parent }) => shims.has(parent)), ...own];
}

async function runningProcesses(): Promise<readonly RunningProcess[]> {
  const names = await readdir("/proc");
  const pids = names.filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(pids.map((pid) => readProcess(pid)));
  return found.filter((process) => process !== undefined);
}

async function readProcess(pid: number): Promise<RunningProcess | undefined> {
  try {
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8");
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    const [, name = ""] = /^Name:\t(.*)$/m.exec(status) ?? [];
    const [, parent = "0"] = /^PPid:\t(\d+)$/m.exec(status) ?? [];
    const isDead = /^State:\tZ/m.test(status);
    return isDead ? undefined : { pid, parent: Number(parent), name, command };
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

function isGone(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "ENOENT" || code === "ESRCH";
}

import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";

const ROOT = join(import.meta.dirname, "../..");

/**
 * Environment of a Node process that inherits nothing else. The processes of all test runs share Node's compile cache:
 * compiling the sources again takes most of a short process's time. Node executes what it finds there, so the cache is in
 * the checkout and not in the temporary folder, where every user can write.
 */
export const NODE_ENVIRONMENT = {
  PATH: process.env["PATH"] ?? "",
  NODE_COMPILE_CACHE: join(ROOT, "node_modules", ".cache", "node-compile"),
} as const;

/** Runs a TypeScript file with the same Node. Its first line means that it is ready; then it waits for a line. */
export function startProcess(file: string, ...words: readonly string[]) {
  const child = spawn(process.execPath, [file, ...words], {
    stdio: "pipe",
    env: { ...process.env, ...NODE_ENVIRONMENT },
  });
  return { child, ready: once(child.stdout, "data"), errors: text(child.stderr) };
}

/** Lets the process continue, and waits for its end. */
export async function finishProcess({ child, errors }: ReturnType<typeof startProcess>) {
  const output = text(child.stdout);
  child.stdin.end("go\n");
  const [exitCode] = await once(child, "exit");
  return { exitCode, output: await output, errors: await errors };
}

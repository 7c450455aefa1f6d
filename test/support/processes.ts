import { spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";

/**
 * The variables of a Node process that inherits no others. Processes of a run share what Node compiles: reading the
 * sources anew takes most of a short process's time.
 */
export const NODE_ENVIRONMENT = {
  PATH: process.env["PATH"] ?? "",
  NODE_COMPILE_CACHE: join(tmpdir(), "slipway-test-compile-cache"),
} as const;

/** A TypeScript file run by this same Node; it says that it is ready with its first line, and waits for one. */
export function startProcess(file: string, ...words: readonly string[]) {
  const child = spawn(process.execPath, [file, ...words], {
    stdio: "pipe",
    env: { ...process.env, ...NODE_ENVIRONMENT },
  });
  return { child, ready: once(child.stdout, "data"), errors: text(child.stderr) };
}

/** Lets the process go on, and waits for its end. */
export async function finishProcess({ child, errors }: ReturnType<typeof startProcess>) {
  const output = text(child.stdout);
  child.stdin.end("go\n");
  const [exitCode] = await once(child, "exit");
  return { exitCode, output: await output, errors: await errors };
}

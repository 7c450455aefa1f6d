import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** The account of every request to moto's server, whatever its credentials. */
export const MOTO_ACCOUNT = "123456789012";

/** Starts moto's server on a free port, in a separate process, and waits until it answers. */
export async function startMoto(
  program: string,
): Promise<AsyncDisposable & { readonly url: string }> {
  const child = spawn(program, ["-H", "127.0.0.1", "-p", "0"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = once(child, "exit").then(() => {
    throw new Error(`${program} ended`);
  });
  const url = await Promise.race([addressOf(child), ended]);
  return {
    url,
    async [Symbol.asyncDispose]() {
      child.kill();
      await ended.catch(() => undefined);
    },
  };
}

async function addressOf({ stderr }: ChildProcess): Promise<string> {
  if (stderr === null) throw new Error("moto has no standard error");
  const lines = createInterface({ input: stderr });
  for await (const line of lines) {
    const [, url] = /Running on (http:\/\/127\.0\.0\.1:\d+)/u.exec(line) ?? [];
    if (url !== undefined) {
      // The server logs each request: a full pipe would stop it.
      stderr.resume();
      return url;
    }
  }
  throw new Error("moto does not print its address");
}

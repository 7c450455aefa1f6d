import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setInterval } from "node:timers/promises";
import type { ProxyPeer } from "./peers.ts";

export interface Tinyproxy extends AsyncDisposable {
  readonly port: number;
  /** The first line of each request that it had, such as `CONNECT example.com:443 HTTP/1.1`. */
  readonly requests: readonly string[];
}

const REQUEST = /Request \(file descriptor \d+\): (.*)$/;
/** Part of util-linux, which every Debian has. */
const SET_PRIVILEGES = "setpriv";
const START_MILLISECONDS = 30_000;

/** Starts a proxy on a free port of 127.0.0.1 that demands this user and password. */
export async function startTinyproxy(
  { binary }: ProxyPeer,
  user: string,
  password: string,
): Promise<Tinyproxy> {
  const folder = await mkdtemp(join(tmpdir(), "slipway-tinyproxy-"));
  const port = await freePort();
  const configuration = join(folder, "tinyproxy.conf");
  const lines = [`Port ${port}`, "Listen 127.0.0.1", "Timeout 60", "LogLevel Connect"];
  await writeFile(configuration, [...lines, `BasicAuth ${user} ${password}`, ""].join("\n"));
  // A test run that is killed cannot stop its servers, so the kernel does it.
  const bound = ["--pdeathsig", "KILL", binary, "-d", "-c", configuration];
  const child = spawn(SET_PRIVILEGES, bound, { stdio: ["ignore", "pipe", "pipe"] });
  const requests: string[] = [];
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on("line", (line) => {
      output.push(line);
      const request = REQUEST.exec(line)?.[1];
      if (request !== undefined) requests.push(request);
    });
  const exited = once(child, "exit");
  const deadline = Date.now() + START_MILLISECONDS;
  for await (const _tick of setInterval(10)) {
    if (await answers(port)) break;
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill("SIGKILL");
      throw new Error(`${binary} did not start. Its output:\n${output.join("\n")}`);
    }
  }
  return {
    port,
    requests,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port is free");
  return address.port;
}

/** Whether something listens on the port. */
async function answers(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  const [connected] = await Promise.allSettled([once(socket, "connect")]);
  socket.destroy();
  return connected.status === "fulfilled";
}

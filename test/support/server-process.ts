import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export interface ServerProcessOptions {
  readonly command: string;
  readonly arguments: readonly string[];
  /** Matched against each line of standard error; the server is up once it matches. */
  readonly ready: RegExp;
  /** Called with each line of standard output. */
  readonly onOutput?: (line: string) => void;
}

export interface ServerProcess {
  readonly pid: number;
  /** The match of {@link ServerProcessOptions.ready}. */
  readonly ready: RegExpExecArray;
  /** Sends the signal unless the process has ended, and waits for its end. */
  end(signal: "SIGTERM" | "SIGKILL"): Promise<void>;
}

/** Part of util-linux, which every Debian has. */
const SET_PRIVILEGES = "setpriv";
const START_TIMEOUT_MS = 30_000;
const KEPT_LINES = 30;

/** Starts a server and waits until it is up. If it ends first, throws an `Error` with its last output. */
export async function startServerProcess(options: ServerProcessOptions): Promise<ServerProcess> {
  // A test run that is killed cannot stop its servers, so the kernel does it.
  const bound = ["--pdeathsig", "KILL", options.command, ...options.arguments];
  const child = spawn(SET_PRIVILEGES, bound, { stdio: ["ignore", "pipe", "pipe"] });
  createInterface({ input: child.stdout }).on("line", (line) => options.onOutput?.(line));
  const end = (signal: "SIGTERM" | "SIGKILL"): Promise<void> => endProcess(child, signal);
  const lastLines: string[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<RegExpExecArray>();
  const failure = (what: string): Error =>
    new Error(`${options.command} ${what}. Its last output:\n${lastLines.join("\n")}`);
  createInterface({ input: child.stderr })
    .on("line", (line) => {
      lastLines.push(line);
      if (lastLines.length > KEPT_LINES) lastLines.shift();
      const match = options.ready.exec(line);
      if (match !== null) resolve(match);
    })
    // Wait for the end of the output, not for "exit": output may still arrive after that.
    .on("close", () => reject(failure("ended while starting")));
  child.on("error", reject);
  const timer = setTimeout(() => reject(failure("did not start in time")), START_TIMEOUT_MS);
  try {
    const ready = await promise;
    if (child.pid === undefined) throw failure("has no process");
    return { pid: child.pid, ready, end };
  } catch (error) {
    await end("SIGKILL");
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function endProcess(child: ChildProcess, signal: "SIGTERM" | "SIGKILL"): Promise<void> {
  const gone = child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
  if (gone) return;
  const exited = once(child, "exit");
  child.kill(signal);
  await exited;
}

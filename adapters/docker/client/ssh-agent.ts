import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import http from "node:http";
import { Duplex } from "node:stream";
import { waitForExit } from "../../../src/host/child-exit.ts";
import type { EngineEndpoint } from "./endpoint.ts";
import { oneLine } from "../errors/engine-failure.ts";

type SshEndpoint = Extract<EngineEndpoint, { kind: "ssh" }>;

export interface SshAgentOptions extends http.AgentOptions {
  /** The `ssh` program, which handles keys, known hosts and jump hosts. */
  readonly program: string;
}

const LONGEST_COMPLAINT = 2_000;

/** How long an `ssh` may take to end after SIGTERM, in milliseconds. Then it gets SIGKILL. */
const ENDING = 1_000;

export interface SshAgent {
  readonly agent: http.Agent;
  /** Resolves when every `ssh` has ended whose connection was destroyed. */
  ended(): Promise<void>;
}

/** An HTTP agent whose connections are `ssh HOST docker system dial-stdio`, as the `docker` command makes them. */
export function createSshAgent(endpoint: SshEndpoint, options: SshAgentOptions): SshAgent {
  const { program, ...agentOptions } = options;
  const agent = new http.Agent(agentOptions);
  const ending = new Set<Promise<void>>();
  agent.createConnection = () =>
    dial(program, endpoint, (ended) => {
      ending.add(ended);
      void ended.finally(() => ending.delete(ended));
    });
  return {
    agent,
    ended: async () => void (await Promise.all(ending)),
  };
}

/** Ends a process: by SIGTERM, and if it ignores that by SIGKILL, so that it does not outlive Slipway. */
async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  child.once("exit", () => resolve());
  child.kill();
  const timer = setTimeout(() => child.kill("SIGKILL"), ENDING);
  await promise;
  clearTimeout(timer);
}

/** Arguments of the `ssh` program. `endpoint.ts` rejects values that ssh or a shell could misread. */
export function sshArguments(endpoint: SshEndpoint): readonly string[] {
  const { user, host, port, socketPath } = endpoint;
  const login = user === null ? [] : ["-l", user];
  const door = port === null ? [] : ["-p", String(port)];
  const engine = socketPath === null ? [] : ["--host", `unix://${socketPath}`];
  // BatchMode: ssh must not prompt.
  const options = ["-o", "BatchMode=yes", "-o", "ConnectTimeout=30", "-T", ...login, ...door];
  return [...options, "--", host, "docker", ...engine, "system", "dial-stdio"];
}

/** A socket over a process's standard input and output. */
function dial(
  program: string,
  endpoint: SshEndpoint,
  onEnding: (ended: Promise<void>) => void,
): Duplex {
  const child = spawn(program, sshArguments(endpoint), { stdio: ["pipe", "pipe", "pipe"] });
  const connection = new SshConnection(child, () => onEnding(endChild(child)));
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (piece: string) => {
    complaint = (complaint + piece).slice(-LONGEST_COMPLAINT);
  });
  const fail = (words: string) =>
    connection.destroy(new Error(`ssh to ${endpoint.host}: ${words}`));
  child.stdin.on("error", (caught) => connection.destroy(caught));
  // A process that has exited cannot be slowed down, and what it left in its pipe is small.
  child.stdout.on("data", (piece: Buffer) => {
    if (!connection.push(piece) && child.exitCode === null) child.stdout.pause();
  });
  child.once("exit", () => child.stdout.resume());
  // Before the failure to write to it, which would hide it.
  child.once("error", (caught) => fail(caught.message));
  waitForExit(child).then(
    (code) => {
      if (code === 0) connection.push(null);
      else fail(oneLine(complaint) || `it ended with code ${code ?? "of a signal"}`);
    },
    () => undefined,
  );
  return connection;
}

/** The socket methods that Node's HTTP client calls, implemented for a process. */
class SshConnection extends Duplex {
  readonly #child: ChildProcess;
  readonly #end: () => void;

  constructor(child: ChildProcess, end: () => void) {
    super();
    this.#child = child;
    this.#end = end;
  }

  override _read(): void {
    this.#child.stdout?.resume();
  }

  override _write(piece: unknown, encoding: BufferEncoding, done: (error?: Error | null) => void) {
    this.#child.stdin?.write(piece, encoding, done);
  }

  override _final(done: () => void): void {
    this.#child.stdin?.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#end();
    done(error);
  }

  setTimeout(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  /** An idle connection must not keep this process alive. */
  unref(): this {
    for (const handle of this.#handles()) if (isHandle(handle)) handle.unref();
    return this;
  }

  ref(): this {
    for (const handle of this.#handles()) if (isHandle(handle)) handle.ref();
    return this;
  }

  #handles(): readonly unknown[] {
    const { stdin, stdout, stderr } = this.#child;
    return [this.#child, stdin, stdout, stderr];
  }
}

/** A process and the pipes to it, which are sockets. */
function isHandle(value: unknown): value is { ref(): void; unref(): void } {
  return typeof value === "object" && value !== null && "ref" in value && "unref" in value;
}

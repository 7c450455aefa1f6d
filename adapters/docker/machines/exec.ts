import { once } from "node:events";
import type { Duplex } from "node:stream";
import { pause } from "../../../src/async/cancellation.ts";
import type { Sleep } from "../../../src/async/cancellation.ts";
import { asSlipwayError, isSlipwayError, SlipwayError } from "../../../src/errors.ts";
import type { ExecRequest, ExecTerminal, TerminalSize } from "../../../src/substrate/contract.ts";
import type { ExecApi, ExecBody } from "../client/exec-api.ts";
import { createFrameReader } from "../client/frames.ts";
import { failureOf } from "../client/transport.ts";
import { EngineConnectionFailure, EngineReplyFailure } from "../errors/engine-failure.ts";
import { engineError } from "../errors/errors.ts";
import { isContainerId } from "./container-id.ts";

export interface ExecPorts {
  readonly api: ExecApi;
  /** The engine's address, for messages. */
  readonly engine: string;
  readonly sleep: Sleep;
}

/** Pause between two questions whether a command has ended that has closed its output, in milliseconds. */
const POLL = 100;

/**
 * The engine detaches a terminal when these keys are typed in a row; by default Ctrl-P and Ctrl-Q, so that Ctrl-P reaches
 * the command only with the next key (https://github.com/moby/moby/issues/20864). An empty setting means the default.
 */
const NEVER_TYPED = Array.from({ length: 16 }, () => "ctrl-^").join(",");

interface Conversation extends ExecPorts {
  readonly execId: string;
  readonly stream: Duplex;
  readonly signal: AbortSignal;
}

/** Runs a command in a container, and returns its exit code as the engine reports it. */
export async function execInContainer(
  ports: ExecPorts,
  id: string,
  request: ExecRequest,
  signal: AbortSignal,
): Promise<number> {
  if (!isContainerId(id)) throw noContainer(id);
  try {
    const execId = await ports.api.createExec(id, bodyOf(request), signal);
    const stream = await ports.api.startExec(execId, startOf(request), signal);
    return await finish({ ...ports, execId, stream, signal }, request);
  } catch (caught) {
    throw engineError(caught, {
      operation: "exec",
      engine: ports.engine,
      subject: `container ${id}`,
    });
  }
}

async function finish(conversation: Conversation, request: ExecRequest): Promise<number> {
  try {
    const wasCut = await converse(conversation, request);
    return await exitCode(conversation, wasCut);
  } catch (caught) {
    throw whileRunning(caught);
  }
}

function bodyOf({ command, env, user, workingDirectory, input, terminal }: ExecRequest): ExecBody {
  return {
    AttachStdin: input !== null,
    AttachStdout: true,
    AttachStderr: true,
    Tty: terminal !== null,
    Cmd: command,
    Env: Object.entries(env).map(([name, value]) => `${name}=${value.reveal()}`),
    DetachKeys: NEVER_TYPED,
    ...(user === null ? {} : { User: user }),
    ...(workingDirectory === null ? {} : { WorkingDir: workingDirectory }),
  };
}

function startOf({ terminal }: ExecRequest) {
  if (terminal === null) return { Detach: false, Tty: false };
  const { columns, rows } = terminal.size();
  return { Detach: false, Tty: true, ConsoleSize: [rows, columns] } as const;
}

/**
 * Sends the input and receives the output until the engine ends the stream. Returns the failure that ended it instead:
 * Podman resets the connection of a command that has left input unread, so only its exit code says whether it has ended.
 */
async function converse(
  conversation: Conversation,
  { input, terminal, onOutput }: ExecRequest,
): Promise<EngineConnectionFailure | null> {
  const { stream } = conversation;
  using _sending = sendInput(stream, input);
  using _sizes = terminal === null ? null : keepSize(conversation, terminal);
  const frames = createFrameReader();
  const deliver = async (...piece: Parameters<typeof onOutput>): Promise<void> => {
    try {
      await onOutput(...piece);
    } catch (caught) {
      // It is the caller's failure, not the connection's.
      throw asSlipwayError(caught);
    }
  };
  try {
    for await (const bytes of stream) {
      if (!(bytes instanceof Uint8Array)) continue;
      if (terminal !== null) await deliver("stdout", bytes);
      else for (const piece of frames.read(bytes)) await deliver(piece.stream, piece.bytes);
    }
  } catch (caught) {
    if (isSlipwayError(caught)) throw caught;
    const failure = failureOf(caught, true);
    if (failure instanceof EngineConnectionFailure && frames.isComplete()) return failure;
    throw failure;
  } finally {
    stream.destroy();
  }
  if (frames.isComplete()) return null;
  throw connectionLost("the output ends in the middle");
}

/** Sends the input, then closes the command's standard input. Input that fails ends the stream with its error. */
function sendInput(stream: Duplex, input: AsyncIterable<Uint8Array> | null): Disposable {
  const pieces = input?.[Symbol.asyncIterator]() ?? null;
  const send = async (): Promise<void> => {
    if (pieces === null) return;
    for (;;) {
      const next = await pieces.next();
      if (!stream.writable) return;
      if (next.done === true) break;
      if (!stream.write(next.value)) await once(stream, "drain", { signal: closed.signal });
    }
    stream.end();
  };
  const closed = new AbortController();
  stream.once("close", () => closed.abort());
  send().catch((caught: unknown) => {
    // A command may end without reading its input.
    if (!closed.signal.aborted) stream.destroy(asSlipwayError(caught));
  });
  return {
    // The next piece may never come, so it is not waited for.
    [Symbol.dispose]: () => void Promise.allSettled([pieces?.return?.()]),
  };
}

const RESIZE_ATTEMPTS = 20;
const RESIZE_PAUSE = 50;

/**
 * Gives the command's terminal the size of the caller's, now and after each change. An engine refuses until the command
 * has started, and once it has ended. Without an answer the size stays as it is: the stream itself reports a lost
 * connection.
 */
function keepSize(conversation: Conversation, terminal: ExecTerminal): Disposable {
  const { stream, signal } = conversation;
  const ended = new AbortController();
  stream.once("close", () => ended.abort());
  let latest = new AbortController();
  const change = (): void => {
    latest.abort();
    latest = new AbortController();
    const superseded = AbortSignal.any([latest.signal, ended.signal, signal]);
    void resize(conversation, terminal.size(), superseded);
  };
  change();
  return terminal.onResize(change);
}

async function resize(
  { api, execId, sleep }: Conversation,
  size: TerminalSize,
  superseded: AbortSignal,
): Promise<void> {
  for (let attempt = 1; attempt <= RESIZE_ATTEMPTS && !superseded.aborted; attempt += 1) {
    const [answer] = await Promise.allSettled([api.resizeExec(execId, size, superseded)]);
    if (answer.status === "fulfilled" || !(answer.reason instanceof EngineReplyFailure)) return;
    await Promise.allSettled([sleep(RESIZE_PAUSE, superseded)]);
  }
}

/**
 * The exit code, which is known once the command has ended: it may have closed its output before.
 *
 * @param wasCut the failure that ended the stream
 */
async function exitCode(
  { api, execId, sleep, signal }: Conversation,
  wasCut: EngineConnectionFailure | null,
): Promise<number> {
  for (;;) {
    const { Running: isRunning, ExitCode: code } = await api.inspectExec(execId, signal);
    if (!isRunning && typeof code === "number") return code;
    if (wasCut !== null) throw wasCut;
    if (!isRunning) throw connectionLost("the engine does not know the command's exit code");
    await pause(sleep, POLL, { signal, what: "running a command" });
  }
}

/** The engine was lost while the command ran in it. */
function whileRunning(caught: unknown): unknown {
  if (!(caught instanceof EngineConnectionFailure)) return caught;
  const words = `${caught.message}; the command had started and may still be running`;
  return new EngineConnectionFailure({ code: caught.code, sent: true, words });
}

function connectionLost(words: string): EngineConnectionFailure {
  return new EngineConnectionFailure({ code: "ECONNRESET", sent: true, words });
}

function noContainer(id: string): SlipwayError {
  return new SlipwayError({
    code: "NOT_FOUND",
    reason: "MACHINE_NOT_FOUND",
    message: `"${id.slice(0, 64)}" is not the id of a container`,
    remedy: "Name a container by its id.",
  });
}

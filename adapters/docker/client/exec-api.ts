import type { Duplex } from "node:stream";
import type { TerminalSize } from "../../../src/substrate/contract.ts";
import { callEngine, openStream } from "./modem.ts";
import type { EngineCall } from "./modem.ts";
import { execCreateReply, execReply, readReply } from "./replies.ts";
import type { ExecReply } from "./replies.ts";
import type { EngineTransport } from "./transport.ts";

/** Body of `POST /containers/ID/exec`. Its `Env` may contain secrets: never log or store it. */
export interface ExecBody {
  readonly AttachStdin: boolean;
  readonly AttachStdout: boolean;
  readonly AttachStderr: boolean;
  readonly Tty: boolean;
  readonly Cmd: readonly string[];
  readonly Env: readonly string[];
  readonly DetachKeys: string;
  readonly User?: string;
  readonly WorkingDir?: string;
}

/** Body of `POST /exec/ID/start`. */
export interface ExecStart {
  readonly Detach: boolean;
  readonly Tty: boolean;
  /** Rows and columns. Engines before Docker 23 ignore it. */
  readonly ConsoleSize?: readonly [number, number];
}

/** The calls that run commands in containers. */
export interface ExecApi {
  /** Prepares a command for a running container, and returns its id. */
  createExec(id: string, body: ExecBody, signal: AbortSignal): Promise<string>;
  /** Runs a prepared command, connected to the stream, which the caller ends. */
  startExec(execId: string, body: ExecStart, signal: AbortSignal): Promise<Duplex>;
  inspectExec(execId: string, signal: AbortSignal): Promise<ExecReply>;
  resizeExec(execId: string, size: TerminalSize, signal: AbortSignal): Promise<void>;
}

/** dockerode passes no stream of both directions on, and drops a reply's other members. */
export function createExecApi(
  transport: EngineTransport,
  limits: Omit<EngineCall, "signal">,
): ExecApi {
  const path = (execId: string, verb: string) => `/exec/${encodeURIComponent(execId)}/${verb}`;
  return {
    async createExec(id, body, signal) {
      const reply = await callEngine(
        transport,
        { ...limits, signal },
        {
          method: "POST",
          path: `/containers/${encodeURIComponent(id)}/exec`,
          options: { _body: body },
          statusCodes: {},
        },
      );
      return readReply(execCreateReply, reply, `a command in container ${id}`).Id;
    },
    startExec: (execId, body, signal) =>
      openStream(transport, { ...limits, signal }, { path: path(execId, "start"), body }),
    async inspectExec(execId, signal) {
      const call = { method: "GET", path: path(execId, "json"), statusCodes: {} };
      return readReply(
        execReply,
        await callEngine(transport, { ...limits, signal }, call),
        "the command",
      );
    },
    async resizeExec(execId, { columns, rows }, signal) {
      await callEngine(
        transport,
        { ...limits, signal },
        {
          method: "POST",
          path: `${path(execId, "resize")}?`,
          options: { _query: { w: columns, h: rows } },
          statusCodes: {},
        },
      );
    },
  };
}

import type { Readable } from "node:stream";
import { cancellation } from "../../../src/async/cancellation.ts";
import { isSlipwayError } from "../../../src/errors.ts";
import type { LogsRequest } from "../../../src/substrate/contract.ts";
import type { EngineApi } from "../client/api.ts";
import { createFrameReader } from "../client/frames.ts";
import { failureOf } from "../client/transport.ts";
import { engineError } from "../errors/errors.ts";

export interface LogPorts {
  readonly api: Pick<EngineApi, "inspectContainer" | "logs">;
  /** The engine's address, for messages. */
  readonly engine: string;
}

const MILLISECONDS = 1_000;

/** Yields what a container has printed, in pieces; with `follow`, until the container ends. */
export async function* containerLogs(
  ports: LogPorts,
  id: string,
  request: LogsRequest,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  try {
    if (signal.aborted) throw cancellation(signal, "reading logs");
    const { Config: configuration } = await ports.api.inspectContainer(id, signal);
    const { follow, tail, since = null } = request;
    const query = { follow, tail, since: since === null ? null : since / MILLISECONDS };
    const stream = await ports.api.logs(id, query, signal);
    yield* unframe(stream, configuration.Tty);
  } catch (caught) {
    throw engineError(caught, {
      operation: "logs",
      engine: ports.engine,
      subject: `container ${id}`,
    });
  }
}

/** The pieces of both outputs are joined again in the order in which the engine sent them. */
async function* unframe(stream: Readable, isTerminal: boolean): AsyncGenerator<Uint8Array> {
  const frames = createFrameReader();
  try {
    for await (const piece of stream) {
      if (!(piece instanceof Uint8Array)) continue;
      if (isTerminal) yield piece;
      else for (const { bytes } of frames.read(piece)) yield bytes;
    }
  } catch (caught) {
    throw isSlipwayError(caught) ? caught : failureOf(caught, true);
  }
}

import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { createServer, request } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/**
 * A fault between a client and its engine. `drop` cuts the connection before the request reaches the engine; `busy`
 * answers 503 without asking the engine; `lose` cuts the connection once the engine has answered, `cut` in the middle of
 * the answer; `delay` holds the request, or its answer, for a number of milliseconds.
 */
export type EngineFault =
  | { readonly kind: "drop" | "busy" | "lose" | "cut" }
  | { readonly kind: "delay"; readonly milliseconds: number; readonly when: "before" | "after" };

/** The requests that a fault affects; a fault of the answer affects successful answers only. */
export type EngineFaultRule = EngineFault & {
  /** `POST /v1.41/containers/create`, with the query. */
  readonly request: RegExp;
  /** Default: all matching requests. */
  readonly times?: number;
};

/** A socket in front of an engine that records requests and can inject faults. */
export interface WatchedEngine extends AsyncDisposable {
  readonly host: string;
  /** `GET /v1.41/info`, with the query. */
  readonly requests: readonly string[];
  /** Injects a fault; returns a function that ends it. */
  fault(fault: EngineFaultRule): () => void;
  /** Drops the answer to the next matching request that succeeds, and its connection. */
  loseAnswer(request: RegExp): void;
}

export async function watchEngine(engine: { readonly socketPath: string }): Promise<WatchedEngine> {
  const requests: string[] = [];
  const board = createBoard();
  const socketPath = join(tmpdir(), `slipway-watched-${randomUUID()}.sock`);
  const server = createServer((incoming, outgoing) => {
    const name = `${incoming.method ?? ""} ${incoming.url ?? ""}`;
    requests.push(name);
    const handled = handle({ engine, incoming, outgoing, take: (when) => board.take(when, name) });
    handled.catch((error: unknown) => outgoing.destroy(error instanceof Error ? error : undefined));
  });
  server.listen(socketPath);
  await once(server, "listening");
  return {
    host: `unix://${socketPath}`,
    requests,
    fault: (fault) => board.add(fault),
    loseAnswer: (pattern) => void board.add({ kind: "lose", request: pattern, times: 1 }),
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
      await rm(socketPath, { force: true });
    },
  };
}

type Moment = "before" | "after";

function createBoard() {
  const active = new Map<EngineFaultRule, number>();
  return {
    add(fault: EngineFaultRule): () => void {
      active.set(fault, fault.times ?? Infinity);
      return () => void active.delete(fault);
    },
    take(moment: Moment, name: string): EngineFault | null {
      for (const [fault, left] of active) {
        if (left <= 0 || momentOf(fault) !== moment || !fault.request.test(name)) continue;
        active.set(fault, left - 1);
        return fault;
      }
      return null;
    },
  };
}

function momentOf(fault: EngineFault): Moment {
  switch (fault.kind) {
    case "drop":
    case "busy":
      return "before";
    case "lose":
    case "cut":
      return "after";
    case "delay":
      return fault.when;
  }
}

interface Forwarding {
  readonly engine: { readonly socketPath: string };
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly take: (moment: Moment) => EngineFault | null;
}

async function handle({ engine, incoming, outgoing, take }: Forwarding): Promise<void> {
  const before = take("before");
  if (before?.kind === "drop") return void incoming.socket.destroy();
  if (before?.kind === "busy") return busy(incoming, outgoing);
  if (before?.kind === "delay") await delay(before.milliseconds);
  const { method, url: path, headers } = incoming;
  const onward = request({ socketPath: engine.socketPath, method, path, headers }, (answer) => {
    void passBack(answer, { incoming, outgoing, take });
  });
  onward.on("error", (error) => outgoing.destroy(error));
  incoming.pipe(onward);
}

async function passBack(
  answer: IncomingMessage,
  { incoming, outgoing, take }: Omit<Forwarding, "engine">,
): Promise<void> {
  const { statusCode = 502, headers } = answer;
  const after = statusCode < 300 ? take("after") : null;
  if (after?.kind === "delay") await delay(after.milliseconds);
  if (after?.kind === "lose" || after?.kind === "cut") {
    const words = Buffer.concat(await Array.fromAsync(answer, (part: Buffer) => part));
    if (after.kind === "lose") return void incoming.socket.destroy();
    // Announces one byte more than it sends.
    outgoing.writeHead(statusCode, { ...headers, "content-length": words.length + 1 });
    outgoing.write(words.subarray(0, words.length / 2), () => incoming.socket.destroy());
    return;
  }
  outgoing.writeHead(statusCode, headers);
  answer.pipe(outgoing);
}

function busy(incoming: IncomingMessage, outgoing: ServerResponse): void {
  incoming.resume();
  outgoing.writeHead(503, { "content-type": "application/json" });
  outgoing.end('{"message":"the engine is busy"}\n');
}

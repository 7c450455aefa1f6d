import type { IncomingMessage, ServerResponse } from "node:http";
import type { ActiveFault } from "./faults.ts";
import { alterBytes } from "./faults.ts";
import type { Call, Reply } from "./protocol.ts";

const SPACES = new Uint8Array(64 * 1024).fill(0x20);

/** The head of a request; null if the encoding of its path is invalid. */
export function readCall(request: IncomingMessage, scheme: string, host: string): Call | null {
  const [rawPath = "", query = ""] = (request.url ?? "").split(/\?(.*)/s, 2);
  try {
    return {
      method: request.method ?? "",
      path: decodeURIComponent(rawPath),
      query: new URLSearchParams(query),
      headers: request.headers,
      origin: `${scheme}://${request.headers.host ?? host}`,
    };
  } catch {
    // `decodeURIComponent` throws only for malformed input.
    return null;
  }
}

/** The destination of an answer. */
export interface Destination {
  readonly response: ServerResponse;
  /** Resolves when the connection or the answer has ended. */
  readonly closed: Promise<unknown>;
  /** True for HEAD: only the head of the answer is sent. */
  readonly headOnly: boolean;
  /** Called for every piece of the body that was handed to the connection. */
  readonly onSent: (bytes: number) => void;
}

/** Sends an answer, as far as the fault allows. Also resolves if the client disconnects. */
export async function sendReply(
  answer: Reply,
  fault: ActiveFault | null,
  destination: Destination,
): Promise<void> {
  const { response, headOnly } = destination;
  const kind = fault?.rule.fault;
  const body = kind?.kind === "altered" ? alterBytes(answer.body) : answer.body;
  const size = kind?.kind === "oversized" ? Math.max(kind.bytes, body.byteLength) : body.byteLength;
  const declared = kind?.kind !== "oversized" || (kind.declared ?? true);
  response.writeHead(answer.status, {
    "Docker-Distribution-Api-Version": "registry/2.0",
    ...answer.headers,
    ...(kind?.kind === "headers" ? kind.headers : {}),
    ...(declared && answer.status !== 204 ? { "Content-Length": size } : {}),
  });
  if (headOnly) return endResponse(destination);
  const stop =
    kind?.kind === "reset" || kind?.kind === "stall" ? (kind.afterBytes ?? 0) : body.byteLength;
  // A client that waits for the head must receive it, even if no byte of the body follows.
  response.flushHeaders();
  await write(destination, body.subarray(0, stop));
  if (kind?.kind === "reset") return void response.socket?.resetAndDestroy();
  if (kind?.kind === "stall") await Promise.race([fault?.released, destination.closed]);
  await write(destination, body.subarray(stop));
  for (let rest = size - body.byteLength; rest > 0; rest -= SPACES.byteLength)
    if (!(await write(destination, SPACES.subarray(0, rest)))) return undefined;
  return endResponse(destination);
}

/** Writes bytes and waits until the connection has accepted them; false if the client has disconnected. */
async function write(
  { response, closed, onSent }: Destination,
  bytes: Uint8Array,
): Promise<boolean> {
  if (response.destroyed) return false;
  if (bytes.byteLength === 0) return true;
  // Before the callback, Node may still buffer the bytes, and a reset would discard them.
  const taken = new Promise<boolean>((resolve) => {
    response.write(bytes, (failure) => resolve(failure == null));
  });
  const isTaken = await Promise.race([taken, closed.then(() => false)]);
  if (isTaken) onSent(bytes.byteLength);
  return isTaken;
}

async function endResponse({ response, closed }: Destination): Promise<void> {
  if (!response.destroyed) response.end();
  await closed;
}

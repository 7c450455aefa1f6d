import type { IncomingMessage, ServerResponse } from "node:http";
import type { ActiveFault } from "./faults.ts";
import { alterBytes } from "./faults.ts";
import type { Call, Reply } from "./protocol.ts";

const SPACES = new Uint8Array(64 * 1024).fill(0x20);

/** The head of a request; null where its path is no valid encoding. */
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
    // `decodeURIComponent` knows no other failure than a malformed path.
    return null;
  }
}

/** Where and how an answer goes out. */
export interface Sending {
  readonly response: ServerResponse;
  /** Fulfilled once the connection or the answer has ended. */
  readonly closed: Promise<unknown>;
  /** HEAD: the head of the answer alone. */
  readonly headOnly: boolean;
  /** Told of every piece of the body that was handed to the connection. */
  readonly sent: (bytes: number) => void;
}

/** Sends an answer, as far as the fault lets it. Resolves also where the client went away. */
export async function sendReply(
  answer: Reply,
  fault: ActiveFault | null,
  sending: Sending,
): Promise<void> {
  const { response, headOnly } = sending;
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
  if (headOnly) return finish(sending);
  const stop =
    kind?.kind === "reset" || kind?.kind === "stall" ? (kind.afterBytes ?? 0) : body.byteLength;
  // A client that waits for the head must see it, also when no byte of the body follows.
  response.flushHeaders();
  await write(sending, body.subarray(0, stop));
  if (kind?.kind === "reset") return void response.socket?.resetAndDestroy();
  if (kind?.kind === "stall") await Promise.race([fault?.released, sending.closed]);
  await write(sending, body.subarray(stop));
  for (let rest = size - body.byteLength; rest > 0; rest -= SPACES.byteLength)
    if (!(await write(sending, SPACES.subarray(0, rest)))) return undefined;
  return finish(sending);
}

/** Hands bytes to the connection and waits until it has taken them; false where the client is gone. */
async function write({ response, closed, sent }: Sending, bytes: Uint8Array): Promise<boolean> {
  if (response.destroyed) return false;
  if (bytes.byteLength === 0) return true;
  // Before its callback the bytes may still be held back, and a reset would take them along.
  const taken = new Promise<boolean>((resolve) => {
    response.write(bytes, (failure) => resolve(failure == null));
  });
  const isTaken = await Promise.race([taken, closed.then(() => false)]);
  if (isTaken) sent(bytes.byteLength);
  return isTaken;
}

async function finish({ response, closed }: Sending): Promise<void> {
  if (!response.destroyed) response.end();
  await closed;
}

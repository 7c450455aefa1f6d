import type { ClientRequest, IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

/** Thrown when an exchange ends without a final response, in a way that Node reports by no error of its own. */
class NoResponseError extends Error {
  override readonly name = "NoResponseError";
  readonly code: "UNEXPECTED_STATUS" | "ECONNRESET";

  constructor(code: NoResponseError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

const FIRST_FINAL_STATUS = 200;

/**
 * The final response to a request, or the error that ended it first. Requests that are sent by `node:http` are awaited
 * here and nowhere else. A peer that answers `101 Switching Protocols` without having been asked to makes Node destroy
 * the connection without `response` or `error`, so that a caller who waits for these two waits forever; without an
 * `Upgrade` field Node takes the same status for a complete and empty response.
 */
export function awaitResponse(request: ClientRequest): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  listen(request, { resolve, reject });
  return promise;
}

/** The answer to a request that asks for another protocol on its connection. */
export type UpgradeAnswer =
  | { readonly upgraded: true; readonly connection: Duplex }
  | { readonly upgraded: false; readonly response: IncomingMessage };

/** The connection that the peer has switched to the other protocol, or its response if it has not. */
export function awaitUpgrade(request: ClientRequest): Promise<UpgradeAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<UpgradeAnswer>();
  request.once("upgrade", (_head: IncomingMessage, connection: Duplex, first: Buffer) => {
    // An error before a reader listens would end the process; a reader receives it later.
    connection.on("error", () => undefined);
    if (first.length > 0) connection.unshift(first);
    resolve({ upgraded: true, connection });
  });
  listen(request, {
    resolve: (response) => resolve({ upgraded: false, response }),
    reject,
    mayUpgrade: true,
  });
  return promise;
}

interface ResponseListener {
  readonly resolve: (response: IncomingMessage) => void;
  readonly reject: (reason: unknown) => void;
  /** Whether the request asks for an upgrade. Default false. */
  readonly mayUpgrade?: boolean;
}

function listen(
  request: ClientRequest,
  { resolve, reject, mayUpgrade = false }: ResponseListener,
): void {
  const refuse = ({ statusCode = 0, socket }: IncomingMessage): void => {
    reject(
      new NoResponseError(
        "UNEXPECTED_STATUS",
        `the peer answered with HTTP status ${statusCode}, which this request cannot lead to`,
      ),
    );
    socket.destroy();
  };
  if (!mayUpgrade) request.once("upgrade", refuse);
  request.once("response", (response) => {
    if ((response.statusCode ?? 0) < FIRST_FINAL_STATUS) refuse(response);
    else resolve(response);
  });
  // This listener stays: bytes after a complete response are an error of the request too, and an error without a
  // listener ends the process.
  request.on("error", reject);
  request.once("close", () =>
    reject(new NoResponseError("ECONNRESET", "the connection was closed without a response")),
  );
}

import type { ClientRequest, IncomingMessage } from "node:http";

/** Thrown when an exchange ends without a response, in a way that Node reports by no error of its own. */
class NoResponseError extends Error {
  override readonly name = "NoResponseError";
  readonly code: "SWITCHED_PROTOCOLS" | "ECONNRESET";

  constructor(code: NoResponseError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * The response to a request, or the error that ended it first. Requests that are sent by `node:http` are awaited here
 * and nowhere else: a peer that answers `101 Switching Protocols` unasked makes Node destroy the connection without
 * `response` or `error`, so that whoever waits for these two waits forever.
 */
export function awaitResponse(request: ClientRequest): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  request.once("response", resolve);
  // Not `once`: bytes after a complete response are an error of the request as well, which would end the process.
  request.on("error", reject);
  request.once("upgrade", (_response, socket) => {
    socket.destroy();
    reject(
      new NoResponseError(
        "SWITCHED_PROTOCOLS",
        "the peer switched protocols (HTTP status 101) although the request did not ask for it",
      ),
    );
  });
  request.once("close", () =>
    reject(new NoResponseError("ECONNRESET", "the connection was closed without a response")),
  );
  return promise;
}

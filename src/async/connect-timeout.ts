/** `code` of the error for a connection that was not established in time. */
export const CONNECT_TIMEOUT = "CONNECT_TIMEOUT";

/** No connection was established in time: nothing was sent. */
export class ConnectTimeoutError extends Error {
  override readonly name = "ConnectTimeoutError";
  readonly code = CONNECT_TIMEOUT;

  constructor(milliseconds: number) {
    super(`no connection was established within ${milliseconds / 1_000} seconds`);
  }
}

import type { ClientRequest } from "node:http";
import type { Socket } from "node:net";
import { ConnectTimeoutError } from "./connect-timeout.ts";

/** Enough for three lost packets: a system repeats its first packet after 1, 3 and 7 seconds. */
const CONNECT_MILLISECONDS = 10_000;

/**
 * Calls back once the connection of a request, with TLS for `https`, is established; before that the request cannot
 * reach the peer. A connection whose state is not known counts as established.
 */
export function whenConnected(
  request: ClientRequest,
  isSecure: boolean,
  connected: () => void,
): void {
  request.once("socket", (socket) => {
    if (isConnected(request, socket)) connected();
    else socket.once(isSecure ? "secureConnect" : "connect", connected);
  });
}

/**
 * Ends a request whose connection, with TLS for `https`, is not established in time. Node itself waits for as long as
 * the system does, which is two minutes at an address that swallows packets. A connection that a proxy has established
 * is not limited again.
 */
export function limitConnection(
  request: ClientRequest,
  isSecure: boolean,
  milliseconds = CONNECT_MILLISECONDS,
): void {
  request.once("socket", (socket) => {
    if (isConnected(request, socket)) return;
    const giveUp = () => request.destroy(new ConnectTimeoutError(milliseconds));
    const late = setTimeout(giveUp, milliseconds);
    const established = () => clearTimeout(late);
    socket.once(isSecure ? "secureConnect" : "connect", established);
    request.once("close", established);
  });
}

function isConnected(request: ClientRequest, socket: Socket): boolean {
  return request.reusedSocket || !("connecting" in socket) || !socket.connecting;
}

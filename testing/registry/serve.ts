import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type Authorizer, type Verdict, authenticationOf, authorize } from "./authorize.ts";
import { bodyLimit, dispatch, neededAccess } from "./dispatch.ts";
import { type ActiveFault, statusReply, takeFault } from "./faults.ts";
import {
  type ListeningOptions,
  responseClosed,
  listen,
  readBody,
  stopServer,
} from "../server/http-server.ts";
import { type Destination, readCall, sendReply } from "./http-edge.ts";
import { type Call, type Reply, refusal, reply } from "./protocol.ts";
import { type OpenRequest, openRequest } from "./request-log.ts";
import { type Route, parseRoute } from "./routes.ts";
import { type Storage, emptyStorage } from "./storage.ts";
import { answerTokenRequest } from "./token-endpoint.ts";

/** The state of a running registry. */
export interface Registry {
  readonly scheme: "http" | "https";
  readonly host: string;
  readonly authorizer: Authorizer;
  readonly storage: Storage;
  readonly faults: ActiveFault[];
  readonly requests: OpenRequest[];
}

/** One request in progress. */
interface ActiveRequest {
  readonly call: Call;
  readonly route: Route;
  readonly entry: OpenRequest;
  readonly request: IncomingMessage;
}

export interface ServingOptions extends ListeningOptions {
  /** Serves HTTPS with this key and certificate, both PEM. Default: plain HTTP. */
  readonly tls?: { readonly key: string; readonly certificate: string };
}

/** Starts an empty registry with this authentication. */
export async function startServing(
  { address = "127.0.0.1", port = 0, tls }: ServingOptions,
  authorizer: Authorizer,
): Promise<{ readonly registry: Registry; readonly close: () => Promise<void> }> {
  const server =
    tls === undefined ? createServer() : createTlsServer({ key: tls.key, cert: tls.certificate });
  const registry: Registry = {
    scheme: tls === undefined ? "http" : "https",
    host: `${address}:${await listen(server, address, port)}`,
    authorizer,
    storage: emptyStorage(),
    faults: [],
    requests: [],
  };
  server.on("request", (request, response) => void handleRequest(registry, request, response));
  return { registry, close: () => stopServer(server) };
}

/** Handles one request up to the end of its answer. Never rejects. */
async function handleRequest(
  registry: Registry,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const destination: Destination = {
    response,
    headOnly: request.method === "HEAD",
    closed: responseClosed(response),
    onSent: () => undefined,
  };
  try {
    const call = readCall(request, registry.scheme, registry.host);
    if (call === null)
      await sendReply(refusal(400, "NAME_INVALID", "malformed path"), null, destination);
    else await answerCall(registry, call, request, destination);
  } catch (caught) {
    // The client disconnected while sending its body, or this registry has a defect, which the client gets to see.
    const message = caught instanceof Error ? caught.message : String(caught);
    if (response.headersSent || response.destroyed) response.destroy();
    else await sendReply(refusal(500, "UNKNOWN", message), null, destination);
  }
}

async function answerCall(
  registry: Registry,
  call: Call,
  request: IncomingMessage,
  destination: Destination,
): Promise<void> {
  const route = parseRoute(call.path);
  const entry = openRequest(call, route, authenticationOf(call));
  registry.requests.push(entry);
  const before = takeFault(registry.faults, "before", call.method, route);
  const fault = before?.rule.fault;
  if (fault?.kind === "reset") return void request.socket.resetAndDestroy();
  if (fault?.kind === "stall") await Promise.race([before?.released, destination.closed]);
  const active = { call, route, entry, request };
  const answer =
    fault?.kind === "status"
      ? statusReply(fault)
      : await answerRequest(registry, active, fault?.kind === "unauthorized");
  const good = answer.status < 300;
  const after = good ? takeFault(registry.faults, "after", call.method, route) : null;
  const last = redirected(answer, after);
  entry.status = last.status;
  const onSent = (bytes: number): void => {
    entry.sentBytes += bytes;
  };
  return sendReply(last, after, { ...destination, onSent });
}

function redirected(answer: Reply, fault: ActiveFault | null): Reply {
  const rule = fault?.rule.fault;
  return rule?.kind === "redirect"
    ? reply(rule.status ?? 307, { Location: rule.location })
    : answer;
}

async function answerRequest(
  registry: Registry,
  active: ActiveRequest,
  expired: boolean,
): Promise<Reply> {
  const { call, route, entry, request } = active;
  const { authorizer } = registry;
  const isTokenRequest = route.target === "token" && authorizer.kind === "token";
  if (isTokenRequest && expired)
    return refusal(401, "UNAUTHORIZED", "authentication required: the credential has expired");
  const verdict = isTokenRequest ? null : authorizeRequest(authorizer, active, expired);
  entry.user = verdict?.user ?? null;
  if (verdict !== null && verdict.refusal !== null) return verdict.refusal;
  entry.authorized = !isTokenRequest;
  const body = await readBody(request, bodyLimit(route));
  if (body === null)
    return refusal(413, "SIZE_INVALID", "the body exceeds the size limit of this registry");
  if (!isTokenRequest) return dispatch(registry.storage, route, call, body);
  const answer = answerTokenRequest(authorizer.endpoint, call, body);
  entry.user = answer.user;
  entry.authorized = answer.reply.status === 200;
  entry.scopes = answer.scopes;
  return answer.reply;
}

/** Authorizes the request. If a fault has `expired` the credential, it counts as an unknown one of the same scheme. */
function authorizeRequest(
  authorizer: Authorizer,
  { call, route }: ActiveRequest,
  expired: boolean,
): Verdict {
  const headers = expired
    ? {
        ...call.headers,
        authorization: `${authorizer.kind === "basic" ? "Basic" : "Bearer"} expired`,
      }
    : call.headers;
  return authorize(authorizer, { ...call, headers }, neededAccess(route, call));
}

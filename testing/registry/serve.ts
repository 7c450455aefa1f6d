import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type Gate, type Verdict, authenticationOf, authorize } from "./authorize.ts";
import { bodyLimit, dispatch, neededAccess } from "./dispatch.ts";
import { type ActiveFault, statusReply, takeFault } from "./faults.ts";
import {
  type ListeningOptions,
  ended,
  listen,
  readBody,
  stopServer,
} from "../server/http-server.ts";
import { type Sending, readCall, sendReply } from "./http-edge.ts";
import { type Call, type Reply, refusal, reply } from "./protocol.ts";
import { type OpenRequest, openRequest } from "./request-log.ts";
import { type Route, parseRoute } from "./routes.ts";
import { type Storage, emptyStorage } from "./storage.ts";
import { answerTokenRequest } from "./token-endpoint.ts";

/** The state behind a running registry. */
export interface Registry {
  readonly scheme: "http" | "https";
  readonly host: string;
  readonly gate: Gate;
  readonly storage: Storage;
  readonly faults: ActiveFault[];
  readonly requests: OpenRequest[];
}

/** One request on its way through the registry. */
interface Visit {
  readonly call: Call;
  readonly route: Route;
  readonly entry: OpenRequest;
  readonly request: IncomingMessage;
}

export interface ServingOptions extends ListeningOptions {
  /** Serves HTTPS with this key and certificate, both PEM. Default plain HTTP. */
  readonly tls?: { readonly key: string; readonly certificate: string };
}

/** Starts an empty registry behind the gate. */
export async function startServing(
  { address = "127.0.0.1", port = 0, tls }: ServingOptions,
  gate: Gate,
): Promise<{ readonly registry: Registry; readonly close: () => Promise<void> }> {
  const server =
    tls === undefined ? createServer() : createTlsServer({ key: tls.key, cert: tls.certificate });
  const registry: Registry = {
    scheme: tls === undefined ? "http" : "https",
    host: `${address}:${await listen(server, address, port)}`,
    gate,
    storage: emptyStorage(),
    faults: [],
    requests: [],
  };
  server.on("request", (request, response) => void serve(registry, request, response));
  return { registry, close: () => stopServer(server) };
}

/** Serves one request, from its head to the end of its answer. Never rejects. */
async function serve(
  registry: Registry,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const sending: Sending = {
    response,
    headOnly: request.method === "HEAD",
    closed: ended(response),
    sent: () => undefined,
  };
  try {
    const call = readCall(request, registry.scheme, registry.host);
    if (call === null)
      await sendReply(refusal(400, "NAME_INVALID", "malformed path"), null, sending);
    else await serveCall(registry, call, request, sending);
  } catch (caught) {
    // The client went away in the middle of its body, or this registry has a defect, which the client is told.
    const message = caught instanceof Error ? caught.message : String(caught);
    if (response.headersSent || response.destroyed) response.destroy();
    else await sendReply(refusal(500, "UNKNOWN", message), null, sending);
  }
}

async function serveCall(
  registry: Registry,
  call: Call,
  request: IncomingMessage,
  sending: Sending,
): Promise<void> {
  const route = parseRoute(call.path);
  const entry = openRequest(call, route, authenticationOf(call));
  registry.requests.push(entry);
  const before = takeFault(registry.faults, "before", call.method, route);
  const fault = before?.rule.fault;
  if (fault?.kind === "reset") return void request.socket.resetAndDestroy();
  if (fault?.kind === "stall") await Promise.race([before?.released, sending.closed]);
  const visit = { call, route, entry, request };
  const answer =
    fault?.kind === "status"
      ? statusReply(fault)
      : await answerVisit(registry, visit, fault?.kind === "unauthorized");
  const good = answer.status < 300;
  const after = good ? takeFault(registry.faults, "after", call.method, route) : null;
  const last = redirected(answer, after);
  entry.status = last.status;
  const sent = (bytes: number): void => {
    entry.sentBytes += bytes;
  };
  return sendReply(last, after, { ...sending, sent });
}

function redirected(answer: Reply, fault: ActiveFault | null): Reply {
  const rule = fault?.rule.fault;
  return rule?.kind === "redirect"
    ? reply(rule.status ?? 307, { Location: rule.location })
    : answer;
}

async function answerVisit(registry: Registry, visit: Visit, expired: boolean): Promise<Reply> {
  const { call, route, entry, request } = visit;
  const { gate } = registry;
  const isTokenRequest = route.target === "token" && gate.kind === "token";
  if (isTokenRequest && expired)
    return refusal(401, "UNAUTHORIZED", "authentication required: the credential has expired");
  const verdict = isTokenRequest ? null : judge(gate, visit, expired);
  entry.user = verdict?.user ?? null;
  if (verdict !== null && verdict.refusal !== null) return verdict.refusal;
  entry.authorized = !isTokenRequest;
  const body = await readBody(request, bodyLimit(route));
  if (body === null)
    return refusal(413, "SIZE_INVALID", "the body is longer than this registry takes");
  if (!isTokenRequest) return dispatch(registry.storage, route, call, body);
  const answer = answerTokenRequest(gate.endpoint, call, body);
  entry.user = answer.user;
  entry.authorized = answer.reply.status === 200;
  entry.scopes = answer.scopes;
  return answer.reply;
}

/** Judges the request; a credential that has `expired` on purpose is judged as an unknown one of its scheme. */
function judge(gate: Gate, { call, route }: Visit, expired: boolean): Verdict {
  const headers = expired
    ? { ...call.headers, authorization: `${gate.kind === "basic" ? "Basic" : "Bearer"} expired` }
    : call.headers;
  return authorize(gate, { ...call, headers }, neededAccess(route, call));
}

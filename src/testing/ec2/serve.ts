import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import { setImmediate } from "node:timers/promises";
import type { Clock } from "../../clock.ts";
import { ended, listen, readBody, stopServer } from "../registry/http-edge.ts";
import { type Answer, type Ec2, type Visit, admit, answered, perform } from "./answer.ts";
import { Ec2Failure } from "./failure.ts";
import { type ActiveFault, takeFault } from "./faults.ts";
import { type OpenRequest, openRequest } from "./request-log.ts";
import { readSignature } from "./signature.ts";
import type { ServiceName } from "./xml.ts";

/** The bound on a request: user data of 16 KiB and 1,000 ids take far less. */
const MAXIMUM_BODY_BYTES = 1024 * 1024;
/** Longer than the clients' own, or they would send into connections that are just being closed. */
const KEEP_ALIVE_MS = 120_000;

/** What a request is served with. */
export interface Serving {
  readonly ec2: Ec2;
  readonly clock: Clock;
  readonly requests: OpenRequest[];
}

export interface ListeningOptions {
  /** Default 0: any free port. */
  readonly port?: number;
  /** A loopback address. Default 127.0.0.1. */
  readonly address?: string;
}

/** Begins to listen. @throws SlipwayError `PORT_UNAVAILABLE` */
export async function startServing(
  serving: Serving,
  { port = 0, address = "127.0.0.1" }: ListeningOptions,
): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    void serve(serving, request, response);
  });
  const bound = await listen(server, address, port);
  return { url: `http://${address}:${bound}`, close: () => stopServer(server) };
}

/** Serves one request, from its head to the end of its answer. Never rejects. */
async function serve(
  serving: Serving,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const entry = openRequest();
  serving.requests.push(entry);
  const connection: Connection = { response, closed: ended(response), entry };
  try {
    const text = await readText(request);
    const signature = readSignature(request.headers);
    await respond(serving, connection, admit(serving.ec2, text, signature, entry));
  } catch (caught) {
    if (response.headersSent || response.destroyed) response.destroy();
    else refuse(serving.ec2, connection, caught);
  }
}

interface Connection {
  readonly response: ServerResponse;
  /** Fulfilled once the answer or the connection has ended. */
  readonly closed: Promise<void>;
  readonly entry: OpenRequest;
}

function refuse(ec2: Ec2, { response, entry }: Connection, caught: unknown): void {
  const service: ServiceName = entry.service === "sts" ? "sts" : "ec2";
  const answer = answered(ec2, service, () => {
    throw caught instanceof Error ? caught : new Error(String(caught));
  });
  send(response, entry, answer);
}

async function respond(serving: Serving, connection: Connection, visit: Visit): Promise<void> {
  const { ec2 } = serving;
  const { response, entry } = connection;
  const before = takeFault(ec2.faults, "before", visit.subject);
  if (before?.rule.kind === "lost-reply") return void response.socket?.resetAndDestroy();
  await delay(serving, connection, before);
  const performed = failureOf(ec2, visit.service, before) ?? perform(ec2, visit);
  const after = performed.status === 200 ? takeFault(ec2.faults, "after", visit.subject) : null;
  if (after?.rule.kind === "lost-reply") {
    // What has taken effect is in the log before the client can ask for it.
    await setImmediate();
    return void response.socket?.resetAndDestroy();
  }
  await delay(serving, connection, after);
  if (response.destroyed) return undefined;
  const answer = failureOf(ec2, visit.service, after) ?? performed;
  const isCut = after?.rule.kind === "malformed-reply";
  send(response, entry, isCut ? { ...answer, body: cut(answer.body) } : answer);
}

/** The answer of an `error` fault. */
function failureOf(ec2: Ec2, service: ServiceName, fault: ActiveFault | null): Answer | null {
  const rule = fault?.rule;
  if (rule?.kind !== "error") return null;
  return answered(ec2, service, () => {
    throw new Ec2Failure(rule.code, rule.message, rule.status);
  });
}

/** Waits as a `slow-reply` fault says, but not for a client that has gone. */
async function delay(
  { clock }: Serving,
  { closed }: Connection,
  fault: ActiveFault | null,
): Promise<void> {
  if (fault?.rule.kind !== "slow-reply") return;
  const { delayMs } = fault.rule;
  const time = delayMs === undefined ? [] : [clock.sleep(delayMs)];
  await Promise.race([...time, fault.released, closed]);
}

/** The first half: XML that does not end. */
function cut(body: string): string {
  return body.slice(0, Math.floor(body.length / 2));
}

function send(response: ServerResponse, entry: OpenRequest, answer: Answer): void {
  entry.status = answer.status;
  entry.code = answer.code;
  const bytes = Buffer.from(answer.body);
  response.writeHead(answer.status, {
    "Content-Type": "text/xml;charset=UTF-8",
    "Content-Length": bytes.byteLength,
  });
  response.end(bytes);
}

/** The parameters: the body of a POST, or the query of a GET. */
async function readText(request: IncomingMessage): Promise<string> {
  const [path = "", query = ""] = (request.url ?? "").split(/\?(.*)/s, 2);
  if (path !== "/") throw new Ec2Failure("InvalidAction", `There is nothing at ${path}`, 404);
  if (request.method === "GET") return query;
  if (request.method !== "POST")
    throw new Ec2Failure("InvalidAction", `${request.method} is not taken here`, 405);
  const type = request.headers["content-type"] ?? "";
  if (!/^application\/x-www-form-urlencoded\b/i.test(type))
    throw new Ec2Failure("InvalidAction", `A request is a form, not '${type}'`);
  const body = await readBody(request, MAXIMUM_BODY_BYTES);
  if (body === null)
    throw new Ec2Failure("RequestEntityTooLarge", "The request is too large.", 413);
  return new TextDecoder().decode(body);
}

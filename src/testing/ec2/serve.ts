import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import type { Clock } from "../../clock.ts";
import { ended, listen, readBody, stopServer } from "../registry/http-edge.ts";
import { type Answer, type Ec2, type Visit, admit, answered, perform } from "./answer.ts";
import { Ec2Failure } from "./failure.ts";
import { exchange } from "../cloud-exchange.ts";
import { failureOf } from "./faults.ts";
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
  const gone = new AbortController();
  void ended(response).then(() => gone.abort());
  const connection: Connection = { response, signal: gone.signal, entry };
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
  /** Aborted once the answer or the connection has ended. */
  readonly signal: AbortSignal;
  readonly entry: OpenRequest;
}

function refuse(ec2: Ec2, { response, entry }: Connection, caught: unknown): void {
  const service: ServiceName = entry.service === "sts" ? "sts" : "ec2";
  send(response, entry, refused(ec2, service, caught));
}

function refused(ec2: Ec2, service: ServiceName, caught: unknown): Answer {
  return answered(ec2, service, () => {
    throw caught instanceof Error ? caught : new Error(String(caught));
  });
}

async function respond(serving: Serving, connection: Connection, visit: Visit): Promise<void> {
  const { ec2, clock } = serving;
  const { response, entry, signal } = connection;
  const { subject, service } = visit;
  const answer = await exchange<Answer>({
    faults: ec2.faults,
    subject,
    clock,
    signal,
    refusal(fault) {
      const failure = failureOf(fault, subject, service);
      return failure === null ? null : refused(ec2, service, failure);
    },
    perform: () => perform(ec2, visit),
  });
  if (answer === null) response.socket?.resetAndDestroy();
  else send(response, entry, answer);
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

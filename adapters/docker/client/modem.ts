import type { Readable } from "node:stream";
import { callbackify } from "node:util";
import { EngineConnectionFailure, EngineReplyFailure } from "../errors/engine-failure.ts";
import { failureOf } from "./transport.ts";
import type { EngineResponse, EngineTransport } from "./transport.ts";

/** What dockerode asks of its modem; the fields that calls of ours make it fill. */
export interface DialOptions {
  /** Ends with `?` where a query may follow. */
  readonly path: string;
  readonly method: string;
  /** Query, or `{ _query, _body }`. */
  readonly options?: Readonly<Record<string, unknown>> | undefined;
  readonly authconfig?: object | undefined;
  /** A tar archive. */
  readonly file?: unknown;
  readonly isStream?: boolean | undefined;
  readonly statusCodes: Readonly<Record<number, true | string>>;
}

export type DialCallback = (error: Error | null, reply: unknown) => void;

/** dockerode's modem, as much of it as is used. */
export interface Modem {
  dial(options: DialOptions, callback: DialCallback): void;
}

/** What holds for one call: until when it may go on, and how long the engine may be silent. */
export interface EngineCall {
  readonly signal: AbortSignal | null;
  readonly silenceMilliseconds: number | null;
  /** Longest time from the head of the answer to its end; null for a stream that its reader watches over. */
  readonly replyMilliseconds: number | null;
}

const LARGEST_REPLY = 64 * 1024 * 1024;
const LARGEST_COMPLAINT = 64 * 1024;
const COMPLAINT_MILLISECONDS = 30_000;
const FIRST_ERROR_STATUS = 300;
const BODY_FIELDS: ReadonlySet<string> = new Set(["_body", "_query", "abortSignal", "authconfig"]);

/** A modem for one call over a transport: it turns dockerode's call into a request and the answer into a value. */
export function createModem(transport: EngineTransport, call: EngineCall): Modem {
  return { dial: callbackify((options: DialOptions) => dial(transport, call, options)) };
}

async function dial(
  transport: EngineTransport,
  call: EngineCall,
  options: DialOptions,
): Promise<unknown> {
  const { body, type } = bodyOf(options);
  const { signal, silenceMilliseconds, replyMilliseconds } = call;
  const response = await transport.send({
    signal,
    silenceMilliseconds,
    method: options.method,
    path: pathOf(options),
    headers: {
      ...(type === null ? {} : { "content-type": type }),
      ...(options.authconfig === undefined
        ? {}
        : { "x-registry-auth": registryAuth(options.authconfig) }),
    },
    body,
  });
  const isRefusal = response.status >= FIRST_ERROR_STATUS;
  limitTime(response.body, replyMilliseconds ?? (isRefusal ? COMPLAINT_MILLISECONDS : null));
  if (isRefusal) throw new EngineReplyFailure(response.status, await complaintOf(response));
  if (options.isStream === true) return response.body;
  const reply = parse(await readAll(response.body, LARGEST_REPLY));
  // dockerode reads the `Id` of what a POST brings, in a callback: of null that would end the process.
  return options.method === "POST" ? (reply ?? {}) : reply;
}

function pathOf({ path, options }: DialOptions): string {
  if (!path.endsWith("?")) return path;
  const given = options?.["_query"] ?? options ?? {};
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(given)) {
    if (BODY_FIELDS.has(name) || value === undefined || value === null) continue;
    query.set(name, typeof value === "object" ? JSON.stringify(value) : String(value));
  }
  const text = query.toString();
  return text === "" ? path.slice(0, -1) : path + text;
}

function bodyOf({ options, file }: DialOptions): {
  readonly body: string | Uint8Array | null;
  readonly type: string | null;
} {
  if (file instanceof Uint8Array) return { body: file, type: "application/x-tar" };
  const document = options?.["_body"];
  if (document === undefined) return { body: null, type: null };
  return { body: JSON.stringify(document), type: "application/json" };
}

/** Base64 for URLs with its padding, which the engine insists on. */
function registryAuth(credential: object): string {
  const base64 = Buffer.from(JSON.stringify(credential)).toString("base64");
  return base64.replaceAll("+", "-").replaceAll("/", "_");
}

/** The sentence of an error: the engine's `{"message": …}`, or what a proxy said instead. */
async function complaintOf(response: EngineResponse): Promise<string> {
  const text = await readAll(response.body, LARGEST_COMPLAINT);
  const reply = parse(text);
  const isTold = typeof reply === "object" && reply !== null && "message" in reply;
  return isTold && typeof reply.message === "string" ? reply.message : text;
}

/** The whole body; one that is longer than the limit is no reply of an engine. */
async function readAll(body: Readable, limit: number): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  try {
    for await (const piece of body) {
      if (!(piece instanceof Buffer)) continue;
      size += piece.byteLength;
      if (size > limit) throw tooLong(limit);
      pieces.push(piece);
    }
  } catch (caught) {
    throw caught instanceof Error && caught.name === "SlipwayError"
      ? caught
      : failureOf(caught, true);
  }
  return Buffer.concat(pieces).toString("utf8");
}

/** Ends a body that is not complete in time: the engine may stop in its middle, or send it byte by byte. */
function limitTime(body: Readable, milliseconds: number | null): void {
  if (milliseconds === null) return;
  const words = `the answer was not complete within ${milliseconds / 1000} seconds`;
  const timer = setTimeout(
    () => body.destroy(new EngineConnectionFailure({ code: "TIMED_OUT", sent: true, words })),
    milliseconds,
  );
  body.once("close", () => clearTimeout(timer));
}

function tooLong(limit: number): EngineConnectionFailure {
  const words = `the answer is longer than ${limit} bytes`;
  return new EngineConnectionFailure({ code: "TOO_LONG", sent: true, words });
}

/** JSON where it is JSON, else the text: `null` for nothing. */
function parse(text: string): unknown {
  if (text === "") return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

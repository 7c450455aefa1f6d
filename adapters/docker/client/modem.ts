import type { Duplex, Readable } from "node:stream";
import { callbackify } from "node:util";
import { EngineConnectionFailure, EngineReplyFailure } from "../errors/engine-failure.ts";
import { failureOf } from "./transport.ts";
import type { EngineResponse, EngineTransport } from "./transport.ts";

/** The options that dockerode passes to its modem for the calls that Slipway makes. */
export interface DialOptions {
  /** Ends with `?` if a query may follow. */
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

/** The part of dockerode's modem that Slipway uses. */
export interface Modem {
  dial(options: DialOptions, callback: DialCallback): void;
}

/** Limits of one call: the longest silence of the engine, and the signal that ends the call. */
export interface EngineCall {
  readonly signal: AbortSignal | null;
  readonly silenceMilliseconds: number | null;
  /**
   * Longest time from the reply's head to its end, in milliseconds; null for a stream whose reader sets its own
   * limits.
   */
  readonly replyMilliseconds: number | null;
}

const LARGEST_REPLY = 64 * 1024 * 1024;
const LARGEST_COMPLAINT = 64 * 1024;
const COMPLAINT_MILLISECONDS = 30_000;
const FIRST_ERROR_STATUS = 300;
/** The failure of a call whose connection does not become a stream. */
const NO_UPGRADE = "the connection was not upgraded to a stream";
const BODY_FIELDS: ReadonlySet<string> = new Set(["_body", "_query", "abortSignal", "authconfig"]);

/** Creates a modem for one call: it turns dockerode's call into a request and the reply into a value. */
export function createModem(transport: EngineTransport, call: EngineCall): Modem {
  return { dial: callbackify((options: DialOptions) => callEngine(transport, call, options)) };
}

/** Sends one call that opens a stream of bytes in both directions, which the caller ends. */
export async function openStream(
  transport: EngineTransport,
  call: EngineCall,
  { path, body }: { readonly path: string; readonly body: object },
): Promise<Duplex> {
  const { signal, silenceMilliseconds, replyMilliseconds } = call;
  const answer = await transport.upgrade({
    signal,
    silenceMilliseconds,
    method: "POST",
    path,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (answer.upgraded) return answer.stream;
  const { response } = answer;
  if (response.status < FIRST_ERROR_STATUS) {
    response.body.destroy();
    throw new EngineReplyFailure(response.status, NO_UPGRADE);
  }
  limitTime(response.body, replyMilliseconds);
  throw new EngineReplyFailure(response.status, await complaintOf(response));
}

/** Sends one call, and returns the reply's document, or its stream. */
export async function callEngine(
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

/** Base64url with padding, which the engine requires. */
function registryAuth(credential: object): string {
  const base64 = Buffer.from(JSON.stringify(credential)).toString("base64");
  return base64.replaceAll("+", "-").replaceAll("/", "_");
}

/** The message of an error reply: the engine's `{"message": …}`, or a proxy's text. */
async function complaintOf(response: EngineResponse): Promise<string> {
  const text = await readAll(response.body, LARGEST_COMPLAINT);
  const reply = parse(text);
  const hasMessage = typeof reply === "object" && reply !== null && "message" in reply;
  return hasMessage && typeof reply.message === "string" ? reply.message : text;
}

/** Reads the whole body. An engine never sends one longer than the limit. */
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

/** Ends a body that is not complete in time: an engine may stop halfway, or send single bytes. */
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

/** The parsed JSON, or the text if it is not JSON; null for an empty body. */
function parse(text: string): unknown {
  if (text === "") return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

import { z } from "zod";
import { API_CALLS } from "./api-calls.ts";
import type { GceApiCall } from "./api-calls.ts";
import { callGce } from "./call.ts";
import type { GceCallOptions, GceCallRules } from "./call.ts";
import type { GceClients, GceService, GceServices } from "./client.ts";
import { GceCallFailure } from "../errors/failure.ts";
import type { GcePacing } from "./pacing.ts";

/** `service.method`, as in `API_CALLS`. */
export type GceMethod<S extends GceService> = `${S}.${string}`;

export interface Page {
  readonly maxResults: number;
  readonly pageToken?: string;
}

/** Settings that all calls share. */
export interface TypedCalls {
  /** Makes one call and parses the first part of its reply as `reply`. */
  readonly call: <S extends GceService, R extends z.ZodType>(
    method: GceMethod<S>,
    signal: AbortSignal,
    reply: R,
    send: (client: GceServices[S], options: GceCallOptions) => Promise<readonly unknown[]>,
  ) => Promise<z.output<R>>;
  /** All pages of a list. */
  readonly callPages: <S extends GceService, R extends z.ZodType>(
    method: GceMethod<S>,
    signal: AbortSignal,
    item: R,
    send: (
      client: GceServices[S],
      page: Page,
      options: GceCallOptions & { readonly autoPaginate: false },
    ) => Promise<readonly unknown[]>,
  ) => Promise<readonly z.output<R>[]>;
  /** The zones of an aggregated list that have entries. Only a hint: the client may omit the last zone. */
  readonly callZones: <S extends GceService>(
    method: GceMethod<S>,
    signal: AbortSignal,
    send: (client: GceServices[S], options: GceCallOptions) => AsyncIterable<unknown>,
  ) => Promise<readonly string[]>;
}

/** A scope of an aggregated list with its members, or with a warning that there are none. */
const scopeReply = z.tuple([z.string(), z.looseObject({})]);

const USUAL_TIMEOUT = 30_000;
const LARGEST_PAGE = 500;

export interface TypedCallPorts {
  readonly clients: GceClients;
  readonly sleep: GceCallRules["sleep"];
  readonly pacing: GcePacing;
}

export function createTypedCalls({ clients, sleep, pacing }: TypedCallPorts): TypedCalls {
  const prepare = <S extends GceService>(method: GceMethod<S>, signal: AbortSignal) => {
    const { service, call } = findCall(method);
    const { role, changes = false, timeout = USUAL_TIMEOUT } = call;
    const rules = {
      what: `the call ${method}`,
      signal,
      timeout,
      reads: !changes,
      sleep,
      pace: pacing(call),
    };
    // Within the call, because finding credentials takes time and may fail.
    const client = async () => await clients.client(service, role);
    return { client, rules };
  };
  return {
    async call(method, signal, reply, send) {
      const { client, rules } = prepare(method, signal);
      const [answer] = await callGce(rules, async (options) => send(await client(), options));
      return parseReply(reply, answer, method);
    },
    // The client's own paging stops after some empty pages, and filters produce empty pages.
    async callPages(method, signal, item, send) {
      const { client, rules } = prepare(method, signal);
      const found: z.output<typeof item>[] = [];
      for (let token: string | null = ""; token !== null;) {
        const page = { maxResults: LARGEST_PAGE, ...(token === "" ? {} : { pageToken: token }) };
        const [items, next] = await callGce(rules, async (options) =>
          send(await client(), page, { ...options, autoPaginate: false }),
        );
        for (const each of Array.isArray(items) ? items : [])
          found.push(parseReply(item, each, method));
        token = tokenOf(next);
      }
      return found;
    },
    async callZones(method, signal, send) {
      const { client, rules } = prepare(method, signal);
      const scopes = await callGce(rules, async (options) =>
        Array.fromAsync(send(await client(), options)),
      );
      return scopes.flatMap((scope) => {
        const [name, members] = parseReply(scopeReply, scope, method);
        const filled = Object.values(members).some((one) => Array.isArray(one) && one.length > 0);
        return filled && name.startsWith("zones/") ? [name.slice("zones/".length)] : [];
      });
    },
  };
}

function findCall<S extends GceService>(
  method: GceMethod<S>,
): { readonly service: S; readonly call: GceApiCall } {
  const call = API_CALLS.find((one) => one.method === method);
  const service = method.slice(0, method.indexOf("."));
  if (call === undefined || !isServiceOf(service, method))
    throw new Error(`${method} is not among the calls of this adapter`);
  return { service, call };
}

function isServiceOf<S extends GceService>(service: string, method: GceMethod<S>): service is S {
  return method.startsWith(`${service}.`);
}

function tokenOf(next: unknown): string | null {
  if (typeof next !== "object" || next === null || !("pageToken" in next)) return null;
  return typeof next.pageToken === "string" && next.pageToken !== "" ? next.pageToken : null;
}

/** A reply that is not Compute Engine's counts as a lost reply: the call may have taken effect. */
function parseReply<R extends z.ZodType>(reply: R, answer: unknown, method: string): z.output<R> {
  const parsed = reply.safeParse(answer);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new GceCallFailure({
    outcome: "lost",
    message: `${method}: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? "not understood"}`,
    status: null,
    codes: [],
    retryAfterSeconds: null,
  });
}

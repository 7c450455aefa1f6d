import type { z } from "zod";
import type { JsonObject } from "../../src/errors.ts";
import { readBody } from "./body.ts";
import type { Call, Context } from "./context.ts";
import { GceFailure } from "./failure.ts";
import { type Draft, startOperation } from "./operations.ts";
import { requirePermission } from "./permissions.ts";
import { renderOperation } from "./render-operation.ts";
import { findRepeated, recordRequestId } from "./request-ids.ts";

export type Method = "GET" | "POST" | "DELETE";

/** One method of the API. */
export interface Route {
  /** `instances.insert` */
  readonly id: string;
  readonly method: Method;
  /** `projects/{project}/zones/{zone}/instances` */
  readonly path: string;
  /** Query parameters besides those that every method accepts. */
  readonly query: ReadonlySet<string>;
  readonly isMutation: boolean;
  readonly answer: (context: Context, call: Call, body: string) => JsonObject | Promise<JsonObject>;
}

interface Definition {
  readonly id: string;
  readonly path: string;
  /** Null if the method needs no permission. */
  readonly permission: string | null;
  readonly query?: readonly string[];
}

/** Query parameters of every list method. */
export const LIST_QUERY = ["filter", "maxResults", "pageToken", "orderBy", "returnPartialSuccess"];
export const AGGREGATED_QUERY = [...LIST_QUERY, "includeAllScopes", "serviceProjectNumber"];

/** A GET method that only reads. */
export function reading(
  definition: Definition & { readonly read: (context: Context, call: Call) => JsonObject },
): Route {
  const { id, path, query = [], read } = definition;
  const answer = (context: Context, call: Call): JsonObject => {
    judgePermission(context, call, definition);
    return read(context, call);
  };
  return { id, method: "GET", path, query: new Set(query), isMutation: false, answer };
}

/** A POST method that changes nothing. */
export function postReading<S extends z.ZodType>(
  definition: Definition & {
    readonly body: S;
    readonly read: (
      context: Context,
      call: Call,
      body: z.output<S>,
    ) => JsonObject | Promise<JsonObject>;
  },
): Route {
  const { id, path, query = [], read } = definition;
  const answer = (context: Context, call: Call, text: string) => {
    const body = readBody(definition.body, text);
    judgePermission(context, call, definition);
    return read(context, call, body);
  };
  return { id, method: "POST", path, query: new Set(query), isMutation: false, answer };
}

/** A method that changes something: its answer is an operation, and a `requestId` makes it safe to repeat. */
export function mutation<S extends z.ZodType>(
  definition: Definition & {
    readonly method?: "POST" | "DELETE";
    readonly body: S;
    readonly prepare: (context: Context, call: Call, body: z.output<S>) => Draft;
  },
): Route {
  const { id, path, method = "POST", query = [], prepare } = definition;
  const answer = (context: Context, call: Call, text: string): JsonObject => {
    const requestId = call.query.get("requestId");
    const body = readBody(definition.body, text);
    const request = { requestId, what: [id, linkOf(call, path), queryOf(call), text] };
    const known = findRepeated(context.project, request);
    if (known !== null) return renderOperation(context, known);
    judgePermission(context, call, definition);
    const operation = startOperation(context, prepare(context, call, body), requestId);
    recordRequestId(context.project, request, operation);
    return renderOperation(context, operation);
  };
  return { id, method, path, query: new Set([...query, "requestId"]), isMutation: true, answer };
}

function judgePermission(
  context: Context,
  call: Call,
  { permission, path }: { readonly permission: string | null; readonly path: string },
): void {
  if (permission !== null) requirePermission(context, permission, linkOf(call, path));
}

/** The resource of the call: the path up to its last named part. */
function linkOf(call: Call, path: string): string {
  const parts = path.split("/");
  const last = parts.findLastIndex((part) => part.startsWith("{"));
  return parts
    .slice(0, last + 1)
    .map((part) => (part.startsWith("{") ? call.part(part.slice(1, -1)) : part))
    .join("/");
}

function queryOf(call: Call): string {
  return Array.from(call.query, (pair) => JSON.stringify(pair))
    .toSorted((one, other) => (one < other ? -1 : 1))
    .join("&");
}

/** Query parameters that all methods of Google's APIs accept. */
const STANDARD_QUERY = new Set(
  "$alt $prettyPrint alt fields key prettyPrint quotaUser userIp access_token oauth_token callback $.xgafv".split(
    " ",
  ),
);

/** @throws GceFailure `badRequest` for a parameter that the method does not have. */
export function requireKnownQuery(route: Route, query: URLSearchParams): void {
  for (const name of query.keys())
    if (!STANDARD_QUERY.has(name) && !route.query.has(name))
      throw new GceFailure(
        "badRequest",
        `Invalid JSON payload received. Unknown name "${name}": Cannot bind query parameter. Field '${name}' could not be found in request message.`,
      );
}

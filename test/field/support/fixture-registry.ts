import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { join } from "node:path";
import { z } from "zod";
import { listen, stopServer } from "../../../testing/server/http-server.ts";
import { fixtureFolder } from "./fixtures.ts";

const TOKEN = "eyJ0eXAiOiJKV1QifQ.e30.c2ln";
const SETTINGS = "registry.json";

const settings = z.strictObject({
  repository: z.string(),
  /** File and content type of each tag. */
  tags: z.record(z.string(), z.tuple([z.string(), z.string()])),
  /** Content types of the files that are manifests. */
  manifests: z.record(z.string(), z.string()).default({}),
  /** The status of each answer to HEAD. */
  head: z.number().optional(),
  /** The answer to each request for a manifest. */
  answer: z.strictObject({ status: z.number(), body: z.json() }).optional(),
  auth: z
    .discriminatedUnion("kind", [
      // A challenge on every path. The token service gives `reply`, with the token in place of "TOKEN".
      z.strictObject({
        kind: z.literal("bearer"),
        service: z.string(),
        scope: z.string(),
        reply: z.record(z.string(), z.json()),
      }),
      // A challenge on `/v2/` alone; without the credential there is nothing anywhere else.
      z.strictObject({ kind: z.literal("ping-only"), user: z.string(), password: z.string() }),
    ])
    .optional(),
});
type Settings = z.infer<typeof settings>;

export interface FixtureRegistry extends AsyncDisposable {
  /** `HOST:PORT/REPOSITORY:v1`. */
  readonly reference: string;
  /** `METHOD PATH STATUS` of each request so far. */
  readonly requests: readonly string[];
}

interface Reply {
  readonly status: number;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: Uint8Array | string;
}

/** A registry that serves the files of a case byte for byte, in the odd way that the case's `registry.json` describes. */
export async function startFixtureRegistry(name: string): Promise<FixtureRegistry> {
  const folder = fixtureFolder(name);
  const files = new Map(
    readdirSync(folder).map((file) => [file, readFileSync(join(folder, file))] as const),
  );
  const described = settings.parse(JSON.parse(String(files.get(SETTINGS))));
  const names = new Map([...files].map(([file, content]) => [digestOf(content), file]));
  const requests: string[] = [];
  let port = 0;
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://registry").pathname;
    const reply =
      rejection(described, { path, authorization: request.headers.authorization, port }) ??
      oddAnswer(described, request.method ?? "", path) ??
      stored({ described, files, names }, path);
    requests.push(`${request.method ?? ""} ${path} ${reply.status}`);
    send(request, response, reply);
  });
  port = await listen(server, "127.0.0.1", 0);
  return {
    reference: `127.0.0.1:${port}/${described.repository}:v1`,
    requests,
    [Symbol.asyncDispose]: () => stopServer(server),
  };
}

/** The answer to a request without the right credential, and the token service's answer. Null if the registry reads on. */
function rejection(
  { auth }: Settings,
  request: {
    readonly path: string;
    readonly authorization: string | undefined;
    readonly port: number;
  },
): Reply | null {
  const { path, authorization, port } = request;
  if (auth === undefined) return null;
  if (auth.kind === "ping-only") {
    const credential = Buffer.from(`${auth.user}:${auth.password}`).toString("base64");
    if (authorization === `Basic ${credential}`) return null;
    return path === "/v2/"
      ? refusal(401, "UNAUTHORIZED", 'Basic realm="registry"')
      : refusal(404, "NAME_UNKNOWN");
  }
  if (path === "/token")
    return json(
      200,
      Object.fromEntries(
        Object.entries(auth.reply).map(([key, value]) => [key, value === "TOKEN" ? TOKEN : value]),
      ),
    );
  if (authorization === `Bearer ${TOKEN}`) return null;
  const { service, scope } = auth;
  const realm = `http://127.0.0.1:${port}/token`;
  return refusal(
    401,
    "UNAUTHORIZED",
    `Bearer realm="${realm}",service="${service}",scope="${scope}"`,
  );
}

function oddAnswer({ answer, head }: Settings, method: string, path: string): Reply | null {
  if (answer !== undefined && path.includes("/manifests/")) return json(answer.status, answer.body);
  return method === "HEAD" && head !== undefined ? { status: head } : null;
}

interface Content {
  readonly described: Settings;
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Names of the files, by digest. */
  readonly names: ReadonlyMap<string, string>;
}

function stored({ described, files, names }: Content, path: string): Reply {
  if (path === "/v2/") return json(200, {});
  const { repository, tags, manifests } = described;
  const found = new RegExp(`^/v2/${repository}/(manifests|blobs)/([^/]+)$`, "u").exec(path);
  if (found === null) return refusal(404, "NAME_UNKNOWN");
  const [, kind, reference = ""] = found;
  const named = names.get(reference) ?? "";
  const [file, type] =
    kind === "blobs"
      ? [named, "application/octet-stream"]
      : (tags[reference] ?? [named, manifests[named]]);
  const body = files.get(file);
  if (body === undefined || type === undefined)
    return refusal(404, kind === "blobs" ? "BLOB_UNKNOWN" : "MANIFEST_UNKNOWN");
  return {
    status: 200,
    headers: { "Content-Type": type, "Docker-Content-Digest": digestOf(body) },
    body,
  };
}

function refusal(status: number, code: string, challenge?: string): Reply {
  const { headers, ...reply } = json(status, { errors: [{ code, message: code.toLowerCase() }] });
  const asked = challenge === undefined ? {} : { "WWW-Authenticate": challenge };
  return { ...reply, headers: { ...headers, ...asked } };
}

function json(status: number, document: unknown): Reply {
  return {
    status,
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(document),
  };
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status, headers = {}, body = "" }: Reply,
): void {
  request.resume();
  response.writeHead(status, { ...headers, "Content-Length": Buffer.byteLength(body) });
  response.end(request.method === "HEAD" ? "" : body);
}

function digestOf(content: Uint8Array): string {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}

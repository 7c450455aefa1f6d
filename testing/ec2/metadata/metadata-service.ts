import { randomBytes } from "node:crypto";
import type { CloudRequest, WireAnswer } from "../../server/cloud-server.ts";
import {
  type MetadataAnswer,
  entryAt,
  isFolder,
  metadataPath,
  namesIn,
} from "../../server/metadata.ts";
import { instanceState } from "../lifecycle.ts";
import type { Instance } from "../records.ts";
import type { Region, World } from "../world.ts";
import { metadataTree } from "./metadata-tree.ts";

/** Versions that the service answers besides `latest`: all that cloud-init asks for, and the newest. */
const VERSIONS: readonly string[] = [
  "2009-04-04",
  "2016-09-02",
  "2018-09-24",
  "2021-03-23",
  "2024-04-11",
];
const LONGEST_TOKEN_SECONDS = 21_600;
const TOKEN_PATH = "/latest/api/token";
const TTL_HEADER = "x-aws-ec2-metadata-token-ttl-seconds";
const TOKEN_HEADER = "x-aws-ec2-metadata-token";

const REASONS: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
};

interface Token {
  readonly instanceId: string;
  readonly expiresAt: number;
}

/** A machine's request to its metadata service. */
interface Asked {
  readonly instanceId: string;
  readonly request: CloudRequest;
  /** The path below the service's own address. */
  readonly path: string;
  /** Network hops between the machine and the program that asks; 1 for a program of the machine itself. */
  readonly hops: number;
}

/** The Instance Metadata Service of all instances. */
export interface MetadataService {
  /** The answer to `/metadata/INSTANCE_ID/…` on the fake's own address; null if the request is none of these. */
  answerBelowPrefix(request: CloudRequest): (() => WireAnswer | null) | null;
  /** The service as one instance sees it. */
  of(instanceId: string, hops: number): MetadataAnswer;
}

/**
 * The Instance Metadata Service ("Use the Instance Metadata Service to access instance metadata"): version 2 with
 * sessions, and version 1 for an instance that does not require tokens.
 */
export function metadataService(world: World, now: () => number): MetadataService {
  const tokens = new Map<string, Token>();
  const answer = (asked: Asked) => answerInstance({ world, now, tokens }, asked);
  return {
    answerBelowPrefix(request) {
      const [, instanceId, path] =
        /^\/([^/]+)(\/.*)$/s.exec(metadataPath(request.path) ?? "") ?? [];
      if (instanceId === undefined || path === undefined) return null;
      return () => answer({ instanceId, request, path, hops: 1 });
    },
    of: (instanceId, hops) => (request) =>
      answer({ instanceId, request, path: request.path ?? "", hops }),
  };
}

interface ServiceState {
  readonly world: World;
  readonly now: () => number;
  readonly tokens: Map<string, Token>;
}

function answerInstance(
  { world, now, tokens }: ServiceState,
  { instanceId, request, path, hops }: Asked,
): WireAnswer | null {
  const found = findInstance(world, instanceId);
  if (found === null || !isUp(found.instance, now())) return null;
  const { instance, region } = found;
  const { httpEndpoint, httpTokens, hopLimit } = instance.metadataOptions;
  if (httpEndpoint === "disabled") return refused(403);
  if (request.method === "PUT") {
    if (path !== TOKEN_PATH) return refused(405);
    // A proxy that was opened by mistake adds this header.
    if (request.headers["x-forwarded-for"] !== undefined) return refused(403);
    const seconds = tokenSeconds(request);
    if (seconds === null) return refused(400);
    // The reply with the token does not come farther than the hop limit. EC2's client waits in vain; here it learns so
    // at once.
    if (hops > hopLimit) return null;
    const token = randomBytes(40).toString("base64url");
    tokens.set(token, { instanceId, expiresAt: now() + seconds * 1000 });
    return { status: 200, body: token, headers: { [TTL_HEADER]: String(seconds) } };
  }
  if (request.method !== "GET" && request.method !== "HEAD") return refused(405);
  const sent = request.headers[TOKEN_HEADER];
  const isAllowed =
    sent === undefined ? httpTokens === "optional" : isValid(tokens, sent, { instanceId, now });
  return isAllowed ? contentAt(region, instance, path) : refused(401);
}

function findInstance(
  world: World,
  id: string,
): { readonly region: Region; readonly instance: Instance } | null {
  for (const region of world.regions.values()) {
    const instance = region.instances.get(id);
    if (instance !== undefined) return { region, instance };
  }
  return null;
}

/** Only a machine that runs can ask; one that is pending has begun to boot. */
function isUp(instance: Instance, now: number): boolean {
  const state = instanceState(instance, now);
  return state === "pending" || state === "running" || state === "shutting-down";
}

function tokenSeconds({ headers }: CloudRequest): number | null {
  const given = headers[TTL_HEADER];
  if (typeof given !== "string" || !/^\d{1,5}$/.test(given)) return null;
  const seconds = Number(given);
  return seconds >= 1 && seconds <= LONGEST_TOKEN_SECONDS ? seconds : null;
}

function isValid(
  tokens: ReadonlyMap<string, Token>,
  sent: string | readonly string[],
  { instanceId, now }: { readonly instanceId: string; readonly now: () => number },
): boolean {
  const token = typeof sent === "string" ? tokens.get(sent) : undefined;
  return token !== undefined && token.instanceId === instanceId && now() < token.expiresAt;
}

function contentAt(region: Region, instance: Instance, path: string): WireAnswer {
  const parts = path.split("/").filter((part) => part !== "");
  const [version, ...below] = parts;
  if (version === undefined) return text([...VERSIONS, "latest"].join("\n"));
  if (version !== "latest" && !VERSIONS.includes(version)) return refused(404);
  const entry = entryAt(metadataTree(region, instance), below);
  if (entry === null) return refused(404);
  if (isFolder(entry)) return text(namesIn(entry).join("\n"));
  if (typeof entry === "string") return text(entry);
  return { status: 200, body: entry, contentType: "application/octet-stream" };
}

function text(body: string): WireAnswer {
  return { status: 200, body };
}

function refused(status: number): WireAnswer {
  const title = `${status} - ${REASONS[status] ?? ""}`;
  return {
    status,
    contentType: "text/html",
    body: `<?xml version="1.0" encoding="iso-8859-1"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN"
	"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="en" lang="en">
 <head>
  <title>${title}</title>
 </head>
 <body>
  <h1>${title}</h1>
 </body>
</html>
`,
  };
}

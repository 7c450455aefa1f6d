import type { Clock } from "../../../src/host/clock.ts";
import { digest } from "../../server/digest.ts";
import type { CloudRequest, WireAnswer } from "../../server/cloud-server.ts";
import {
  type MetadataAnswer,
  type MetadataEntry,
  entryAt,
  isFolder,
  metadataPath,
  namesIn,
} from "../../server/metadata.ts";
import { instanceState } from "../lifecycle.ts";
import type { Instance, Project } from "../records.ts";
import type { World } from "../world.ts";
import { metadataTree } from "./metadata-tree.ts";

const ROOT = "/computeMetadata/v1";
const HEADERS = { "Metadata-Flavor": "Google", Server: "Metadata Server for VM" } as const;
/** Query parameters that the fake supports; it never waits for a change. */
const PARAMETERS: ReadonlySet<string> = new Set(["recursive", "alt"]);

/** The VM whose metadata is asked for. */
export interface MetadataOwner {
  readonly project: string;
  readonly zone: string;
  readonly name: string;
}

/** The metadata server of all VMs. */
export interface MetadataService {
  /** The answer to `/metadata/projects/P/zones/Z/instances/N/…` on the fake's own address; null for other requests. */
  answerBelowPrefix(request: CloudRequest): (() => WireAnswer | null) | null;
  /** The server as one VM sees it. */
  of(owner: MetadataOwner): MetadataAnswer;
}

/** The metadata server ("View and query VM metadata"), version 1. */
export function metadataService(world: World, clock: Pick<Clock, "now">): MetadataService {
  const answer = (owner: MetadataOwner, request: CloudRequest, path: string) =>
    answerInstance(findInstance(world, owner, clock.now()), request, path);
  return {
    answerBelowPrefix(request) {
      const [, project, zone, name, path] =
        /^\/projects\/([^/]+)\/zones\/([^/]+)\/instances\/([^/]+)(\/.*)$/s.exec(
          metadataPath(request.path) ?? "",
        ) ?? [];
      if (project === undefined || zone === undefined || name === undefined || path === undefined)
        return null;
      return () => answer({ project, zone, name }, request, path);
    },
    of: (owner) => (request) => answer(owner, request, request.path ?? ""),
  };
}

interface FoundInstance {
  readonly project: Project;
  readonly instance: Instance;
}

/** The instance, if it exists and is not stopped: no other machine can ask. */
function findInstance(
  world: World,
  { project: projectId, zone, name }: MetadataOwner,
  now: number,
): FoundInstance | null {
  const project = world.projects.get(projectId);
  const instance = project?.instances.get(`${zone}/${name}`);
  if (project === undefined || instance === undefined) return null;
  if (instance.goneAt !== null && instance.goneAt <= now) return null;
  const state = instanceState(instance, now);
  return state === "TERMINATED" || state === "SUSPENDED" ? null : { project, instance };
}

function answerInstance(
  found: FoundInstance | null,
  { method, query, headers }: CloudRequest,
  path: string,
): WireAnswer | null {
  if (found === null) return null;
  if (method !== "GET" && method !== "HEAD") return refused(405, "Method Not Allowed");
  // A proxy that was opened by mistake adds this header.
  if (headers["x-forwarded-for"] !== undefined) return refused(403, "Forbidden");
  if (path === "/") return text("computeMetadata/\n");
  if (headers["metadata-flavor"] !== "Google")
    return refused(403, "Forbidden: Missing required header: Metadata-Flavor");
  const parameters = new URLSearchParams(query);
  for (const name of parameters.keys())
    if (!PARAMETERS.has(name)) return refused(400, `Bad Request: unknown parameter ${name}`);
  if (path === "/computeMetadata/") return text("v1/\n");
  if (path !== ROOT && !path.startsWith(`${ROOT}/`)) return refused(404, "Not Found");
  return contentAt(metadataTree(found.project, found.instance), path, parameters);
}

function contentAt(
  root: ReturnType<typeof metadataTree>,
  path: string,
  parameters: URLSearchParams,
): WireAnswer {
  const parts = path
    .slice(ROOT.length)
    .split("/")
    .filter((part) => part !== "");
  const entry = entryAt(root, parts);
  const isSlashed = path.endsWith("/");
  if (entry === null || (isSlashed && !isFolder(entry))) return refused(404, "Not Found");
  const isRecursive = parameters.get("recursive")?.toLowerCase() === "true";
  const format = parameters.get("alt") ?? (isRecursive ? "json" : "text");
  if (format === "json") return json(asJson(entry, !parts.includes("attributes")));
  if (format !== "text") return refused(400, "Bad Request: alt must be json or text");
  if (isRecursive) return refused(501, "Not Implemented: the fake lists recursively as JSON only");
  if (!isFolder(entry))
    return text(typeof entry === "string" ? entry : Buffer.from(entry).toString());
  if (!isSlashed)
    return { ...refused(301, "Moved Permanently"), headers: { ...HEADERS, Location: `${path}/` } };
  return text(
    namesIn(entry)
      .map((name) => `${name}\n`)
      .join(""),
  );
}

/** The names of the attributes stay as they are; the server's own become camel case. */
function asJson(entry: MetadataEntry, isOwn: boolean): unknown {
  if (entry instanceof Uint8Array) return Buffer.from(entry).toString();
  if (typeof entry === "string") return isOwn && /^\d{1,19}$/.test(entry) ? Number(entry) : entry;
  return Object.fromEntries(
    Object.entries(entry).map(([name, child]) => [
      isOwn ? camelCase(name) : name,
      asJson(child, isOwn && name !== "attributes"),
    ]),
  );
}

function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_match, letter: string) => letter.toUpperCase());
}

function text(body: string): WireAnswer {
  return { status: 200, body, contentType: "application/text", headers: tagged(body) };
}

function json(value: unknown): WireAnswer {
  const body = JSON.stringify(value);
  return { status: 200, body, contentType: "application/json", headers: tagged(body) };
}

function tagged(body: string): Readonly<Record<string, string>> {
  return { ...HEADERS, ETag: digest([body]).slice(0, 16) };
}

function refused(status: number, why: string): WireAnswer {
  const body = `<!DOCTYPE html>\n<html lang=en>\n  <title>Error ${status}</title>\n  <p>${why}\n</html>\n`;
  return { status, body, contentType: "text/html; charset=UTF-8", headers: HEADERS };
}

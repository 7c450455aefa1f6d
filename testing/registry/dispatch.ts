import type { Access } from "./access.ts";
import {
  MAXIMUM_BLOB_BYTES,
  beginUpload,
  cancelUpload,
  continueUpload,
  finishUpload,
  readBlob,
  uploadStatus,
} from "./blobs.ts";
import { MAXIMUM_MANIFEST_BYTES, listTags, readManifest, writeManifest } from "./manifests.ts";
import { type Call, type Reply, jsonReply, refusal } from "./protocol.ts";
import { type Route, isRepositoryName } from "./routes.ts";
import type { Storage } from "./storage.ts";
import { MAXIMUM_FORM_BYTES } from "./token-endpoint.ts";

const READS = new Set(["GET", "HEAD"]);

/** The access that a request needs. A mount also needs to read the other repository. */
export function neededAccess(route: Route, call: Call): readonly Access[] {
  if (!("repository" in route)) return [];
  const { repository } = route;
  if (READS.has(call.method)) return [{ repository, actions: ["pull"] }];
  const from = call.query.get("from");
  return [
    { repository, actions: ["pull", "push"] },
    ...(from === null ? [] : [{ repository: from, actions: ["pull"] } satisfies Access]),
  ];
}

/** Maximum length of the body of a request. */
export function bodyLimit(route: Route): number {
  if (route.target === "upload") return MAXIMUM_BLOB_BYTES;
  return route.target === "manifest" ? MAXIMUM_MANIFEST_BYTES : MAXIMUM_FORM_BYTES;
}

/** Answers an authorized request. */
export function dispatch(storage: Storage, route: Route, call: Call, body: Uint8Array): Reply {
  if ("repository" in route && !isRepositoryName(route.repository))
    return refusal(400, "NAME_INVALID", "invalid repository name", {
      detail: { name: route.repository },
    });
  switch (route.target) {
    case "ping":
      return READS.has(call.method) ? jsonReply(200, {}) : wrongMethod();
    case "tags":
      return READS.has(call.method) ? listTags(storage, route.repository, call) : wrongMethod();
    case "manifest":
      if (call.method === "PUT") return writeManifest(storage, route, call, body);
      if (!READS.has(call.method)) return wrongMethod();
      return readManifest(storage, route, call.headers.accept ?? "");
    case "blob":
      if (!READS.has(call.method)) return wrongMethod();
      return readBlob(storage, route, call.headers.range);
    case "upload":
      return dispatchUpload(storage, route, call, body);
    case "token":
    case "unknown":
      return refusal(404, "UNSUPPORTED", "no such path");
  }
}

function dispatchUpload(
  storage: Storage,
  route: Route & { target: "upload" },
  call: Call,
  body: Uint8Array,
): Reply {
  if (route.reference === "")
    return call.method === "POST"
      ? beginUpload(storage, route.repository, call, body)
      : wrongMethod();
  switch (call.method) {
    case "PATCH":
      return continueUpload(storage, route, call, body);
    case "PUT":
      return finishUpload(storage, route, call, body);
    case "GET":
      return uploadStatus(storage, route, call);
    case "DELETE":
      return cancelUpload(storage, route);
    default:
      return wrongMethod();
  }
}

function wrongMethod(): Reply {
  return refusal(405, "UNSUPPORTED", "the operation is unsupported");
}

/** The target of a request, parsed from its path. */
export type Route =
  | { readonly target: "ping" }
  | { readonly target: "token" }
  | { readonly target: "tags"; readonly repository: string }
  | { readonly target: "manifest"; readonly repository: string; readonly reference: string }
  | { readonly target: "blob"; readonly repository: string; readonly reference: string }
  /** `reference` is the upload's id; it is empty for the request that begins an upload. */
  | { readonly target: "upload"; readonly repository: string; readonly reference: string }
  | { readonly target: "unknown" };

export type RouteTarget = Route["target"];

/** Path of the token service in a registry with token authentication. */
export const TOKEN_PATH = "/token";

const REPOSITORY =
  /^[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** Parses a path of the distribution API. Names are not validated here: an invalid name has an answer of its own. */
export function parseRoute(path: string): Route {
  if (path === TOKEN_PATH) return { target: "token" };
  if (path === "/v2/" || path === "/v2") return { target: "ping" };
  if (!path.startsWith("/v2/")) return { target: "unknown" };
  const parts = path.slice("/v2/".length).split("/");
  const last = parts.at(-1) ?? "";
  const kind = parts.at(-2);
  const repository = parts.slice(0, -2).join("/");
  if (parts.length > 3 && parts.at(-3) === "blobs" && kind === "uploads")
    return { target: "upload", repository: parts.slice(0, -3).join("/"), reference: last };
  if (kind === "manifests") return { target: "manifest", repository, reference: last };
  if (kind === "tags" && last === "list") return { target: "tags", repository };
  if (kind === "blobs" && last === "uploads")
    return { target: "upload", repository, reference: "" };
  if (kind === "blobs") return { target: "blob", repository, reference: last };
  return { target: "unknown" };
}

export function isRepositoryName(name: string): boolean {
  return name.length <= 255 && REPOSITORY.test(name);
}

export function isTag(reference: string): boolean {
  return TAG.test(reference);
}

export function isDigest(reference: string): boolean {
  return DIGEST.test(reference);
}

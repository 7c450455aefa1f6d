import type { BuiltImage, BuiltIndex, Content } from "../../src/testing/registry/index.ts";

export interface PushTarget {
  /** `host:port` of a registry that speaks plain HTTP. */
  readonly host: string;
  readonly repository: string;
  /** The `Authorization` header, where the registry wants one. */
  readonly authorization?: string;
}

/**
 * Pushes an image, or an index with all its images, and returns the manifest's digest. Without a tag it is
 * reachable by digest alone. Throws an `Error` with the registry's answer when it refuses.
 */
export async function pushImage(
  target: PushTarget,
  built: BuiltImage | BuiltIndex,
  tag?: string,
): Promise<string> {
  if (built.kind === "index") {
    for (const image of built.images) await pushImage(target, image);
  } else {
    for (const blob of built.blobs.values()) await pushBlob(target, blob);
  }
  const path = `manifests/${tag ?? built.manifest.digest}`;
  await send(target, path, { method: "PUT", content: built.manifest });
  return built.manifest.digest;
}

async function pushBlob(target: PushTarget, blob: Content): Promise<void> {
  const begun = await send(target, "blobs/uploads/", { method: "POST" });
  const location = begun.headers.get("location");
  if (location === null) throw new Error("The registry began an upload without a location");
  const url = new URL(location, `http://${target.host}`);
  url.searchParams.set("digest", blob.digest);
  // The manifest names a blob's media type, not the upload.
  const content = { ...blob, mediaType: "application/octet-stream" };
  await send(target, url, { method: "PUT", content });
}

async function send(
  target: PushTarget,
  place: string | URL,
  { method, content }: { readonly method: string; readonly content?: Content },
): Promise<Response> {
  const headers = new Headers();
  if (target.authorization !== undefined) headers.set("authorization", target.authorization);
  if (content !== undefined) headers.set("content-type", content.mediaType);
  const url = new URL(place, `http://${target.host}/v2/${target.repository}/`);
  const body = content === undefined ? null : Uint8Array.from(content.bytes);
  const response = await fetch(url, { method, headers, body });
  const answer = await response.text();
  if (!response.ok) throw new Error(`${method} ${url.href} gave ${response.status}: ${answer}`);
  return response;
}

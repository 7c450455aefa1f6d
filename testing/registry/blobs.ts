import { randomUUID } from "node:crypto";
import { content, sha256Digest } from "./content.ts";
import { type Call, type Reply, refusal, reply } from "./protocol.ts";
import { isDigest } from "./routes.ts";
import { type Storage, type Upload, repositoryForWriting } from "./storage.ts";

/** The maximum size of a blob: all blobs are kept in memory. */
export const MAXIMUM_BLOB_BYTES = 512 * 1024 * 1024;

const OCTET_STREAM = "application/octet-stream";

interface BlobCall {
  readonly repository: string;
  /** The blob's digest, or the upload's id. */
  readonly reference: string;
}

/** GET and HEAD of a blob, in full or one range of it. */
export function readBlob(storage: Storage, at: BlobCall, range: string | undefined): Reply {
  if (!isDigest(at.reference)) return refusal(400, "DIGEST_INVALID", "the digest is malformed");
  const blob = storage.repositories.get(at.repository)?.blobs.get(at.reference);
  if (blob === undefined)
    return refusal(404, "BLOB_UNKNOWN", "blob unknown to registry", { detail: at.reference });
  const headers = {
    "Content-Type": OCTET_STREAM,
    "Docker-Content-Digest": blob.digest,
    "Accept-Ranges": "bytes",
    Etag: `"${blob.digest}"`,
  };
  if (range === undefined) return reply(200, headers, blob.bytes);
  const part = parseRange(range, blob.size);
  if (part === null)
    return refusal(416, "SIZE_INVALID", "range not satisfiable", {
      headers: { "Content-Range": `bytes */${blob.size}` },
    });
  const [first, last] = part;
  return reply(
    206,
    { ...headers, "Content-Range": `bytes ${first}-${last}/${blob.size}` },
    blob.bytes.subarray(first, last + 1),
  );
}

/** First and last byte of a single range, or null if it is not satisfiable. */
function parseRange(range: string, size: number): readonly [number, number] | null {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(range);
  const [, from = "", to = ""] = match ?? [];
  if (match === null || (from === "" && to === "")) return null;
  const first = from === "" ? Math.max(0, size - Number(to)) : Number(from);
  const last = from === "" || to === "" ? size - 1 : Math.min(Number(to), size - 1);
  return first <= last ? [first, last] : null;
}

/** POST: begins an upload, or completes it at once with `digest` and the bytes, or by `mount` from another repository. */
export function beginUpload(
  storage: Storage,
  repository: string,
  call: Call,
  body: Uint8Array,
): Reply {
  const mounted = call.query.get("mount");
  const source = storage.repositories.get(call.query.get("from") ?? "");
  const blob = mounted === null ? undefined : source?.blobs.get(mounted);
  if (blob !== undefined) {
    repositoryForWriting(storage, repository).blobs.set(blob.digest, blob);
    return created(call, repository, blob.digest);
  }
  const digest = call.query.get("digest");
  if (digest !== null) return finish(storage, { repository, bytes: body }, digest, call);
  const id = randomUUID();
  const upload = { repository, bytes: new Uint8Array(0) };
  storage.uploads.set(id, upload);
  return progress(202, id, upload, call);
}

/** PATCH: appends. A `Content-Range` must begin at the current size of the upload. */
export function continueUpload(
  storage: Storage,
  at: BlobCall,
  call: Call,
  body: Uint8Array,
): Reply {
  const upload = storage.uploads.get(at.reference);
  if (upload?.repository !== at.repository) return unknownUpload();
  const range = call.headers["content-range"];
  const start =
    range === undefined ? upload.bytes.byteLength : /^(\d{1,15})-\d{1,15}$/.exec(range)?.[1];
  if (Number(start) !== upload.bytes.byteLength)
    return refusal(416, "BLOB_UPLOAD_INVALID", "chunk is out of order");
  const longer = append(upload, body);
  if (longer.bytes.byteLength > MAXIMUM_BLOB_BYTES) return tooLarge(storage, at.reference);
  storage.uploads.set(at.reference, longer);
  return progress(202, at.reference, longer, call);
}

/** PUT: the last bytes, if any, and the digest of the whole blob. */
export function finishUpload(storage: Storage, at: BlobCall, call: Call, body: Uint8Array): Reply {
  const upload = storage.uploads.get(at.reference);
  if (upload?.repository !== at.repository) return unknownUpload();
  const answer = finish(storage, append(upload, body), call.query.get("digest") ?? "", call);
  if (answer.status === 201) storage.uploads.delete(at.reference);
  return answer;
}

/** GET: the progress of an upload. */
export function uploadStatus(storage: Storage, at: BlobCall, call: Call): Reply {
  const upload = storage.uploads.get(at.reference);
  if (upload?.repository !== at.repository) return unknownUpload();
  return progress(204, at.reference, upload, call);
}

/** DELETE: cancels an upload. */
export function cancelUpload(storage: Storage, at: BlobCall): Reply {
  if (storage.uploads.get(at.reference)?.repository !== at.repository) return unknownUpload();
  storage.uploads.delete(at.reference);
  return reply(204);
}

function finish(storage: Storage, upload: Upload, digest: string, call: Call): Reply {
  if (!isDigest(digest) || sha256Digest(upload.bytes) !== digest)
    return refusal(400, "DIGEST_INVALID", "provided digest did not match uploaded content");
  const { blobs } = repositoryForWriting(storage, upload.repository);
  blobs.set(digest, content(OCTET_STREAM, upload.bytes));
  return created(call, upload.repository, digest);
}

function created(call: Call, repository: string, digest: string): Reply {
  return reply(201, {
    Location: `${call.origin}/v2/${repository}/blobs/${digest}`,
    "Docker-Content-Digest": digest,
  });
}

function progress(status: number, id: string, upload: Upload, call: Call): Reply {
  return reply(status, {
    Location: `${call.origin}/v2/${upload.repository}/blobs/uploads/${id}`,
    Range: `0-${Math.max(0, upload.bytes.byteLength - 1)}`,
    "Docker-Upload-UUID": id,
  });
}

function append(upload: Upload, body: Uint8Array): Upload {
  return { ...upload, bytes: new Uint8Array(Buffer.concat([upload.bytes, body])) };
}

function unknownUpload(): Reply {
  return refusal(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry");
}

function tooLarge(storage: Storage, id: string): Reply {
  storage.uploads.delete(id);
  return refusal(413, "SIZE_INVALID", `a blob must not exceed ${MAXIMUM_BLOB_BYTES} bytes`);
}

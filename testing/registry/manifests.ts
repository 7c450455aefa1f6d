import type { Content } from "./content.ts";
import { MEDIA_TYPES, content } from "./content.ts";
import { type Call, type Reply, refusal, reply } from "./protocol.ts";
import { isDigest, isTag } from "./routes.ts";
import { type Storage, findManifest, repositoryForWriting } from "./storage.ts";

/** Maximum size of a manifest in real registries: 4 MiB. */
export const MAXIMUM_MANIFEST_BYTES = 4 * 1024 * 1024;

interface ManifestCall {
  readonly repository: string;
  readonly reference: string;
}

/**
 * GET and HEAD of a manifest. Like the distribution project's registry, it serves a document only if the client's
 * `Accept` names its media type (a Docker document by digest is always served).
 */
export function readManifest(storage: Storage, at: ManifestCall, accept: string): Reply {
  const found = findManifest(storage, at.repository, at.reference);
  if (found === null)
    return refusal(404, "MANIFEST_UNKNOWN", "manifest unknown", {
      detail: { name: at.repository, reference: at.reference },
    });
  const isOci = found.mediaType.startsWith("application/vnd.oci.");
  if ((isOci || isTag(at.reference)) && !acceptedTypes(accept).has(found.mediaType))
    return refusal(
      404,
      "MANIFEST_UNKNOWN",
      `manifest found, but the accept header does not name ${found.mediaType}`,
    );
  return reply(
    200,
    {
      "Content-Type": found.mediaType,
      "Docker-Content-Digest": found.digest,
      Etag: `"${found.digest}"`,
    },
    found.bytes,
  );
}

function acceptedTypes(accept: string): ReadonlySet<string> {
  return new Set(accept.split(",").map((range) => (range.split(";")[0] ?? "").trim()));
}

/** PUT of a manifest: the document must be of a known kind, and everything it refers to must exist already. */
export function writeManifest(
  storage: Storage,
  at: ManifestCall,
  call: Call,
  body: Uint8Array,
): Reply {
  if (!isTag(at.reference) && !isDigest(at.reference))
    return refusal(400, "TAG_INVALID", `neither a tag nor a digest: ${at.reference}`);
  const manifest = content(call.headers["content-type"] ?? "", body);
  if (isDigest(at.reference) && at.reference !== manifest.digest)
    return refusal(400, "DIGEST_INVALID", "provided digest did not match uploaded content");
  const references = parseManifest(manifest);
  if (typeof references === "string") return refusal(400, "MANIFEST_INVALID", references);
  const held = repositoryForWriting(storage, at.repository);
  const shelf = references.of === "manifests" ? held.manifests : held.blobs;
  const missing = references.digests.filter((digest) => !shelf.has(digest));
  if (missing.length > 0)
    return refusal(400, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry", {
      detail: missing,
    });
  held.manifests.set(manifest.digest, manifest);
  if (isTag(at.reference)) held.tags.set(at.reference, manifest.digest);
  return reply(201, {
    Location: `${call.origin}/v2/${at.repository}/manifests/${manifest.digest}`,
    "Docker-Content-Digest": manifest.digest,
  });
}

interface References {
  readonly of: "blobs" | "manifests";
  readonly digests: readonly string[];
}

/** The references in the document, or the reason why it is not a valid manifest. */
function parseManifest(manifest: Content): References | string {
  const family = Object.values(MEDIA_TYPES).find(
    (types) => types.manifest === manifest.mediaType || types.index === manifest.mediaType,
  );
  if (family === undefined) return `manifest media type is not supported: ${manifest.mediaType}`;
  const document = parseObject(manifest.bytes);
  if (document === null) return "manifest is not a JSON object";
  if (document["schemaVersion"] !== 2) return "manifest's schemaVersion is not 2";
  const named = document["mediaType"];
  if (named !== manifest.mediaType && !(named === undefined && family === MEDIA_TYPES.oci))
    return "manifest's mediaType is not the request's Content-Type";
  const of = family.index === manifest.mediaType ? "manifests" : "blobs";
  const listed = of === "manifests" ? document["manifests"] : document["layers"];
  if (!Array.isArray(listed)) return `manifest has no list of ${of}`;
  const descriptors: unknown[] = of === "blobs" ? [document["config"], ...listed] : listed;
  const digests = descriptors.map(descriptorDigest).filter((digest) => digest !== null);
  return digests.length === descriptors.length
    ? { of, digests }
    : "a descriptor of the manifest is invalid";
}

function parseObject(bytes: Uint8Array): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return isObject(value) ? value : null;
  } catch {
    // Not UTF-8 or not JSON: an error of the client, which the answer reports.
    return null;
  }
}

function descriptorDigest(value: unknown): string | null {
  if (!isObject(value)) return null;
  const { digest, size, mediaType } = value;
  if (typeof digest !== "string" || !isDigest(digest)) return null;
  return typeof mediaType === "string" && Number.isSafeInteger(size) ? digest : null;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** GET of the list of tags, in lexical order, paged by `n` and `last`. */
export function listTags(storage: Storage, repository: string, call: Call): Reply {
  const held = storage.repositories.get(repository);
  if (held === undefined || held.manifests.size === 0)
    return refusal(404, "NAME_UNKNOWN", "repository name not known to registry", {
      detail: { name: repository },
    });
  const last = call.query.get("last") ?? "";
  const after = [...held.tags.keys()].toSorted().filter((tag) => tag > last);
  const limit = call.query.get("n");
  if (limit !== null && !/^\d{1,6}$/.test(limit))
    return refusal(400, "UNSUPPORTED", "n is not a number of tags");
  const tags = limit === null ? after : after.slice(0, Number(limit));
  const final = tags.at(-1);
  const more = tags.length < after.length && final !== undefined;
  const headers: Record<string, string> = { "Content-Type": "application/json" };
  if (more && limit !== null)
    headers["Link"] =
      `</v2/${repository}/tags/list?last=${encodeURIComponent(final)}&n=${limit}>; rel="next"`;
  return reply(200, headers, new TextEncoder().encode(JSON.stringify({ name: repository, tags })));
}

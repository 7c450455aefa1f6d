import { type ErrorReason, SlipwayError, invalidArgument } from "../../src/errors.ts";
import type { Content } from "./content.ts";
import type { BuiltImage, BuiltIndex } from "./image-builder.ts";

/** A credential for a push. */
export type PushCredential =
  | { readonly kind: "password"; readonly username: string; readonly password: string }
  | { readonly kind: "identity-token"; readonly token: string };

export interface PushOptions {
  /** `http://host:port` */
  readonly url: string;
  readonly repository: string;
  readonly tag: string;
  readonly image: BuiltImage | BuiltIndex;
  /** Default: none. */
  readonly credential?: PushCredential;
}

export interface PushedImage {
  /** Digest of the tagged document. */
  readonly digest: string;
  /** `host:port/repository:tag` */
  readonly reference: string;
  /** `host:port/repository@digest` */
  readonly pinned: string;
}

interface Target {
  /** `http://host:port/v2/repository` */
  readonly base: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Pushes an image, or an index with its images, to any registry that implements the distribution API: first the blobs,
 * then the manifests of the images, then the tag.
 *
 * @throws SlipwayError `REGISTRY_UNAUTHENTICATED`, `REGISTRY_PERMISSION_DENIED`, `REGISTRY_PROTOCOL`
 */
export async function pushImage(options: PushOptions): Promise<PushedImage> {
  const { url, repository, tag, image } = options;
  const authorization = await authorizationFor(options);
  const target: Target = {
    base: `${url}/v2/${repository}`,
    headers: authorization === null ? {} : { Authorization: authorization },
  };
  const images = image.kind === "index" ? image.images : [image];
  const blobs = new Map(images.flatMap((one) => [...one.blobs]));
  for (const blob of blobs.values()) await pushBlob(target, blob);
  for (const one of images) await pushManifest(target, one.manifest.digest, one.manifest);
  await pushManifest(target, tag, image.manifest);
  const name = `${new URL(url).host}/${repository}`;
  const { digest } = image.manifest;
  return { digest, reference: `${name}:${tag}`, pinned: `${name}@${digest}` };
}

async function pushBlob({ base, headers }: Target, blob: Content): Promise<void> {
  const known = await fetch(`${base}/blobs/${blob.digest}`, { method: "HEAD", headers });
  if (known.ok) return;
  const begun = await requireStatus("begin an upload", 202, `${base}/blobs/uploads/`, {
    method: "POST",
    headers,
  });
  const location = new URL(begun.headers.get("location") ?? "", `${base}/blobs/uploads/`);
  location.searchParams.set("digest", blob.digest);
  await requireStatus(`upload ${blob.digest}`, 201, location.href, {
    method: "PUT",
    headers: { ...headers, "Content-Type": "application/octet-stream" },
    body: new Uint8Array(blob.bytes),
  });
}

async function pushManifest(
  { base, headers }: Target,
  reference: string,
  manifest: Content,
): Promise<void> {
  await requireStatus(`put the manifest ${reference}`, 201, `${base}/manifests/${reference}`, {
    method: "PUT",
    headers: { ...headers, "Content-Type": manifest.mediaType },
    body: new Uint8Array(manifest.bytes),
  });
}

/** Reads the registry's challenge and returns the header it requires; null if it requires none. */
async function authorizationFor(options: PushOptions): Promise<string | null> {
  const answer = await fetch(`${options.url}/v2/`);
  await answer.arrayBuffer();
  if (answer.ok) return null;
  const challenge = answer.headers.get("www-authenticate") ?? "";
  const { credential } = options;
  if (/^basic\b/i.test(challenge)) {
    if (credential?.kind !== "password")
      throw invalidArgument(
        "CREDENTIAL_INVALID",
        `${options.url} requires a user name and a password`,
      );
    return basic(credential);
  }
  const parameters = new Map(
    [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = "", value = ""]) => [name, value]),
  );
  const realm = parameters.get("realm");
  if (!/^bearer\b/i.test(challenge) || realm === undefined)
    throw registryError("authenticate", answer.status, `challenge "${challenge}"`);
  return requestToken(realm, {
    service: parameters.get("service") ?? "",
    scope: `repository:${options.repository}:pull,push`,
    credential,
  });
}

async function requestToken(
  realm: string,
  asked: {
    readonly service: string;
    readonly scope: string;
    readonly credential: PushCredential | undefined;
  },
): Promise<string> {
  const { service, scope, credential } = asked;
  const fields = { service, scope, client_id: "slipway-testing" };
  const answer =
    credential?.kind === "identity-token"
      ? await requireStatus("get a token", 200, realm, {
          method: "POST",
          body: new URLSearchParams({
            ...fields,
            grant_type: "refresh_token",
            refresh_token: credential.token,
          }),
        })
      : await requireStatus(
          "get a token",
          200,
          `${realm}?${new URLSearchParams(fields).toString()}`,
          {
            headers: credential === undefined ? {} : { Authorization: basic(credential) },
          },
        );
  const document: unknown = await answer.json();
  if (typeof document === "object" && document !== null && "access_token" in document) {
    const { access_token: token } = document;
    if (typeof token === "string") return `Bearer ${token}`;
  }
  throw registryError("get a token", answer.status, "no access_token in the answer");
}

function basic(credential: { readonly username: string; readonly password: string }): string {
  const pair = `${credential.username}:${credential.password}`;
  return `Basic ${Buffer.from(pair).toString("base64")}`;
}

async function requireStatus(
  what: string,
  status: number,
  url: string,
  init: RequestInit,
): Promise<Response> {
  const answer = await fetch(url, init);
  if (answer.status === status) return answer;
  throw registryError(what, answer.status, (await answer.text()).slice(0, 500));
}

function registryError(what: string, status: number, words: string): SlipwayError {
  const reasons: Readonly<Record<number, ErrorReason>> = {
    401: "REGISTRY_UNAUTHENTICATED",
    403: "REGISTRY_PERMISSION_DENIED",
  };
  return new SlipwayError({
    code: status === 401 ? "UNAUTHENTICATED" : status === 403 ? "PERMISSION_DENIED" : "UNAVAILABLE",
    reason: reasons[status] ?? "REGISTRY_PROTOCOL",
    message: `the registry refused to ${what}: HTTP ${status}: ${words.replaceAll(/\s+/g, " ")}`,
    remedy: "Check the address of the registry, the credential and the repository name.",
  });
}

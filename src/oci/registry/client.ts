import { isSlipwayError, type ErrorReason, type SlipwayError } from "../../errors.ts";
import { asPassword, credentialKey, credentialSecrets } from "../credential.ts";
import { digestMismatch, isDigest, parseDigest, sha256Digest, verifyDigest } from "../digest.ts";
import { imageFault, namingImage } from "../image/image-fault.ts";
import { LARGEST_DOCUMENT } from "../image/json-document.ts";
import { parseManifest, type Descriptor } from "../image/manifest.ts";
import {
  bareMediaType,
  isIndexType,
  isManifestType,
  MANIFEST_ACCEPT,
} from "../image/media-types.ts";
import { formatReference, formatRepository, registryHost, type Repository } from "../reference.ts";
import type { ProxyRule } from "../../proxy/proxy-rule.ts";
import { createRedactor, type Redactor } from "../../redaction/redactor.ts";
import type {
  BlobRequest,
  FetchedManifest,
  ManifestHead,
  ManifestRequest,
  RegistryCaller,
  RegistryClient,
} from "./contract.ts";
import { createAuthorizedRequests, type AuthorizedRequests } from "./authorized-requests.ts";
import { readBody } from "./body.ts";
import { createBoundedCache, type BoundedCache } from "./bounded-cache.ts";
import { createEndpoints, type EndpointOptions } from "./endpoints.ts";
import { protocolFault, sizeMismatch, tooLarge, type Subject } from "./failures.ts";
import { createHttpClient, type RetryOptions, type TimeLimits } from "./http-client.ts";
import { singleFlight, type SingleFlight } from "../../async/single-flight.ts";
import { readHiddenRefusal } from "./refusal.ts";
import { createTokens } from "./tokens.ts";
import {
  createHttpTransport,
  type HttpResponse,
  type HttpTransport,
  type TlsTrust,
} from "./transport.ts";
import { verifiedBlob } from "./verified-blob.ts";

export interface RegistryClientOptions extends EndpointOptions {
  /** Sent as `User-Agent`. */
  readonly userAgent: string;
  /** The clock for token lifetimes, in milliseconds since the epoch. */
  readonly now: () => number;
  /** Default {@link createHttpTransport}, through the proxies of `proxy`. */
  readonly transport?: HttpTransport;
  /** Default: every connection is direct. */
  readonly proxy?: ProxyRule | null;
  /** Default: two retries, the first after a fifth of a second. */
  readonly retry?: RetryOptions;
  /** Time limits of requests to a registry. */
  readonly limits?: TimeLimits;
}

const DEFAULT_RETRY: RetryOptions = { retries: 2, pauseMilliseconds: 200 };
/** Maximum total size of the cached documents in bytes. */
const LARGEST_MEMORY = 32 * 1024 * 1024;

/** Reasons of errors that need no second look: a further request may lock an account or use up a quota. */
const SETTLED_BY_HEAD: ReadonlySet<ErrorReason> = new Set([
  "PROXY_REFUSED",
  "PROXY_UNAVAILABLE",
  "REGISTRY_UNAUTHENTICATED",
  "REGISTRY_RATE_LIMITED",
  "REDIRECT_REFUSED",
]);

interface Client {
  readonly now: () => number;
  readonly retry: RetryOptions;
  readonly requests: AuthorizedRequests;
  /** Manifests that this process has read, by repository and digest. */
  readonly manifests: BoundedCache<FetchedManifest>;
  /** Configurations, by repository and digest. */
  readonly configs: BoundedCache<Uint8Array>;
  readonly joinConfig: SingleFlight<Uint8Array>;
}

/**
 * A client of the distribution API, for all registries. It caches connections, tokens and documents for its lifetime.
 */
export function createRegistryClient(options: RegistryClientOptions): RegistryClient {
  const { now, userAgent, retry = DEFAULT_RETRY } = options;
  const transport = options.transport ?? createHttpTransport({ proxy: options.proxy ?? null });
  const endpoints = createEndpoints(options);
  const trustOf = (host: string): Promise<TlsTrust> => endpoints.trustOf(host);
  const http = createHttpClient({
    transport,
    userAgent,
    now,
    trustOf,
    retry,
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
  const tokens = createTokens({ client: http, now, trustOf });
  const client: Client = {
    now,
    retry,
    requests: createAuthorizedRequests({ client: http, endpoints, tokens, now }),
    manifests: createBoundedCache(LARGEST_MEMORY, ({ bytes }) => bytes.length),
    configs: createBoundedCache(LARGEST_MEMORY, (bytes) => bytes.length),
    joinConfig: singleFlight(),
  };
  const redactorOf = (caller: RegistryCaller): Redactor => {
    const { credential } = caller;
    const sent = credential?.kind === "identity-token" ? asPassword(credential) : credential;
    const own = credentialSecrets(sent);
    return createRedactor(() => [...own, ...tokens.secrets(caller)]);
  };
  /** Every error of this client leaves through here. */
  const guarded = <Result>(
    caller: RegistryCaller,
    work: (redactor: Redactor) => Promise<Result>,
  ): Promise<Result> => {
    const redactor = redactorOf(caller);
    return redactor.guard(() => work(redactor));
  };
  const callerOf = ({ reference: repository, credential }: ManifestRequest) => ({
    repository,
    credential,
  });
  return {
    getManifest: (request) =>
      guarded(callerOf(request), (redactor) => getManifest(client, { ...request, redactor })),
    headManifest: (request) =>
      guarded(callerOf(request), (redactor) => headManifest(client, { ...request, redactor })),
    getConfig: (request) =>
      guarded(request, (redactor) => getConfig(client, { ...request, redactor })),
    getBlob: (request) => guarded(request, (redactor) => getBlob(client, { ...request, redactor })),
    redactor: redactorOf,
    close: () => transport.close(),
  };
}

type Guarded<Request> = Request & { readonly redactor: Redactor };

async function getManifest(
  client: Client,
  request: Guarded<ManifestRequest>,
): Promise<FetchedManifest> {
  const { reference } = request;
  const known =
    reference.digest === undefined
      ? undefined
      : client.manifests.get(cacheKey(reference, reference.digest));
  // Before returning a cached manifest, ask the registry whether this caller may have it.
  if (known !== undefined && (await askHead(client, request)) !== null) return known;
  const subject = manifestSubject(request);
  const fetched = await client.requests.perform(
    manifestRequest("GET", request, subject),
    async (response) =>
      toManifest(response, await readManifest(client, response, subject), request, subject),
  );
  client.manifests.set(cacheKey(reference, fetched.digest), fetched);
  return fetched;
}

async function headManifest(
  client: Client,
  request: Guarded<ManifestRequest>,
): Promise<ManifestHead> {
  const head = await askHead(client, request);
  if (head !== null) return head;
  const { digest, manifest } = await getManifest(client, request);
  return { digest, mediaType: manifest.mediaType };
}

/**
 * The result of HEAD; null if the manifest itself must be read: the registry omits required headers or does not support
 * HEAD, or it refuses the request, for which the response to GET has a body with the reason. Docker, containerd and
 * crane fall back in the same way.
 */
async function askHead(
  client: Client,
  request: Guarded<ManifestRequest>,
): Promise<ManifestHead | null> {
  try {
    return await sendHead(client, request);
  } catch (caught) {
    if (isSlipwayError(caught) && isRefusedHead(caught)) return null;
    throw caught;
  }
}

/** True if the registry answered HEAD with an unsuccessful status, other than one that a GET would only repeat. */
function isRefusedHead({ reason, metadata }: SlipwayError): boolean {
  return typeof metadata["status"] === "number" && !SETTLED_BY_HEAD.has(reason);
}

async function sendHead(
  client: Client,
  request: Guarded<ManifestRequest>,
): Promise<ManifestHead | null> {
  const subject = manifestSubject(request);
  return client.requests.perform(manifestRequest("HEAD", request, subject), async (response) => {
    response.discard();
    const digest = announcedDigest(response, subject);
    const mediaType = bareMediaType(response.headers.get("content-type"));
    const wanted = request.reference.digest;
    if (digest === null || !(isIndexType(mediaType) || isManifestType(mediaType))) return null;
    if (wanted === undefined || wanted === digest) return { digest, mediaType };
    // A registry may use another digest algorithm than the reference, which proves nothing either way.
    if (parseDigest(wanted).algorithm !== parseDigest(digest).algorithm) return null;
    throw imageFault(
      request.reference,
      digestMismatch({ expected: wanted, actual: digest, what: "manifest" }),
    );
  });
}

async function readManifest(
  client: Client,
  response: HttpResponse,
  subject: Subject,
): Promise<Uint8Array> {
  const bytes = await readBody(response, LARGEST_DOCUMENT);
  // A proxy or a login page answers with 200, too.
  if (bytes.length === 0) throw protocolFault(subject, "it sent an empty answer for a manifest");
  throwHiddenRefusal(client, bytes, response, subject);
  return bytes;
}

/** Reads a blob's document. One of another length may be an error: some registries and proxies send errors with 200. */
async function readBlobDocument(
  client: Client,
  response: HttpResponse,
  { size }: Descriptor,
  subject: Subject,
): Promise<Uint8Array> {
  const bytes = await readBody(response, LARGEST_DOCUMENT);
  if (bytes.length !== size) throwHiddenRefusal(client, bytes, response, subject);
  return bytes;
}

function throwHiddenRefusal(
  { now }: Client,
  bytes: Uint8Array,
  response: HttpResponse,
  subject: Subject,
): void {
  const { origin } = response;
  const isOwn = new URL(origin).host === registryHost(subject.repository.registry);
  const request = { subject, origin: isOwn ? origin : "", now: now() };
  const refusal = readHiddenRefusal(bytes, response, request);
  if (refusal !== null) throw refusal;
}

function toManifest(
  response: HttpResponse,
  bytes: Uint8Array,
  request: Guarded<ManifestRequest>,
  subject: Subject,
): FetchedManifest {
  const { reference } = request;
  const announced = announcedDigest(response, subject);
  return namingImage(reference, () => {
    if (reference.digest !== undefined) verifyDigest(reference.digest, bytes, "manifest");
    if (announced !== null) verifyDigest(announced, bytes, "manifest");
    const manifest = parseManifest(bytes, response.headers.get("content-type"));
    return { digest: reference.digest ?? sha256Digest(bytes), bytes, manifest };
  });
}

async function getConfig(client: Client, request: Guarded<BlobRequest>): Promise<Uint8Array> {
  const { repository, descriptor, credential, signal } = request;
  const subject = blobSubject(request);
  if (descriptor.size > LARGEST_DOCUMENT) throw tooLarge(subject, LARGEST_DOCUMENT);
  // The key includes the repository, because knowing a digest does not prove access to it.
  const key = cacheKey(repository, descriptor.digest);
  const known = client.configs.get(key);
  if (known !== undefined) return known;
  const caller = {
    key: `${key} ${credentialKey(credential)}`,
    signal,
    what: `reading ${subject.name}`,
  };
  return client.joinConfig(caller, async (stop) => {
    const bytes = await client.requests.perform(
      blobRequest({ ...request, signal: stop }, subject, "document"),
      (response) => readBlobDocument(client, response, descriptor, subject),
    );
    verifyBlob(bytes, request, subject);
    client.configs.set(key, bytes);
    return bytes;
  });
}

async function getBlob(
  client: Client,
  request: Guarded<BlobRequest>,
): Promise<AsyncIterable<Uint8Array>> {
  const { descriptor, signal } = request;
  const subject = blobSubject(request);
  const blob = blobRequest(request, subject, "blob");
  const resume = async (from: number) =>
    await client.requests.perform({ ...blob, from }, async (answer) => answer);
  const first = await resume(0);
  const { pauseMilliseconds } = client.retry;
  return verifiedBlob(first, { descriptor, subject, signal, resume, pauseMilliseconds });
}

function verifyBlob(bytes: Uint8Array, { descriptor }: BlobRequest, subject: Subject): void {
  verifyDigest(descriptor.digest, bytes, subject.name);
  if (bytes.length !== descriptor.size)
    throw sizeMismatch(subject, { expected: descriptor.size, actual: bytes.length });
}

function manifestSubject({ reference, credential, redactor }: Guarded<ManifestRequest>): Subject {
  const name = formatReference(reference);
  return { kind: "manifest", repository: reference, name, credential, redactor };
}

function blobSubject({
  repository,
  descriptor,
  credential,
  redactor,
}: Guarded<BlobRequest>): Subject {
  const name = `${formatRepository(repository)} blob ${descriptor.digest}`;
  return { kind: "blob", repository, name, credential, redactor };
}

function manifestRequest(
  method: "GET" | "HEAD",
  request: Guarded<ManifestRequest>,
  subject: Subject,
) {
  const { reference, signal } = request;
  const name = reference.digest ?? reference.tag ?? "latest";
  const path = `${reference.repository}/manifests/${name}`;
  return { method, path, accept: MANIFEST_ACCEPT, content: "document", subject, signal } as const;
}

function blobRequest(
  request: Guarded<BlobRequest>,
  subject: Subject,
  content: "document" | "blob",
) {
  const { repository, descriptor, signal } = request;
  const path = `${repository.repository}/blobs/${descriptor.digest}`;
  return { method: "GET", path, accept: "*/*", content, subject, signal } as const;
}

/** The digest in the registry's header; null if there is none. */
function announcedDigest(response: HttpResponse, subject: Subject): string | null {
  const announced = response.headers.get("docker-content-digest") ?? "";
  if (announced === "" || isDigest(announced)) return announced || null;
  throw protocolFault(subject, "its Docker-Content-Digest is not a valid digest");
}

function cacheKey(repository: Repository, digest: string): string {
  return `${formatRepository(repository)}@${digest}`;
}

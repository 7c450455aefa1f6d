import { invalidArgument } from "../../src/errors.ts";
import { type RegistryAuth, openGate } from "./authorize.ts";
import type { Content } from "./content.ts";
import { type FaultHandle, addFault } from "../server/fault-board.ts";
import type { FaultRule } from "./faults.ts";
import type { BuiltImage, BuiltIndex } from "./image-builder.ts";
import type { RegistryRequest } from "./request-log.ts";
import { isRepositoryName, isTag } from "./routes.ts";
import { type Registry, type ServingOptions, startServing } from "./serve.ts";
import { findManifest, storeImage, repositoryForWriting } from "./storage.ts";
import { issueIdentityToken } from "./token-endpoint.ts";

export interface RegistryOptions extends ServingOptions {
  /** Default `{ kind: "none" }`: everybody may do everything. */
  readonly auth?: RegistryAuth;
  /** Milliseconds since 1970, by which tokens expire. Default the system's clock. */
  readonly now?: () => number;
}

/** What a repository was given, by its names. */
export interface AddedImage {
  readonly digest: string;
  /** `host:port/repository:tag`, or `…@digest` where there is no tag. */
  readonly reference: string;
  /** `host:port/repository@digest`. */
  readonly pinned: string;
}

/** A running registry. Ends with `close()` or `await using`. */
export interface TestRegistry extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** `127.0.0.1:PORT`, as image references begin. */
  readonly host: string;
  /** Every request so far, in order of arrival. */
  readonly requests: readonly RegistryRequest[];
  /** Puts an image, or an index with its images, under a tag, or (null) under its digest alone. */
  add(repository: string, tag: string | null, image: BuiltImage | BuiltIndex): AddedImage;
  /** The manifest under a tag or digest, or null. */
  find(repository: string, reference: string): Content | null;
  /** Makes something go wrong from now on. */
  fault(rule: FaultRule): FaultHandle;
  /** An identity (refresh) token of the user, as `docker login` would have stored it. Token authentication only. */
  issueIdentityToken(user: string): string;
  /** Makes every access token given so far worthless. */
  expireAccessTokens(): void;
  close(): Promise<void>;
}

/**
 * Starts a registry in this process that speaks the distribution API to any client: the Docker engine, `docker
 * push`, or Slipway itself. It keeps everything in memory and refuses what real registries refuse.
 *
 * @throws SlipwayError `PORT_UNAVAILABLE`
 */
export async function startRegistry(options: RegistryOptions = {}): Promise<TestRegistry> {
  const gate = openGate(options.auth ?? { kind: "none" }, options.now ?? (() => Date.now()));
  const { registry, close } = await startServing(options, gate);
  return handleOf(registry, close);
}

function handleOf(registry: Registry, close: () => Promise<void>): TestRegistry {
  const { gate, host, storage } = registry;
  return {
    url: `${registry.scheme}://${host}`,
    host,
    requests: registry.requests,
    add: (repository, tag, image) => addImage(registry, repository, tag, image),
    find: (repository, reference) => findManifest(storage, repository, reference),
    fault: (rule) => addFault(registry.faults, rule),
    issueIdentityToken(user) {
      if (gate.kind === "token" && gate.endpoint.directory.users.has(user))
        return issueIdentityToken(gate.endpoint, user);
      throw invalidArgument("INVALID_INPUT", `test registry gives no identity token to ${user}`);
    },
    expireAccessTokens() {
      if (gate.kind === "token") gate.accessTokens.clear();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function addImage(
  { host, storage }: Registry,
  repository: string,
  tag: string | null,
  image: BuiltImage | BuiltIndex,
): AddedImage {
  if (!isRepositoryName(repository) || (tag !== null && !isTag(tag)))
    throw invalidArgument("INVALID_INPUT", `no name of an image: ${repository}:${tag ?? ""}`);
  storeImage(storage, repository, image);
  const { digest } = image.manifest;
  const pinned = `${host}/${repository}@${digest}`;
  if (tag === null) return { digest, reference: pinned, pinned };
  repositoryForWriting(storage, repository).tags.set(tag, digest);
  return { digest, reference: `${host}/${repository}:${tag}`, pinned };
}

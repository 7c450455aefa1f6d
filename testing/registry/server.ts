import { invalidArgument } from "../../src/errors.ts";
import { type RegistryAuth, createAuthorizer } from "./authorize.ts";
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
  /** Default `{ kind: "none" }`: anonymous access to everything. */
  readonly auth?: RegistryAuth;
  /** Milliseconds since 1970, for the expiry of tokens. Default: the system's clock. */
  readonly now?: () => number;
}

/** The names of an added image. */
export interface AddedImage {
  readonly digest: string;
  /** `host:port/repository:tag`, or `…@digest` if there is no tag. */
  readonly reference: string;
  /** `host:port/repository@digest`. */
  readonly pinned: string;
}

/** A running registry. Ends with `close()` or `await using`. */
export interface TestRegistry extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** `127.0.0.1:PORT`, the prefix of image references. */
  readonly host: string;
  /** Every request so far, in order of arrival. */
  readonly requests: readonly RegistryRequest[];
  /** Adds an image, or an index with its images, under a tag, or (null) under its digest only. */
  add(repository: string, tag: string | null, image: BuiltImage | BuiltIndex): AddedImage;
  /** The manifest under a tag or digest, or null. */
  find(repository: string, reference: string): Content | null;
  /** Injects a fault from now on. */
  fault(rule: FaultRule): FaultHandle;
  /** Issues an identity (refresh) token for the user, as `docker login` stores it. Token authentication only. */
  issueIdentityToken(user: string): string;
  /** Invalidates every access token issued so far. */
  expireAccessTokens(): void;
  close(): Promise<void>;
}

/**
 * Starts an in-memory registry in this process. Any client of the distribution API works with it: the Docker engine,
 * `docker push`, and Slipway itself. It rejects the requests that real registries reject.
 *
 * @throws SlipwayError `PORT_UNAVAILABLE`
 */
export async function startRegistry(options: RegistryOptions = {}): Promise<TestRegistry> {
  const authorizer = createAuthorizer(
    options.auth ?? { kind: "none" },
    options.now ?? (() => Date.now()),
  );
  const { registry, close } = await startServing(options, authorizer);
  return handleOf(registry, close);
}

function handleOf(registry: Registry, close: () => Promise<void>): TestRegistry {
  const { authorizer, host, storage } = registry;
  return {
    url: `${registry.scheme}://${host}`,
    host,
    requests: registry.requests,
    add: (repository, tag, image) => addImage(registry, repository, tag, image),
    find: (repository, reference) => findManifest(storage, repository, reference),
    fault: (rule) => addFault(registry.faults, rule),
    issueIdentityToken(user) {
      if (authorizer.kind === "token" && authorizer.endpoint.directory.users.has(user))
        return issueIdentityToken(authorizer.endpoint, user);
      throw invalidArgument(
        "INVALID_INPUT",
        `the test registry cannot issue an identity token for ${user}`,
      );
    },
    expireAccessTokens() {
      if (authorizer.kind === "token") authorizer.accessTokens.clear();
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
    throw invalidArgument("INVALID_INPUT", `not a valid image name: ${repository}:${tag ?? ""}`);
  storeImage(storage, repository, image);
  const { digest } = image.manifest;
  const pinned = `${host}/${repository}@${digest}`;
  if (tag === null) return { digest, reference: pinned, pinned };
  repositoryForWriting(storage, repository).tags.set(tag, digest);
  return { digest, reference: `${host}/${repository}:${tag}`, pinned };
}

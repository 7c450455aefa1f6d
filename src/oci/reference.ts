import { invalidArgument } from "../errors.ts";
import { digestFault, parseDigest } from "./digest.ts";
import { quote } from "./quote.ts";

/**
 * An image reference, normalised as Docker does: it always has a registry, Docker Hub's official images have the
 * prefix `library/`, and the tag is `latest` if the text has neither tag nor digest.
 */
export interface Reference {
  /** Host with optional port: `docker.io`, `127.0.0.1:5000`, `[::1]:5000`. */
  readonly registry: string;
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: string;
}

/** A repository on a registry, without tag or digest. */
export type Repository = Pick<Reference, "registry" | "repository">;

export const DOCKER_HUB = "docker.io";
const LEGACY_DOCKER_HUB = "index.docker.io";
/** The host that serves Docker Hub's images; `docker.io` itself is a website. */
const DOCKER_HUB_HOST = "registry-1.docker.io";
/** The server name under which Docker's configuration and credential helpers store Docker Hub's credential. */
const DOCKER_HUB_SERVER = "https://index.docker.io/v1/";
const OFFICIAL_PREFIX = "library/";
const DEFAULT_TAG = "latest";

const LONGEST_REPOSITORY = 255;
/**
 * The grammar bounds the repository, tag and digest, but not the host. A host name has at most 253 characters, so no
 * valid reference is longer than this, and the code below only parses bounded text.
 */
const LONGEST_REFERENCE = 1024;

// Each expression can match in only one way at every character, so matching takes linear time.
const IDENTIFIER = /^[a-f0-9]{64}$/;
const PATH_COMPONENT = /^[a-z0-9]+(?:(?:__|[._]|-+)[a-z0-9]+)*$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const HOST_LABEL = /^[A-Za-z0-9-]+$/;
const IPV6_AND_PORT = /^\[[A-Fa-f0-9:]+\](?::[0-9]+)?$/;
const PORT = /^[0-9]+$/;

/**
 * Parses an image reference by the grammar of the distribution project (`github.com/distribution/reference`) and
 * normalises it as Docker does.
 *
 * @throws SlipwayError `INVALID_REFERENCE`; the message names the problem
 */
export function parseReference(text: string): Reference {
  // JavaScript callers may pass anything.
  if (typeof text !== "string") throw invalidReference(text, "it is not a string");
  if (text === "") throw invalidReference(text, "it is empty");
  const user = userLength(text);
  if (user > 0)
    throw invalidReference(`[redacted]${text.slice(user)}`, "a reference has no user name");
  if (text.length > LONGEST_REFERENCE)
    throw invalidReference(text, `it has more than ${LONGEST_REFERENCE} characters`);
  if (IDENTIFIER.test(text))
    throw invalidReference(text, "64 hexadecimal digits are an image id, not a repository name");
  if (text.includes("://")) throw invalidReference(text, "a reference must not have a scheme");
  const { registry, rest } = splitRegistry(text);
  const { repository, tag, digest } = splitRest(rest);

  if (!isRegistry(registry))
    throw invalidReference(text, `${quote(registry)} is not a valid registry host`);
  const fault =
    repositoryFault(repository) ??
    (tag === undefined || TAG.test(tag) ? null : `${quote(tag)} is not a valid tag`) ??
    (digest === undefined ? null : digestFaultOf(digest));
  if (fault !== null) throw invalidReference(text, fault);
  return {
    registry,
    repository,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
    ...(tag === undefined && digest === undefined ? { tag: DEFAULT_TAG } : {}),
  };
}

/** Length of a user, and perhaps a password, in front of the host. After the `@` of a digest, no slash can follow. */
function userLength(text: string): number {
  const slash = text.lastIndexOf("/");
  return slash === -1 ? 0 : text.lastIndexOf("@", slash);
}

/** Formats the reference in full; `parseReference` turns the text back into an equal reference. */
export function formatReference(reference: Reference): string {
  const tag = reference.tag === undefined ? "" : `:${reference.tag}`;
  const digest = reference.digest === undefined ? "" : `@${reference.digest}`;
  return `${formatRepository(reference)}${tag}${digest}`;
}

/** Formats `registry/repository`, without tag and digest. */
export function formatRepository(repository: Repository): string {
  return `${repository.registry}/${repository.repository}`;
}

/**
 * The same repository pinned to a digest, without a tag, as a plan stores it.
 *
 * @throws SlipwayError `INVALID_DIGEST`
 */
export function withDigest(
  repository: Repository,
  digest: string,
): Reference & { readonly digest: string } {
  parseDigest(digest);
  return { registry: repository.registry, repository: repository.repository, digest };
}

/** The host (with port) that serves a registry's HTTP API. */
export function registryHost(registry: string): string {
  return registry === DOCKER_HUB ? DOCKER_HUB_HOST : registry;
}

/** The server name under which Docker's configuration and credential helpers store a registry's credential. */
export function credentialServer(registry: string): string {
  return registry === DOCKER_HUB ? DOCKER_HUB_SERVER : registry;
}

/**
 * Splits off the registry. Text without a slash has no registry: `localhost:5000` is a name with a tag. Otherwise the
 * first part is the registry if it looks like a host: it is `localhost`, or has a dot, a colon or an upper-case
 * letter, which repository names cannot have.
 */
function splitRegistry(text: string): { readonly registry: string; readonly rest: string } {
  const slash = text.indexOf("/");
  if (slash === -1) return { registry: DOCKER_HUB, rest: OFFICIAL_PREFIX + text };
  const first = text.slice(0, slash);
  const isHost =
    first === "localhost" ||
    first.includes(".") ||
    first.includes(":") ||
    first !== first.toLowerCase();
  const registry = !isHost || first === LEGACY_DOCKER_HUB ? DOCKER_HUB : first;
  const rest = isHost ? text.slice(slash + 1) : text;
  const official = registry === DOCKER_HUB && !rest.includes("/");
  return { registry, rest: official ? OFFICIAL_PREFIX + rest : rest };
}

/** Splits `repository[:tag][@digest]` without validating the parts. */
function splitRest(rest: string): { repository: string; tag?: string; digest?: string } {
  const at = rest.indexOf("@");
  const name = at === -1 ? rest : rest.slice(0, at);
  const colon = name.indexOf(":");
  return {
    repository: colon === -1 ? name : name.slice(0, colon),
    ...(colon === -1 ? {} : { tag: name.slice(colon + 1) }),
    ...(at === -1 ? {} : { digest: rest.slice(at + 1) }),
  };
}

/**
 * Host and port by the grammar: host names, IPv4, and IPv6 in brackets without a zone. The grammar does not bound the
 * port.
 */
function isRegistry(registry: string): boolean {
  if (registry.startsWith("[")) return IPV6_AND_PORT.test(registry);
  const colon = registry.indexOf(":");
  const host = colon === -1 ? registry : registry.slice(0, colon);
  if (colon !== -1 && !PORT.test(registry.slice(colon + 1))) return false;
  return host
    .split(".")
    .every((label) => HOST_LABEL.test(label) && !label.startsWith("-") && !label.endsWith("-"));
}

function repositoryFault(repository: string): string | null {
  if (repository !== repository.toLowerCase()) return "the repository name must be lower case";
  if (repository.length > LONGEST_REPOSITORY)
    return `the repository name has more than ${LONGEST_REPOSITORY} characters`;
  return repository.split("/").every((component) => PATH_COMPONENT.test(component))
    ? null
    : `${quote(repository)} is not a valid repository name`;
}

function digestFaultOf(digest: string): string | null {
  const fault = digestFault(digest);
  return fault === null ? null : `${quote(digest)} is not a valid digest: ${fault}`;
}

function invalidReference(text: unknown, why: string) {
  return invalidArgument(
    "INVALID_REFERENCE",
    `invalid OCI image reference ${quote(text)}: ${why}`,
    "Write it as [REGISTRY/]REPOSITORY[:TAG][@sha256:DIGEST], such as registry.example.com/team/agent:1.4.",
  );
}

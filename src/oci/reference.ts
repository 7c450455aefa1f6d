import { invalidArgument } from "../errors.ts";
import { digestFault, parseDigest } from "./digest.ts";
import { quote } from "./quote.ts";

/**
 * An image reference, normalised as Docker does: the registry is always there, so is `library/` for Docker Hub's
 * own images, and the tag is `latest` where neither tag nor digest was given.
 */
export interface Reference {
  /** Host with optional port, such as `docker.io`, `127.0.0.1:5000` or `[::1]:5000`. */
  readonly registry: string;
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: string;
}

/** A repository on a registry, whatever tag or digest is meant. */
export type Repository = Pick<Reference, "registry" | "repository">;

const DOCKER_HUB = "docker.io";
const LEGACY_DOCKER_HUB = "index.docker.io";
/** The host that serves Docker Hub's images; `docker.io` itself is a web site. */
const DOCKER_HUB_HOST = "registry-1.docker.io";
/** The key under which Docker keeps the Hub's credential, and asks credential helpers for it. */
const DOCKER_HUB_SERVER = "https://index.docker.io/v1/";
const OFFICIAL_PREFIX = "library/";
const DEFAULT_TAG = "latest";

const LONGEST_REPOSITORY = 255;
/**
 * The grammar bounds repository, tag and digest but not the host. A host name has 253 characters at most, so
 * nothing longer than this can be meant, and everything below works on a bounded text.
 */
const LONGEST_REFERENCE = 1024;

// Each expression has one way to match at every character: time is linear in the (bounded) text.
const IDENTIFIER = /^[a-f0-9]{64}$/;
const PATH_COMPONENT = /^[a-z0-9]+(?:(?:__|[._]|-+)[a-z0-9]+)*$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const HOST_LABEL = /^[A-Za-z0-9-]+$/;
const IPV6_AND_PORT = /^\[[A-Fa-f0-9:]+\](?::[0-9]+)?$/;
const PORT = /^[0-9]+$/;

/**
 * Reads an image reference by the grammar of the distribution project (`github.com/distribution/reference`) and
 * normalises it as Docker does.
 *
 * Throws `INVALID_REFERENCE` with what is wrong.
 */
export function parseReference(text: string): Reference {
  // The library is called from JavaScript too.
  if (typeof text !== "string") throw invalidReference(text, "it is not a string");
  if (text === "") throw invalidReference(text, "it is empty");
  if (text.length > LONGEST_REFERENCE)
    throw invalidReference(text, `it has more than ${LONGEST_REFERENCE} characters`);
  if (IDENTIFIER.test(text))
    throw invalidReference(text, "64 hexadecimal digits are an image id, not a repository name");
  if (text.includes("://")) throw invalidReference(text, "a reference has no scheme");
  const { registry, rest } = splitRegistry(text);
  const { repository, tag, digest } = splitRest(rest);

  if (!isRegistry(registry)) throw invalidReference(text, `${quote(registry)} is no registry host`);
  const fault =
    repositoryFault(repository) ??
    (tag === undefined || TAG.test(tag) ? null : `${quote(tag)} is no tag`) ??
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

/** The reference as text, in full: `parseReference` of it gives the same reference. */
export function formatReference(reference: Reference): string {
  const tag = reference.tag === undefined ? "" : `:${reference.tag}`;
  const digest = reference.digest === undefined ? "" : `@${reference.digest}`;
  return `${formatRepository(reference)}${tag}${digest}`;
}

/** `registry/repository`, without tag and digest. */
export function formatRepository(repository: Repository): string {
  return `${repository.registry}/${repository.repository}`;
}

/** The same repository at a digest, without a tag: what a plan pins. Throws `INVALID_DIGEST`. */
export function withDigest(
  repository: Repository,
  digest: string,
): Reference & { readonly digest: string } {
  parseDigest(digest);
  return { registry: repository.registry, repository: repository.repository, digest };
}

/** The host (with port) to which HTTP requests for a registry go. */
export function registryHost(registry: string): string {
  return registry === DOCKER_HUB ? DOCKER_HUB_HOST : registry;
}

/** The name under which Docker's configuration and credential helpers keep a registry's credential. */
export function credentialServer(registry: string): string {
  return registry === DOCKER_HUB ? DOCKER_HUB_SERVER : registry;
}

/**
 * Which part is the registry. Without a slash nothing is: `localhost:5000` is a name with a tag. The first part is
 * one where it looks like a host: `localhost`, a dot, a colon, or an upper-case letter, which no repository has.
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

/** Takes `repository[:tag][@digest]` apart; what is in the parts is not looked at yet. */
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

/** Host and port by the grammar: host names, IPv4, IPv6 in brackets without a zone; the port has no upper bound. */
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
    : `${quote(repository)} is no repository name`;
}

function digestFaultOf(digest: string): string | null {
  const fault = digestFault(digest);
  return fault === null ? null : `${quote(digest)} is no digest: ${fault}`;
}

function invalidReference(text: unknown, why: string) {
  return invalidArgument(
    "INVALID_REFERENCE",
    `invalid OCI image reference ${quote(text)}: ${why}`,
    "Write it as [REGISTRY/]REPOSITORY[:TAG][@sha256:DIGEST], such as registry.example.com/team/agent:1.4.",
  );
}

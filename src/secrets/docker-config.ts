import { z } from "zod";
import { invalidArgument, SlipwayError } from "../errors.ts";
import type { RegistryCredential } from "../oci/credential.ts";
import { goMembers } from "../json/go-members.ts";
import {
  credentialServer,
  parseReference,
  type Reference,
  type Repository,
} from "../oci/reference.ts";
import { SecretValue } from "../secret-value.ts";

/** A credential in plain text: printing it prints its secrets. */
export type Credential =
  | { readonly username: string; readonly password: string }
  | { readonly identityToken: string }
  | { readonly registryToken: string };

/**
 * Runs a credential helper (`docker-credential-NAME get`) for a server; null if it has no credential for the server.
 */
export type CredentialHelper = (name: string, server: string) => Promise<HelperAnswer | null>;

export interface HelperAnswer {
  readonly username: string;
  readonly secret: string;
}

/** The user name that marks an identity token in a helper's answer (docker-credential-helpers). */
const TOKEN_USERNAME = "<token>";
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

const optionalText = z.string().optional();
/** Docker reads the names in any case. */
const dockerConfig = asGo({
  // Entries are validated on use, so that another registry's malformed entry does no harm.
  auths: z.record(z.string(), z.unknown()).optional(),
  credHelpers: z.record(z.string(), z.string().nullable()).optional(),
  credsStore: optionalText,
});
const authEntry = asGo({
  auth: optionalText,
  username: optionalText,
  password: optionalText,
  identitytoken: optionalText,
  registrytoken: optionalText,
});
/** The paths in old keys that mean a whole registry. */
const API_PATHS: ReadonlySet<string> = new Set(["", "v1", "v2"]);

/** The credential settings of a Docker configuration (`config.json`). */
export interface DockerConfig {
  readonly auths: ReadonlyMap<string, unknown>;
  readonly credentialHelpers: ReadonlyMap<string, string>;
  /** The helper for registries without a helper of their own; null if there is none. */
  readonly credentialStore: string | null;
}

/**
 * Chooses the credential for an image reference from a Docker configuration, as Docker does: from the registry's own
 * helper, otherwise from the store, otherwise from the entry in `auths`. If a configured helper has no credential,
 * `auths` is not consulted: Docker pulls anonymously then.
 *
 * @param dockerConfig the parsed `config.json`
 * @param helper runs credential helpers; without it a configured helper is an error
 * @returns null if the configuration has no credential for the registry
 * @throws SlipwayError `INVALID_REFERENCE`, `CREDENTIAL_INVALID`, `CREDENTIAL_HELPER_FAILED`, and the helper's own
 * errors
 */
export async function selectCredential(
  reference: string | Reference,
  dockerConfig: unknown,
  helper?: CredentialHelper,
): Promise<Credential | null> {
  const repository = isReference(reference) ? reference : parseReference(reference);
  const { registry } = repository;
  const config = readDockerConfig(dockerConfig);
  const server = credentialServer(registry);
  const name = config.credentialHelpers.get(server) ?? config.credentialStore;
  if (name === null || name === "") return credentialInFile(config, repository);
  if (helper === undefined)
    throw new SlipwayError({
      code: "FAILED_PRECONDITION",
      reason: "CREDENTIAL_HELPER_FAILED",
      message: `the Docker configuration keeps the credential of ${registry} with a credential helper, but helpers cannot run here`,
      remedy: "Name a pull secret in the image record instead.",
      blastRadius: "credential",
    });
  if (typeof helper !== "function")
    throw invalidArgument("INVALID_INPUT", "the credential helper must be a function");
  const answer = await helper(name, server);
  if (answer === null) return null;
  if (!isAnswer(answer)) throw invalidCredential("the credential helper's answer is malformed");
  return toCredential(answer.username, answer.secret);
}

/**
 * The credential in the file itself, whatever helper is configured.
 *
 * @throws SlipwayError `CREDENTIAL_INVALID`
 */
export function credentialInFile(config: DockerConfig, repository: Repository): Credential | null {
  const { registry } = repository;
  const entry = findEntry(config, credentialServer(registry), repository);
  return entry === undefined ? null : readEntry(entry, registry);
}

// JavaScript callers may pass anything.
function isReference(reference: string | Reference): reference is Reference {
  return typeof reference === "object" && typeof reference?.registry === "string";
}

function isAnswer(answer: HelperAnswer | undefined): answer is HelperAnswer {
  return typeof answer?.username === "string" && typeof answer.secret === "string";
}

/**
 * Parses the credential settings of a Docker configuration.
 *
 * @throws SlipwayError `CREDENTIAL_INVALID`
 */
export function readDockerConfig(value: unknown): DockerConfig {
  const parsed = dockerConfig.safeParse(value);
  if (!parsed.success)
    throw invalidCredential(
      `the Docker configuration is malformed at ${parsed.error.issues[0]?.path.slice(0, 1).join("") || "its top"}`,
    );
  const { auths, credHelpers, credsStore } = parsed.data;
  return {
    auths: new Map(Object.entries(auths ?? {})),
    credentialHelpers: new Map(
      Object.entries(credHelpers ?? {}).map(([server, name]) => [server, name ?? ""]),
    ),
    credentialStore: credsStore || null,
  };
}

/**
 * The entry for a repository: the one with the longest path that contains it (`registry.example.com/team`), as podman,
 * skopeo and crane read it; otherwise the one with the server's exact name; otherwise the first whose key has the same host,
 * as Docker reads it. Old versions of Docker wrote keys as URLs, such as `https://registry.example.com/v1/`.
 */
export function findEntry(config: DockerConfig, server: string, repository: Repository): unknown {
  const keys = [...config.auths.keys()];
  const sameHost = keys.filter((key) => hostOfKey(key) === server);
  const key =
    longestPath(keys, repository) ??
    keys.find((one) => one === server) ??
    sameHost.find((one) => API_PATHS.has(pathOfKey(one))) ??
    sameHost[0];
  return key === undefined ? undefined : config.auths.get(key);
}

/** The key of the repository or of the longest part of its path; undefined if there is only the registry's. */
function longestPath(
  keys: readonly string[],
  { registry, repository }: Repository,
): string | undefined {
  const parts = repository.split("/");
  const paths = parts.map((_, index) => parts.slice(0, parts.length - index).join("/"));
  return paths
    .map((path) => keys.find((key) => hostOfKey(key) === registry && pathOfKey(key) === path))
    .find((key) => key !== undefined);
}

/** The host with port in a key of `auths`, without scheme, path and user. */
export function hostOfKey(key: string): string {
  const address = withoutScheme(key);
  const slash = address.indexOf("/");
  const host = slash === -1 ? address : address.slice(0, slash);
  return host.slice(host.lastIndexOf("@") + 1);
}

/** The path in a key of `auths`, without slashes at its ends; empty if there is none. */
function pathOfKey(key: string): string {
  const address = withoutScheme(key);
  const slash = address.indexOf("/");
  return slash === -1 ? "" : address.slice(slash).replaceAll(/^\/+|\/+$/g, "");
}

function withoutScheme(key: string): string {
  const scheme = key.indexOf("://");
  return scheme === -1 ? key : key.slice(scheme + 3);
}

/** An object whose members match these schemas under names in any case; `null` counts as absent. */
function asGo<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.preprocess(
    (value) =>
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? goMembers(value, Object.keys(shape))
        : value,
    z.object(shape),
  );
}

/**
 * Reads the credential in an entry of `auths`. A registry token takes precedence over an identity token, as in Docker's
 * engine; then come `auth`, and `username` with `password`.
 *
 * @returns null if the entry is empty, as Docker writes it if a store has the credential, or null
 * @throws SlipwayError `CREDENTIAL_INVALID`
 */
export function readEntry(entry: unknown, registry: string): Credential | null {
  if (entry === null) return null;
  const parsed = authEntry.safeParse(entry);
  if (!parsed.success) throw invalidCredential(`the entry for ${registry} is malformed`);
  const { auth, username, password, identitytoken, registrytoken } = parsed.data;
  if (registrytoken) return { registryToken: registrytoken };
  if (identitytoken) return { identityToken: identitytoken };
  if (auth) return decodeAuth(auth, registry);
  if (username || password) return toCredential(username ?? "", password ?? "");
  return null;
}

/** Wraps the credential's secrets, for the clients of registries and engines. */
export function toRegistryCredential(credential: Credential): RegistryCredential {
  if ("registryToken" in credential)
    return { kind: "registry-token", registryToken: new SecretValue(credential.registryToken) };
  if ("identityToken" in credential)
    return { kind: "identity-token", identityToken: new SecretValue(credential.identityToken) };
  const { username, password } = credential;
  return { kind: "password", username, password: new SecretValue(password) };
}

/** Creates a `CREDENTIAL_INVALID` error. The message must not repeat any of the value. */
export function invalidCredential(message: string, remedy?: string): SlipwayError {
  return invalidArgument(
    "CREDENTIAL_INVALID",
    message,
    remedy ?? "Write the credential again, for example with docker login.",
  );
}

/**
 * A credential from a user name and a secret. The user name `<token>` marks the secret as an identity token. Null if
 * both are empty.
 */
export function toCredential(username: string, secret: string): Credential | null {
  if (username === TOKEN_USERNAME) return { identityToken: secret };
  return username === "" && secret === "" ? null : { username, password: secret };
}

/** `auth` is base64 of `user:password`; some programs break it into lines. */
function decodeAuth(auth: string, registry: string): Credential | null {
  const packed = auth.replaceAll(/[\r\n]/g, "");
  const text = BASE64.test(packed) ? decodeUtf8(Buffer.from(packed, "base64")) : null;
  const colon = text?.indexOf(":") ?? -1;
  if (text === null || colon === -1)
    throw invalidCredential(
      `the entry for ${registry} has an auth that is not base64 of user:password`,
    );
  // Docker pads passwords with NUL characters and strips them when it reads them.
  return toCredential(text.slice(0, colon), text.slice(colon + 1).replaceAll(/^\0+|\0+$/g, ""));
}

function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    // Not text: the caller reports the expected form.
    return null;
  }
}

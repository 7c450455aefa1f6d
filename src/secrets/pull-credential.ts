import { credentialSecrets } from "../oci/credential.ts";
import type { RegistryCredential } from "../oci/credential.ts";
import { SlipwayError } from "../errors.ts";
import { credentialServer, formatReference, type Reference } from "../oci/reference.ts";
import {
  findEntry,
  hostOfKey,
  invalidCredential,
  readDockerConfig,
  readEntry,
  toCredential,
  toRegistryCredential,
  type Credential,
  type DockerConfig,
} from "./docker-config.ts";
import type { SecretValue } from "../secret-value.ts";

export interface PullSecret {
  /** The secret's name, for messages. */
  readonly name: string;
  readonly value: SecretValue;
  /** The image to pull. */
  readonly reference: Reference;
}

const LARGEST_SECRET = 256 * 1024;
const MOST_NAMED = 5;
const FORMS =
  'Store it as user:password, as {"username": …, "password": …}, as {"identitytoken": …}, or as a Docker config.json.';
/** Names that people use for Docker Hub's credential; Docker itself knows only the first. */
const DOCKER_HUB_SERVERS = [
  "https://index.docker.io/v1/",
  "index.docker.io",
  "docker.io",
  "registry-1.docker.io",
];
/** The characters that an `Authorization` header can hold. */
const TOKEN = /^[\u0021-\u007e]+$/;
const HOST = /^[A-Za-z0-9.\-:[\]]{1,255}$/;

/**
 * Parses a tenant's pull secret for the registry of an image reference. Its form is `user:password`, `{"username",
 * "password"}`, `{"identitytoken"}` or a Docker `config.json`. A `config.json` names its registries, and the other
 * JSON forms may name one in `serveraddress`: a secret for another registry is an error, not silently unused.
 *
 * @throws SlipwayError `CREDENTIAL_INVALID`, `CREDENTIAL_REGISTRY_MISMATCH`; the messages never repeat the value
 */
export function parsePullCredential(secret: PullSecret): RegistryCredential {
  const bytes = secret.value.revealBytes();
  if (bytes.length > LARGEST_SECRET)
    throw malformed(secret, `it is larger than ${LARGEST_SECRET} bytes`);
  const text = decode(bytes);
  if (text === null) throw malformed(secret, "it is not UTF-8");
  const credential = text.trimStart().startsWith("{") ? readJson(text, secret) : readPair(text);
  if (credential === null) throw malformed(secret, "it has none of the supported forms");
  if (!isUsable(credential))
    throw malformed(secret, "the user name, password or token is empty or unreadable");
  return toRegistryCredential(credential);
}

/**
 * The passwords and tokens in a secret that may be a pull credential, for any registry. Peers receive these and not
 * the whole secret, so these are what they may repeat.
 */
export function pullSecretsIn(secret: SecretValue): readonly SecretValue[] {
  const text = secret.reveal();
  if (!text.trimStart().startsWith("{"))
    return credentialSecrets(registryCredential(readPair(text)));
  const document = parsedObject(text);
  const { auths } = { auths: null, ...document };
  const entries = typeof auths === "object" && auths !== null ? Object.values(auths) : [];
  return [document, ...entries].flatMap((entry) => credentialSecrets(readableEntry(entry)));
}

function parsedObject(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" ? value : null;
  } catch {
    // Not JSON, so it contains no credential.
    return null;
  }
}

function readableEntry(entry: unknown): RegistryCredential | null {
  try {
    return registryCredential(readEntry(entry, ""));
  } catch (caught) {
    // A malformed entry is never sent to a peer.
    if (caught instanceof SlipwayError) return null;
    throw caught;
  }
}

function registryCredential(credential: Credential | null): RegistryCredential | null {
  return credential === null ? null : toRegistryCredential(credential);
}

/** `user:password`. A password may contain anything, including colons and line breaks: Google's JSON keys do. */
function readPair(text: string): Credential | null {
  const colon = text.indexOf(":");
  return colon === -1 ? null : toCredential(text.slice(0, colon), text.slice(colon + 1));
}

function readJson(text: string, secret: PullSecret): Credential | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's message would quote the value.
    throw malformed(secret, "it begins with { and is not JSON");
  }
  if (typeof value !== "object" || value === null) return null;
  const isConfig = ["auths", "credHelpers", "credsStore"].some((key) => Object.hasOwn(value, key));
  if (isConfig) return fromConfig(value, secret);
  const { registry } = secret.reference;
  if (
    "serveraddress" in value &&
    typeof value.serveraddress === "string" &&
    value.serveraddress !== ""
  )
    requireRegistry([value.serveraddress], secret);
  return naming(secret, () => readEntry(value, registry));
}

function fromConfig(value: object, secret: PullSecret): Credential | null {
  const { registry } = secret.reference;
  const config = naming(secret, () => readDockerConfig(value));
  if (config.auths.size === 0)
    // A tenant's secret must not decide which programs run on this host.
    throw malformed(
      secret,
      "the Docker configuration has no auths, and helper programs are not run from a secret",
    );
  const entry = entryFor(config, secret.reference);
  if (entry === undefined) throw mismatch([...config.auths.keys()], secret);
  const credential = naming(secret, () => readEntry(entry, registry));
  if (credential === null)
    throw malformed(secret, `the Docker configuration's entry for ${registry} holds no credential`);
  return credential;
}

function entryFor(config: DockerConfig, reference: Reference): unknown {
  return serversOf(reference.registry)
    .map((server) => findEntry(config, server, reference))
    .find((entry) => entry !== undefined);
}

function serversOf(registry: string): readonly string[] {
  const server = credentialServer(registry);
  return DOCKER_HUB_SERVERS.includes(server) ? DOCKER_HUB_SERVERS : [server];
}

function requireRegistry(keys: readonly string[], secret: PullSecret): void {
  const servers = serversOf(secret.reference.registry);
  if (!keys.some((key) => servers.includes(key) || servers.includes(hostOfKey(key))))
    throw mismatch(keys, secret);
}

function isUsable(credential: Credential): boolean {
  if ("identityToken" in credential) return TOKEN.test(credential.identityToken);
  if ("registryToken" in credential) return TOKEN.test(credential.registryToken);
  // RFC 7617: a user name has no colon and no control characters.
  const { username, password } = credential;
  return (
    username !== "" && !/[\p{Cc}:]/u.test(username) && password !== "" && !password.includes("\0")
  );
}

function mismatch(keys: readonly string[], { name, reference }: PullSecret): SlipwayError {
  const hosts = [...new Set(keys.map(hostOfKey))].filter((host) => HOST.test(host));
  const named = hosts.slice(0, MOST_NAMED).join(", ") || "another registry";
  const others = hosts.length > MOST_NAMED ? ` and ${hosts.length - MOST_NAMED} more` : "";
  return new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "CREDENTIAL_REGISTRY_MISMATCH",
    message: `secret ${name} holds a credential for ${named}${others}, and the image ${formatReference(reference)} is on ${reference.registry}`,
    remedy: `Name a secret for ${reference.registry}, or remove the secret from the image record.`,
    blastRadius: "credential",
    metadata: {
      secret: name,
      registry: reference.registry,
      credential_registries: hosts.slice(0, MOST_NAMED),
    },
  });
}

/** Runs a parser of the value and adds the secret's name to its errors. */
function naming<Result>(secret: PullSecret, read: () => Result): Result {
  try {
    return read();
  } catch (caught) {
    if (caught instanceof SlipwayError) throw malformed(secret, caught.message);
    throw caught;
  }
}

function malformed({ name }: PullSecret, why: string): SlipwayError {
  return invalidCredential(`secret ${name} is not a valid pull credential: ${why}`, FORMS);
}

function decode(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    // Not text: the caller reports that.
    return null;
  }
}

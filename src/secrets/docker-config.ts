import { z } from "zod";
import { invalidArgument, SlipwayError } from "../errors.ts";
import type { RegistryCredential } from "../oci/credential.ts";
import { credentialServer, parseReference, type Reference } from "../oci/reference.ts";
import { SecretValue } from "../secret-value.ts";

/** What a registry is told to prove who asks, in plain words: the secrets in it print themselves. */
export type Credential =
  | { readonly username: string; readonly password: string }
  | { readonly identityToken: string };

/**
 * Asks a credential helper (`docker-credential-NAME get`) for a server. Null where it has nothing for it.
 */
export type CredentialHelper = (name: string, server: string) => Promise<HelperAnswer | null>;

interface HelperAnswer {
  readonly username: string;
  readonly secret: string;
}

/** The user name under which helpers give out identity tokens (docker-credential-helpers). */
const TOKEN_USERNAME = "<token>";
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

const optionalText = z.string().nullish();
const dockerConfig = z.object({
  // Entries are looked at when they are used: what another registry's look like is no concern here.
  auths: z.record(z.string(), z.unknown()).nullish(),
  credHelpers: z.record(z.string(), z.string()).nullish(),
  credsStore: optionalText,
});
const authEntry = z.object({
  auth: optionalText,
  username: optionalText,
  password: optionalText,
  identitytoken: optionalText,
  registrytoken: optionalText,
});

/** A Docker configuration (`config.json`) as far as it concerns credentials. */
export interface DockerConfig {
  readonly auths: ReadonlyMap<string, unknown>;
  readonly credentialHelpers: ReadonlyMap<string, string>;
  /** The helper for all registries that have none of their own, or null. */
  readonly credentialStore: string | null;
}

/**
 * Chooses the credential for an image reference from a Docker configuration, as Docker does: the registry's own
 * helper, else the store, else the entry in `auths`. A configured helper that has nothing is not made up for by
 * `auths`: Docker pulls as nobody then.
 *
 * @param dockerConfig The parsed `config.json`.
 * @param helper Runs credential helpers; without it a configured helper is an error.
 * @returns Null where the configuration has nothing for the registry.
 * @throws SlipwayError `INVALID_REFERENCE`, `CREDENTIAL_INVALID`, `CREDENTIAL_HELPER_FAILED`, and whatever the
 * helper throws.
 */
export async function selectCredential(
  reference: string | Reference,
  dockerConfig: unknown,
  helper?: CredentialHelper,
): Promise<Credential | null> {
  const { registry } = isReference(reference) ? reference : parseReference(reference);
  const config = readDockerConfig(dockerConfig);
  const server = credentialServer(registry);
  const name = config.credentialHelpers.get(server) ?? config.credentialStore;
  if (name === null || name === "") {
    const entry = findEntry(config, server);
    return entry === undefined ? null : readEntry(entry, registry);
  }
  if (helper === undefined)
    throw new SlipwayError({
      code: "FAILED_PRECONDITION",
      reason: "CREDENTIAL_HELPER_FAILED",
      message: `the Docker configuration keeps the credential of ${registry} with a credential helper, and none can be run here`,
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

// The library is called from JavaScript too, where types promise nothing.
function isReference(reference: string | Reference): reference is Reference {
  return typeof reference === "object" && typeof reference?.registry === "string";
}

function isAnswer(answer: HelperAnswer | undefined): answer is HelperAnswer {
  return typeof answer?.username === "string" && typeof answer.secret === "string";
}

/** The configuration's part that concerns credentials. Throws `CREDENTIAL_INVALID`. */
export function readDockerConfig(value: unknown): DockerConfig {
  const parsed = dockerConfig.safeParse(value);
  if (!parsed.success)
    throw invalidCredential(
      `the Docker configuration is malformed at ${parsed.error.issues[0]?.path.slice(0, 1).join("") || "its top"}`,
    );
  const { auths, credHelpers, credsStore } = parsed.data;
  return {
    auths: new Map(Object.entries(auths ?? {})),
    credentialHelpers: new Map(Object.entries(credHelpers ?? {})),
    credentialStore: credsStore || null,
  };
}

/**
 * The entry of a server: by its own name, else the first whose key means the same host. Old versions of Docker
 * wrote keys as addresses, such as `https://registry.example.com/v1/`.
 */
export function findEntry(config: DockerConfig, server: string): unknown {
  if (config.auths.has(server)) return config.auths.get(server);
  for (const [key, entry] of config.auths) if (hostOfKey(key) === server) return entry;
  return undefined;
}

/** The host with port in a key of `auths`, without scheme, path and user. */
export function hostOfKey(key: string): string {
  const scheme = key.indexOf("://");
  const address = scheme === -1 ? key : key.slice(scheme + 3);
  const slash = address.indexOf("/");
  const host = slash === -1 ? address : address.slice(0, slash);
  return host.slice(host.lastIndexOf("@") + 1);
}

/**
 * The credential in an entry of `auths`, or null where the entry has none: Docker writes empty entries beside a
 * store. `auth` counts before `username` and `password`, an identity token before all. Throws `CREDENTIAL_INVALID`.
 */
export function readEntry(entry: unknown, registry: string): Credential | null {
  const parsed = authEntry.safeParse(entry);
  if (!parsed.success) throw invalidCredential(`the entry for ${registry} is malformed`);
  const { auth, username, password, identitytoken, registrytoken } = parsed.data;
  if (identitytoken) return { identityToken: identitytoken };
  if (auth) return decodeAuth(auth, registry);
  if (username || password) return toCredential(username ?? "", password ?? "");
  if (registrytoken)
    throw invalidCredential(
      `the entry for ${registry} holds a registry token, which cannot be used`,
      "Use a user name and password, or an identity token.",
    );
  return null;
}

/** The same credential with its secrets wrapped, as registries and engines are given it. */
export function toRegistryCredential(credential: Credential): RegistryCredential {
  if ("identityToken" in credential)
    return { kind: "identity-token", identityToken: new SecretValue(credential.identityToken) };
  const { username, password } = credential;
  return { kind: "password", username, password: new SecretValue(password) };
}

/** `CREDENTIAL_INVALID`. The message never repeats any of the value. */
export function invalidCredential(message: string, remedy?: string): SlipwayError {
  return invalidArgument(
    "CREDENTIAL_INVALID",
    message,
    remedy ?? "Write the credential again, for example with docker login.",
  );
}

/** A user name and a secret, either of which may say that it is a token; null where both are empty. */
export function toCredential(username: string, secret: string): Credential | null {
  if (username === TOKEN_USERNAME) return { identityToken: secret };
  return username === "" && secret === "" ? null : { username, password: secret };
}

/** `auth` is base64 of `user:password`, broken into lines by some programs. */
function decodeAuth(auth: string, registry: string): Credential | null {
  const packed = auth.replaceAll(/[\r\n]/g, "");
  const text = BASE64.test(packed) ? decodeUtf8(Buffer.from(packed, "base64")) : null;
  const colon = text?.indexOf(":") ?? -1;
  if (text === null || colon === -1)
    throw invalidCredential(
      `the entry for ${registry} has an auth that is not base64 of user:password`,
    );
  // Docker pads passwords with NUL characters, and takes them off again.
  return toCredential(text.slice(0, colon), text.slice(colon + 1).replace(/\0+$/, ""));
}

function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    // No text: the caller says what it should have been.
    return null;
  }
}

import { SlipwayError } from "../../../src/errors.ts";
import {
  isThere,
  readRegularFile,
  refuseEndlessFile,
  whyUnreadable,
} from "../../../src/host/read-file.ts";

/** Environment variables by name: the process's own, or a set that a program composed. */
export type AwsEnvironment = Readonly<Record<string, string | undefined>>;

/** The configuration files that all AWS tools of a user share. */
export interface SharedFiles {
  readonly filepath: string;
  readonly configFilepath: string;
}

/** Variables that hold the path of a token file. */
export const TOKEN_FILE_VARIABLES = [
  "AWS_WEB_IDENTITY_TOKEN_FILE",
  "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
] as const;

/** The user's two shared files, unless the environment names others. */
export function sharedFiles(environment: AwsEnvironment, home: string): SharedFiles {
  return {
    filepath: environment["AWS_SHARED_CREDENTIALS_FILE"] || `${home}/.aws/credentials`,
    configFilepath: environment["AWS_CONFIG_FILE"] || `${home}/.aws/config`,
  };
}

/**
 * Refuses shared files that are pipes or devices. The SDK opens the files itself, and reading one of these may never end.
 *
 * @throws SlipwayError `CLOUD_CONFIGURATION_INVALID`
 */
export async function checkSharedFiles(files: SharedFiles): Promise<void> {
  await checkFile(files.configFilepath);
  await checkFile(files.filepath);
}

/**
 * Refuses token files that are pipes or devices, like {@link checkSharedFiles}, and a token in the place of its file's
 * path, which the SDK would print.
 */
export async function checkTokenFiles(
  environment: AwsEnvironment,
  profiles: readonly NamedSettings[] = [],
): Promise<void> {
  const named = TOKEN_FILE_VARIABLES.map((name) => [name, environment[name] ?? ""] as const);
  const configured = profiles.map(
    ({ name, settings }) =>
      [
        `web_identity_token_file of profile ${name}`,
        settings["web_identity_token_file"] ?? "",
      ] as const,
  );
  for (const [name, path] of [...named, ...configured]) {
    if (isToken(path)) throw tokenAsPath(name);
    await checkFile(path, `${name} `);
  }
}

interface NamedSettings {
  readonly name: string;
  readonly settings: Readonly<Record<string, string | undefined>>;
}

/** A JSON Web Token. */
function isToken(path: string): boolean {
  return /^eyJ[\w-]+\.[\w-]+\.[\w-]*\s*$/.test(path);
}

function tokenAsPath(name: string): SlipwayError {
  return new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "CLOUD_CONFIGURATION_INVALID",
    message: `${name} holds a token instead of the path of its file`,
    remedy: "Write the token to a file that only this user can read, and name that file.",
    blastRadius: "credential",
  });
}

/** Variables that hold credentials, or say where they come from. */
const CREDENTIAL_VARIABLES = [
  "AWS_ACCESS_KEY_ID",
  "AWS_PROFILE",
  "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
  "AWS_CONTAINER_CREDENTIALS_FULL_URI",
  ...TOKEN_FILE_VARIABLES,
] as const;

/** Whether the environment or a file configures credentials. An EC2 instance's own role is not looked for. */
export async function configuresCredentials(
  environment: AwsEnvironment,
  home: string,
): Promise<boolean> {
  if (CREDENTIAL_VARIABLES.some((name) => environment[name])) return true;
  return await isThere(sharedFiles(environment, home).filepath);
}

const LARGEST_TOKEN = 64 * 1024;

/**
 * The token for a container's endpoint, from its file or else its variable; null if the environment has none.
 *
 * @throws SlipwayError `CLOUD_CONFIGURATION_INVALID` for a file that cannot be read
 */
export async function containerToken(environment: AwsEnvironment): Promise<string | null> {
  const path = environment[TOKEN_FILE_VARIABLES[1]];
  if (!path) return environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"] || null;
  try {
    return (await readRegularFile(path, LARGEST_TOKEN)).toString("utf8").trim();
  } catch (caught) {
    throw unreadable(`${TOKEN_FILE_VARIABLES[1]} `, path, caught);
  }
}

async function checkFile(path: string, origin = ""): Promise<void> {
  if (path === "") return;
  try {
    await refuseEndlessFile(path);
  } catch (caught) {
    throw unreadable(origin, path, caught);
  }
}

function unreadable(origin: string, path: string, caught: unknown): SlipwayError {
  return new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "CLOUD_CONFIGURATION_INVALID",
    message: `${origin}${path} cannot be read: ${whyUnreadable(caught)}`,
    remedy: "Replace it with a regular file that this user can read, or remove it.",
    blastRadius: "credential",
    metadata: { path },
    cause: caught,
  });
}

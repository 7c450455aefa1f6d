import { SlipwayError } from "../../../src/errors.ts";
import { refuseEndlessFile, whyUnreadable } from "../../../src/host/read-file.ts";

/** Environment variables by name, as the process was given them or a program has put them together. */
export type AwsEnvironment = Readonly<Record<string, string | undefined>>;

/** Where the AWS command keeps what is shared by all programs of a user. */
export interface SharedFiles {
  readonly filepath: string;
  readonly configFilepath: string;
}

/** Variables that name a file with a token. */
const TOKEN_VARIABLES = [
  "AWS_WEB_IDENTITY_TOKEN_FILE",
  "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
] as const;

/** The user's two files, unless the environment names others. */
export function sharedFiles(environment: AwsEnvironment, home: string): SharedFiles {
  return {
    filepath: environment["AWS_SHARED_CREDENTIALS_FILE"] || `${home}/.aws/credentials`,
    configFilepath: environment["AWS_CONFIG_FILE"] || `${home}/.aws/config`,
  };
}

/**
 * Refuses the shared files if they are pipes or devices: the SDK opens them itself, and would never return.
 *
 * @throws SlipwayError `CLOUD_CONFIGURATION_INVALID`
 */
export async function checkSharedFiles(files: SharedFiles): Promise<void> {
  await checkFile(files.configFilepath);
  await checkFile(files.filepath);
}

/** The same of the files with tokens that the environment names. */
export async function checkTokenFiles(environment: AwsEnvironment): Promise<void> {
  for (const name of TOKEN_VARIABLES) await checkFile(environment[name] ?? "", `${name} `);
}

async function checkFile(path: string, origin = ""): Promise<void> {
  if (path === "") return;
  try {
    await refuseEndlessFile(path);
  } catch (caught) {
    throw new SlipwayError({
      code: "FAILED_PRECONDITION",
      reason: "CLOUD_CONFIGURATION_INVALID",
      message: `${origin}${path} cannot be read: ${whyUnreadable(caught)}`,
      remedy: "Make it a file that this user can read, or remove it.",
      blastRadius: "credential",
      metadata: { path },
      cause: caught,
    });
  }
}

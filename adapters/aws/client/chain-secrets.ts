import { readRegularFile } from "../../../src/host/read-file.ts";
import { profileOf } from "./endpoint-provider.ts";
import { profileChain } from "./profiles.ts";
import { TOKEN_FILE_VARIABLES } from "./shared-files.ts";
import type { AwsEnvironment, SharedFiles } from "./shared-files.ts";

/** Variables whose values the chain shows to a provider of credentials. */
const SECRET_VARIABLES = [
  "AWS_CONTAINER_AUTHORIZATION_TOKEN",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
] as const;
const SECRET_SETTINGS = ["aws_secret_access_key", "aws_session_token"] as const;

const LARGEST_TOKEN = 64 * 1024;

/**
 * The secrets that the SDK's default chain may have shown to STS, a container's endpoint or another service before it
 * failed: those of the environment, of its token files and of the user's profile. The chain itself does not report
 * which of them it used. A source that cannot be read was not used.
 */
export async function chainSecrets(
  environment: AwsEnvironment,
  files: SharedFiles,
): Promise<readonly string[]> {
  const sources = [
    ...TOKEN_FILE_VARIABLES.map((variable) => tokenIn(environment[variable] ?? "")),
    profileSecrets(profileOf(environment), files),
  ];
  const found = await Promise.allSettled(sources);
  return [
    ...SECRET_VARIABLES.map((variable) => environment[variable] ?? ""),
    ...found.flatMap((source) => (source.status === "fulfilled" ? source.value : [])),
  ];
}

async function tokenIn(path: string): Promise<readonly string[]> {
  return path === "" ? [] : [(await readRegularFile(path, LARGEST_TOKEN)).toString("utf8").trim()];
}

/** Of the profile, and of those whose keys it assumes its role with. */
async function profileSecrets(named: string, files: SharedFiles): Promise<readonly string[]> {
  const chain = await profileChain(named, files);
  return chain.flatMap(({ settings }) => SECRET_SETTINGS.map((setting) => settings[setting] ?? ""));
}

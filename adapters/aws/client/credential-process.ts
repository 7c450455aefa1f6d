import { z } from "zod";
import { runCommand } from "../../../src/async/run-command.ts";
import type { AwsCredentials } from "./aws-credentials.ts";
import type { AwsEnvironment } from "./shared-files.ts";
import type { Profile } from "./profiles.ts";
import { tryParseJson } from "../../../src/json/try-parse-json.ts";

/** https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html */
const processOutput = z.object({
  Version: z.literal(1),
  AccessKeyId: z.string().min(1),
  SecretAccessKey: z.string().min(1),
  SessionToken: z.string().nullish(),
  Expiration: z.coerce.date().nullish(),
});

/**
 * The command that gives the profile's credentials. Null if the SDK would use another of the profile's sources, or has to
 * assume a role with them.
 */
export function commandOf({ settings }: Profile): string | null {
  const has = (...names: readonly string[]) => names.every((name) => settings[name] !== undefined);
  const isEarlier =
    has("role_arn", "source_profile") ||
    has("role_arn", "credential_source") ||
    has("role_arn", "web_identity_token_file") ||
    has("aws_access_key_id", "aws_secret_access_key");
  return isEarlier ? null : (settings["credential_process"] ?? null);
}

/**
 * Runs a profile's `credential_process`. The SDK's own provider waits until no process has the command's output open, so
 * that an agent which the command starts would hold it forever; it runs a failing command twice; and its error is about
 * the source after it.
 *
 * @throws Error that names the command's failure in its own words
 */
export async function processCredentials(
  command: string,
  environment: AwsEnvironment,
  signal: AbortSignal,
): Promise<AwsCredentials> {
  const { exitCode, output, words } = await runCommand(command, environment, signal);
  if (exitCode === 0) return credentialsIn(output);
  const said = words === "" ? "" : `: ${words}`;
  throw new Error(`the credential_process failed (exit ${exitCode ?? "by a signal"})${said}`);
}

function credentialsIn(output: string): AwsCredentials {
  const { data } = processOutput.safeParse(tryParseJson(output));
  if (data === undefined)
    throw new Error("the credential_process did not print credentials of Version 1 as JSON");
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = data;
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    ...(SessionToken ? { sessionToken: SessionToken } : {}),
    ...(Expiration ? { expiration: Expiration } : {}),
  };
}

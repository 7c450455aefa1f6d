import { spawn } from "node:child_process";
import { z } from "zod";
import { raceWithDetach } from "../../../src/async/cancellation.ts";
import { waitForExit } from "../../../src/host/child-exit.ts";
import { cutWords } from "../../../src/redaction/cut.ts";
import type { AwsCredentials } from "./aws-credentials.ts";
import type { AwsEnvironment } from "./shared-files.ts";
import type { Profile } from "./profiles.ts";
import { tryParseJson } from "../../../src/json/try-parse-json.ts";

const LARGEST_OUTPUT = 64 * 1024;
const LONGEST_WORDS = 500;

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
  const child = spawn(command, {
    shell: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...environment },
  });
  const output = collect(child.stdout);
  const words = collect(child.stderr);
  try {
    const exitCode = await raceWithDetach(waitForExit(child), { signal });
    if (exitCode !== 0)
      throw new Error(
        `the credential_process failed (exit ${exitCode ?? "by a signal"})${said(words())}`,
      );
    return credentialsIn(output());
  } finally {
    child.kill("SIGKILL");
    child.stdout.destroy();
    child.stderr.destroy();
  }
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

function collect(stream: NodeJS.ReadableStream): () => string {
  const pieces: Buffer[] = [];
  let size = 0;
  stream.on("data", (piece: Buffer) => {
    size += piece.length;
    if (size <= LARGEST_OUTPUT) pieces.push(piece);
  });
  return () => Buffer.concat(pieces).toString("utf8");
}

/** The last line of what the command wrote on standard error. */
function said(words: string): string {
  const [last = ""] = words.trim().split("\n").toReversed();
  const line = cutWords(last.replaceAll(/\p{C}/gu, " ").trim(), LONGEST_WORDS);
  return line === "" ? "" : `: ${line}`;
}

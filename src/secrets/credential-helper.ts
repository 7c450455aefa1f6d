import { spawn } from "node:child_process";
import { z } from "zod";
import { cancellation } from "../async/cancellation.ts";
import { SlipwayError } from "../errors.ts";
import { errorCode } from "../host/error-code.ts";
import { firstJsonValue } from "../host/first-json-value.ts";
import { goMembers } from "../json/go-members.ts";
import { waitForExit } from "../host/child-exit.ts";

export interface HelperRequest {
  /** The part of the program's name after `docker-credential-`. */
  readonly name: string;
  /** The registry's server name, as Docker passes it to helpers. */
  readonly server: string;
  readonly signal: AbortSignal;
}

export interface HelperOptions {
  /** The program's environment. Default: this process's environment. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Default 30 s, because a helper may prompt its user or call a cloud. */
  readonly timeoutMilliseconds?: number;
}

const NAME = /^[A-Za-z0-9._-]{1,128}$/;
const LARGEST_OUTPUT = 256 * 1024;
const DEFAULT_TIMEOUT = 30_000;
/** The output of helpers that have no credential for the server (docker-credential-helpers). */
const NOT_FOUND = "credentials not found";

/** Docker reads the names in any case. */
const answerSchema = z.preprocess(
  (answer) =>
    typeof answer === "object" && answer !== null
      ? goMembers(answer, ["Username", "Secret"])
      : answer,
  z.object({ Username: z.string(), Secret: z.string() }),
);

/**
 * Runs `docker-credential-NAME get` without a shell, writes the server to its standard input and reads the answer.
 * Messages never repeat the program's output, because it may contain the secret.
 *
 * @returns null if the helper has no credential for the server
 * @throws SlipwayError `CREDENTIAL_HELPER_FAILED`
 */
export async function runCredentialHelper(
  request: HelperRequest,
  options: HelperOptions = {},
): Promise<{ readonly username: string; readonly secret: string } | null> {
  if (!NAME.test(request.name)) throw failed(request, "its name is not a valid program name");
  const { exitCode, output } = await run(request, options);
  if (exitCode !== 0) {
    if (output.includes(NOT_FOUND)) return null;
    throw failed(
      request,
      exitCode === null ? "it was killed by a signal" : `it exited with ${exitCode}`,
    );
  }
  const answer = parseAnswer(output);
  if (answer === null) throw failed(request, "its answer is not a credential");
  return { username: answer.Username, secret: answer.Secret };
}

function run(
  request: HelperRequest,
  options: HelperOptions,
): Promise<{ readonly exitCode: number | null; readonly output: string }> {
  const { name, server, signal } = request;
  const { environment, timeoutMilliseconds = DEFAULT_TIMEOUT } = options;
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(cancellation(signal, `asking docker-credential-${name}`));
      return;
    }
    const child = spawn(`docker-credential-${name}`, ["get"], {
      shell: false,
      stdio: ["pipe", "pipe", "ignore"],
      windowsHide: true,
      ...(environment === undefined ? {} : { env: environment }),
    });
    const stop = (reason: SlipwayError): void => {
      reject(reason);
      child.kill("SIGKILL");
      child.stdout.destroy();
    };
    const chunks: Uint8Array[] = [];
    let length = 0;
    const timer = setTimeout(
      () => stop(failed(request, `it did not answer within ${timeoutMilliseconds} ms`)),
      timeoutMilliseconds,
    );
    const abort = (): void => stop(cancellation(signal, `asking docker-credential-${name}`));
    signal.addEventListener("abort", abort, { once: true });
    const settle = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
    };
    waitForExit(child)
      .then(
        (exitCode) => resolve({ exitCode, output: Buffer.concat(chunks).toString("utf8") }),
        (caught: unknown) => {
          const absent = errorCode(caught) === "ENOENT";
          reject(
            failed(
              request,
              absent ? "there is no such program on the PATH" : "it could not be run",
            ),
          );
        },
      )
      .finally(settle);
    child.stdout.on("data", (chunk: Uint8Array) => {
      length += chunk.length;
      if (length > LARGEST_OUTPUT) stop(failed(request, "it printed too much"));
      else chunks.push(chunk);
    });
    // The program closed its input without reading it (EPIPE); its exit code shows whether it failed.
    child.stdin.on("error", () => undefined);
    child.stdin.end(server);
  });
}

function parseAnswer(output: string): z.output<typeof answerSchema> | null {
  try {
    return answerSchema.safeParse(JSON.parse(firstJsonValue(output))).data ?? null;
  } catch {
    // Not JSON: the caller reports that, without repeating the text.
    return null;
  }
}

function failed({ name, server }: HelperRequest, why: string): SlipwayError {
  return new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "CREDENTIAL_HELPER_FAILED",
    message: `credential helper docker-credential-${name.slice(0, 128)} for ${server}: ${why}`,
    remedy: `Try it by hand (echo ${server} | docker-credential-NAME get), or name a pull secret in the image record.`,
    blastRadius: "credential",
    metadata: { server },
  });
}

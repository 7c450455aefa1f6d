import { SlipwayError, invalidArgument } from "../errors.ts";
import { quoteWords } from "../host/quote-words.ts";
import type { Spawn } from "../ledger/spawn-record.ts";
import { cutWords } from "../redaction/cut.ts";
import { SecretValue } from "../secret-value.ts";
import type { ExecRequest, MachineAccess, SubstrateAdapter } from "../substrate/contract.ts";
import type { ExecOptions } from "./slipway.ts";
import type { SpawnedMachine } from "./spawned-machine.ts";

/** Prints the path of the better shell of a container, with what every shell has. */
const FIND_SHELL = ["sh", "-c", "command -v bash || command -v sh"] as const;
/** A path; only a name if the shell that was asked has the other one built in, as busybox's may. */
const SHELL_PATH = /^(?:\/(?:.*\/)?)?(?:bash|sh)$/u;
/** More of the engine's words about a missing shell is not kept. */
const LONGEST_WORDS = 500;

/** A command; null for the container's shell. */
export type WantedCommand = Omit<ExecRequest, "command"> & {
  readonly command: readonly string[] | null;
};

/**
 * Runs a command in a spawn's machine.
 *
 * @returns the command's exit code
 */
export async function execInMachine(
  { spawn, machineId, adapter }: SpawnedMachine,
  wanted: WantedCommand,
  signal: AbortSignal,
): Promise<number> {
  const access = execAccess(spawn, machineId, adapter);
  const command = wanted.command ?? [
    await findShell(access, spawn, { machineId, request: wanted, signal }),
  ];
  return await access.exec(machineId, { ...wanted, command }, signal);
}

type ExecAccess = Extract<MachineAccess, { readonly kind: "exec" }>;

function execAccess(spawn: Spawn, machineId: string, { access }: SubstrateAdapter): ExecAccess {
  if (access?.kind === "exec") return access;
  const { spawnId, substrate } = spawn;
  const commands = access?.commands(machineId) ?? [];
  const lines = commands.map((words) => `\`${quoteWords(words)}\``);
  throw new SlipwayError({
    code: "UNIMPLEMENTED",
    reason: "SUBSTRATE_UNSUPPORTED",
    message: `spawn ${spawnId} runs on ${substrate}: Slipway runs commands in containers only`,
    remedy:
      lines.length === 0
        ? "Log in with the provider's own tools."
        : `Log in with ${lines.join(", or with ")}.`,
    metadata: { spawn_id: spawnId, substrate, machine_id: machineId, commands },
  });
}

/** A name that the engine passes on: it reads the text before the first equals sign as the name. */
const VARIABLE = /^[^=\0]+$/u;

/** @throws SlipwayError `INVALID_ARGUMENT` / `INVALID_INPUT` for options that no engine can use */
export function readExecOptions(options: ExecOptions): WantedCommand {
  const { command, env = {}, user = null, workingDirectory = null, input = null } = options;
  const { terminal = null, onOutput = () => undefined } = options;
  if (command !== undefined && (command[0] ?? "") === "")
    throw unusable("command has no program", "Name the program first.");
  if (input !== null && typeof input[Symbol.asyncIterator] !== "function")
    throw unusable("input is not an async iterable", "Pass a stream, or Readable.from([bytes]).");
  if (
    terminal !== null &&
    (typeof terminal.size !== "function" || typeof terminal.onResize !== "function")
  )
    throw unusable("terminal has no functions size and onResize");
  const texts = [...(command ?? []), ...Object.values(env), user, workingDirectory];
  if (texts.some((text) => typeof text === "string" && text.includes("\0")))
    throw unusable("a word with a NUL byte cannot be passed to a program");
  for (const [name, value] of Object.entries(env)) {
    if (!VARIABLE.test(name))
      throw unusable(
        `${JSON.stringify(name.slice(0, 80))} cannot be the name of an environment variable`,
      );
    if (typeof value !== "string") throw unusable(`the variable ${name} must be a string`);
  }
  return {
    command: command === undefined ? null : [...command],
    env: Object.fromEntries(
      Object.entries(env).map(([name, value]) => [name, new SecretValue(value)]),
    ),
    user,
    workingDirectory,
    input,
    terminal,
    onOutput: async (stream, bytes) => await onOutput(stream, bytes),
  };
}

function unusable(why: string, remedy?: string): SlipwayError {
  return invalidArgument("INVALID_INPUT", `exec: ${why}`, remedy);
}

interface ShellSearch {
  readonly machineId: string;
  readonly request: WantedCommand;
  readonly signal: AbortSignal;
}

/** The path of `bash`, or of `sh` if the container has no bash. */
async function findShell(
  access: ExecAccess,
  { spawnId }: Spawn,
  { machineId, request, signal }: ShellSearch,
): Promise<string> {
  let printed = "";
  const onOutput = async (_stream: unknown, bytes: Uint8Array): Promise<void> => {
    printed = (printed + Buffer.from(bytes).toString("utf8")).slice(0, LONGEST_WORDS);
  };
  const search = { ...request, command: FIND_SHELL, input: null, terminal: null, onOutput };
  const code = await access.exec(machineId, search, signal);
  const [path = ""] = printed.split("\n");
  if (code === 0 && SHELL_PATH.test(path)) return path;
  const words = cutWords(printed, LONGEST_WORDS)
    .replaceAll(/\p{Cc}+/gu, " ")
    .trim();
  throw new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "SHELL_NOT_FOUND",
    message: `spawn ${spawnId}: no shell can be started in the container${words === "" ? "" : `: ${words}`}`,
    remedy: `Run a program that the image has with \`slipway exec ${spawnId} -- PROGRAM\`, or add a shell to the image.`,
    metadata: { spawn_id: spawnId, exit_code: code },
  });
}

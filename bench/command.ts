import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { accessSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { PeerMissing } from "./figure.ts";

/** The built command line. */
export const MAIN = join(import.meta.dirname, "..", "dist", "cli", "slipway.cjs");

/** Prints the process's peak memory in KiB on standard error. */
const PRINT_MEMORY =
  'data:text/javascript,process.on("exit",()=>process.stderr.write("\\nmemory "+process.resourceUsage().maxRSS))';

export interface CommandOptions {
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** Runs a command to its end. @throws PeerMissing if the program is not installed; Error if it fails */
export async function command(
  program: string,
  words: readonly string[],
  { environment = process.env }: CommandOptions = {},
): Promise<string> {
  const child = spawn(program, words, { env: environment, stdio: ["ignore", "ignore", "pipe"] });
  const [errors, [exitCode]] = await Promise.all([text(child.stderr), closed(child, program)]);
  if (exitCode !== 0)
    throw new Error(`${program} ${words.join(" ")} exited with ${String(exitCode)}: ${errors}`);
  return errors;
}

async function closed(child: ChildProcess, program: string): Promise<readonly unknown[]> {
  try {
    return await once(child, "close");
  } catch (caught) {
    if (caught instanceof Error && "code" in caught && caught.code === "ENOENT")
      throw new PeerMissing(`${program} is not installed`, { cause: caught });
    throw caught;
  }
}

/** The peak memory of a Node command, in MB. */
export async function memoryOf(
  words: readonly string[],
  { environment = process.env }: CommandOptions = {},
): Promise<number> {
  const errors = await command(process.execPath, ["--import", PRINT_MEMORY, ...words], {
    environment,
  });
  const [, kibibytes] = /memory (\d+)$/.exec(errors) ?? [];
  if (kibibytes === undefined) throw new Error(`the command did not report its memory: ${errors}`);
  return Number(kibibytes) / 1024;
}

export function requireBuild(): void {
  try {
    accessSync(MAIN);
  } catch (caught) {
    throw new Error("build first: npm run build", { cause: caught });
  }
}

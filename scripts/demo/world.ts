import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { z } from "zod";

/** What a command printed, and how it ended. */
export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** An empty catalog in a scratch folder, and the built command line over it. */
export interface DemoWorld extends AsyncDisposable {
  readonly folder: string;
  /** Runs a command in silence. */
  readonly run: (words: readonly string[], input?: string) => Promise<Run>;
  /** Runs one command and shows it with what it printed. */
  readonly show: (words: readonly string[], input?: string, shown?: string) => Promise<Run>;
  /** The same; the demo fails where the command ends with another exit code. */
  readonly must: (words: readonly string[], settings?: Expected) => Promise<Run>;
  /** Writes a record and shows it. */
  readonly set: (kind: string, name: string, fields: readonly string[]) => Promise<void>;
  /** The plan of a workspace, as `resolve -o json` prints it. */
  readonly plan: (workspace: string) => Promise<z.output<typeof planFacts>>;
}

export interface Expected {
  readonly input?: string;
  /** What is shown of the input. Default: all of it. */
  readonly shown?: string;
  /** Default 0. */
  readonly code?: number;
}

/** What the demo itself reads of a plan. */
const planFacts = z.object({ machine_type: z.string(), artifact: z.object({ id: z.string() }) });

const MAIN = join(import.meta.dirname, "..", "..", "dist", "src", "cli", "main.js");

/** A person asked the demo to end. */
export class Interruption extends Error {
  override readonly name = "Interruption";
  readonly signal: NodeJS.Signals;
  constructor(signal: NodeJS.Signals) {
    super(`ended by ${signal}`);
    this.signal = signal;
  }
}

let interruption: NodeJS.Signals | null = null;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.on(signal, () => (interruption = signal));

/** @param variables what the commands find in their environment beside this process's own */
export async function openDemoWorld(
  variables: Readonly<Record<string, string>> = {},
): Promise<DemoWorld> {
  const folder = await mkdtemp(join(tmpdir(), "slipway-demo-"));
  // Nothing of the person's own catalog or cloud is read or written, whatever their environment says.
  const environment = {
    ...process.env,
    SLIPWAY_DATABASE: join(folder, "slipway.db"),
    SLIPWAY_KEY_FILE: join(folder, "slipway.key"),
    SLIPWAY_TENANT: "demo",
    ...variables,
  };
  const run: DemoWorld["run"] = async (words, input = "") => {
    const child = spawn(process.execPath, [MAIN, ...words], { env: environment });
    child.stdin.end(input);
    const [stdout, stderr, code] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      new Promise<number | null>((resolve, reject) => {
        child.once("error", reject);
        child.once("close", resolve);
      }),
    ]);
    return { code, stdout, stderr };
  };
  const show: DemoWorld["show"] = async (args, input = "", shown = input) => {
    const words = [...args, "-o", "table"];
    const document = shown === "" ? "" : ` <<EOF\n${shown}\nEOF`;
    console.log(`\n$ slipway ${words.join(" ").replaceAll(`${folder}/`, "")}${document}`);
    const done = await run(words, input);
    process.stdout.write(`${done.stderr}${done.stdout}`.replaceAll(`${folder}/`, ""));
    if (interruption !== null) throw new Interruption(interruption);
    return done;
  };
  const must: DemoWorld["must"] = async (words, { input = "", shown = input, code = 0 } = {}) => {
    const done = await show(words, input, shown);
    if (done.code !== code) throw new Error(`slipway ${words.join(" ")} ended with ${done.code}`);
    return done;
  };
  return {
    folder,
    run,
    show,
    must,
    set: async (kind, name, fields) => {
      await must(["set", kind, name], { input: [`name: ${name}`, ...fields].join("\n") });
    },
    plan: async (workspace) => {
      const { stdout } = await run(["resolve", workspace, "-o", "json"]);
      return planFacts.parse(JSON.parse(stdout));
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

export function say(words: string): void {
  console.log(`\n# ${words}`);
}

import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { stringify } from "yaml";
import { z } from "zod";

/** Output and exit code of a command. */
export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** An empty catalog in a scratch folder, and the built command line that uses it. */
export interface DemoWorld extends AsyncDisposable {
  readonly folder: string;
  /** Runs a command without showing it. */
  readonly run: (words: readonly string[], input?: string) => Promise<Run>;
  /** Runs a command and shows it with the matching lines of its output; default: all lines. */
  readonly show: (words: readonly string[], lines?: RegExp) => Promise<Run>;
  /** The same, but throws if the command exits with another code. */
  readonly must: (words: readonly string[], settings?: Expected) => Promise<Run>;
  /** Writes a record and shows the command. */
  readonly set: (kind: string, record: Readonly<Record<string, unknown>>) => Promise<void>;
  /** Stores a secret and shows the command without the value. */
  readonly setSecret: (name: string, value: string) => Promise<void>;
  /** The plan of a workspace, as `resolve -o json` prints it. */
  readonly plan: (workspace: string) => Promise<z.output<typeof planFacts>>;
  /** The number of launches of a spawn, and of machines left on the substrate. */
  readonly outcome: (spawnId: string) => Promise<Outcome>;
}

export interface Expected {
  readonly lines?: RegExp;
  /** Default 0. */
  readonly code?: number;
}

export interface Outcome {
  readonly launches: number;
  readonly machinesLeft: number;
}

/** The fields of a plan that the demo reads. */
const planFacts = z.object({ machine_type: z.string(), artifact: z.object({ id: z.string() }) });
const spawnFacts = z.object({ attempts: z.array(z.unknown()) });
const sweepFacts = z.object({ scanned: z.number(), skipped_scopes: z.tuple([]) });

/** The lines shown of a resolution: the artifact, and each check. */
export const CHECKS = /^(ARTIFACT|CHECK) |^\S+ +(passed|warning|skipped|failed) /;
/** The lines shown of a spawn: its progress, and each place that rejected it. */
export const PROGRESS = /^demo-\w+: |^\d+ .* rejected /;
export const NOTHING = /^$/;

const MAIN = join(import.meta.dirname, "..", "..", "dist", "cli", "slipway.cjs");

/** The user interrupted the demo. */
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

/** @param variables environment variables of the commands, in addition to those of this process */
export async function openDemoWorld(
  variables: Readonly<Record<string, string>> = {},
): Promise<DemoWorld> {
  const folder = await mkdtemp(join(tmpdir(), "slipway-demo-"));
  // The commands neither read nor write the user's own catalog and cloud, whatever the environment contains.
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
  const shortened = (output: string): string => output.replaceAll(`${folder}/`, "");
  const show: DemoWorld["show"] = async (words, lines = /./) => {
    console.log(`$ slipway ${shortened(words.join(" "))}`);
    const done = await run([...words, "-o", "table"]);
    const output = shortened(`${done.stderr}${done.stdout}`);
    // Of a failed command everything is shown but the checks of a dry run that passed, which come last.
    const [failure = ""] = output.split(/^CHECK /mu);
    const shown =
      done.code === 0 ? output.split("\n").filter((line) => lines.test(line)) : failure.split("\n");
    for (const line of shown.filter((each) => each !== "")) console.log(line);
    if (interruption !== null) throw new Interruption(interruption);
    return done;
  };
  const check = ({ code, stderr }: Run, words: readonly string[], expected = 0): void => {
    if (code !== expected)
      throw new Error(`slipway ${words.join(" ")} ended with ${code}: ${stderr}`);
  };
  const write = async (words: readonly string[], input: string, shown = input): Promise<void> => {
    console.log(`$ slipway ${words.join(" ")} <<< '${shown}'`);
    check(await run(words, input), words);
    if (interruption !== null) throw new Interruption(interruption);
  };
  const json = async (words: readonly string[]): Promise<unknown> => {
    const done = await run([...words, "-o", "json"]);
    check(done, words);
    return JSON.parse(done.stdout);
  };
  return {
    folder,
    run,
    show,
    must: async (words, { lines, code = 0 } = {}) => {
      const done = await show(words, lines);
      check(done, words, code);
      return done;
    },
    set: async (kind, record) => {
      const flow = stringify(record, { collectionStyle: "flow", lineWidth: 0 }).trim();
      await write(["set", kind, String(record["name"])], flow);
    },
    setSecret: (name, value) => write(["set", "secret", name], value, "…"),
    plan: async (workspace) => planFacts.parse(await json(["resolve", workspace])),
    outcome: async (spawnId) => {
      const { attempts } = spawnFacts.parse(await json(["describe", spawnId]));
      const { scanned } = sweepFacts.parse(await json(["sweep", "--dry-run"]));
      return { launches: attempts.length, machinesLeft: scanned };
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

/** A comment between the commands. */
export function say(words: string): void {
  console.log(`\n# ${words}`);
}

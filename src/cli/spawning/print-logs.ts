import { styleText } from "node:util";
import { mapLimited } from "../../async/map-limited.ts";
import { asSlipwayError } from "../../errors.ts";
import type { LogsOptions, Slipway } from "../../slipway/slipway.ts";
import { usageError } from "../arguments/flags.ts";
import { hasColors } from "../context.ts";
import type { CliContext } from "../context.ts";
import { combineFailures } from "../output/failures.ts";
import type { Failure } from "../output/failures.ts";
import { createPrefixedLines } from "../output/prefixed-lines.ts";

type Request = LogsOptions & { readonly signal: AbortSignal };

/** How many logs are read at once, and how many may be followed, each on a connection of its own. */
const READ_AT_ONCE = 16;
const MOST_FOLLOWED = 100;
const NEWLINE = 0x0a;
const COLORS = ["cyan", "yellow", "green", "magenta", "blue", "red"] as const;

/** Copies a machine's output to standard output unchanged; control characters are passed through on purpose. */
export async function printLogs(
  { progress, stdout }: CliContext,
  slipway: Slipway,
  spawnId: string,
  request: Request,
): Promise<void> {
  using reminder = progress.ifSilent("waiting for the machine's output");
  let last: number | undefined;
  for await (const piece of slipway.logs(spawnId, request)) {
    reminder[Symbol.dispose]();
    await stdout.write(piece);
    last = piece.at(-1) ?? last;
    if (request.signal.aborted) break;
  }
  // The shell's prompt would otherwise stand behind the last line.
  if (stdout.isTerminal && last !== undefined && last !== NEWLINE) await stdout.write("\n");
}

/** Prints the output of several machines by whole lines, each with its spawn's id, as the lines come. */
export async function printManyLogs(
  context: CliContext,
  slipway: Slipway,
  spawnIds: readonly string[],
  request: Request,
): Promise<void> {
  const follow = request.follow === true;
  if (follow && spawnIds.length > MOST_FOLLOWED)
    throw usageError(
      `--follow: ${spawnIds.length} spawns are more than the ${MOST_FOLLOWED} that can be followed at once`,
      "Name fewer spawns, or select them with --label.",
    );
  const prefixes = prefixesOf(context, spawnIds);
  using reminder = context.progress.ifSilent("waiting for the machines' output");
  const atOnce = follow ? MOST_FOLLOWED : READ_AT_ONCE;
  const found = await mapLimited(spawnIds, atOnce, async (spawnId, index) => {
    const lines = createPrefixedLines(prefixes[index] ?? "");
    const print = async (bytes: Uint8Array): Promise<void> => {
      if (bytes.length === 0) return;
      reminder[Symbol.dispose]();
      await context.stdout.write(bytes);
    };
    try {
      for await (const piece of slipway.logs(spawnId, request)) {
        await print(lines.add(piece));
        if (request.signal.aborted) break;
      }
      return null;
    } catch (caught) {
      return { name: spawnId, error: asSlipwayError(caught) };
    } finally {
      await print(lines.end());
    }
  });
  const failures = found.filter((failure): failure is Failure => failure !== null);
  const failure = combineFailures(failures, {
    tried: spawnIds.length,
    consequence: "logs could not be read",
  });
  if (failure !== null) throw failure;
}

/** The ids in one width, in colors on a terminal. */
function prefixesOf(
  { stdout, environment }: CliContext,
  spawnIds: readonly string[],
): readonly string[] {
  const width = Math.max(0, ...spawnIds.map((spawnId) => spawnId.length));
  const isColored = stdout.isTerminal && hasColors(environment);
  return spawnIds.map((spawnId, index) => {
    const prefix = `${spawnId.padEnd(width)} | `;
    const color = COLORS[index % COLORS.length] ?? "cyan";
    return isColored ? styleText(color, prefix, { validateStream: false }) : prefix;
  });
}

import type { Readable } from "node:stream";
import { z } from "zod";
import { EngineConnectionFailure } from "../errors/engine-failure.ts";
import { failureOf } from "../client/transport.ts";
import { tryParseJson } from "../../../src/json/try-parse-json.ts";

/** The members of a pull's progress line that Slipway uses. */
const pullLine = z.object({
  status: z.string().optional(),
  id: z.string().optional(),
  progressDetail: z
    .object({ current: z.number().optional(), total: z.number().optional() })
    .nullish(),
  error: z.string().optional(),
  errorDetail: z.object({ message: z.string().optional() }).nullish(),
});
export type PullLine = z.output<typeof pullLine>;

const LONGEST_LINE = 1024 * 1024;

/** Parses the lines of a pull's stream. Lines that are not progress (such as a proxy's page) are skipped. */
export async function* pullLines(body: Readable): AsyncGenerator<PullLine> {
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for await (const piece of body) {
      if (piece instanceof Uint8Array) rest += decoder.decode(piece, { stream: true });
      const lines = rest.split("\n");
      rest = lines.pop() ?? "";
      if (rest.length > LONGEST_LINE) throw tooLong();
      for (const line of lines) yield* readLine(line);
    }
    yield* readLine(rest);
  } catch (caught) {
    throw caught instanceof Error && caught.name === "SlipwayError"
      ? caught
      : failureOf(caught, true);
  }
}

/** The message of a line that reports a failed pull; null for any other line. */
export function failureWords(line: PullLine): string | null {
  return line.errorDetail?.message ?? line.error ?? null;
}

/** Summarizes the progress lines as one line for people. */
export interface PullProgress {
  /** The message after this line; null if it has not changed. */
  add(line: PullLine): string | null;
}

interface LayerProgress {
  readonly loaded: number;
  readonly total: number;
  readonly done: boolean;
}

const MEGABYTE = 1_000_000;
const LOADING = "Downloading";
const LOADED: ReadonlySet<string> = new Set([
  "Download complete",
  "Verifying Checksum",
  "Extracting",
]);
const FINISHED: ReadonlySet<string> = new Set(["Pull complete", "Already exists"]);

export function createPullProgress(): PullProgress {
  const layers = new Map<string, LayerProgress>();
  let said = "";
  return {
    add({ id, status = "", progressDetail }) {
      if (id === undefined) return null;
      const before = layers.get(id) ?? { loaded: 0, total: 0, done: false };
      const total = status === LOADING ? (progressDetail?.total ?? before.total) : before.total;
      const done = FINISHED.has(status) || before.done;
      if (status === LOADING)
        layers.set(id, { loaded: progressDetail?.current ?? before.loaded, total, done });
      else if (LOADED.has(status) || done) layers.set(id, { loaded: total, total, done });
      const message = progressMessage([...layers.values()]);
      if (message === said || layers.size === 0) return null;
      said = message;
      return message;
    },
  };
}

function progressMessage(layers: readonly LayerProgress[]): string {
  const loaded = layers.reduce((sum, layer) => sum + layer.loaded, 0);
  const total = layers.reduce((sum, layer) => sum + layer.total, 0);
  const done = layers.filter((layer) => layer.done).length;
  const unpacked = `${done} of ${layers.length} layers unpacked`;
  if (total === 0) return `pulling: ${unpacked}`;
  return `pulling: ${megabytes(loaded)} of ${megabytes(total)} MB, ${unpacked}`;
}

function megabytes(bytes: number): string {
  return (bytes / MEGABYTE).toFixed(bytes < 10 * MEGABYTE ? 1 : 0);
}

function* readLine(text: string): Generator<PullLine> {
  const line = text.trim();
  if (line === "") return;
  const parsed = pullLine.safeParse(tryParseJson(line));
  if (parsed.success) yield parsed.data;
}

function tooLong(): EngineConnectionFailure {
  const words = `a line of the engine's progress is longer than ${LONGEST_LINE} characters`;
  return new EngineConnectionFailure({ code: "TOO_LONG", sent: true, words });
}

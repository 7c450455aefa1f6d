import type { SpawnResult } from "../../slipway/slipway.ts";
import type { SpawnNotice } from "../../spawner/notice.ts";
import { isSettled, SPAWN_STATES } from "../../ledger/spawn-record.ts";
import type { Spawn, SpawnState } from "../../ledger/spawn-record.ts";
import { approximateDuration } from "../arguments/duration.ts";
import type { Progress } from "../output/progress.ts";
import { formatRetry, formatWait, reportProgress } from "./spawn-progress.ts";

type Wait = Extract<SpawnNotice, { kind: "waiting" }>;
type Retry = Extract<SpawnNotice, { kind: "retrying" }>;

/** Prints how many spawns are in each state, on one line. */
export interface SummaryReporter {
  readonly onEvent: (notice: SpawnNotice) => void;
  /** Prints the final counts, unless they were printed already, and nothing after that. */
  readonly end: (results: readonly Pick<SpawnResult, "spawnId" | "spawn">[]) => void;
}

/** The progress of many spawns. */
export interface Summary {
  readonly total: number;
  /** Those that have one; the others are pending. */
  readonly states: readonly SpawnState[];
  readonly waits: readonly Wait[];
  readonly retries: readonly Retry[];
}

/** Milliseconds between two lines: a line that is redrawn in place may change more often than one that is printed. */
const DRAW_INTERVAL = 100;
const PRINT_INTERVAL = 1_000;

/** With more spawns, a line for each state of each would say less than a summary. */
const MOST_LINES = 20;

/** Reports the progress of spawns that have a record: of few with a line for each state, of many as a summary. */
export function reportAny(
  progress: Progress,
  recorded: readonly Pick<Spawn, "spawnId" | "state">[],
): SummaryReporter {
  return recorded.length > MOST_LINES
    ? reportSummary(progress, recorded.length, recorded)
    : { onEvent: reportProgress(progress), end: () => undefined };
}

/**
 * Reports the progress of many spawns as a summary: redrawn in place on a terminal, otherwise one line a second.
 *
 * @param recorded the spawns that have a record already; they count among the total
 */
export function reportSummary(
  progress: Progress,
  total: number,
  recorded: readonly Pick<Spawn, "spawnId" | "state">[] = [],
): SummaryReporter {
  const states = new Map(recorded.map(({ spawnId, state }) => [spawnId, state]));
  const waits = new Map<string, Wait>();
  const retries = new Map<string, Retry>();
  let last: string | null = null;
  let timer: NodeJS.Timeout | null = null;
  const print = (): void => {
    timer = null;
    const line = summaryLine({
      total,
      states: [...states.values()],
      waits: [...waits.values()],
      retries: [...retries.values()],
    });
    if (line !== last) progress.state(line);
    last = line;
  };
  return {
    onEvent(notice) {
      if (progress.silent) return;
      if (!progress.interactive) progress.detail(formatNotice(notice));
      if (notice.kind === "progress") return;
      const spawnId = notice.kind === "event" ? notice.event.spawnId : notice.spawnId;
      waits.delete(spawnId);
      retries.delete(spawnId);
      if (notice.kind === "waiting") waits.set(spawnId, notice);
      else if (notice.kind === "retrying") retries.set(spawnId, notice);
      else states.set(spawnId, notice.event.state);
      timer ??= setTimeout(print, progress.interactive ? DRAW_INTERVAL : PRINT_INTERVAL);
    },
    end(results) {
      if (timer !== null) clearTimeout(timer);
      waits.clear();
      retries.clear();
      for (const { spawnId, spawn } of results) states.set(spawnId, spawn?.state ?? "failed");
      if (!progress.silent) print();
    },
  };
}

/**
 * `20 spawns: 4 launching, 16 running`, or as long as some wait for their turn `launched 12 of 20, about 40 s left:
 * 8 pending, 12 running; 8 waiting for RunInstances of account 1234 in us-east-1`. The time left comes first: a
 * terminal may cut the end of the line.
 */
export function summaryLine({ total, states, waits, retries }: Summary): string {
  const counts = new Map<SpawnState, number>([["pending", total - states.length]]);
  for (const state of states) counts.set(state, (counts.get(state) ?? 0) + 1);
  const parts = SPAWN_STATES.filter((state) => (counts.get(state) ?? 0) > 0);
  const line = parts.map((state) => `${counts.get(state)} ${state}`).join(", ");
  const longest = waits.toSorted((one, other) => other.milliseconds - one.milliseconds)[0];
  const waiting = longest === undefined ? "" : `; ${waits.length} waiting for ${longest.message}`;
  const [failed] = retries;
  const retrying =
    failed === undefined ? "" : `; ${retries.length} trying again: ${failed.message}`;
  return `${headOf(total, counts, longest)}: ${line}${waiting}${retrying}`;
}

function headOf(
  total: number,
  counts: ReadonlyMap<SpawnState, number>,
  longest: Wait | undefined,
): string {
  if (longest === undefined) return `${total} spawns`;
  const launched = total - (counts.get("pending") ?? 0) - (counts.get("launching") ?? 0);
  return `launched ${launched} of ${total}, about ${approximateDuration(longest.milliseconds)} left`;
}

function formatNotice(notice: SpawnNotice): string {
  switch (notice.kind) {
    case "waiting":
      return `${notice.spawnId}: ${formatWait(notice)}`;
    case "retrying":
      return `${notice.spawnId}: ${formatRetry(notice)}`;
    case "progress":
      return `${notice.spawnId}: ${notice.message}`;
    case "event":
      return `${notice.event.spawnId}: ${notice.event.state}: ${notice.event.message}`;
  }
}

/** Counts the spawns that are recorded but unfinished. */
export function countUnsettled(results: readonly SpawnResult[]): number {
  return results.filter(({ spawn }) => spawn !== null && !isSettled(spawn.state)).length;
}

import type { SpawnResult } from "../../slipway/slipway.ts";
import type { SpawnNotice } from "../../spawner/notice.ts";
import { isSettled, SPAWN_STATES } from "../../ledger/spawn-record.ts";
import type { SpawnState } from "../../ledger/spawn-record.ts";
import type { Progress } from "../output/progress.ts";
import { formatWait } from "./spawn-progress.ts";

type Wait = Extract<SpawnNotice, { kind: "waiting" }>;

/** Prints how many spawns are in each state, on one line. */
export interface SummaryReporter {
  readonly onEvent: (notice: SpawnNotice) => void;
  /** Prints the final counts, unless they were printed already, and nothing after that. */
  readonly end: (results: readonly SpawnResult[]) => void;
}

/** Milliseconds between two lines: a line that is redrawn in place may change more often than one that is printed. */
const DRAW_INTERVAL = 100;
const PRINT_INTERVAL = 1_000;

/** Reports the progress of many spawns as a summary: redrawn in place on a terminal, otherwise one line a second. */
export function reportSummary(progress: Progress, total: number): SummaryReporter {
  const states = new Map<string, SpawnState>();
  const waits = new Map<string, Wait>();
  let last: string | null = null;
  let timer: NodeJS.Timeout | null = null;
  const print = (): void => {
    timer = null;
    const line = summaryLine(total, [...states.values()], [...waits.values()]);
    if (line !== last) progress.state(line);
    last = line;
  };
  return {
    onEvent(notice) {
      if (progress.silent) return;
      if (!progress.interactive) progress.detail(formatNotice(notice));
      if (notice.kind === "progress") return;
      if (notice.kind === "waiting") waits.set(notice.spawnId, notice);
      else {
        waits.delete(notice.event.spawnId);
        states.set(notice.event.spawnId, notice.event.state);
      }
      timer ??= setTimeout(print, progress.interactive ? DRAW_INTERVAL : PRINT_INTERVAL);
    },
    end(results) {
      if (timer !== null) clearTimeout(timer);
      waits.clear();
      for (const { spawnId, spawn } of results) states.set(spawnId, spawn?.state ?? "failed");
      if (!progress.silent) print();
    },
  };
}

/** `20 spawns: 4 launching, 16 running; 4 waiting for RunInstances of account 1234 in us-east-1, about 3 s` */
export function summaryLine(
  total: number,
  states: readonly SpawnState[],
  waits: readonly Wait[],
): string {
  const counts = new Map<SpawnState, number>([["pending", total - states.length]]);
  for (const state of states) counts.set(state, (counts.get(state) ?? 0) + 1);
  const parts = SPAWN_STATES.filter((state) => (counts.get(state) ?? 0) > 0);
  const line = `${total} spawns: ${parts.map((state) => `${counts.get(state)} ${state}`).join(", ")}`;
  const longest = waits.toSorted((one, other) => other.milliseconds - one.milliseconds)[0];
  return longest === undefined ? line : `${line}; ${waits.length} ${formatWait(longest)}`;
}

function formatNotice(notice: SpawnNotice): string {
  if (notice.kind === "waiting") return `${notice.spawnId}: ${formatWait(notice)}`;
  if (notice.kind === "progress") return `${notice.spawnId}: ${notice.message}`;
  const { spawnId, state, message } = notice.event;
  return `${spawnId}: ${state}: ${message}`;
}

/** Counts the spawns that are recorded but unfinished. */
export function countUnsettled(results: readonly SpawnResult[]): number {
  return results.filter(({ spawn }) => spawn !== null && !isSettled(spawn.state)).length;
}

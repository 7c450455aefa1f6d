import type { SpawnResult } from "../../slipway/slipway.ts";
import type { SpawnNotice } from "../../spawner/notice.ts";
import { isSettled, SPAWN_STATES } from "../../ledger/spawn-record.ts";
import type { SpawnState } from "../../ledger/spawn-record.ts";
import type { Notices } from "../output/progress.ts";
import { waitingFor } from "./spawn-progress.ts";

type Wait = Extract<SpawnNotice, { kind: "waiting" }>;

/** How many spawns stand where, told in one line. */
export interface SpawnSums {
  readonly onEvent: (notice: SpawnNotice) => void;
  /** Tells how all of them ended, unless that was told, and is silent from then on. */
  readonly end: (results: readonly SpawnResult[]) => void;
}

/** Between two lines, in milliseconds: one that is drawn anew costs nobody a look. */
const DRAWN = 100;
const PRINTED = 1_000;

/** Tells of many spawns on their way by their sums: drawn over each other on a terminal, else one line a second. */
export function tellSums(notices: Notices, total: number): SpawnSums {
  const states = new Map<string, SpawnState>();
  const waits = new Map<string, Wait>();
  let told: string | null = null;
  let timer: NodeJS.Timeout | null = null;
  const tell = (): void => {
    timer = null;
    const line = sumsLine(total, [...states.values()], [...waits.values()]);
    if (line !== told) notices.state(line);
    told = line;
  };
  return {
    onEvent(notice) {
      if (notices.silent) return;
      if (!notices.interactive) notices.detail(wordOf(notice));
      if (notice.kind === "progress") return;
      if (notice.kind === "waiting") waits.set(notice.spawnId, notice);
      else {
        waits.delete(notice.event.spawnId);
        states.set(notice.event.spawnId, notice.event.state);
      }
      timer ??= setTimeout(tell, notices.interactive ? DRAWN : PRINTED);
    },
    end(results) {
      if (timer !== null) clearTimeout(timer);
      waits.clear();
      for (const { spawnId, spawn } of results) states.set(spawnId, spawn?.state ?? "failed");
      if (!notices.silent) tell();
    },
  };
}

/** `20 spawns: 4 launching, 16 running; 4 waiting for RunInstances of account 1234 in us-east-1, about 3 s` */
export function sumsLine(
  total: number,
  states: readonly SpawnState[],
  waits: readonly Wait[],
): string {
  const sums = new Map<SpawnState, number>([["pending", total - states.length]]);
  for (const state of states) sums.set(state, (sums.get(state) ?? 0) + 1);
  const parts = SPAWN_STATES.filter((state) => (sums.get(state) ?? 0) > 0);
  const line = `${total} spawns: ${parts.map((state) => `${sums.get(state)} ${state}`).join(", ")}`;
  const longest = waits.toSorted((one, other) => other.milliseconds - one.milliseconds)[0];
  return longest === undefined ? line : `${line}; ${waits.length} ${waitingFor(longest)}`;
}

function wordOf(notice: SpawnNotice): string {
  if (notice.kind === "waiting") return `${notice.spawnId}: ${waitingFor(notice)}`;
  if (notice.kind === "progress") return `${notice.spawnId}: ${notice.message}`;
  const { spawnId, state, message } = notice.event;
  return `${spawnId}: ${state}: ${message}`;
}

/** How many of them somebody still has to go on with. */
export function unsettledAmong(results: readonly SpawnResult[]): number {
  return results.filter(({ spawn }) => spawn !== null && !isSettled(spawn.state)).length;
}

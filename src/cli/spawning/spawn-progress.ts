import type { SpawnNotice } from "../../spawner/notice.ts";
import { approximateDuration } from "../arguments/duration.ts";
import type { Progress } from "../output/progress.ts";

/** Returns a listener that prints the progress of spawns: each state of each once, anything in between as a detail. */
export function reportProgress(progress: Progress): (notice: SpawnNotice) => void {
  const printed = new Map<string, string>();
  const reportState = (spawnId: string, state: string, line: string): void => {
    if (printed.get(spawnId) === state) progress.detail(line);
    else progress.state(line);
    printed.set(spawnId, state);
  };
  return (notice) => {
    switch (notice.kind) {
      case "progress":
        return progress.detail(`${notice.spawnId}: ${notice.message}`);
      case "waiting":
        return reportState(notice.spawnId, "waiting", `${notice.spawnId}: ${formatWait(notice)}`);
      case "retrying":
        return reportState(notice.spawnId, "retrying", `${notice.spawnId}: ${formatRetry(notice)}`);
      case "event": {
        const { spawnId, state, message } = notice.event;
        return reportState(spawnId, state, `${spawnId}: ${state}: ${message}`);
      }
    }
  };
}

/** Formats why a call of a spawn is repeated. */
export function formatRetry({ message }: Extract<SpawnNotice, { kind: "retrying" }>): string {
  return `trying again: ${message}`;
}

/** Formats what a spawn is waiting for, and for about how long. */
export function formatWait({
  message,
  milliseconds,
}: Extract<SpawnNotice, { kind: "waiting" }>): string {
  return `waiting for ${message}, about ${approximateDuration(milliseconds)}`;
}

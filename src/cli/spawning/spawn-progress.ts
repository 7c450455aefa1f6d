import type { SpawnNotice } from "../../spawner/notice.ts";
import { approximateDuration } from "../arguments/duration.ts";
import type { Progress } from "../output/progress.ts";

/**
 * Returns a listener that prints the progress of spawns: each state of each once, and each further launch with the
 * provider's words about the one before; anything in between as a detail.
 */
export function reportProgress(progress: Progress): (notice: SpawnNotice) => void {
  const printed = new Map<string, string>();
  const reportChange = (spawnId: string, change: string, line: string): void => {
    if (printed.get(spawnId) === change) progress.detail(line);
    else progress.state(line);
    printed.set(spawnId, change);
  };
  return (notice) => {
    switch (notice.kind) {
      case "progress":
        return progress.detail(`${notice.spawnId}: ${notice.message}`);
      case "waiting":
        return reportChange(notice.spawnId, "waiting", `${notice.spawnId}: ${formatWait(notice)}`);
      case "retrying":
        return reportChange(
          notice.spawnId,
          "retrying",
          `${notice.spawnId}: ${formatRetry(notice)}`,
        );
      case "event": {
        const { spawnId, state, message } = notice.event;
        const line = `${spawnId}: ${state}: ${message}`;
        return reportChange(spawnId, state === "launching" ? line : state, line);
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

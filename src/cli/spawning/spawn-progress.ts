import type { SpawnNotice } from "../../spawner/notice.ts";
import { approximateDuration } from "../arguments/duration.ts";
import type { Progress } from "../output/progress.ts";

/** Returns a listener that prints a spawn's progress: each state once, and anything in between as a detail. */
export function reportProgress(progress: Progress): (notice: SpawnNotice) => void {
  let last: string | null = null;
  return (notice) => {
    if (notice.kind === "progress") return progress.detail(`${notice.spawnId}: ${notice.message}`);
    if (notice.kind === "waiting") {
      const line = `${notice.spawnId}: ${formatWait(notice)}`;
      if (last === "waiting") progress.detail(line);
      else progress.state(line);
      last = "waiting";
      return;
    }
    const { spawnId, state, message } = notice.event;
    const line = `${spawnId}: ${state}: ${message}`;
    if (state === last) progress.detail(line);
    else progress.state(line);
    last = state;
  };
}

/** Formats what a spawn is waiting for, and for about how long. */
export function formatWait({
  message,
  milliseconds,
}: Extract<SpawnNotice, { kind: "waiting" }>): string {
  return `waiting for ${message}, about ${approximateDuration(milliseconds)}`;
}

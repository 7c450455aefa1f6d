import type { SpawnNotice } from "../../spawner/notice.ts";
import { roughly } from "../arguments/duration.ts";
import type { Notices } from "../output/progress.ts";

/** Tells of a spawn on its way: each state once, and what is said in between where that is wanted. */
export function tellProgress(notices: Notices): (notice: SpawnNotice) => void {
  let last: string | null = null;
  return (notice) => {
    if (notice.kind === "progress") return notices.detail(`${notice.spawnId}: ${notice.message}`);
    if (notice.kind === "waiting") {
      const line = `${notice.spawnId}: ${waitingFor(notice)}`;
      if (last === "waiting") notices.detail(line);
      else notices.state(line);
      last = "waiting";
      return;
    }
    const { spawnId, state, message } = notice.event;
    const line = `${spawnId}: ${state}: ${message}`;
    if (state === last) notices.detail(line);
    else notices.state(line);
    last = state;
  };
}

/** What a spawn waits for and about how long. */
export function waitingFor({
  message,
  milliseconds,
}: Extract<SpawnNotice, { kind: "waiting" }>): string {
  return `waiting for ${message}, about ${roughly(milliseconds)}`;
}

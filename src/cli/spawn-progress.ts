import type { SpawnNotice } from "../spawner/notice.ts";
import type { Notices } from "./notices.ts";

/** Tells of a spawn on its way: each state once, and what is said in between where that is wanted. */
export function tellProgress(notices: Notices): (notice: SpawnNotice) => void {
  let last: string | null = null;
  return (notice) => {
    if (notice.kind === "progress") return notices.detail(`${notice.spawnId}: ${notice.message}`);
    const { spawnId, state, message } = notice.event;
    const line = `${spawnId}: ${state}: ${message}`;
    if (state === last) notices.detail(line);
    else notices.state(line);
    last = state;
  };
}

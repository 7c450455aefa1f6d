import { pause } from "../async/cancellation.ts";
import type { Clock } from "../host/clock.ts";
import { invalidArgument } from "../errors.ts";
import { spawnNotFound } from "./spawn-errors.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { SpawnEvent } from "../ledger/spawn-record.ts";

export interface WatchRequest {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly tenant: string;
  /** Empty for all spawns of the tenant. */
  readonly spawnIds: readonly string[];
  /** All events, those to come, or those from a time on (RFC 3339, UTC). */
  readonly since: string;
  /** Whether the watch ends once all spawns have settled, or only with the signal. */
  readonly until: "settled" | "aborted";
  readonly signal: AbortSignal;
}

/** The pause between two reads of the ledger, in milliseconds: other processes write to it unnoticed. */
export const WATCH_PAUSE = 200;

/**
 * The events of the spawns, in order.
 *
 * @throws SlipwayError `CANCELLED` when the signal is aborted, `SPAWN_NOT_FOUND`
 */
export async function* watchSpawns(request: WatchRequest): AsyncGenerator<SpawnEvent, void, void> {
  const { ledger, clock, tenant, spawnIds, until, signal } = request;
  // The library is called from JavaScript too.
  if (!Array.isArray(spawnIds))
    throw invalidArgument("INVALID_INPUT", "a watch needs a list of spawn ids; empty means all");
  for (const spawnId of spawnIds)
    if ((await ledger.find({ tenant, spawnId })) === null) throw spawnNotFound(tenant, spawnId);
  let last = await firstSequence(request);
  for (;;) {
    // States are read before events, so that the event which settled a spawn is among them.
    const isOver = until === "settled" && (await ledger.countUnsettled(tenant, spawnIds)) === 0;
    const events = await ledger.events(tenant, last, spawnIds);
    for (const event of events) {
      yield event;
      last = event.sequence;
    }
    if (isOver) return;
    await pause((time, stop) => clock.sleep(time, stop), WATCH_PAUSE, {
      signal,
      what: "the watch",
    });
  }
}

/** The sequence number after which the events begin. */
async function firstSequence({ ledger, since }: WatchRequest): Promise<number> {
  if (since === "all") return 0;
  return await ledger.sequenceBefore(since === "now" ? null : since);
}

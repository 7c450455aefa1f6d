import { pause } from "../async/cancellation.ts";
import type { Clock } from "../host/clock.ts";
import { canonicalJson } from "../json/canonical-json.ts";
import { toSnakeCase } from "../json/field-case.ts";
import type { Ledger, SpawnFilter } from "../ledger/ledger.ts";
import { isListed } from "../ledger/spawn-filter.ts";
import type { Spawn, SpawnEvent } from "../ledger/spawn-record.ts";
import { WATCH_PAUSE } from "./watch.ts";

export interface WatchListRequest {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly tenant: string;
  readonly filter: SpawnFilter;
  readonly signal: AbortSignal;
}

/**
 * The spawns that a list has, and then each one whenever its state, its machine or its error changes. A spawn that the list
 * no longer has after a change comes a last time.
 *
 * @throws SlipwayError `CANCELLED` when the signal is aborted
 */
export async function* watchList(
  request: WatchListRequest,
): AsyncGenerator<readonly Spawn[], void, void> {
  const { ledger, clock, tenant, filter, signal } = request;
  const { spawns, sequence } = await ledger.snapshot(tenant, filter);
  yield spawns;
  const listed = new Map(spawns.map((spawn) => [spawn.spawnId, spawn]));
  let last = sequence;
  for (;;) {
    await pause((time, stop) => clock.sleep(time, stop), WATCH_PAUSE, {
      signal,
      what: "the watch",
    });
    const events = await ledger.events(tenant, last, []);
    last = events.at(-1)?.sequence ?? last;
    const records = await recordsOf(request, events);
    const changed: Spawn[] = [];
    for (const event of events) {
      const record = records.get(event.spawnId);
      const earlier = listed.get(event.spawnId);
      // The record of a spawn that has ended may have been deleted.
      if (record === undefined) continue;
      const spawn = spawnAt(event, record, earlier);
      const isNowListed = isListed(spawn, filter);
      if (isNowListed) listed.set(spawn.spawnId, spawn);
      else listed.delete(spawn.spawnId);
      const isShown = isNowListed || earlier !== undefined;
      if (isShown && (earlier === undefined || differs(spawn, earlier))) changed.push(spawn);
    }
    if (changed.length > 0) yield changed;
  }
}

async function recordsOf(
  { ledger, tenant }: WatchListRequest,
  events: readonly SpawnEvent[],
): Promise<ReadonlyMap<string, Spawn>> {
  const records = new Map<string, Spawn>();
  for (const spawnId of new Set(events.map((event) => event.spawnId))) {
    const found = await ledger.find({ tenant, spawnId });
    if (found !== null) records.set(spawnId, found.spawn);
  }
  return records;
}

/** The spawn at the time of the event. If the record has gone on, its machine and error are those of a later state. */
function spawnAt({ state, at }: SpawnEvent, record: Spawn, earlier: Spawn | undefined): Spawn {
  if (record.state === state) return record;
  return { ...record, state, updatedAt: at, machine: earlier?.machine ?? null, error: null };
}

/** Whether a list shows the two in different ways. */
function differs(one: Spawn, other: Spawn): boolean {
  return shownText(one) !== shownText(other);
}

function shownText({ state, machine, error }: Spawn): string {
  return canonicalJson(toSnakeCase({ state, machine, error }));
}

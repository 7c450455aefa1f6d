import { invalidArgument } from "../errors.ts";
import { checkOptions } from "../json/check-options.ts";
import type { ShapeOf } from "../json/check-options.ts";
import type { SpawnFilter as LedgerFilter } from "../ledger/ledger.ts";
import { parseLabels } from "../ledger/spawn-input.ts";
import { SPAWN_STATES } from "../ledger/spawn-record.ts";
import type { SpawnState } from "../ledger/spawn-record.ts";
import type { SpawnFilter } from "./slipway.ts";

const SHAPE: ShapeOf<SpawnFilter> = {
  workspace: "string",
  state: SPAWN_STATES,
  states: "strings",
  live: "boolean",
  since: "string",
  labels: "object",
  limit: "whole number",
};

/** @throws SlipwayError `INVALID_ARGUMENT` / `INVALID_INPUT` */
export function readFilter(filter: SpawnFilter, subject = "listSpawns"): LedgerFilter {
  checkOptions(subject, filter, SHAPE);
  const { labels = {}, states, since, ...others } = filter;
  return {
    ...others,
    labels: parseLabels(subject, labels),
    ...(states === undefined ? {} : { states: states.map((state) => checkState(subject, state)) }),
    ...(since === undefined ? {} : { since: inUtc(subject, since) }),
  };
}

/** JavaScript callers have no type checks, and a misspelt state would list nothing. */
function checkState(subject: string, state: SpawnState): SpawnState {
  if (SPAWN_STATES.includes(state)) return state;
  throw invalidArgument(
    "INVALID_INPUT",
    `${subject}: ${JSON.stringify(state)} is not a spawn state`,
    `The states are ${SPAWN_STATES.join(", ")}.`,
  );
}

/** The ledger compares times as texts, in the form in which it stores them. */
export function inUtc(subject: string, time: string): string {
  const parsed = new Date(time);
  if (!Number.isNaN(parsed.getTime())) return parsed.toISOString();
  throw invalidArgument(
    "INVALID_INPUT",
    `${subject}: since is ${JSON.stringify(time)}, which is not a time`,
    "Write it as in 2026-11-22T04:00:00Z.",
  );
}

import type { Connection } from "../storage/connection.ts";
import { allot, correct } from "./allotment.ts";
import type { RateState } from "./allotment.ts";
import { damaged, parseJson, text } from "./ledger-rows.ts";
import { parseRateState } from "./rate-state.ts";
import type { RateAnswer, RateAsk, RateCorrection, RateTurn } from "./rate-turns.ts";

/** A provider's rates in the embedded database: one row for each limit, read and written as a whole. */

export function spendRate(connection: Connection, ask: RateAsk): RateAnswer {
  const { answer, state } = allot(readState(connection, ask), ask);
  writeState(connection, ask, state);
  return answer;
}

export function correctRate(
  connection: Connection,
  turn: RateTurn,
  correction: RateCorrection,
): void {
  writeState(connection, turn, correct(readState(connection, turn), turn, correction));
}

function readState(connection: Connection, { scope, limit }: RateTurn): RateState | null {
  const row = connection.get(
    "SELECT state FROM rates WHERE scope = ? AND name = ?",
    scope,
    limit.name,
  );
  if (row === undefined) return null;
  const state = parseRateState(parseJson(text(row, "state")));
  if (state === null) throw damaged(`the rates of ${limit.name} of ${scope}`);
  return state;
}

function writeState(connection: Connection, { scope, limit }: RateTurn, state: RateState): void {
  connection.run(
    `INSERT INTO rates (scope, name, state) VALUES (?, ?, ?)
     ON CONFLICT (scope, name) DO UPDATE SET state = excluded.state`,
    scope,
    limit.name,
    JSON.stringify(state),
  );
}

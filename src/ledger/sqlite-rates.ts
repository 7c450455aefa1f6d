import type { Connection } from "../storage/connection.ts";
import type { Database } from "../storage/database.ts";
import { admit, correct, forecast, releaseReservation } from "../pacing/admission.ts";
import type { RateState } from "../pacing/admission.ts";
import { damaged, parseJson, text } from "./ledger-rows.ts";
import type { RateAnswer, RateRequest, RateKey, RateStore, Spent } from "../pacing/contract.ts";
import { z } from "zod";
import { WITHOUT_COMPILING } from "../json/zod-options.ts";

/** A state with its stored text. */
interface Known {
  readonly text: string;
  readonly state: RateState;
}

export interface SqliteRates extends RateStore {
  /** Decides a request in a transaction. A grant takes effect when `keep` is called. */
  readonly decide: (connection: Connection, request: RateRequest) => Decision;
  /** Notes in a transaction that a launch is on record. */
  readonly noteSpent: (connection: Connection, spent: Spent) => void;
}

interface Decision {
  readonly answer: RateAnswer;
  readonly keep: () => void;
}

/** A provider's rates in the embedded database: one row for each limit, read and written as a whole. */
export function sqliteRates(database: Database): SqliteRates {
  // As long as no other process writes, the row is the one that was last written here and need not be parsed again.
  const last = new Map<string, Known>();

  const read = (connection: Connection, { scope, limit }: RateKey): RateState | null => {
    const row = connection.get(
      "SELECT state FROM rates WHERE scope = ? AND name = ?",
      scope,
      limit.name,
    );
    if (row === undefined) return null;
    const known = last.get(nameOf(scope, limit.name));
    const written = text(row, "state");
    if (known?.text === written) return known.state;
    const state = parseRateState(parseJson(written));
    if (state === null) throw damaged(`the rates of ${limit.name} of ${scope}`);
    return state;
  };
  const write = (connection: Connection, { scope, limit }: RateKey, state: RateState): void => {
    const written = JSON.stringify(state);
    last.set(nameOf(scope, limit.name), { text: written, state });
    connection.run(
      `INSERT INTO rates (scope, name, state) VALUES (?, ?, ?)
       ON CONFLICT (scope, name) DO UPDATE SET state = excluded.state`,
      scope,
      limit.name,
      written,
    );
  };
  const decide = (connection: Connection, request: RateRequest): Decision => {
    const { answer, state } = admit(read(connection, request), request);
    return { answer, keep: () => write(connection, request, state) };
  };
  return {
    spend: (request) =>
      database.writeLightly((connection) => {
        const { answer, keep } = decide(connection, request);
        keep();
        return answer;
      }),
    decide,
    forecast: (call, backlog) =>
      database.read((connection) => forecast(read(connection, call), call, backlog)),
    correct: (turn, correction) =>
      database.writeLightly((connection) => {
        write(connection, turn, correct(read(connection, turn), turn, correction));
      }),
    noteSpent: (connection, spent) =>
      write(connection, spent, releaseReservation(read(connection, spent), spent)),
  };
}

function nameOf(scope: string, name: string): string {
  return JSON.stringify([scope, name]);
}

/** Milliseconds since the epoch; a computed time has fractions. */
const time = z.number();

const bucketSchema = z
  .object({
    level: z.number(),
    at: time,
    since: time,
    idleWindow: z.object({ from: time, to: time }),
    spent: z.array(z.object({ first: time, last: time, count: z.number() })).readonly(),
  })
  .nullable();

const stateSchema: z.ZodType<RateState> = z.object({
  requests: bucketSchema,
  resources: bucketSchema,
  backpressure: z.object({ halvings: z.int(), at: time, pausedUntil: time }),
  waiters: z
    .array(
      z.object({
        tenant: z.string(),
        queueId: z.string(),
        served: time,
        since: time.nullable(),
        until: time,
        minimum: z.number(),
      }),
    )
    .readonly(),
  reservations: z
    .array(
      z.object({
        id: z.int(),
        queueId: z.string(),
        requests: z.number(),
        resources: z.number(),
        at: time,
      }),
    )
    .readonly(),
  nextReservationId: z.int(),
  returned: z.array(z.string()).readonly(),
  seen: time,
});

/** Null for anything that a ledger has not written. */
function parseRateState(value: unknown): RateState | null {
  return stateSchema.safeParse(value, WITHOUT_COMPILING).data ?? null;
}

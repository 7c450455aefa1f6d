import type { Connection } from "../storage/connection.ts";
import type { Database } from "../storage/database.ts";
import { admit, correct, releaseReservation } from "../pacing/admission.ts";
import type { RateState } from "../pacing/admission.ts";
import { damaged, parseJson, text } from "./ledger-rows.ts";
import type { RateAnswer, RateRequest, RateKey, RateStore, Spent } from "../pacing/contract.ts";
import { z } from "zod";
import { WITHOUT_COMPILING } from "../json/zod-options.ts";

/** A state and the text that says it. */
interface Known {
  readonly text: string;
  readonly state: RateState;
}

export interface SqliteRates extends RateStore {
  /** Asks within a transaction; what is granted is spent once it is kept. */
  readonly asked: (connection: Connection, ask: RateRequest) => Asked;
  /** Says within a transaction that a launch is on record. */
  readonly recorded: (connection: Connection, spent: Spent) => void;
}

interface Asked {
  readonly answer: RateAnswer;
  readonly keep: () => void;
}

/** A provider's rates in the embedded database: one row for each limit, read and written as a whole. */
export function sqliteRates(database: Database): SqliteRates {
  // While no other process writes, what is read is what was written here last, and needs no second reading.
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
  const asked = (connection: Connection, ask: RateRequest): Asked => {
    const { answer, state } = admit(read(connection, ask), ask);
    return { answer, keep: () => write(connection, ask, state) };
  };
  return {
    spend: (ask) =>
      database.writeLightly((connection) => {
        const { answer, keep } = asked(connection, ask);
        keep();
        return answer;
      }),
    asked,
    correct: (turn, correction) =>
      database.writeLightly((connection) => {
        write(connection, turn, correct(read(connection, turn), turn, correction));
      }),
    recorded: (connection, spent) =>
      write(connection, spent, releaseReservation(read(connection, spent), spent)),
  };
}

function nameOf(scope: string, name: string): string {
  return JSON.stringify([scope, name]);
}

/** What a ledger has kept of one limit in one scope, as it is read back. */

/** Milliseconds since the epoch; those that were counted forward have fractions. */
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

/** Null for what no ledger has written. */
function parseRateState(value: unknown): RateState | null {
  return stateSchema.safeParse(value, WITHOUT_COMPILING).data ?? null;
}

import { createMemoryLedger } from "../../src/ledger/memory-ledger.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { LEDGER_MIGRATIONS } from "../../src/ledger/ledger-schema.ts";
import { createSqliteLedger } from "../../src/ledger/sqlite-ledger.ts";
import { createConnection, loadSqlite } from "../../src/storage/connection.ts";
import type { Database } from "../../src/storage/database.ts";
import { migrate } from "../../src/storage/migrations.ts";

export type LedgerKind = "memory" | "sqlite";

/** All ledgers have the same owner: tokens depend on it, and a seed must have the same story each time. */
const OWNER = "simulation";

export function openLedger(kind: LedgerKind): Ledger {
  if (kind === "memory") return createMemoryLedger(OWNER);
  const { DatabaseSync } = loadSqlite();
  const raw = new DatabaseSync(":memory:");
  migrate(raw, { ledger: LEDGER_MIGRATIONS }, ":memory:");
  raw.prepare("INSERT INTO ledger (only, owner) VALUES (1, ?)").run(OWNER);
  const connection = createConnection(raw);
  const close = async (): Promise<void> => {
    if (raw.isOpen) raw.close();
  };
  const transact = async <Result>(begin: string, work: () => Result): Promise<Result> => {
    raw.exec(begin);
    try {
      const result = work();
      raw.exec("COMMIT");
      return result;
    } catch (caught) {
      raw.exec("ROLLBACK");
      throw caught;
    }
  };
  // These are the product's own statements. The rest of the product's database code, which waits for other processes by
  // the real clock, has its own tests.
  const database: Database = {
    path: ":memory:",
    write: (work) => transact("BEGIN IMMEDIATE", () => work(connection)),
    writeLightly: (work) => transact("BEGIN IMMEDIATE", () => work(connection)),
    read: (work) => transact("BEGIN", () => work(connection)),
    readLightly: async (work) => await Promise.resolve(work(connection)),
    othersVersion: async () => await Promise.resolve(0),
    checkpoint: async () => await Promise.resolve(),
    close,
    [Symbol.asyncDispose]: close,
  };
  return createSqliteLedger(database);
}

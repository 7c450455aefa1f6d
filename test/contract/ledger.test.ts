import { join } from "node:path";
import { describe } from "vitest";
import { LEDGER_MIGRATIONS } from "../../src/ledger/ledger-schema.ts";
import { createMemoryLedger } from "../../src/ledger/memory-ledger.ts";
import { createSqliteLedger } from "../../src/ledger/sqlite-ledger.ts";
import { openDatabase } from "../../src/storage/database.ts";
import { scratchFolder } from "../support/scratch.ts";
import { describeClaims, describeSuspects } from "./ledger/claims.ts";
import { describeInputs } from "./ledger/inputs.ts";
import { describeLeases } from "./ledger/leases.ts";
import { describePrunes } from "./ledger/prunes.ts";
import { describeRates } from "./ledger/rates.ts";
import { describeReads } from "./ledger/reads.ts";
import { describeSameAnswers } from "./ledger/same-answers.ts";
import { describeBeginning, describeFullPlaces, describeSteps } from "./ledger/steps.ts";
import type { OpenLedger } from "./ledger/subject.ts";

const openMemory: OpenLedger = async () => ({
  ledger: createMemoryLedger(),
  [Symbol.asyncDispose]: () => Promise.resolve(),
});

const openSqlite: OpenLedger = async () => {
  const folder = scratchFolder();
  const database = await openDatabase({
    path: join(folder.path, "slipway.db"),
    migrations: { ledger: LEDGER_MIGRATIONS },
  });
  const ledger = createSqliteLedger(database);
  return {
    ledger,
    [Symbol.asyncDispose]: async () => {
      await ledger.close();
      folder[Symbol.dispose]();
    },
  };
};

describe.each([
  ["in memory", openMemory],
  ["SQLite", openSqlite],
])("ledger: %s", (_, open) => {
  describeBeginning(open);
  describeSteps(open);
  describeFullPlaces(open);
  describeLeases(open);
  describeClaims(open);
  describeSuspects(open);
  describeReads(open);
  describeInputs(open);
  describeRates(open);
  describePrunes(open);
});

describeSameAnswers(openMemory, openSqlite);

import { join } from "node:path";
import { expect, it } from "vitest";
import type { Ledger } from "../../../src/ledger/ledger.ts";
import { LEDGER_MIGRATIONS } from "../../../src/ledger/ledger-schema.ts";
import { createSqliteLedger } from "../../../src/ledger/sqlite-ledger.ts";
import { openDatabase } from "../../../src/storage/database.ts";
import { scratchFolder } from "../../support/scratch.ts";

/** How SQLite would run each statement of a call that only reads, in order. */
async function plansOf(call: (ledger: Ledger) => Promise<unknown>): Promise<readonly string[]> {
  using folder = scratchFolder();
  const path = join(folder.path, "slipway.db");
  await using database = await openDatabase({ path, migrations: { ledger: LEDGER_MIGRATIONS } });
  const statements: [string, readonly string[]][] = [];
  const ledger = createSqliteLedger({
    ...database,
    read: (work) =>
      database.read((connection) =>
        work({
          ...connection,
          get: (sql, ...values) => {
            statements.push([sql, values.map(String)]);
            return connection.get(sql, ...values);
          },
          all: (sql, ...values) => {
            statements.push([sql, values.map(String)]);
            return connection.all(sql, ...values);
          },
        }),
      ),
  });
  await call(ledger);
  return await database.read((connection) =>
    statements.map(([sql, values]) =>
      connection
        .all(`EXPLAIN QUERY PLAN ${sql}`, ...values)
        .map((row) => String(row["detail"]))
        .join("\n"),
    ),
  );
}

it("spawns are found by label and by machine through an index", async () => {
  const [byLabel = "", byMachine = ""] = await plansOf(async (ledger) => {
    await ledger.list("default", { labels: { task: "7", team: "x" } });
    await ledger.findByMachine("default", "i-0123456789abcdef0");
  });
  expect(byLabel).toMatch(
    /SEARCH labels USING PRIMARY KEY \(tenant=\? AND name=\? AND value=\?\)/u,
  );
  expect(byLabel).toContain("SEARCH spawns USING INTEGER PRIMARY KEY (rowid=?)");
  expect(byMachine).toMatch(/SEARCH spawns USING INDEX spawns_by_machine \(tenant=\? AND <expr>/u);
  expect(`${byLabel} ${byMachine}`).not.toContain("SCAN");
});

it.each([{}, { workspace: "agent-dev" }, { limit: 20 }])(
  "live spawns are found through their own index, with %j",
  async (filter) => {
    const [plan] = await plansOf((ledger) => ledger.list("default", { live: true, ...filter }));
    expect(plan).toContain("USING INDEX spawns_alive (tenant=?)");
  },
);

it("the newest few spawns are read backwards from the newest one", async () => {
  const [plan] = await plansOf((ledger) => ledger.list("default", { limit: 20 }));
  expect(plan).toBe("SCAN spawns");
});

it("a prune finds spawns, and everything that refers to them, through indexes", async () => {
  const batch = { tenant: "default", endedBefore: "2026", after: null, limit: 9, dryRun: true };
  const plans = await plansOf((ledger) => ledger.prune(batch));
  expect(plans[0]).toContain("USING INDEX spawns_ended (tenant=? AND updated_at");
  expect(plans[0]).not.toContain("TEMP B-TREE");
  const scans = plans.join("\n").match(/^SCAN (?!json_each|own|launch).*$/gmu) ?? [];
  expect(scans).toEqual([]);
});

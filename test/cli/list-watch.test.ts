import { expect, it } from "vitest";
import { LEDGER_MIGRATIONS } from "../../src/ledger/ledger-schema.ts";
import { createSqliteLedger } from "../../src/ledger/sqlite-ledger.ts";
import { openDatabase } from "../../src/storage/database.ts";
import { begin, machineOf, newSpawn, stepped } from "../contract/ledger/subject.ts";
import { describeWithTerminal } from "../support/peers.ts";
import { KEYS } from "../support/pty.ts";
import { scratchCatalog } from "./support/scratch-catalog.ts";

describeWithTerminal("list --watch on a terminal", (terminal) => {
  it("prints the changes that another process makes, and ends with 130 on Ctrl-C", async () => {
    using catalog = scratchCatalog();
    await using database = await openDatabase({
      path: catalog.database,
      migrations: { ledger: LEDGER_MIGRATIONS },
    });
    const ledger = createSqliteLedger(database);
    await begin(ledger);
    await using pty = catalog.runOnTerminal(terminal, ["list", "--watch"], {
      environment: { NO_COLOR: "1" },
    });
    await pty.waitFor(/SPAWN +WORKSPACE +STATE.*\r\none +agent-dev +launching /u);
    await begin(ledger, newSpawn({ spawnId: "two" }));
    await stepped(ledger, { to: "running", spawnId: "two", machine: machineOf("m") });
    await pty.waitFor(/two +agent-dev +running .*\r\n/u);
    pty.type(KEYS.ctrlC);
    const { exitCode, echo, lines, output } = await pty.ended;
    expect({ exitCode, echo, lines }).toEqual({ exitCode: 130, echo: true, lines: true });
    expect(output.match(/^(?:SPAWN|one|two) .*?(?=\s+DOCKER|\s+SUBSTRATE)/gmu)).toEqual([
      "SPAWN  WORKSPACE  STATE",
      "one    agent-dev  launching",
      "two    agent-dev  pending",
      "two    agent-dev  launching",
      "two    agent-dev  running",
    ]);
  });
});

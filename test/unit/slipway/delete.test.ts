import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createSqliteStore, CATALOG_MIGRATIONS } from "../../../src/catalog/store/sqlite-store.ts";
import { createCatalog } from "../../../src/catalog/create-catalog.ts";
import type { Catalog } from "../../../src/catalog/catalog.ts";
import { createMemoryStore } from "../../../src/catalog/store/memory-store.ts";
import { LEDGER_MIGRATIONS } from "../../../src/ledger/ledger-schema.ts";
import type { Ledger } from "../../../src/ledger/ledger.ts";
import { liveMachines } from "../../../src/ledger/live-machines.ts";
import { createMemoryLedger } from "../../../src/ledger/memory-ledger.ts";
import { createSqliteLedger } from "../../../src/ledger/sqlite-ledger.ts";
import { createSealedStore } from "../../../src/secrets/sealed-store.ts";
import { openDatabase } from "../../../src/storage/database.ts";
import { createFakeClock } from "../../../testing/fake-clock.ts";
import { begin, launchOf, newSpawn, stepped } from "../../contract/ledger/subject.ts";
import { caughtError } from "../../support/caught.ts";
import { givenKey } from "../../../src/secrets/key-source.ts";
import { samplePlan } from "../../support/sample-plan.ts";
import { scratchFolder } from "../../support/scratch.ts";

interface Subject extends AsyncDisposable {
  readonly ledger: Ledger;
  readonly catalog: Catalog;
}

function catalogOf(store: ReturnType<typeof createMemoryStore>, tenant = "default"): Catalog {
  const secrets = createSealedStore(store, givenKey(Buffer.alloc(32)));
  return createCatalog({ store, secrets, clock: createFakeClock(), tenant, actor: "test" });
}

async function inMemory(): Promise<Subject> {
  const ledger = createMemoryLedger();
  const catalog = catalogOf(createMemoryStore(ledger.liveMachines));
  return { ledger, catalog, [Symbol.asyncDispose]: () => Promise.resolve() };
}

async function onDisk(): Promise<Subject> {
  const folder = scratchFolder();
  const database = await openDatabase({
    path: join(folder.path, "slipway.db"),
    migrations: { catalog: CATALOG_MIGRATIONS, ledger: LEDGER_MIGRATIONS },
  });
  return {
    ledger: createSqliteLedger(database),
    catalog: catalogOf(createSqliteStore(database, liveMachines)),
    async [Symbol.asyncDispose]() {
      await database.close();
      folder[Symbol.dispose]();
    },
  };
}

const record = (kind: string, name: string) => ({ kind, name, generation: 1 });

function planOf(workspace: string, placement: string) {
  const records = [record("workspace", workspace), record("placement", placement)];
  return samplePlan({ workspace, records });
}

describe.each([
  ["in memory", inMemory],
  ["SQLite", onDisk],
])("catalog.delete beside live machines: %s", (_name, open) => {
  it("counts spawns that have not ended and whose plan was made from the record", async () => {
    await using subject = await open();
    const { ledger, catalog } = subject;
    const docker = { substrate: "DOCKER", target: { docker: {} } } as const;
    await catalog.set("placement", { name: "here", ...docker });
    await catalog.set("placement", { name: "there", ...docker });
    const spawns = [
      ["s-1", "one", "here"],
      ["s-2", "two", "here"],
      ["s-3", "one", "here"],
      ["s-4", "one", "here"],
      ["s-5", "one", "elsewhere"],
    ] as const;
    for (const [index, [spawnId, workspace, placement]] of spawns.entries()) {
      const launch = launchOf(String(index));
      await begin(ledger, newSpawn({ spawnId, plan: planOf(workspace, placement), launch }));
    }
    await stepped(ledger, { to: "running", spawnId: "s-2" });
    await stepped(ledger, { to: "failed", spawnId: "s-3" });
    const error = await caughtError(() => catalog.delete("placement", "here"));
    expect(error).toMatchObject({
      reason: "RECORD_HAS_MACHINES",
      message: "placement here has 3 live machines",
      metadata: { machines: 3, workspaces: ["one", "two"] },
    });
    await catalog.delete("placement", "there");
    for (const spawnId of ["s-1", "s-4"]) await stepped(ledger, { to: "failed", spawnId });
    const left = await caughtError(() => catalog.delete("placement", "here"));
    expect(left.message).toBe("placement here has 1 live machine");
    await catalog.delete("placement", "here", { force: true });
    expect(await catalog.list("placement")).toEqual([]);
  });
});

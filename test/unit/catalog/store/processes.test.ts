import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  CATALOG_MIGRATIONS,
  createSqliteStore,
} from "../../../../src/catalog/store/sqlite-store.ts";
import { keyFile } from "../../../../src/secrets/key-file.ts";
import { createSealedStore } from "../../../../src/secrets/sealed-store.ts";
import { openDatabase } from "../../../../src/storage/database.ts";
import { finishProcess, startProcess } from "../../../support/processes.ts";
import { scratchFolder } from "../../../support/scratch.ts";

const WRITER = join(import.meta.dirname, "../../../support/catalog/writer-process.ts");
const PROCESSES = 8;
const WRITES = 10;

describe("eight processes on one new catalog", () => {
  it("create one key, and lose neither a record nor a generation", async () => {
    using folder = scratchFolder();
    const writers = Array.from({ length: PROCESSES }, (_, number) =>
      startProcess(WRITER, folder.path, String(number), String(WRITES)),
    );
    await Promise.all(writers.map(({ ready }) => ready));
    const ended = await Promise.all(writers.map(finishProcess));
    for (const { exitCode, errors } of ended) {
      expect(errors).toBe("");
      expect(exitCode).toBe(0);
    }

    expect((await readdir(folder.path)).toSorted()).toEqual(["slipway.db", "slipway.key"]);
    await using database = await openDatabase({
      path: join(folder.path, "slipway.db"),
      migrations: { catalog: CATALOG_MIGRATIONS },
    });
    const store = createSqliteStore(database);
    const history = await store.history("default", "image", "shared");
    const total = PROCESSES * WRITES;
    expect(history.map(({ generation }) => generation)).toEqual(
      Array.from({ length: total }, (_, index) => total - index),
    );
    expect(new Set(history.map(({ record }) => record?.docker?.imageRef)).size).toBe(total);
    const secrets = createSealedStore(store, keyFile(join(folder.path, "slipway.key")));
    for (let number = 0; number < PROCESSES; number += 1)
      expect((await secrets.get("default", `TOKEN_${number}`)).reveal()).toBe(`value ${number}`);
  }, 60_000);
});

import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Catalog } from "../../../src/catalog/catalog.ts";
import { createCatalog } from "../../../src/catalog/create-catalog.ts";
import { createMemoryStore } from "../../../src/catalog/store/memory-store.ts";
import { CATALOG_MIGRATIONS, createSqliteStore } from "../../../src/catalog/store/sqlite-store.ts";
import type { CatalogStore } from "../../../src/catalog/store/store.ts";
import { keyFile } from "../../../src/secrets/key-file.ts";
import { givenKey } from "../../../src/secrets/key-source.ts";
import type { KeySource } from "../../../src/secrets/key-source.ts";
import { createSealedStore } from "../../../src/secrets/sealed-store.ts";
import { SecretValue } from "../../../src/secret-value.ts";
import { openDatabase } from "../../../src/storage/database.ts";
import { caughtError } from "../../support/caught.ts";
import { scratchFolder } from "../../support/scratch.ts";

function openSecrets(store: CatalogStore, keys: KeySource, tenant = "acme") {
  const secrets = createSealedStore(store, keys);
  const clock = { now: () => 0, sleep: () => Promise.resolve() };
  return { secrets, catalog: createCatalog({ store, secrets, clock, tenant, actor: "ann" }) };
}

const set = (catalog: Catalog, name: string, value: string) =>
  catalog.setSecret(name, new SecretValue(value));
const key = (fill: number) => givenKey(Buffer.alloc(32, fill), `key ${fill}`);

describe("a secret's value", () => {
  it("belongs to one tenant", async () => {
    const store = createMemoryStore();
    const { catalog, secrets } = openSecrets(store, key(1));
    await set(catalog, "TOKEN", "hunter2");
    expect((await secrets.get("acme", "TOKEN")).reveal()).toBe("hunter2");
    expect(await caughtError(() => secrets.get("other", "TOKEN"))).toMatchObject({
      code: "NOT_FOUND",
      reason: "SECRET_NOT_FOUND",
    });
  });

  it("is sealed with a new nonce each time", async () => {
    const store = createMemoryStore();
    const { catalog } = openSecrets(store, key(1));
    await set(catalog, "TOKEN", "hunter2");
    const first = await store.sealedValue("acme", "TOKEN");
    await set(catalog, "TOKEN", "hunter2");
    const second = await store.sealedValue("acme", "TOKEN");
    expect(second?.nonce).not.toEqual(first?.nonce);
    expect(second?.ciphertext).not.toEqual(first?.ciphertext);
  });

  it("reports that it is sealed with another key", async () => {
    const store = createMemoryStore();
    await set(openSecrets(store, key(1)).catalog, "TOKEN", "hunter2");
    const error = await caughtError(() => openSecrets(store, key(2)).secrets.get("acme", "TOKEN"));
    expect(error).toMatchObject({ code: "FAILED_PRECONDITION", reason: "SECRET_KEY_INVALID" });
    expect(error.message).toMatch(/secret TOKEN is sealed with key [0-9a-f]{16}, but key 2 holds/);
    expect(error.remedy).toBe("Give the right key, or set the secret again.");
  });

  it("reports that the stored value was changed", async () => {
    const store = createMemoryStore();
    const { catalog, secrets } = openSecrets(store, key(1));
    await set(catalog, "A", "hunter2");
    const sealed = await store.sealedValue("acme", "A");
    const terms = { tenant: "acme", at: "", by: "mallory" };
    const fields = { name: "B" };
    await store.set({ ...terms, kind: "secret", fields, ...(sealed === null ? {} : { sealed }) });
    const error = await caughtError(() => secrets.get("acme", "B"));
    expect(error).toMatchObject({ code: "FAILED_PRECONDITION", reason: "SECRET_UNREADABLE" });
  });
});

describe("the key", () => {
  it("is created by the first secret that is set, and not by a read", async () => {
    using folder = scratchFolder();
    const path = join(folder.path, "slipway.key");
    const { catalog, secrets } = openSecrets(createMemoryStore(), keyFile(path));
    expect((await caughtError(() => secrets.get("acme", "TOKEN"))).reason).toBe("SECRET_NOT_FOUND");
    expect(await readdir(folder.path)).toEqual([]);
    await set(catalog, "TOKEN", "hunter2");
    expect(await readdir(folder.path)).toEqual(["slipway.key"]);
    expect((await secrets.get("acme", "TOKEN")).reveal()).toBe("hunter2");
  });

  it("that is missing is named when a secret is read, and is not replaced", async () => {
    using folder = scratchFolder();
    const path = join(folder.path, "slipway.key");
    const store = createMemoryStore();
    await set(openSecrets(store, keyFile(path)).catalog, "TOKEN", "hunter2");
    const kept = await readFile(path);
    await rm(path);

    const { catalog, secrets } = openSecrets(store, keyFile(path));
    const reading = await caughtError(() => secrets.get("acme", "TOKEN"));
    expect(reading).toMatchObject({ code: "FAILED_PRECONDITION", reason: "SECRET_KEY_MISSING" });
    expect(reading.message).toBe(`secret TOKEN is sealed, and key file ${path} does not exist`);
    const setting = await caughtError(() => set(catalog, "OTHER", "x"));
    expect(setting).toMatchObject({ code: "FAILED_PRECONDITION", reason: "SECRET_KEY_MISSING" });
    expect(await readdir(folder.path)).toEqual([]);

    await writeFile(path, kept, { mode: 0o600 });
    expect((await secrets.get("acme", "TOKEN")).reveal()).toBe("hunter2");
  });

  it("may be changed on purpose", async () => {
    const store = createMemoryStore();
    await set(openSecrets(store, key(1)).catalog, "OLD", "hunter2");
    const { catalog, secrets } = openSecrets(store, key(2));
    await set(catalog, "NEW", "hunter3");
    expect((await secrets.get("acme", "NEW")).reveal()).toBe("hunter3");
    await set(catalog, "OLD", "hunter2");
    expect((await secrets.get("acme", "OLD")).reveal()).toBe("hunter2");
  });
});

describe("the database's files", () => {
  it("contain no value in any encoding, before and after it is replaced and deleted", async () => {
    using folder = scratchFolder();
    const path = join(folder.path, "slipway.db");
    const values = ["hunter2-the-first", "hunter2-the-second"];
    const forms = values.flatMap((value) => [
      Buffer.from(value),
      Buffer.from(value, "utf16le"),
      Buffer.from(Buffer.from(value).toString("base64")),
      Buffer.from(Buffer.from(value).toString("hex")),
    ]);
    const scan = async (): Promise<void> => {
      for (const file of await readdir(folder.path)) {
        const bytes = await readFile(join(folder.path, file));
        expect(forms.filter((form) => bytes.includes(form))).toEqual([]);
      }
    };
    const database = await openDatabase({ path, migrations: { catalog: CATALOG_MIGRATIONS } });
    const { catalog } = openSecrets(createSqliteStore(database), key(1));
    for (const value of values) {
      await set(catalog, "TOKEN", value);
      await scan();
    }
    await catalog.delete("secret", "TOKEN");
    await scan();
    await database.close();
    await scan();
  });
});

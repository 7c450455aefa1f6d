import { readdir, readFile, readlink, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createCatalog } from "../../../src/catalog/create-catalog.ts";
import { createMemoryStore } from "../../../src/catalog/store/memory-store.ts";
import { keyFile } from "../../../src/secrets/key-file.ts";
import { givenKey } from "../../../src/secrets/key-source.ts";
import type { KeySource } from "../../../src/secrets/key-source.ts";
import { createSealedStore } from "../../../src/secrets/sealed-store.ts";
import type { SealedValues } from "../../../src/secrets/sealed-value.ts";
import { SecretValue } from "../../../src/secret-value.ts";
import { caughtError } from "../../support/caught.ts";
import { scratchFolder } from "../../support/scratch.ts";

/** More than are sealed again in one transaction. */
const NAMES = Array.from({ length: 70 }, (_, index) => `TOKEN_${index}`);
const TENANTS = ["acme", "other"] as const;

/** Two tenants with secrets that are sealed with the source's key. */
async function filled(keys: KeySource) {
  const store = createMemoryStore();
  const secrets = createSealedStore(store, keys);
  const clock = { now: () => 0, sleep: () => Promise.resolve() };
  for (const tenant of TENANTS) {
    const catalog = createCatalog({ store, secrets, clock, tenant, actor: "ann" });
    for (const name of NAMES) await catalog.setSecret(name, new SecretValue(`${tenant} ${name}`));
  }
  const readAll = async (by = createSealedStore(store, keys)): Promise<void> => {
    for (const tenant of TENANTS)
      for (const name of NAMES)
        expect((await by.get(tenant, name)).reveal()).toBe(`${tenant} ${name}`);
  };
  return { store, secrets, readAll };
}

/** Values whose transaction fails, as if the process had died before it. */
function failingAt(values: SealedValues, call: number): SealedValues {
  let calls = 0;
  return {
    sealedValue: (tenant, name) => values.sealedValue(tenant, name),
    sealingKeys: () => values.sealingKeys(),
    async reseal(...given) {
      if ((calls += 1) === call) throw new Error("killed");
      return await values.reseal(...given);
    },
  };
}

describe("a rotation of the key", () => {
  it("seals every value of every tenant with a new key", async () => {
    using folder = scratchFolder();
    const path = join(folder.path, "slipway.key");
    const { store, secrets, readAll } = await filled(keyFile(path));
    const [before] = await store.sealingKeys();
    const { keyId, resealed } = await secrets.rotateKey();
    expect(resealed).toBe(140);
    expect(keyId).not.toBe(before);
    expect(await store.sealingKeys()).toEqual([keyId]);
    await readAll();
    await readAll(secrets);
    expect(await readdir(folder.path)).toEqual(["slipway.key"]);
    const [first, second] = (await keyFile(path).load()) ?? [];
    expect([first?.id, second?.id]).toEqual([keyId, before]);
    expect(await readFile(path, "utf8")).toMatch(/^(?:[A-Za-z0-9+/]{43}=\n){2}$/);
  });

  it("does not disturb a process that has loaded the old key", async () => {
    using folder = scratchFolder();
    const path = join(folder.path, "slipway.key");
    const { store, secrets, readAll } = await filled(keyFile(path));
    const { keyId } = await createSealedStore(store, keyFile(path)).rotateKey();
    await readAll(secrets);
    const sealed = await secrets.seal({ tenant: "acme", name: "NEW" }, new SecretValue("new"));
    expect(sealed.keyId).toBe(keyId);
  });

  it.each([1, 2, 3])("continues after it was interrupted at step %i", async (step) => {
    using folder = scratchFolder();
    const path = join(folder.path, "slipway.key");
    const { store, secrets, readAll } = await filled(keyFile(path));
    const killed = createSealedStore(failingAt(store, step), keyFile(path));
    await expect(killed.rotateKey()).rejects.toThrow("killed");
    const [next] = (await keyFile(`${path}.next`).load()) ?? [];
    await readAll();
    await readAll(secrets);
    const { keyId, resealed } = await createSealedStore(store, keyFile(path)).rotateKey();
    expect(keyId).toBe(next?.id);
    expect(resealed).toBe(140 - 50 * (step - 1));
    expect(await store.sealingKeys()).toEqual([keyId]);
    await readAll();
    await readAll(secrets);
    expect(await readdir(folder.path)).toEqual(["slipway.key"]);
  });

  it("may be run by several processes at once", async () => {
    using folder = scratchFolder();
    const path = join(folder.path, "slipway.key");
    const { store, readAll } = await filled(keyFile(path));
    await Promise.all(
      Array.from({ length: 5 }, () => createSealedStore(store, keyFile(path)).rotateKey()),
    );
    await readAll();
    expect(await readdir(folder.path)).toEqual(["slipway.key"]);
  });

  it("changes nothing if a secret is sealed with a key that is not there", async () => {
    using folder = scratchFolder();
    const path = join(folder.path, "slipway.key");
    const { store } = await filled(givenKey(Buffer.alloc(32, 1)));
    await keyFile(path).create();
    const error = await caughtError(() => createSealedStore(store, keyFile(path)).rotateKey());
    expect(error).toMatchObject({ code: "FAILED_PRECONDITION", reason: "SECRET_KEY_INVALID" });
    expect(error.message).toMatch(
      /^this database has secrets sealed with key [0-9a-f]{16}, but key file .* holds key [0-9a-f]{16}$/,
    );
    expect(await readdir(folder.path)).toEqual(["slipway.key"]);
  });

  it("names a secret that was damaged, and leaves all others readable", async () => {
    const keys = givenKey(`${base64(2)} ${base64(1)}`);
    const { store, readAll } = await filled(givenKey(base64(1)));
    const sealed = await store.sealedValue("acme", "TOKEN_0");
    if (sealed === null) throw new Error("not sealed");
    const terms = { tenant: "other", at: "", by: "mallory" };
    await store.set({ ...terms, kind: "secret", fields: { name: "MOVED" }, sealed });
    const error = await caughtError(() => createSealedStore(store, keys).rotateKey());
    expect(error).toMatchObject({ code: "FAILED_PRECONDITION", reason: "SECRET_UNREADABLE" });
    expect(error.message).toBe("secret MOVED of tenant other was changed or damaged in storage");
    await readAll(createSealedStore(store, keys));
  });

  it("seals with the first of the keys that the caller supplies", async () => {
    const { store, readAll } = await filled(givenKey(base64(1)));
    const keys = givenKey(`${base64(2)} ${base64(1)}`);
    const { keyId, resealed } = await createSealedStore(store, keys).rotateKey();
    expect(resealed).toBe(140);
    expect(await store.sealingKeys()).toEqual([keyId]);
    await readAll(createSealedStore(store, givenKey(base64(2))));
    expect((await createSealedStore(store, keys).rotateKey()).resealed).toBe(0);
  });

  it("replaces the file that a link leads to", async () => {
    using folder = scratchFolder();
    const path = join(folder.path, "slipway.key");
    await writeFile(join(folder.path, "real"), `${base64(1)}\n`, { mode: 0o600 });
    await symlink("real", path);
    const { secrets, readAll } = await filled(keyFile(path));
    await secrets.rotateKey();
    expect(await readlink(path)).toBe("real");
    await readAll(createSealedStore((await filled(keyFile(path))).store, keyFile(path)));
    await readAll();
    expect((await readdir(folder.path)).toSorted()).toEqual(["real", "slipway.key"]);
  });
});

function base64(fill: number): string {
  return Buffer.alloc(32, fill).toString("base64");
}

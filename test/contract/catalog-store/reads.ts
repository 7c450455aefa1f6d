/** Reading, tenants and sealed values. */
import { expect, it } from "vitest";
import type { CatalogKinds } from "../../../src/catalog/kinds.ts";
import type { CatalogStore } from "../../../src/catalog/store/store.ts";
import type { SealedSecret } from "../../../src/secrets/sealed-value.ts";
import { caughtError } from "../../support/caught.ts";
import { dockerImage, dockerPlacement, workspace } from "../../support/catalog/records.ts";
import { ALL, put, terms } from "./subject.ts";
import type { OpenStore } from "./subject.ts";

export function describeReads(open: OpenStore): void {
  it("lists records by name, page by page", async () => {
    await using subject = await open();
    const { store } = subject;
    for (const name of ["b", "a-1", "a", "c", "a1"]) await put(store, "image", dockerImage(name));
    const names = async (page: { readonly after: string; readonly limit: number }) =>
      (await store.list("acme", "image", page)).map((record) => record.name);
    expect(await names(ALL)).toEqual(["a", "a-1", "a1", "b", "c"]);
    expect(await names({ after: "", limit: 2 })).toEqual(["a", "a-1"]);
    expect(await names({ after: "a-1", limit: 2 })).toEqual(["a1", "b"]);
    expect(await names({ after: "b", limit: 2 })).toEqual(["c"]);
  });

  it("includes the built-in records for every tenant, in sorted order", async () => {
    await using subject = await open();
    const { store } = subject;
    await put(store, "disk-type", { name: "z", spec: { gce: { diskType: "hyperdisk-balanced" } } });
    await put(store, "disk-type", { name: "a", spec: { aws: { volumeType: "io2" } } });
    const names = (page: { readonly after: string; readonly limit: number }) =>
      store.list("acme", "disk-type", page).then((records) => records.map((record) => record.name));
    const own = ["slipway-gp3", "slipway-hyperdisk-balanced", "slipway-pd-balanced"];
    const all = ["a", ...own, "slipway-pd-ssd", "z"];
    expect(await names(ALL)).toEqual(all);
    expect(await names({ after: "", limit: 2 })).toEqual(all.slice(0, 2));
    expect(await names({ after: "slipway-gp3", limit: 2 })).toEqual(all.slice(2, 4));
    expect(await names({ after: "slipway-pd-ssd", limit: 2 })).toEqual(all.slice(5));
    expect(await store.get("other", "disk-type", "slipway-gp3")).toMatchObject({
      spec: { aws: { volumeType: "gp3" } },
      generation: 1,
    });
    const history = await store.history("acme", "disk-type", "slipway-gp3");
    expect(history.map(({ generation, deleted }) => [generation, deleted])).toEqual([[1, false]]);
  });

  it("reports current generations after every write", async () => {
    await using subject = await open();
    const { store } = subject;
    const keys = [
      { kind: "image", name: "a" },
      { kind: "disk-type", name: "slipway-gp3" },
      { kind: "image", name: "b" },
    ] as const;
    const generations = [await store.generations("acme", keys)];
    await put(store, "image", dockerImage("a"));
    generations.push(await store.generations("acme", keys), await store.generations("acme", keys));
    await put(store, "image", dockerImage("a"));
    await put(store, "image", dockerImage("b"));
    generations.push(await store.generations("acme", keys), await store.generations("other", keys));
    await store.delete({ ...terms, kind: "image", name: "a" });
    generations.push(await store.generations("acme", keys), await store.generations("acme", []));
    expect(generations).toEqual([
      [null, 1, null],
      [1, 1, null],
      [1, 1, null],
      [2, 1, 1],
      [null, 1, null],
      [null, 1, 1],
      [],
    ]);
  });

  it.each(["__proto__", "constructor", "", "a'b", "a\0b", "a%"])(
    "finds nothing under %j",
    async (name) => {
      await using subject = await open();
      const { store } = subject;
      await put(store, "image", dockerImage("a"));
      expect(await store.get("acme", "image", name)).toBeNull();
      expect(await store.history("acme", "image", name)).toEqual([]);
      expect(await store.sealedValue("acme", name)).toBeNull();
      expect(await store.list(name, "image", ALL)).toEqual([]);
    },
  );
}

export function describeTenants(open: OpenStore): void {
  it("hides one tenant's records from another", async () => {
    await using subject = await open();
    const { store } = subject;
    await put(store, "image", dockerImage("base"));
    await put(store, "placement", dockerPlacement("here"));
    await put(store, "workspace", workspace("dev", "base", "here"));
    const other = { ...terms, tenant: "other" };

    expect(await store.get("other", "image", "base")).toBeNull();
    expect(await store.list("other", "image", ALL)).toEqual([]);
    expect(await store.history("other", "image", "base")).toEqual([]);
    const linked = await store.linked("other", { kind: "workspace", name: "dev" });
    expect(linked.find("image", "base")).toBeNull();
    const fields = workspace("dev", "base", "here");
    expect(
      (await caughtError(() => store.set({ ...other, kind: "workspace", fields }))).reason,
    ).toBe("LINK_MISSING");
    expect(
      (await caughtError(() => store.delete({ ...other, kind: "image", name: "base" }))).code,
    ).toBe("NOT_FOUND");

    const theirs = await store.set({ ...other, kind: "image", fields: dockerImage("base") });
    expect(theirs.generation).toBe(1);
    await store.delete({ ...other, kind: "image", name: "base" });
    expect((await store.get("acme", "image", "base"))?.generation).toBe(1);
  });
}

const sealed = (text: string, keyId = "k1") => ({
  keyId,
  nonce: new Uint8Array(12).fill(7),
  ciphertext: new TextEncoder().encode(text),
});
const setSecret = (store: CatalogStore, more: object) =>
  store.set({ ...terms, kind: "secret", fields: { name: "TOKEN" }, ...more });

export function describeSealedValues(open: OpenStore): void {
  it("are stored next to their secret's record, and stay when only the record is written", async () => {
    await using subject = await open();
    const { store } = subject;
    expect(await store.sealingKeys()).toEqual([]);
    await setSecret(store, { sealed: sealed("one") });
    await setSecret(store, { fields: { name: "TOKEN", description: "d" } });
    expect(await store.sealedValue("acme", "TOKEN")).toEqual(sealed("one"));
    await setSecret(store, { sealed: sealed("two", "k2") });
    expect(await store.sealedValue("acme", "TOKEN")).toEqual(sealed("two", "k2"));
    expect(await store.sealingKeys()).toEqual(["k2"]);
    expect(await store.sealedValue("other", "TOKEN")).toBeNull();
  });

  it("are not written if the record is not", async () => {
    await using subject = await open();
    const { store } = subject;
    await setSecret(store, { sealed: sealed("one") });
    await caughtError(() => setSecret(store, { sealed: sealed("two"), ifGeneration: 7 }));
    expect(await store.sealedValue("acme", "TOKEN")).toEqual(sealed("one"));
  });

  it("are deleted with the record", async () => {
    await using subject = await open();
    const { store } = subject;
    await setSecret(store, { sealed: sealed("one") });
    const image: CatalogKinds["image"] = {
      name: "base",
      architecture: "ARCHITECTURE_AMD64",
      docker: { imageRef: "a", pullCredentialSecret: "TOKEN" },
    };
    await put(store, "image", image);
    const error = await caughtError(() =>
      store.delete({ ...terms, kind: "secret", name: "TOKEN" }),
    );
    expect(error.message).toBe("secret TOKEN is in use by image base");
    await store.delete({ ...terms, kind: "image", name: "base" });
    await store.delete({ ...terms, kind: "secret", name: "TOKEN" });
    expect(await store.sealedValue("acme", "TOKEN")).toBeNull();
    expect(await store.sealingKeys()).toEqual([]);
  });
}

export function describeResealing(open: OpenStore): void {
  it("are replaced by their key, of all tenants, as many at once as asked for", async () => {
    await using subject = await open();
    const { store } = subject;
    const secret = async (tenant: string, name: string, keyId: string): Promise<void> => {
      const by = { ...terms, tenant };
      await store.set({ ...by, kind: "secret", fields: { name }, sealed: sealed(name, keyId) });
    };
    await secret("acme", "A", "k1");
    await secret("acme", "B", "k2");
    await secret("acme", "C", "k3");
    await secret("other", "A", "k1");
    const seen: string[] = [];
    const reseal = (given: SealedSecret) => {
      seen.push(`${given.tenant} ${given.name} ${given.sealed.keyId}`);
      return sealed(`new ${given.name}`, "k4");
    };
    expect(await store.reseal(["k1", "k2"], 2, reseal)).toBe(2);
    expect(await store.reseal(["k1", "k2"], 2, reseal)).toBe(1);
    expect(await store.reseal(["k1", "k2"], 2, reseal)).toBe(0);
    expect(seen.toSorted()).toEqual(["acme A k1", "acme B k2", "other A k1"]);
    expect((await store.sealingKeys()).toSorted()).toEqual(["k3", "k4"]);
    expect(await store.sealedValue("other", "A")).toEqual(sealed("new A", "k4"));
    expect(await store.sealedValue("acme", "C")).toEqual(sealed("C", "k3"));
    expect((await store.get("acme", "secret", "A"))?.generation).toBe(1);
  });

  it("are not replaced if one of them cannot be", async () => {
    await using subject = await open();
    const { store } = subject;
    for (const name of ["A", "B"])
      await setSecret(store, { fields: { name }, sealed: sealed(name) });
    let calls = 0;
    const failing = () => {
      if ((calls += 1) === 2) throw new Error("damaged");
      return sealed("new", "k2");
    };
    await expect(store.reseal(["k1"], 10, failing)).rejects.toThrow(/damaged/);
    expect(await store.sealingKeys()).toEqual(["k1"]);
  });
}

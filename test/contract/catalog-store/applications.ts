/** Writes of several records that change together. */
import { expect, it } from "vitest";
import type { RecordApplication } from "../../../src/catalog/store/store.ts";
import { caughtError } from "../../support/caught.ts";
import { dockerImage, dockerPlacement, workspace } from "../../support/catalog/records.ts";
import { LATER, put, terms } from "./subject.ts";
import type { OpenStore } from "./subject.ts";

const application = { ...terms, at: LATER, changesValue: false };

const IMAGE: RecordApplication = {
  ...application,
  kind: "image",
  fields: dockerImage("base"),
  origin: "a.yaml:1",
};
const PLACEMENT: RecordApplication = {
  ...application,
  kind: "placement",
  fields: dockerPlacement("here"),
  origin: "a.yaml:9",
};
const WORKSPACE: RecordApplication = {
  ...application,
  kind: "workspace",
  fields: workspace("dev", "base", "here"),
  origin: "a.yaml:20",
};
const ALL = [IMAGE, PLACEMENT, WORKSPACE];
const FOR_REAL = { dryRun: false };

export function describeApplications(open: OpenStore): void {
  it("writes records that refer to each other together", async () => {
    await using subject = await open();
    const applied = await subject.store.apply(ALL, FOR_REAL);
    expect(applied.map(({ kind, name, change }) => [kind, name, change])).toEqual([
      ["image", "base", "created"],
      ["placement", "here", "created"],
      ["workspace", "dev", "created"],
    ]);
    expect(await subject.store.get("acme", "workspace", "dev")).toEqual(applied[2]?.record);
  });

  it("leaves a record as it is that already has the same fields", async () => {
    await using subject = await open();
    const { store } = subject;
    const base = await put(store, "image", dockerImage("base"));
    await put(store, "placement", { ...dockerPlacement("here"), description: "old" });
    const [image, placement] = await store.apply([IMAGE, PLACEMENT], FOR_REAL);
    expect(image).toMatchObject({ change: "unchanged", previous: base, record: base });
    expect(placement).toMatchObject({
      change: "configured",
      previous: { description: "old", generation: 1 },
      record: { generation: 2, updatedAt: LATER },
    });
    expect(await store.get("acme", "image", "base")).toEqual(base);
    expect(await store.history("acme", "placement", "here")).toHaveLength(2);
  });

  it("writes nothing if one of the records is refused, and names its origin", async () => {
    await using subject = await open();
    const error = await caughtError(() => subject.store.apply([IMAGE, WORKSPACE], FOR_REAL));
    expect(error).toMatchObject({ code: "FAILED_PRECONDITION", reason: "LINK_MISSING" });
    expect(error.message).toBe(
      "a.yaml:20: workspace dev refers to records that do not exist: placement here",
    );
    expect(await subject.store.get("acme", "image", "base")).toBeNull();
    expect(await subject.store.history("acme", "image", "base")).toEqual([]);
  });

  it("makes the same checks in a dry run, and writes nothing", async () => {
    await using subject = await open();
    const { store } = subject;
    const applied = await store.apply(ALL, { dryRun: true });
    expect(applied.map(({ change }) => change)).toEqual(["created", "created", "created"]);
    expect(await store.get("acme", "image", "base")).toBeNull();
    expect(await store.apply(ALL, FOR_REAL)).toEqual(applied);
    await expect(store.apply([{ ...WORKSPACE, tenant: "other" }], { dryRun: true }))
      .rejects //
      .toMatchObject({ reason: "LINK_MISSING" });
  });

  it("continues the generations of a deleted record", async () => {
    await using subject = await open();
    const { store } = subject;
    await put(store, "image", dockerImage("base"));
    await store.delete({ ...terms, kind: "image", name: "base" });
    expect(await store.apply([IMAGE], FOR_REAL)).toMatchObject([
      { change: "created", previous: null, record: { generation: 3 } },
    ]);
  });

  it("writes a baked image as its bake does, and changes none", async () => {
    await using subject = await open();
    const { store } = subject;
    const provenance = { recipeRef: "agent", imageHash: "0".repeat(64) };
    const baked = (name: string, imageRef: string): RecordApplication => ({
      ...IMAGE,
      fields: { name, architecture: "ARCHITECTURE_AMD64", docker: { imageRef, provenance } },
    });
    expect(await store.apply([baked("baked", "a/b")], FOR_REAL)).toMatchObject([
      { change: "created" },
    ]);
    expect(await store.apply([baked("baked", "a/b")], FOR_REAL)).toMatchObject([
      { change: "unchanged" },
    ]);
    await put(store, "image", dockerImage("written"));
    await expect(store.apply([baked("baked", "a/c")], FOR_REAL)).rejects.toMatchObject({
      reason: "RECORD_IMMUTABLE",
    });
    await expect(store.apply([baked("written", "a/b")], FOR_REAL)).rejects.toMatchObject({
      reason: "NAME_CLASH",
    });
  });

  it("keeps a secret's value with its record", async () => {
    await using subject = await open();
    const { store } = subject;
    const sealed = { keyId: "k", nonce: new Uint8Array(12), ciphertext: new Uint8Array(4) };
    const secret: RecordApplication = {
      ...application,
      kind: "secret",
      fields: { name: "TOKEN" },
      origin: "a.yaml:1",
      changesValue: true,
      sealed,
    };
    await store.apply([secret], FOR_REAL);
    expect(await store.sealedValue("acme", "TOKEN")).toEqual(sealed);
    const { sealed: _sealed, ...unchanged } = secret;
    expect(await store.apply([{ ...unchanged, changesValue: false }], FOR_REAL)).toMatchObject([
      { change: "unchanged" },
    ]);
    expect(await store.apply([unchanged], { dryRun: true })).toMatchObject([
      { change: "configured", changesValue: true },
    ]);
    expect(await store.sealedValue("acme", "TOKEN")).toEqual(sealed);
  });
}

/** Deletions, history and immutable records. */
import { expect, it } from "vitest";
import type { CatalogKind, CatalogKinds } from "../../../src/catalog/kinds.ts";
import type { CatalogStore } from "../../../src/catalog/store/store.ts";
import { caughtError } from "../../support/caught.ts";
import {
  bakedImage,
  dockerImage,
  dockerPlacement,
  workspace,
} from "../../support/catalog/records.ts";
import { ALL, LATER, put, terms } from "./subject.ts";
import type { OpenStore } from "./subject.ts";

export function describeDeletions(open: OpenStore): void {
  const remove = (store: CatalogStore, kind: CatalogKind, name: string, ifGeneration?: number) =>
    store.delete({ ...terms, kind, name, ...(ifGeneration === undefined ? {} : { ifGeneration }) });

  it("deletes an unreferenced record, and reports one that does not exist", async () => {
    await using subject = await open();
    const { store } = subject;
    await put(store, "image", dockerImage("base"));
    await remove(store, "image", "base");
    expect(await store.get("acme", "image", "base")).toBeNull();
    expect(await store.list("acme", "image", ALL)).toEqual([]);
    const error = await caughtError(() => remove(store, "image", "base"));
    expect(error).toMatchObject({ code: "NOT_FOUND", reason: "RECORD_NOT_FOUND" });
  });

  it("rejects the deletion of a referenced record, and names the referrers", async () => {
    await using subject = await open();
    const { store } = subject;
    await put(store, "image", dockerImage("base"));
    await put(store, "image", dockerImage("other"));
    await put(store, "placement", dockerPlacement("here"));
    await put(store, "workspace", workspace("two", "base", "here"));
    await put(store, "workspace", workspace("one", "base", "here"));
    const error = await caughtError(() => remove(store, "image", "base"));
    expect(error).toMatchObject({ code: "FAILED_PRECONDITION", reason: "RECORD_IN_USE" });
    expect(error.message).toBe("image base is in use by workspace one, workspace two");
    await put(store, "workspace", workspace("one", "other", "here"));
    await remove(store, "workspace", "two");
    await remove(store, "image", "base");
    expect(await store.get("acme", "image", "base")).toBeNull();
  });

  it.each(["workspace", "placement"] as const)(
    "rejects the deletion of a %s with live machines, unless it is forced",
    async (kind) => {
      await using subject = await open();
      const { store, machines } = subject;
      await put(store, "image", dockerImage("base"));
      await put(store, "placement", dockerPlacement("one"));
      if (kind === "workspace") await put(store, "workspace", workspace("one", "base", "one"));
      machines.set(`${kind} one`, { count: 3, workspaces: ["a", "b", "c", "d"] });
      const error = await caughtError(() => remove(store, kind, "one"));
      expect(error).toMatchObject({ code: "FAILED_PRECONDITION", reason: "RECORD_HAS_MACHINES" });
      expect(error.message).toBe(`${kind} one has 3 live machines`);
      expect(error.remedy).toContain("`slipway list --workspace c` and so on");
      expect(await store.get("acme", kind, "one")).not.toBeNull();
      await store.delete({ ...terms, kind, name: "one", force: true });
      expect(await store.get("acme", kind, "one")).toBeNull();
    },
  );

  it("deletes an image, a machine type or an environment although machines were made from it", async () => {
    await using subject = await open();
    const { store, machines } = subject;
    await put(store, "image", dockerImage("base"));
    machines.set("image base", { count: 1, workspaces: ["a"] });
    await remove(store, "image", "base");
    expect(await store.get("acme", "image", "base")).toBeNull();
  });

  it("names the referrers first, which no force overrides", async () => {
    await using subject = await open();
    const { store, machines } = subject;
    await put(store, "image", dockerImage("base"));
    await put(store, "placement", dockerPlacement("here"));
    await put(store, "workspace", workspace("one", "base", "here"));
    machines.set("placement here", { count: 1, workspaces: ["one"] });
    const forced = { ...terms, kind: "placement", name: "here", force: true } as const;
    const error = await caughtError(() => store.delete(forced));
    expect(error.reason).toBe("RECORD_IN_USE");
  });

  it("lists ten of many referrers", async () => {
    await using subject = await open();
    const { store } = subject;
    await put(store, "image", dockerImage("base"));
    await put(store, "placement", dockerPlacement("here"));
    for (let index = 0; index < 11; index += 1)
      await put(store, "workspace", workspace(`w${index}`, "base", "here"));
    const error = await caughtError(() => remove(store, "placement", "here"));
    expect(error.message).toContain("workspace w8 and others");
    expect(error.metadata["referrers"]).toHaveLength(10);
  });

  it("deletes only at the required generation", async () => {
    await using subject = await open();
    const { store } = subject;
    await put(store, "image", dockerImage("base"));
    await put(store, "image", dockerImage("base"));
    expect((await caughtError(() => remove(store, "image", "base", 1))).code).toBe("ABORTED");
    await remove(store, "image", "base", 2);
    expect(await store.get("acme", "image", "base")).toBeNull();
  });

  it("keeps the history with the deletion, and continues the generations", async () => {
    await using subject = await open();
    const { store } = subject;
    await put(store, "image", dockerImage("base", "ghcr.io/acme/agent:1"));
    await put(store, "image", dockerImage("base", "ghcr.io/acme/agent:2"), { by: "bob" });
    await store.delete({ ...terms, at: LATER, kind: "image", name: "base" });
    const recreated = await put(store, "image", dockerImage("base", "ghcr.io/acme/agent:4"), {
      at: LATER,
    });
    expect(recreated).toMatchObject({ generation: 4, createdAt: LATER });
    const history = await store.history("acme", "image", "base");
    expect(
      history.map(({ generation, deleted, updatedBy }) => [generation, deleted, updatedBy]),
    ).toEqual([
      [4, false, "ann"],
      [3, true, "ann"],
      [2, false, "bob"],
      [1, false, "ann"],
    ]);
    expect(history[1]).toEqual({
      generation: 3,
      updatedAt: LATER,
      updatedBy: "ann",
      deleted: true,
      record: null,
    });
    expect(history[3]?.record).toEqual(dockerImage("base", "ghcr.io/acme/agent:1"));
    expect(await store.history("acme", "image", "never")).toEqual([]);
  });
}

export function describeBakedImages(open: OpenStore): void {
  const bake = (store: CatalogStore, fields: CatalogKinds["image"]) =>
    store.setBaked({ ...terms, kind: "image", fields });

  it("cannot be changed or deleted", async () => {
    await using subject = await open();
    const { store } = subject;
    const record = await bake(store, bakedImage("go-python-1"));
    expect(record.gce?.provenance?.recipeRef).toBe("go-python");
    const text = {
      code: "FAILED_PRECONDITION",
      reason: "RECORD_IMMUTABLE",
      message: "baked images are immutable",
    };
    expect(await caughtError(() => put(store, "image", dockerImage("go-python-1")))).toMatchObject(
      text,
    );
    expect(
      await caughtError(() => put(store, "image", dockerImage("go-python-1"), { ifGeneration: 9 })),
    ).toMatchObject(text);
    expect(
      await caughtError(() => store.delete({ ...terms, kind: "image", name: "go-python-1" })),
    ).toMatchObject(text);
    expect(
      await caughtError(() => bake(store, bakedImage("go-python-1", "1".repeat(64)))),
    ).toMatchObject(text);
    expect(await store.get("acme", "image", "go-python-1")).toEqual(record);
  });

  it("are one record when the same image is written twice", async () => {
    await using subject = await open();
    const { store } = subject;
    const first = await bake(store, bakedImage("go-python-1"));
    const again = await store.setBaked({
      ...terms,
      at: LATER,
      kind: "image",
      fields: bakedImage("go-python-1"),
    });
    expect(again).toEqual(first);
    expect(await store.history("acme", "image", "go-python-1")).toHaveLength(1);
  });

  it("do not replace a hand-written image", async () => {
    await using subject = await open();
    const { store } = subject;
    await put(store, "image", dockerImage("base"));
    const error = await caughtError(() => bake(store, bakedImage("base")));
    expect(error).toMatchObject({ code: "ALREADY_EXISTS", reason: "NAME_CLASH" });
    expect(await store.get("acme", "image", "base")).toHaveProperty("docker");
  });
}

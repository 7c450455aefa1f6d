import { describe, expect, it } from "vitest";
import { createMemoryStore } from "../../../src/catalog/store/memory-store.ts";
import type { CatalogStore } from "../../../src/catalog/store/store.ts";
import { memoryCatalog } from "../../support/catalog/open-catalog.ts";
import { caughtError } from "../../support/caught.ts";

const image = { name: "base", architecture: "ARCHITECTURE_AMD64", docker: { image_ref: "a:1" } };

describe("set", () => {
  it("records the catalog's actor and the clock's time", async () => {
    const { catalog } = memoryCatalog();
    const record = await catalog.setDocument("image", image, { name: "base" });
    expect(record).toEqual({
      name: "base",
      architecture: "ARCHITECTURE_AMD64",
      docker: { imageRef: "a:1" },
      generation: 1,
      createdAt: "2026-11-22T04:00:00.000Z",
      updatedAt: "2026-11-22T04:00:00.000Z",
      updatedBy: "ann",
    });
    expect((await catalog.setDocument("image", image, { actor: "bob" })).updatedBy).toBe("bob");
    expect(await catalog.get("image", "base")).toMatchObject({ generation: 2 });
  });

  it("applies ifGeneration", async () => {
    const { catalog } = memoryCatalog();
    await catalog.setDocument("image", image, { ifGeneration: 0 });
    const error = await caughtError(() => catalog.setDocument("image", image, { ifGeneration: 0 }));
    expect(error).toMatchObject({ code: "ABORTED", reason: "GENERATION_MISMATCH" });
  });

  it.each([-1, 1.5, Number.NaN])("rejects the generation %s", async (ifGeneration) => {
    const { catalog } = memoryCatalog();
    expect(
      (await caughtError(() => catalog.setDocument("image", image, { ifGeneration }))).code,
    ).toBe("INVALID_ARGUMENT");
  });

  it("rejects reserved names of every kind, whether a built-in record has them or not", async () => {
    const { catalog } = memoryCatalog();
    const gp3 = { name: "slipway-gp3", spec: { aws: { volume_type: "gp2" } } };
    for (const write of [
      () => catalog.setDocument("disk-type", gp3),
      () => catalog.setDocument("image", { ...image, name: "slipway-base" }),
      () => catalog.patch("disk-type", "slipway-gp3", { description: "mine" }),
      () => catalog.delete("disk-type", "slipway-gp3"),
    ])
      expect(await caughtError(write)).toMatchObject({
        code: "PERMISSION_DENIED",
        reason: "RECORD_BUILT_IN",
      });
    expect((await catalog.get("disk-type", "slipway-gp3")).spec).toEqual({
      aws: { volumeType: "gp3" },
    });
  });

  it.each(["images", "constructor", "__proto__", ""])(
    "rejects the unknown kind %j",
    async (kind) => {
      const { catalog } = memoryCatalog();
      for (const method of ["set", "get", "list", "delete", "history", "linked", "patch"]) {
        // As a command line or an untyped program could call it.
        const call: unknown = Reflect.get(catalog, method);
        const error = await caughtError(async () => {
          if (typeof call !== "function") throw new Error(`there is no method ${method}`);
          await Reflect.apply(call, catalog, [kind, "name", {}]);
        });
        expect(error).toMatchObject({ code: "INVALID_ARGUMENT", reason: "UNKNOWN_KIND" });
      }
    },
  );

  it.each(["", "Acme", "a b", "-a", "a".repeat(64)])("rejects the tenant %j", async (tenant) => {
    expect((await caughtError(() => memoryCatalog({ tenant }))).code).toBe("INVALID_ARGUMENT");
  });
});

describe("get, list, delete and history", () => {
  it("report that nothing exists", async () => {
    const { catalog } = memoryCatalog();
    for (const read of [
      () => catalog.get("image", "none"),
      () => catalog.delete("image", "none"),
      () => catalog.history("image", "none"),
      () => catalog.patch("image", "none", {}),
    ])
      expect(await caughtError(read)).toMatchObject({
        code: "NOT_FOUND",
        reason: "RECORD_NOT_FOUND",
      });
    expect(await catalog.list("image")).toEqual([]);
  });

  it("list all records, even over several pages", async () => {
    const { catalog } = memoryCatalog();
    for (let index = 0; index < 1001; index += 1)
      await catalog.setDocument("image", {
        ...image,
        name: `image-${String(index).padStart(4, "0")}`,
      });
    const names = (await catalog.list("image")).map((record) => record.name);
    expect(names).toHaveLength(1001);
    expect(names).toEqual(names.toSorted());
    expect(new Set(names).size).toBe(1001);
  });

  it("delete a record, and show the deletion in its history", async () => {
    const { catalog } = memoryCatalog();
    await catalog.setDocument("image", image);
    await catalog.delete("image", "base", { ifGeneration: 1, actor: "bob" });
    const history = await catalog.history("image", "base");
    expect(
      history.map(({ generation, deleted, updatedBy }) => [generation, deleted, updatedBy]),
    ).toEqual([
      [2, true, "bob"],
      [1, false, "ann"],
    ]);
  });
});

describe("patch", () => {
  it("changes only the named fields", async () => {
    const { catalog } = memoryCatalog();
    await catalog.setDocument("image", { ...image, description: "old", preinstalled: "node" });
    const record = await catalog.patch("image", "base", {
      description: null,
      "docker.image_ref": "a:2",
    });
    expect(record).toMatchObject({
      generation: 2,
      preinstalled: "node",
      docker: { imageRef: "a:2" },
    });
    expect(record).not.toHaveProperty("description");
  });

  it("validates the whole record", async () => {
    const { catalog } = memoryCatalog();
    await catalog.setDocument("image", image);
    const refused = async (assignments: Record<string, string>) =>
      (await caughtError(() => catalog.patch("image", "base", assignments))).message;
    expect(await refused({ architecture: "sparc" })).toBe("unknown architecture value");
    expect(await refused({ "gce.self_link": "projects/p/global/images/a" })).toBe(
      "source is required (aws, gce, or docker)",
    );
    expect(await refused({ "docker.provenance.recipe_ref": "r" })).toBe(
      "provenance cannot be set via SetResource",
    );
    expect(await refused({ colour: "blue" })).toBe("unknown field colour");
    expect(await refused({ name: "other" })).toContain("name must be base");
    expect((await catalog.get("image", "base")).generation).toBe(1);
  });

  it("keeps concurrent writes", async () => {
    const { catalog } = memoryCatalog();
    await catalog.setDocument("image", {
      ...image,
      docker: undefined,
      aws: { ami_ids: { "us-east-1": "ami-00000000" } },
    });
    const regions = Array.from({ length: 10 }, (_, index) => `region-${index}`);
    await Promise.all(
      regions.map((region) =>
        catalog.patch("image", "base", { [`aws.ami_ids.${region}`]: "ami-00000001" }),
      ),
    );
    const record = await catalog.get("image", "base");
    expect(Object.keys(record.aws?.amiIds ?? {})).toEqual(expect.arrayContaining(regions));
    expect(record.generation).toBe(11);
  });

  it("does not retry if the caller requires a generation", async () => {
    const { catalog } = memoryCatalog();
    await catalog.setDocument("image", image);
    await catalog.patch("image", "base", { description: "x" }, { ifGeneration: 1 });
    const late = await caughtError(() =>
      catalog.patch("image", "base", { description: "y" }, { ifGeneration: 1 }),
    );
    expect(late).toMatchObject({ code: "ABORTED", metadata: { generation: 2 } });
  });

  it("gives up on a record that keeps changing", async () => {
    const inner = createMemoryStore();
    let attempts = 0;
    const store: CatalogStore = {
      ...inner,
      async get(tenant, kind, name) {
        const record = await inner.get(tenant, kind, name);
        attempts += 1;
        await memoryCatalog({ store: inner }).catalog.setDocument("image", image);
        return record;
      },
    };
    await memoryCatalog({ store: inner }).catalog.setDocument("image", image);
    const { catalog } = memoryCatalog({ store });
    const error = await caughtError(() => catalog.patch("image", "base", { description: "x" }));
    expect(error.reason).toBe("GENERATION_MISMATCH");
    expect(attempts).toBe(20);
  });
});

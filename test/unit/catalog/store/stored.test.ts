import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  CATALOG_MIGRATIONS,
  createSqliteStore,
} from "../../../../src/catalog/store/sqlite-store.ts";
import type { JsonObject } from "../../../../src/errors.ts";
import { openDatabase } from "../../../../src/storage/database.ts";
import { dockerImage } from "../../../support/catalog/records.ts";
import { caughtError } from "../../../support/caught.ts";
import { scratchFolder } from "../../../support/scratch.ts";

const terms = { tenant: "acme", at: "2026-11-22T04:00:00.000Z", by: "ann" };
const provenance = { recipe_ref: "r", image_hash: "0".repeat(64) };
const baked = (more: JsonObject): JsonObject => ({
  name: "base",
  architecture: "ARCHITECTURE_AMD64",
  ...more,
});

describe("a stored record that violates the rules", () => {
  it.each([
    [baked({}), "source is required (aws, gce, or docker)"],
    [baked({ docker: { image_ref: "a", tag: "b" } }), "unknown field docker.tag"],
    [{ ...baked({ docker: { image_ref: "a" } }), name: "other" }, "name must be base"],
    [
      baked({ aws: { ami_ids: { a: "ami-01234567", b: "ami-01234567" }, provenance } }),
      "aws.ami_ids: a baked image has exactly one region",
    ],
  ])("is reported, and never returned: %j", async (fields, message) => {
    using folder = scratchFolder();
    const path = join(folder.path, "slipway.db");
    await using database = await openDatabase({
      path,
      migrations: { catalog: CATALOG_MIGRATIONS },
    });
    const store = createSqliteStore(database);
    await store.set({ ...terms, kind: "image", fields: dockerImage("base") });
    const json = JSON.stringify(fields);
    await database.write((connection) =>
      connection.run("UPDATE catalog_record SET fields = ?", json),
    );

    const error = await caughtError(() => store.get("acme", "image", "base"));
    expect(error).toMatchObject({ code: "FAILED_PRECONDITION", reason: "STORAGE_DAMAGED" });
    expect(error.message).toContain(
      `the stored image base violates the catalog's rules: ${message}`,
    );
  });

  it("can be replaced", async () => {
    using folder = scratchFolder();
    const path = join(folder.path, "slipway.db");
    await using database = await openDatabase({
      path,
      migrations: { catalog: CATALOG_MIGRATIONS },
    });
    const store = createSqliteStore(database);
    await store.set({ ...terms, kind: "image", fields: dockerImage("base") });
    await database.write((connection) => connection.run("UPDATE catalog_record SET fields = '{}'"));
    const record = await store.set({ ...terms, kind: "image", fields: dockerImage("base") });
    expect(record.generation).toBe(2);
    expect(await store.get("acme", "image", "base")).toEqual(record);
  });
});

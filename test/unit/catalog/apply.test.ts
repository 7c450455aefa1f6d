import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CREATION_ORDER, toDocument } from "../../../src/catalog/documents.ts";
import { CATALOG_KINDS } from "../../../src/catalog/kinds.ts";
import { memoryCatalog } from "../../support/catalog/open-catalog.ts";
import { caughtError } from "../../support/caught.ts";

const SECRET = { kind: "secret", name: "TOKEN", plaintext_value: "hunter2" };
const DOCUMENTS = [
  { kind: "workspace", name: "dev", image_ref: "base", placement: "here", environment_ref: "big" },
  { kind: "environment", name: "big", substrate: "DOCKER", machine_type_ref: "any" },
  {
    kind: "image",
    name: "base",
    architecture: "ARCHITECTURE_AMD64",
    docker: { image_ref: "a/b", pull_credential_secret: "TOKEN" },
  },
  {
    kind: "machine-type",
    name: "any",
    vcpus: 1,
    memory_gb: 1,
    architecture: "ARCHITECTURE_AMD64",
    spec: { docker: {} },
  },
  { kind: "placement", name: "here", substrate: "DOCKER", target: { docker: {} } },
  SECRET,
];

describe("apply", () => {
  it("writes documents in any order, and reports them in theirs", async () => {
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(DOCUMENTS, { minLength: 6 }), async (documents) => {
        const { catalog } = memoryCatalog();
        const applied = await catalog.apply(documents);
        expect(applied.map(({ kind }) => kind)).toEqual(documents.map(({ kind }) => kind));
        expect(new Set(applied.map(({ change }) => change))).toEqual(new Set(["created"]));
        const again = await catalog.apply(documents);
        expect(new Set(again.map(({ change }) => change))).toEqual(new Set(["unchanged"]));
      }),
    );
  });

  it("accepts what it wrote, as documents and with the catalog's own fields", async () => {
    const { catalog } = memoryCatalog();
    const applied = await catalog.apply(DOCUMENTS);
    const documents = applied.map(({ kind, record }) => toDocument(kind, record));
    const printed = applied.map(({ kind, record }) => ({ kind, ...record }));
    for (const form of [documents, printed])
      expect((await catalog.apply(form)).map(({ change }) => change)).toEqual(
        DOCUMENTS.map(() => "unchanged"),
      );
  });

  it("takes plurals, short names and other spellings of a kind", async () => {
    const { catalog } = memoryCatalog();
    const [, , image, machineType] = DOCUMENTS;
    const applied = await catalog.apply([
      { ...image, kind: "Images", docker: { image_ref: "a/b" } },
      { ...machineType, kind: "MachineType" },
      { ...machineType, kind: "machine_types", name: "other" },
      { ...machineType, kind: "mt", name: "third" },
    ]);
    expect(applied.map(({ kind }) => kind)).toEqual([
      "image",
      "machine-type",
      "machine-type",
      "machine-type",
    ]);
  });

  it("reports the faults of all documents, each with its origin, and writes none", async () => {
    const { catalog } = memoryCatalog();
    const documents = [
      DOCUMENTS[4],
      { kind: "image", name: "base" },
      { kind: "imge", name: "base" },
      { name: "base" },
      "text",
      DOCUMENTS[4],
      { kind: "disk-type", name: "slipway-gp3", spec: { aws: { volume_type: "gp3" } } },
    ];
    const origins = documents.map((_document, index) => `a.yaml:${index}`);
    const error = await caughtError(() => catalog.apply(documents, { origins }));
    expect(error).toMatchObject({
      code: "INVALID_ARGUMENT",
      message: "6 documents are invalid",
      metadata: {
        failures: [
          { message: "a.yaml:1: image base: architecture is required" },
          { message: "a.yaml:2: unknown kind imge", reason: "UNKNOWN_KIND" },
          { message: "a.yaml:3: kind is required" },
          { message: "a.yaml:4: a document must be a map of fields" },
          { message: "a.yaml:5: placement here is given twice, first in a.yaml:0" },
          { reason: "RECORD_BUILT_IN" },
        ],
      },
    });
    expect(await catalog.list("placement")).toEqual([]);
  });

  it("has the specification's row of a single fault after the document's place", async () => {
    const { catalog } = memoryCatalog();
    const error = await caughtError(() => catalog.apply([{ kind: "image", name: "base" }]));
    expect(error.message).toBe("document 1: image base: architecture is required");
  });

  describe("of secrets", () => {
    it("writes a value only if it is another one", async () => {
      const { catalog, secrets } = memoryCatalog();
      const apply = async (plaintext_value: string) => {
        const [applied] = await catalog.apply([{ ...SECRET, plaintext_value }]);
        return [applied?.change, applied?.record.generation];
      };
      expect(await apply("one")).toEqual(["created", 1]);
      expect(await apply("one")).toEqual(["unchanged", 1]);
      expect(await apply("two")).toEqual(["configured", 2]);
      expect((await secrets.get("acme", "TOKEN")).reveal()).toBe("two");
    });

    it("keeps the value of a secret that is given by name", async () => {
      const { catalog, secrets } = memoryCatalog();
      await catalog.apply([SECRET]);
      const described = { kind: "secret", name: "TOKEN", description: "of the registry" };
      expect(await catalog.apply([described])).toMatchObject([{ change: "configured" }]);
      expect((await secrets.get("acme", "TOKEN")).reveal()).toBe("hunter2");
    });

    it("refuses a new one without a value", async () => {
      const { catalog } = memoryCatalog();
      const error = await caughtError(() =>
        catalog.apply([DOCUMENTS[4], { kind: "secret", name: "TOKEN" }]),
      );
      expect(error).toMatchObject({ reason: "INVALID_RECORD" });
      expect(error.message).toBe(
        "document 2: secret TOKEN has no value: plaintext_value is required for a new secret",
      );
      expect(await catalog.list("placement")).toEqual([]);
    });

    it("seals nothing in a dry run", async () => {
      const { catalog, store } = memoryCatalog();
      expect(await catalog.apply([SECRET], { dryRun: true })).toMatchObject([
        { change: "created" },
      ]);
      expect(await store.sealingKeys()).toEqual([]);
    });
  });
});

describe("the order of creation", () => {
  it("has every kind once", () => {
    expect(CREATION_ORDER.toSorted()).toEqual(CATALOG_KINDS.toSorted());
  });
});

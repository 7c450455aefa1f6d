import { describe, expect, it } from "vitest";
import type { Catalog } from "../../../src/catalog/catalog.ts";
import { memoryCatalog } from "../../support/catalog/open-catalog.ts";
import { caughtError } from "../../support/caught.ts";

/**
 * Each mistake is one that the compiler reports: `tsc` fails for an `@ts-expect-error` without an error below it. The
 * catalog refuses the same at run time, for JavaScript.
 */
const MISTAKES: readonly (readonly [string, (catalog: Catalog) => Promise<unknown>])[] = [
  [
    "a field of the kind",
    // @ts-expect-error: architecure
    (catalog) => catalog.set("image", { name: "a", architecure: "ARCHITECTURE_AMD64", docker: {} }),
  ],
  [
    "a field inside the kind's arm",
    (catalog) =>
      catalog.set("placement", {
        name: "a",
        substrate: "DOCKER",
        // @ts-expect-error: netwrk
        target: { docker: { netwrk: "bridge" } },
      }),
  ],
  [
    "a field in a list",
    (catalog) =>
      catalog.set("workspace", {
        name: "a",
        imageRef: "b",
        placement: "c",
        // @ts-expect-error: prt
        ports: [{ prt: 1 }],
      }),
  ],
  [
    "a missing field",
    // @ts-expect-error: placement
    (catalog) => catalog.set("workspace", { name: "a", imageRef: "b" }),
  ],
  [
    "a value that is none of the choices",
    // @ts-expect-error: AZURE
    (catalog) => catalog.set("environment", { name: "a", substrate: "AZURE", machineTypeRef: "b" }),
  ],
  [
    "two sources",
    (catalog) =>
      // @ts-expect-error: one source only
      catalog.set("image", {
        name: "a",
        architecture: "ARCHITECTURE_AMD64",
        docker: { imageRef: "b" },
        gce: { selfLink: "projects/p/global/images/i" },
      }),
  ],
  [
    "a provenance",
    (catalog) =>
      catalog.set("image", {
        name: "a",
        architecture: "ARCHITECTURE_AMD64",
        // @ts-expect-error: only a bake sets it
        docker: { imageRef: "b", provenance: { recipeRef: "r", imageHash: "0".repeat(64) } },
      }),
  ],
  [
    "a secret without a value",
    // @ts-expect-error: plaintextValue
    (catalog) => catalog.set("secret", { name: "A" }),
  ],
  [
    "another kind's record",
    // @ts-expect-error: a workspace
    (catalog) => catalog.set("disk-type", { name: "a", imageRef: "b", placement: "c" }),
  ],
];

describe("the type of a written record", () => {
  it.each(MISTAKES)("rejects %s, as the catalog does", async (_, write) => {
    const { catalog } = memoryCatalog();
    expect((await caughtError(() => write(catalog))).reason).toBe("INVALID_RECORD");
  });

  it("rejects an unknown kind, as the catalog does", async () => {
    const { catalog } = memoryCatalog();
    // @ts-expect-error: images
    const error = await caughtError(() => catalog.set("images", {}));
    expect(error.reason).toBe("UNKNOWN_KIND");
  });

  it("accepts each kind's fields, and a secret's value", async () => {
    const { catalog } = memoryCatalog();
    await catalog.set("secret", { name: "LOGIN", plaintextValue: "u:p" });
    const docker = { imageRef: "b", pullCredentialSecret: "LOGIN" };
    await catalog.set("image", { name: "a", architecture: "ARCHITECTURE_ARM64", docker });
    await catalog.set("placement", { name: "here", substrate: "DOCKER", target: { docker: {} } });
    await catalog.set("workspace", { name: "w", imageRef: "a", placement: "here" });
    await catalog.set("machine-type", {
      name: "small",
      vcpus: 2,
      memoryGb: 4,
      architecture: "ARCHITECTURE_ARM64",
      spec: { docker: { cpus: 2 } },
    });
    expect(await catalog.list("workspace")).toHaveLength(1);
  });
});

describe("the type of a read record", () => {
  it("is the kind's own, with its generation", async () => {
    const { catalog } = memoryCatalog();
    await catalog.set("placement", { name: "here", substrate: "DOCKER", target: { docker: {} } });
    const placement = await catalog.get("placement", "here");
    expect(placement.generation).toBe(1);
    // @ts-expect-error: a typo
    expect(placement.generations).toBeUndefined();
    // @ts-expect-error: a field of another kind
    expect(placement.imageRef).toBeUndefined();
    const [first] = await catalog.list("placement");
    // @ts-expect-error: a typo
    expect(first?.substrat).toBeUndefined();
  });
});

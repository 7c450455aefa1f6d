import { describe, expect, it } from "vitest";
import { memoryCatalog } from "../../support/catalog/open-catalog.ts";
import { caughtError } from "../../support/caught.ts";

const image = { name: "base", architecture: "ARCHITECTURE_AMD64", docker: { image_ref: "a:1" } };

describe("recordBake", () => {
  const hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  const gce = { selfLink: "projects/acme-agents/global/images/go-python-e3b0c44298fc1c14" };
  const bake = { recipeRef: "go-python", imageHash: hash, architecture: "arm64", gce } as const;

  it("writes an image named after the recipe and the hash", async () => {
    const { catalog } = memoryCatalog();
    expect(await catalog.recordBake(bake)).toMatchObject({
      name: "go-python-e3b0c44298fc1c14",
      architecture: "ARCHITECTURE_ARM64",
      gce: { ...gce, provenance: { recipeRef: "go-python", imageHash: hash } },
      generation: 1,
    });
    const named = await catalog.recordBake({
      ...bake,
      name: "mine",
      description: "d",
      architecture: "ARCHITECTURE_AMD64",
    });
    expect(named).toMatchObject({
      name: "mine",
      description: "d",
      architecture: "ARCHITECTURE_AMD64",
    });
  });

  it("writes the same bake once, and never replaces it with another", async () => {
    const { catalog } = memoryCatalog();
    const first = await catalog.recordBake(bake);
    expect(await catalog.recordBake(bake)).toEqual(first);
    const other = { ...bake, gce: { selfLink: "projects/acme-agents/global/images/other" } };
    const text = { code: "FAILED_PRECONDITION", message: "baked images are immutable" };
    expect(await caughtError(() => catalog.recordBake(other))).toMatchObject(text);
    expect(
      await caughtError(() => catalog.patch("image", first.name, { description: "x" })),
    ).toMatchObject(text);
    expect(
      await caughtError(() => catalog.setDocument("image", { ...image, name: first.name })),
    ).toMatchObject(text);
    expect(await caughtError(() => catalog.delete("image", first.name))).toMatchObject(text);
  });

  it("accepts an AMI in exactly one region", async () => {
    const { catalog } = memoryCatalog();
    const { gce: _, ...rest } = bake;
    const one = { ...rest, aws: { amiIds: { "us-east-1": "ami-01234567" } } };
    expect((await catalog.recordBake(one)).aws?.amiIds).toEqual({ "us-east-1": "ami-01234567" });
    const two = {
      ...rest,
      aws: { amiIds: { "us-east-1": "ami-01234567", "us-west-2": "ami-01234567" } },
    };
    expect((await caughtError(() => catalog.recordBake({ ...two, name: "two" }))).message).toBe(
      "aws.ami_ids: a baked image has exactly one region",
    );
    expect((await caughtError(() => catalog.recordBake({ ...rest }))).message).toBe(
      "source is required (aws, gce, or docker)",
    );
    expect((await caughtError(() => catalog.recordBake({ ...one, gce }))).message).toBe(
      "source is required (aws, gce, or docker)",
    );
  });

  it.each([
    [
      { imageHash: "E3B0", name: "a" },
      "gce.provenance.image_hash: must be 64 lower-case hex digits",
    ],
    [{ recipeRef: "Go Python" }, "name must match [a-z][a-z0-9-]{0,62}"],
    [
      { recipeRef: "go_python", name: "a" },
      "gce.provenance.recipe_ref: must match [a-z][a-z0-9-]{0,62}",
    ],
    [{ gce: { selfLink: "x" } }, "gce.self_link: invalid GCE image reference"],
  ])("rejects %j", async (more, message) => {
    const { catalog } = memoryCatalog();
    expect((await caughtError(() => catalog.recordBake({ ...bake, ...more }))).message).toBe(
      message,
    );
  });

  it("rejects a reserved name", async () => {
    const { catalog } = memoryCatalog();
    const error = await caughtError(() => catalog.recordBake({ ...bake, name: "slipway-x" }));
    expect(error.reason).toBe("RECORD_BUILT_IN");
  });
});

import { describe, expect, it } from "vitest";
import { applyAssignments } from "../../../src/catalog/assignments.ts";
import { caughtError } from "../../support/caught.ts";

describe("applyAssignments", () => {
  const image = { name: "a", aws: { ami_ids: { "us-east-1": "ami-1", "us-west-2": "ami-2" } } };

  it.each([
    [{ description: "d" }, { ...image, description: "d" }],
    [{ "aws.ami_ids.us-west-2": null }, { name: "a", aws: { ami_ids: { "us-east-1": "ami-1" } } }],
    [
      { "aws.amiIds.eu-west-1": "ami-3" },
      { name: "a", aws: { ami_ids: { ...image.aws.ami_ids, "eu-west-1": "ami-3" } } },
    ],
    [
      { aws: null, "docker.image_ref": "x" },
      { name: "a", docker: { image_ref: "x" } },
    ],
    [{ "gce.labels.a.b": "c" }, { ...image, gce: { labels: { "a.b": "c" } } }],
    [{ missing: null }, image],
    [{ "missing.deep": null }, { ...image, missing: {} }],
    [{}, image],
  ])("applies %j", (assignments, fields) => {
    const before = structuredClone(image);
    expect(applyAssignments("image", image, assignments)).toEqual(fields);
    expect(image).toEqual(before);
  });

  it("assigns to a placement's arm under target", () => {
    const placement = { name: "p", target: { docker: {} } };
    expect(applyAssignments("placement", placement, { "docker.network": "n" })).toEqual({
      name: "p",
      target: { docker: { network: "n" } },
    });
  });

  it("rejects a field inside a value that has no fields", async () => {
    const error = await caughtError(() => applyAssignments("image", image, { "name.first": "x" }));
    expect(error.message).toBe("name.first: name has no fields of its own");
  });

  it.each(["a..b", ".a", "a."])("rejects the path %s", async (path) => {
    const error = await caughtError(() => applyAssignments("workspace", {}, { [path]: 1 }));
    expect(error.code).toBe("INVALID_ARGUMENT");
    expect(error.message).toBe(`${path} is not the path of a field`);
  });

  it("accepts no secret value from an argument, and does not repeat it", async () => {
    for (const path of ["plaintext_value", "plaintextValue"]) {
      const error = await caughtError(() => applyAssignments("secret", {}, { [path]: "hunter2" }));
      expect(error.message).toBe(
        "a secret's value is read from standard input, never from an argument",
      );
      expect(JSON.stringify(error)).not.toContain("hunter2");
    }
  });

  it("treats __proto__ as an ordinary key", () => {
    const changed = applyAssignments("image", image, { "__proto__.polluted": "yes" });
    expect(Object.hasOwn(changed, "__proto__")).toBe(true);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    expect(changed["polluted"]).toBeUndefined();
  });
});

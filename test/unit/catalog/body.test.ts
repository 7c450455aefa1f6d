import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseBody } from "../../../src/catalog/parse.ts";
import { refusal, violations } from "./violations.ts";

const image = (more: object) => ({ name: "base", architecture: "ARCHITECTURE_AMD64", ...more });
const docker = { docker: { image_ref: "ghcr.io/acme/node20-dev:latest" } };

describe("an unknown field", () => {
  it.each([
    [image({ ...docker, image_reff: "a" }), "unknown field image_reff"],
    [image({ ...docker, imageReff: "a" }), "unknown field imageReff"],
    [image({ docker: { image_ref: "a", tag: "b" } }), "unknown field docker.tag"],
    [image({ docker: { image_ref: "a", Tag: "b" } }), "unknown field docker.Tag"],
    [image({ docker: { image_ref: "a", "t\u001bag": "b" } }), 'unknown field "docker.t\\u001bag"'],
    [image({ ...docker, generation: 4 }), "unknown field generation"],
  ])("%j", (body, message) => {
    expect(refusal("image", body).message).toBe(message);
  });

  it("is reported with its whole path, along with any others", () => {
    const body = image({ gce: { self_link: "projects/p/global/images/a", x: 1, y: 2 }, z: 3 });
    expect(violations("image", body)).toEqual([
      "unknown field gce.x",
      "unknown field gce.y",
      "unknown field z",
    ]);
  });

  it("is ignored if it is unset", () => {
    expect(parseBody("image", image({ ...docker, anything: null }))).not.toHaveProperty("anything");
  });

  it("named like an object property is rejected, and harmless", () => {
    const hostile: unknown = JSON.parse(
      '{"name":"a","architecture":"ARCHITECTURE_AMD64","aws":{"ami_ids":{"us-east-1":"ami-01234567","__proto__":"ami-01234567"}}}',
    );
    expect(violations("image", hostile)).toEqual(["aws.ami_ids must not have the key __proto__"]);
    const root: unknown = JSON.parse('{"__proto__":{"name":"a"},"constructor":1,"toString":2}');
    const found = violations("image", root);
    expect(found).toContain("name is required");
    expect(found).toContain("unknown field __proto__");
    expect(found).toContain("unknown field constructor");
  });
});

describe("a body", () => {
  it.each([[], "text", 5, true])("is rejected if it is not a map of fields: %j", (body) => {
    expect(refusal("image", body).message).toBe("the resource must be a map of fields");
  });

  it("that is empty has no fields", () => {
    expect(refusal("image", null).message).toBe("name is required");
  });

  it("with a field in both cases is rejected, even if the values agree", () => {
    const twice = image({ docker: { image_ref: "a", imageRef: "a" } });
    expect(refusal("image", twice).message).toBe(
      "docker.image_ref is given twice, in snake_case and in camelCase",
    );
  });

  it("that contains itself is rejected", () => {
    const loop: Record<string, unknown> = image(docker);
    loop["self"] = loop;
    expect(refusal("image", loop).code).toBe("INVALID_ARGUMENT");
  });

  it("of any kind results in a record or an INVALID_ARGUMENT", () => {
    const key = fc.constantFrom(
      "name",
      "aws",
      "gce",
      "docker",
      "ami_ids",
      "self_link",
      "image_ref",
      "provenance",
      "x",
    );
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.anything({ maxDepth: 1 }),
        fc.dictionary(fc.oneof(key, fc.string()), tie("value"), { maxKeys: 5 }),
      ),
    }));
    fc.assert(
      fc.property(value, (body) => {
        expect(refusal("image", image({ docker: {}, x: body, y: 1 })).code).toBe(
          "INVALID_ARGUMENT",
        );
        expect(refusal("image", [body]).code).toBe("INVALID_ARGUMENT");
      }),
    );
  });
});

import { describe, expect, it } from "vitest";
import { boundsOf, choicesOf, typeOf } from "../../../../src/cli/explain/describe-form.ts";
import { explainField } from "../../../../src/cli/explain/explain-field.ts";
import { fieldsOf, requiredOf } from "../../../../src/cli/explain/schema-nodes.ts";
import type { JsonObject } from "../../../../src/errors.ts";
import { caughtError } from "../../../support/caught.ts";

const text: JsonObject = { type: "string" };
const whole: JsonObject = { type: "integer", minimum: -(2 ** 53) + 1, maximum: 2 ** 53 - 1 };

describe("the type of a field", () => {
  it.each<readonly [JsonObject, string]>([
    [text, "text"],
    [whole, "whole number"],
    [{ type: "boolean", const: true }, "true or false"],
    [{ const: "image" }, "text"],
    [{ type: "array", items: text }, "list of text"],
    [{ type: "array", items: { type: "object", properties: { a: text } } }, "list of map"],
    [{ type: "object", additionalProperties: text }, "map of text"],
    [{ type: "object", properties: { a: text }, additionalProperties: false }, "map"],
    [{ type: "object", oneOf: [{ required: ["a"] }, { required: ["b"] }] }, "map"],
    [{ type: ["string", "number"] }, "text or number"],
    [{ anyOf: [text, { type: "null" }] }, "text or null"],
    [{ anyOf: [{ anyOf: [whole, text] }, text] }, "whole number or text"],
    [{ not: {} }, "not accepted"],
    [{}, "anything"],
  ])("of %j is %s", (schema, type) => {
    expect(typeOf(schema)).toBe(type);
  });
});

describe("the bounds of a field", () => {
  it.each<readonly [JsonObject, string | null]>([
    [whole, null],
    [{ ...whole, minimum: 0 }, "at least 0"],
    [{ type: "integer", minimum: 1, maximum: 65_535 }, "from 1 to 65535"],
    [{ type: "number", exclusiveMinimum: 0 }, "more than 0"],
    [{ type: "string", maxLength: 63 }, "at most 63 characters"],
    [{ type: "array", minItems: 1, maxItems: 20 }, "from 1 to 20 items"],
    [{ anyOf: [{ type: "integer", minimum: 1 }, text] }, "at least 1"],
  ])("of %j are %s", (schema, bounds) => {
    expect(boundsOf(schema)).toBe(bounds);
  });
});

describe("the choices of a field", () => {
  it.each<readonly [JsonObject, readonly unknown[]]>([
    [{ type: "string", enum: ["A", "B"] }, ["A", "B"]],
    [{ anyOf: [{ const: "all" }, { enum: [1, 2] }] }, ["all", 1, 2]],
    [{ anyOf: [{ const: "all" }, whole] }, []],
    [{ type: "array", items: { enum: ["A"] } }, ["A"]],
    [text, []],
  ])("of %j are %j", (schema, choices) => {
    expect(choicesOf(schema)).toEqual(choices);
  });
});

describe("the fields of a schema", () => {
  it("are those of every form, of lists and of maps", () => {
    const map = { type: "object", properties: { a: text }, required: ["a"] };
    for (const schema of [
      map,
      { type: "array", items: map },
      { type: "object", additionalProperties: map },
      { anyOf: [text, { type: "array", items: map }] },
    ]) {
      expect([...fieldsOf(schema).keys()]).toEqual(["a"]);
      expect([...requiredOf(schema)]).toEqual(["a"]);
    }
  });
});

describe("explainField", () => {
  const root = {
    name: "boat",
    schema: {
      type: "object",
      properties: {
        sails: {
          type: "array",
          items: { type: "object", properties: { sail_area: { ...whole, examples: [12] } } },
        },
        crew: { type: "string", default: "none" },
      },
      required: ["crew"],
    },
  };

  it.each(["sail_area", "sailArea"])("finds a field of a list's items as %s", (step) => {
    for (const list of ["sails", "sails[]", "sails[0]"])
      expect(explainField(root, [list, step])).toMatchObject({
        path: "boat.sails.sail_area",
        example: 12,
        isRequired: false,
      });
  });

  it.each([
    [["sail"], 'boat has no field "sail"', "Did you mean boat.sails?"],
    [["sail_area"], 'boat has no field "sail_area"', "Did you mean boat.sails.sail_area?"],
    [["keel"], 'boat has no field "keel"', "Its fields are sails, crew."],
    [["crew", "cook"], 'boat.crew has no field "cook"', "It is text without fields."],
    [["constructor"], 'boat has no field "constructor"', "Its fields are sails, crew."],
  ])("says what was meant by %j", async (steps, message, remedy) => {
    const error = await caughtError(() => explainField(root, steps));
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT", reason: "USAGE", message, remedy });
  });

  it("has no example of a map if a required field has none", () => {
    expect(explainField(root, []).example).toBeUndefined();
  });
});

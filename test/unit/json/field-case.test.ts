import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SlipwayError } from "../../../src/errors.ts";
import { SecretValue } from "../../../src/secret-value.ts";
import {
  camelCaseName,
  snakeCaseName,
  toCamelCase,
  toSnakeCase,
} from "../../../src/json/field-case.ts";

describe("names", () => {
  it.each([
    ["name", "name"],
    ["amiIds", "ami_ids"],
    ["diskSizeGb", "disk_size_gb"],
    ["sha256Sum", "sha256_sum"],
    ["hasGPU", "has_g_p_u"],
  ])("converts between %s and %s", (camel, snake) => {
    expect(snakeCaseName(camel)).toBe(snake);
    expect(camelCaseName(snake)).toBe(camel);
  });

  it.each(["__proto__", "_x", "a__b", "a_", "Name", "us-east-1", "a_1", "/artifact/id", ""])(
    "leaves %j unchanged",
    (name) => {
      expect(snakeCaseName(name)).toBe(name);
      expect(camelCaseName(name)).toBe(name);
    },
  );
});

describe("values", () => {
  it("converts fields at every depth, but not keys that are data", () => {
    const value = {
      imageRef: "a",
      portList: [{ hostPort: 1 }],
      aws: { amiIds: { "us-east-1": "ami-1", some_key: "x", someKey: "y" } },
      metadata: { deepField: { deeper_field: 1 } },
    };
    const printed = {
      image_ref: "a",
      port_list: [{ host_port: 1 }],
      aws: { ami_ids: { "us-east-1": "ami-1", some_key: "x", someKey: "y" } },
      metadata: { deepField: { deeper_field: 1 } },
    };
    expect(toSnakeCase(value)).toEqual(printed);
    expect(toCamelCase(printed)).toEqual(value);
  });

  it("omits undefined fields, and uses toJSON", () => {
    expect(toSnakeCase({ aB: undefined, secretValue: new SecretValue("hidden") })).toEqual({
      secret_value: "[redacted]",
    });
    const error = new SlipwayError({ code: "INTERNAL", reason: "INTERNAL", message: "m" });
    expect(toSnakeCase({ error })).toEqual({ error: error.toJSON() });
  });

  it("rejects a field that is given in both cases", () => {
    expect(() => toSnakeCase({ inner: { imageRef: 1, image_ref: 2 } })).toThrow(
      "inner.image_ref is given twice",
    );
    expect(() => toCamelCase({ imageRef: 1, image_ref: 2 })).toThrow("imageRef is given twice");
  });

  it.each([[Number.NaN], [Number.POSITIVE_INFINITY], [1n], [() => 1], [Symbol("s")]])(
    "rejects %s",
    (value) => {
      expect(() => toSnakeCase({ value })).toThrow(SlipwayError);
    },
  );

  it("rejects a value that contains itself", () => {
    const loop: Record<string, unknown> = {};
    loop["self"] = loop;
    expect(() => toSnakeCase(loop)).toThrow("deeper than 100 levels");
  });

  it("treats __proto__ as an ordinary key", () => {
    const hostile: unknown = JSON.parse('{"a":{"__proto__":{"polluted":true}}}');
    const converted = toCamelCase(hostile);
    expect(JSON.stringify(converted)).toBe('{"a":{"__proto__":{"polluted":true}}}');
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  it("round-trips values, with any keys that are data", () => {
    const word = fc.stringMatching(/^[a-z][a-z0-9]{0,4}$/);
    const field = fc
      .array(word, { minLength: 1, maxLength: 3 })
      .map((words) => camelCaseName(words.join("_")));
    const data = fc.dictionary(fc.string(), fc.string());
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.string(),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie("value"), { maxLength: 3 }),
        fc.dictionary(field, tie("value"), { maxKeys: 4 }),
        fc.record({ tags: data, sources: data, amiIds: data }),
      ),
    }));
    fc.assert(
      fc.property(value, (original) => {
        const printed = toSnakeCase(original);
        expect(JSON.stringify(toCamelCase(printed))).toBe(JSON.stringify(original));
        expect(toSnakeCase(toCamelCase(printed))).toEqual(printed);
      }),
    );
  });
});

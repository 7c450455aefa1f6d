import { createRequire } from "node:module";
import type * as Ec2 from "@aws-sdk/client-ec2";
import { describe, expect, it } from "vitest";
import { INSTANCE_MEMBERS } from "../../../../../adapters/aws/machine.ts";
import { leaveMembers } from "../../../../../adapters/aws/client/sdk-members.ts";
import { neededStatements } from "../../../../../adapters/aws/client/sdk-schemas.ts";
import { ec2Sdk } from "../../../../../adapters/aws/client/sdk.ts";

const require = createRequire(import.meta.url);

const SOURCE = `const _a = "A";
const _b = "B";
const n0 = "space";
import { Registry } from "./registry";
const registry = new Registry(n0);
registry.add(_a);
export const registries = [
    registry,
];
var Hidden = [0, n0, _b, 8, 0];
export var Text$ = [3, n0, _b,
    0,
    [() => Hidden, { [_a]: \`Text$\` }]
];
export var Other$ = [3, n0, "Other", () => Text$];
`;

/** The statements that are left, by how they begin. */
function left(source: string | null): readonly string[] {
  return (source ?? "").split(";\n").map((statement) => statement.split(/ =|;|\(/u)[0] ?? "");
}

describe("neededStatements", () => {
  it("leaves what an export leads to, and what declares nothing, in their order", () => {
    expect(left(neededStatements(SOURCE, ["Text$"]))).toEqual([
      "const _a",
      "const _b",
      "const n0",
      'import { Registry } from "./registry"',
      "const registry",
      "registry.add",
      "var Hidden",
      "export var Text$",
      "",
    ]);
  });

  it("leaves nothing else", () => {
    const source = neededStatements(SOURCE, ["registries"]);
    expect(source).not.toMatch(/Hidden|Text|Other|_b/u);
    expect(source).toContain("export const registries = [\n    registry,\n];\n");
  });

  it("leaves everything where everything is needed", () => {
    expect(neededStatements(SOURCE, ["registries", "Other$"])).toBe(SOURCE);
  });

  it.each(["Nothing$", "_c", "toString"])("has no answer for %s, which is not declared", (name) => {
    expect(neededStatements(SOURCE, ["Text$", name])).toBeNull();
  });

  it("keeps what is exported in other ways, and what that names", () => {
    const source = `${SOURCE}export { Other$ as Same$ };\n`;
    expect(neededStatements(source, [])).toContain("export var Other$");
  });
});

/** The shapes that a schema leads to, each under its name, as far as they are not functions. */
function shapesFrom(schema: unknown): ReadonlyMap<string, unknown> {
  const shapes = new Map<string, unknown>();
  const open: unknown[] = [schema];
  for (const one of open) {
    const value: unknown = typeof one === "function" && one.length === 0 ? one() : one;
    if (!Array.isArray(value)) continue;
    const [kind, namespace, name] = value;
    if (typeof kind === "number" && typeof namespace === "string") {
      if (shapes.has(String(name))) continue;
      shapes.set(String(name), JSON.parse(JSON.stringify(value)));
    }
    open.push(...value);
  }
  return shapes;
}

describe("the schemas that are loaded", () => {
  const whole: typeof Ec2 = require("@aws-sdk/client-ec2");
  const calls = Object.keys(Object.getOwnPropertyDescriptors(ec2Sdk())).filter((name) =>
    name.endsWith("Command"),
  );

  it.each(calls)("of %s are the package's own, but for what is not read of an instance", (name) => {
    const schemaOf = (sdk: object): unknown => {
      const command: unknown = Reflect.get(sdk, name);
      if (typeof command !== "function") throw new Error(`no ${name}`);
      const made: unknown = Reflect.construct(command, [{}]);
      return Reflect.get(Object(made), "schema");
    };
    const shapes = shapesFrom(schemaOf(ec2Sdk()));
    expect(shapes.size).toBeGreaterThanOrEqual(3);
    const theirs = schemaOf(whole);
    if (shapes.has("Instance")) leaveMembers(whole.Instance$, INSTANCE_MEMBERS);
    expect(shapes).toEqual(shapesFrom(theirs));
  });
});

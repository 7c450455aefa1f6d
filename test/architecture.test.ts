import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { foreignCodeWalls } from "./support/architecture/foreign-code.ts";
import { NAMED_READERS, PURE_FILES, purityWalls } from "./support/architecture/purity.ts";
import { modulesOf, readModule, readModules } from "./support/architecture/read-module.ts";
import { ADAPTER_FILES, importWalls, LAYERS, layoutWalls } from "./support/architecture/walls.ts";

const ROOT = join(import.meta.dirname, "..");
const walls = [...importWalls, ...purityWalls, ...foreignCodeWalls];

/** Every breach of every wall in a repository of these texts, but for files that it leaves out. */
function breaches(texts: Readonly<Record<string, string>>): readonly string[] {
  const modules = modulesOf(texts);
  return walls
    .filter(({ name }) => name !== "own imports lead to own files")
    .flatMap((wall) => wall.breaches(modules));
}

/** Every breach of the layout in a repository of these files. */
function layoutBreaches(paths: readonly string[]): readonly string[] {
  const modules = modulesOf(Object.fromEntries(paths.map((path) => [path, ""])));
  return layoutWalls.flatMap((wall) => wall.breaches(modules));
}

describe("the walls of src, adapters and testing", () => {
  const modules = readModules(ROOT, ["src", "adapters", "testing"]);

  it.each([...walls, ...layoutWalls])("$name", ({ breaches }) => {
    expect(breaches(modules)).toEqual([]);
  });

  it("name only files that exist", () => {
    const named = [...PURE_FILES, ...NAMED_READERS];
    expect(named.filter((path) => !modules.has(path))).toEqual([]);
  });
});

describe("a breach is seen:", () => {
  it.each<readonly [string, string, string]>([
    // Adapters
    ["adapters/aws/adapter.ts", `import { x } from "../../src/spawner/spawn.ts";`, "not open to"],
    ["adapters/aws/adapter.ts", `import { x } from "../../src/oci/digest.ts";`, "not open to"],
    ["adapters/aws/adapter.ts", `import type { X } from "../docker/labels.ts";`, "another adapter"],
    ["adapters/aws/adapter.ts", `import Docker from "dockerode";`, "not this adapter's SDK"],
    ["adapters/new/adapter.ts", `import { x } from "@aws-sdk/client-ec2";`, "not this adapter's"],
    ["adapters/docker/adapter.ts", `export * from "../gce/errors.ts";`, "another adapter"],
    ["adapters/docker/adapter.ts", "await import(name);", "literal"],
    // Providers in src
    ["src/spawner/spawn.ts", `import type Docker from "dockerode";`, "not one of src's packages"],
    ["src/spawner/spawn.ts", `const x = await import("@aws-sdk/client-ec2");`, "not one of src's"],
    ["src/cli/compose.ts", `import Docker from "dockerode";`, "not one of src's packages"],
    [
      "src/spawner/spawn.ts",
      `await import("../../adapters/aws/index.ts");`,
      "only src/slipway/open-adapter.ts",
    ],
    [
      "src/spawner/spawn.ts",
      `import type { X } from "../../adapters/aws/index.ts";`,
      "only src/slipway/open-adapter.ts",
    ],
    ["src/cli/compose.ts", `import { x } from "../../adapters/aws/index.ts";`, "only src/slipway"],
    ["src/slipway/open-adapter.ts", `import { x } from "../../adapters/aws/index.ts";`, "lazily"],
    ["src/slipway/open-adapter.ts", `export { x } from "../../adapters/aws/index.ts";`, "lazily"],
    ["src/slipway/open-adapter.ts", `import "../../adapters/aws/index.ts";`, "lazily"],
    ["src/spawner/spawn.ts", "require(`${name}`);", "literal"],
    ["src/spawner/spawn.ts", `import fs from "fs";`, "not one of src's packages"],
    // The test kit
    [
      "src/spawner/spawn.ts",
      `await import("../../testing/fake-clock.ts");`,
      "only src/cli/commands/fake.ts",
    ],
    [
      "src/cli/context.ts",
      `await import("../../testing/fake-clock.ts");`,
      "only src/cli/commands/fake.ts",
    ],
    [
      "adapters/aws/adapter.ts",
      `await import("../../testing/fake-clock.ts");`,
      "only src/cli/commands/fake.ts",
    ],
    ["src/cli/commands/fake.ts", `import { x } from "../../../testing/fake-clock.ts";`, "lazily"],
    // Foundations and entries
    ["src/errors.ts", `import type { X } from "./plan/plan.ts";`, "every other file builds on it"],
    ["src/errors.ts", `import { inspect } from "node:util";`, "every other file builds on it"],
    ["src/cli/main.ts", `import { createSlipway } from "../index.ts";`, "programs outside"],
    ["testing/x.ts", `export * from "./index.ts";`, "programs outside"],
    // Hooks, code that is made at run time, and SDKs
    ["src/cli/main.ts", `import { registerHooks } from "node:module";`, "imports registerHooks"],
    ["src/cli/main.ts", `import { register as r } from "node:module";`, "imports register of"],
    ["src/cli/main.ts", `import * as nodeModule from "node:module";`, "imports * of node:module"],
    ["src/cli/main.ts", `import Module from "node:module";`, "imports default of node:module"],
    ["src/cli/main.ts", `export { Module } from "node:module";`, "imports Module of node:module"],
    ["src/cli/main.ts", `(await import("node:module")).register(x);`, "imports all of node:module"],
    ["testing/x.ts", `require("node:module").syncBuiltinESMExports();`, "imports all of"],
    ["adapters/aws/adapter.ts", "nodeModule.registerHooks({});", "says registerHooks"],
    ["adapters/aws/adapter.ts", `module["_compile"](text, file);`, "says _compile"],
    ["adapters/aws/adapter.ts", "Module._extensions[x] = y;", "says _extensions"],
    ["adapters/aws/adapter.ts", "delete require.cache[file];", "says require . cache"],
    ["src/cli/main.ts", "nodeModule.enableCompileCache(folder);", "says enableCompileCache"],
    ["src/cli/main.ts", `import { runInThisContext } from "node:vm";`, "imports node:vm"],
    ["src/cli/main.ts", `await import("data:text/javascript,x");`, "from a URL's own text"],
    ["src/cli/main.ts", "const answer = eval(text);", "calls eval"],
    ["src/cli/main.ts", "const made = new Function(text);", "calls Function"],
    ["src/cli/main.ts", "const made = Function(text);", "calls Function"],
    ["src/storage/database.ts", `import { tmpdir } from "node:os";`, "says tmpdir"],
    ["src/storage/database.ts", `const place = "/tmp/slipway";`, "says /tmp/slipway"],
    ["src/cli/compose.ts", "const folder = environment.TMPDIR;", "says TMPDIR"],
    ...[
      "X.a = 1;",
      "X.a.b ??= 1;",
      "X[4] = 1;",
      "X.members[0][1] += 1;",
      "X.a.splice(0, 1);",
      "X?.a.push(1);",
      "delete X.a;",
      "Object.assign(X.prototype, other);",
      "Object.defineProperty(X, name, how);",
      "Reflect.set(X.a, name, 1);",
    ].flatMap((change) =>
      [
        `import { X } from "@aws-sdk/client-ec2";`,
        `import { Y as X } from "@aws-sdk/client-ec2";`,
        `import * as X from "@aws-sdk/client-ec2";`,
        `import X, { type Y } from "@aws-sdk/client-ec2";`,
        "const { X, Y } = await loadSdk();",
        `const X = await import("@aws-sdk/client-ec2");`,
      ].map(
        (taken) =>
          [
            "adapters/aws/adapter.ts",
            `${taken}\n${change}`,
            "adapters/aws/adapter.ts: changes X",
          ] as const,
      ),
    ),
    // Environment, files, clock
    ["src/oci/auth.ts", "const home = process.env.HOME;", "reads the environment"],
    ["src/oci/auth.ts", `const home = process["env"].HOME;`, "reads the environment"],
    ["src/oci/auth.ts", "const { env } = process;", "reads the environment"],
    ["src/oci/auth.ts", `import { env } from "node:process";`, "reads the environment"],
    [
      "adapters/docker/client/api.ts",
      "const host = process.env.DOCKER_HOST;",
      "reads the environment",
    ],
    ["src/oci/auth.ts", `import { readFile } from "node:fs/promises";`, "for the edges"],
    ["src/oci/auth.ts", `process.getBuiltinModule("node:fs");`, "for the edges"],
    ["src/oci/auth.ts", `import { readInput } from "../host/read-file.ts";`, "for the edges"],
    ["adapters/gce/adapter.ts", `request.once("response", read);`, "listens for a response"],
    ["src/oci/auth.ts", `request.on("response", read);`, "listens for a response"],
    ["src/oci/auth.ts", `import { replaceFile } from "../host/replace-file.ts";`, "for the edges"],
    ["src/cli/context.ts", `import { readFileSync } from "node:fs";`, "uses readFileSync"],
    ["src/cli/context.ts", `import fs from "node:fs/promises"; fs.open(x);`, "uses open"],
    [
      "testing/ec2/world.ts",
      `import { createReadStream } from "node:fs";`,
      "uses createReadStream",
    ],
    ["src/spawner/spawn.ts", "const now = Date.now();", "uses Date . now"],
    ["src/spawner/spawn.ts", "const now = new Date();", "uses new Date ( )"],
    ["adapters/aws/adapter.ts", "const dice = Math.random();", "uses Math . random"],
    // Pure files
    ...PURE_FILES.map((path) => [path, `fetch("http://x");`, `${path}: uses fetch`] as const),
    ["adapters/aws/launch/launch-request.ts", `setTimeout(f, 1);`, "uses setTimeout"],
    ["src/plan/plan.ts", `import { connect } from "node:net";`, "imports node:net"],
    ["src/plan/plan.ts", `import { readFileSync } from "node:fs";`, "imports node:fs"],
    ["src/plan/plan.ts", `import { randomUUID } from "node:crypto";`, "uses randomUUID"],
    ["src/plan/plan.ts", "const words = process.argv;", "uses process"],
    ["src/plan/plan.ts", "const now = performance.now();", "uses performance . now"],
    ["src/plan/plan.ts", "console.log(1);", "uses console"],
    ["src/plan/plan.ts", "await import(name);", "imports a computed name"],
    ["src/plan/plan.ts", "const text = `${`a ${fetch(x)} b`}`;", "uses fetch"],
  ])("in %s: %s", (path, text, why) => {
    const found = breaches({ [path]: text });
    expect(found.join("\n")).toContain(why);
    for (const breach of found) expect(breach.startsWith(`${path}: `)).toBe(true);
  });

  // Each layer imports the one above it, and a folder of its own layer.
  it.each(
    LAYERS.flatMap((folders, layer) =>
      folders.flatMap((from) => {
        const others = [...(LAYERS[layer - 1] ?? []), ...folders];
        return others.filter((to) => to !== from).map((to) => [from, to] as const);
      }),
    ),
  )("when src/%s imports src/%s", (from, to) => {
    const file = from.endsWith(".ts") ? `src/${from}` : `src/${from}/a.ts`;
    const target = to.endsWith(".ts") ? `src/${to}` : `src/${to}/b.ts`;
    const specifier = `${from.endsWith(".ts") ? "./" : "../"}${target.slice("src/".length)}`;
    for (const text of [
      `import { b } from "${specifier}";`,
      `import type { B } from "${specifier}";`,
      `const b = await import("${specifier}");`,
    ])
      expect(breaches({ [file]: text }).join("\n")).toMatch(/is above|is on the same layer as/);
  });

  it("in the layout of src", () => {
    expect(layoutBreaches(["src/index.ts", "src/errors.ts", "src/cli/main.ts"])).toEqual([]);
    expect(layoutBreaches(["src/plan.ts", "src/helpers/join.ts"])).toEqual([
      "src/plan.ts: a loose file in src",
      "src/helpers/join.ts: no layer",
    ]);
  });

  it("in the layout of an adapter", () => {
    const whole = ADAPTER_FILES.map((file) => `adapters/new/${file}`);
    expect(layoutBreaches(whole)).toEqual([]);
    const without = whole.filter((path) => !path.endsWith("/machines/logs.ts"));
    expect(layoutBreaches([...without, "adapters/new/names.ts", "adapters/new/util/x.ts"])).toEqual(
      [
        "adapters/new/machines/logs.ts: is missing",
        "adapters/new/names.ts: adapters have no names.ts",
        "adapters/new/util/x.ts: adapters have no util",
      ],
    );
  });

  it("far from the pure file that reaches it", () => {
    const texts = {
      "src/plan/plan.ts": `import { a } from "./a.ts";`,
      "src/plan/a.ts": `export * from "./b.ts";`,
      "src/plan/b.ts": "export const b = () => fetch(x);",
    };
    expect(breaches(texts)).toEqual(["src/plan/plan.ts: reaches src/plan/b.ts, which uses fetch"]);
    expect(breaches({ ...texts, "src/plan/a.ts": `import type { B } from "./b.ts";` })).toEqual([]);
  });

  it.each([
    ["of values", `import { b } from "./b.ts";`],
    ["of types", `import type { B } from "./b.ts";`],
    ["when it is lazy", `const b = await import("./b.ts");`],
  ])("in a cycle %s", (_how, text) => {
    const texts = { "src/a.ts": text, "src/b.ts": `export { a } from "./a.ts";` };
    expect(breaches(texts)).toEqual(["src/a.ts -> src/b.ts -> src/a.ts"]);
  });

  it("where an import leads nowhere", () => {
    const lost = walls.find(({ name }) => name === "own imports lead to own files");
    expect(lost?.breaches(modulesOf({ "src/a.ts": `import "./b.ts";` }))).toEqual([
      "src/a.ts: imports src/b.ts: there is no such file",
    ]);
  });
});

describe("no breach is seen:", () => {
  it.each<readonly [string, string]>([
    ["adapters/aws/adapter.ts", `import { EC2Client } from "@aws-sdk/client-ec2";`],
    ["adapters/docker/adapter.ts", `import type Docker from "dockerode"; import { z } from "zod";`],
    ["adapters/docker/adapter.ts", `import { x } from "../../src/oci/registry/client.ts";`],
    ["adapters/gce/adapter.ts", `import { x } from "../../src/substrate/contract.ts";`],
    ["adapters/gce/adapter.ts", `import { x } from "./errors.ts";`],
    ["adapters/gce/adapter.ts", `import gax from "google-gax";\nconst own = { ...gax, fallback };`],
    ["adapters/gce/adapter.ts", `import gax from "google-gax";\nif (gax.x === 1) own.gax = 1;`],
    ["adapters/gce/adapter.ts", `import { X } from "google-gax";\nObject.assign(own, X); X.get();`],
    ["adapters/gce/adapter.ts", `import { X } from "./x.ts";\nX.a = 1;`],
    [
      "adapters/gce/adapter.ts",
      `import type { X } from "google-gax";\nconst y: X = []; y.push(1);`,
    ],
    ["src/cli/main.ts", `import { createRequire, findPackageJSON } from "node:module";`],
    ["src/cli/main.ts", `function evaluate(Function: string) { return evaluate("eval(x)"); }`],
    ["src/slipway/open-adapter.ts", `const x = await import("../../adapters/aws/index.ts");`],
    ["src/slipway/open-adapter.ts", `import type { X } from "../../adapters/aws/index.ts";`],
    ["src/cli/commands/fake.ts", `const x = await import("../../../testing/fake-clock.ts");`],
    ["src/cli/context.ts", "const home = process.env.HOME;"],
    ["src/storage/database.ts", `import { mkdirSync } from "node:fs";`],
    ["src/oci/auth.ts", `import type { Stats } from "node:fs";`],
    ["src/async/await-response.ts", `request.once("response", read);`],
    ["src/oci/auth.ts", `read("response"); request.on("error", read);`],
    ["src/host/system-clock.ts", "const now = () => Date.now();"],
    ["testing/fake-server.ts", "const now = Date.now();"],
    ["src/spawner/spawn.ts", "const then = new Date(clock.now()); this.process.exit();"],
    ["src/plan/plan.ts", `import { createHash } from "node:crypto";`],
    ["src/plan/plan.ts", "const plan = { process: 1, x: y.fetch, z: y?.console };"],
    ["src/plan/plan.ts", `// process.env, fetch()\n/* Date.now() */ const text = "fetch('x')";`],
    ["src/plan/plan.ts", "const text = `process.env ${name} fetch(`;"],
    ["src/plan/plan.ts", `const pattern = /fetch "'\\/[/"]/.test(x) ? a / b / fetched : 1 / 2;`],
    ["src/plan/plan.ts", "const text = `${/fetch`/.source} ${a}` / b / fetched(`/`);"],
    ["src/plan/plan.ts", "#!/usr/bin/env node\nconst half = i++ / 2 / fetched;"],
    ["src/plan/plan.ts", `export const from = 1; export { from };`],
  ])("in %s: %s", (path, text) => {
    expect(breaches({ [path]: text })).toEqual([]);
  });
});

describe("reading", () => {
  it.each<readonly [string, string | null, string]>([
    [`import a from "./x.ts";`, "src/x.ts", "static"],
    [`import a, { type B, c as d } from './x.ts';`, "src/x.ts", "static"],
    [`import * as a from "../adapters/x.ts";`, "adapters/x.ts", "static"],
    [`import "./x.ts";`, "src/x.ts", "static"],
    [`import type { A } from "./x.ts";`, "src/x.ts", "type"],
    [`import type A from "./x.ts";`, "src/x.ts", "type"],
    [`import type from "./x.ts";`, "src/x.ts", "static"],
    [`export * from "./x.ts";`, "src/x.ts", "static"],
    [`export * as a from "./x.ts";`, "src/x.ts", "static"],
    [`export { a, b as "c" } from "./x.ts";`, "src/x.ts", "static"],
    [`export type { A } from "./x.ts";`, "src/x.ts", "type"],
    [`const a = await import("./x.ts");`, "src/x.ts", "lazy"],
    ["const a = await import(`./x.ts`);", "src/x.ts", "lazy"],
    [`import data from "./x.json" with { type: "json" };`, "src/x.json", "static"],
    [`type A = import("./x.ts").A;`, "src/x.ts", "lazy"],
    [`import { x } from "node:fs";`, null, "static"],
  ])("finds %s", (text, file, manner) => {
    const { imports } = readModule("src/a.ts", `const before = 1;\n${text}\nconst after = 2;`);
    expect(imports).toMatchObject([{ file, manner }]);
  });

  it.each([
    `// import "./x.ts";`,
    `const text = 'import "./x.ts"';`,
    "const text = `import './x.ts' ${a}`;",
    "const url = import.meta.url;",
    `export const from = "./x.ts";`,
    `export { a }; const from = "x";`,
    `export type A = "x";`,
    `a.import("./x.ts");`,
  ])("finds nothing in %s", (text) => {
    expect(readModule("src/a.ts", text).imports).toEqual([]);
  });

  it.each([`const a = "open;`, "const a = `open ${b`;", "const a = {", "/* open"])(
    "refuses a text that it cannot read to its end: %s",
    (text) => {
      expect(() => readModule("src/a.ts", text)).toThrow("src/a.ts");
    },
  );

  it("fails when a folder holds no file to judge", () => {
    const empty = mkdtempSync(join(tmpdir(), "slipway-walls-"));
    try {
      expect(() => readModules(empty, ["."])).toThrow("holds no TypeScript file");
      expect(() => readModules(empty, ["src"])).toThrow("ENOENT");
    } finally {
      rmSync(empty, { recursive: true });
    }
  });
});

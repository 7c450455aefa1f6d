/** JavaScript programs can pass any value: every invalid one must produce a SlipwayError. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  canonicalJson,
  chainId,
  createSlipway,
  imageId,
  parseImageConfig,
  parsePlan,
  parseReference,
  selectCredential,
  SecretValue,
} from "../../src/index.ts";
import type { Bake, ExecTerminal, LaunchPlan, Slipway, WriteOptions } from "../../src/index.ts";
import type { Assignments } from "../../src/catalog/catalog.ts";
import { freezePlan } from "../../src/plan/plan.ts";
import { samplePlan } from "../support/sample-plan.ts";
import { scratchFolder } from "../support/scratch.ts";

const ANYTHING: readonly unknown[] = [
  undefined,
  null,
  7,
  Number.NaN,
  {},
  [],
  Symbol("it"),
  () => 7,
  new Map(),
  5n,
  Object.create(null),
];
const INVALID = { name: "SlipwayError", code: "INVALID_ARGUMENT" };

async function expectRefused(call: (value: never) => unknown, values = ANYTHING): Promise<void> {
  for (const value of values)
    await expect(async () => await Reflect.apply(call, null, [value])).rejects.toMatchObject(
      INVALID,
    );
}

function first<T>(items: AsyncIterable<T>): Promise<IteratorResult<T>> {
  return items[Symbol.asyncIterator]().next();
}

describe("the exported functions", () => {
  it.each([
    ["parseReference", parseReference],
    ["parseImageConfig", parseImageConfig],
    ["imageId", imageId],
    ["chainId", chainId],
    ["parsePlan", parsePlan],
    ["createSlipway", createSlipway],
    ["selectCredential", (reference: string) => selectCredential(reference, {})],
  ])("%s", async (_name, call) => {
    await expectRefused(call);
  });

  it("reject invalid members of valid values", async () => {
    await expectRefused((digest: string) => chainId([digest]));
    await expectRefused((id: Uint8Array) => imageId(id), ["text"]);
    await expectRefused((list: readonly string[]) => chainId(list), ["text"]);
    await expectRefused((value: unknown) => canonicalJson(value), [undefined, 1n, Number.NaN]);
    await expectRefused((database: string) => createSlipway({ database }), [undefined, 7, {}]);
    await expectRefused((tenant: string) => createSlipway({ database: "x", tenant }), [7, null]);
    const store = { credsStore: "it" };
    const withHelper = (helper: () => Promise<null>) => selectCredential("a/b", store, helper);
    await expectRefused(withHelper, [null, 7, {}, async () => "text", async () => undefined]);
  });
});

describe("the options of createSlipway", () => {
  it.each<[name: string, given: object, message: string]>([
    ["a misspelt option", { tenent: "acme" }, 'createSlipway has no option "tenent"'],
    [
      "an option named like an object property",
      { constructor: 5 },
      'createSlipway has no option "constructor"',
    ],
    [
      "an environment that is a number",
      { environment: 5 },
      "the option environment of createSlipway must be an object",
    ],
    [
      "ports that are not an object",
      { ports: 5 },
      "the option ports of createSlipway must be an object, not 5",
    ],
    ["a misspelt port", { ports: { clok: {} } }, 'createSlipway\'s ports has no option "clok"'],
    [
      "an invalid clock",
      { ports: { clock: 5 } },
      "the option clock of createSlipway's ports must be",
    ],
    [
      "an invalid listener",
      { onAdapterCall: 5 },
      "the option onAdapterCall of createSlipway must be a",
    ],
    [
      "an invalid actor",
      { actor: 5n },
      "the option actor of createSlipway must be a string, not a bigint",
    ],
    [
      "an invalid tenant",
      { tenant: Symbol("it") },
      "the option tenant of createSlipway must be a string",
    ],
  ])("reject %s", async (_name, given, message) => {
    using folder = scratchFolder();
    const database = join(folder.path, "slipway.db");
    const opening = createSlipway({ database, ...given });
    await expect(opening).rejects.toMatchObject({
      ...INVALID,
      reason: "INVALID_INPUT",
      message: expect.stringContaining(message),
    });
  });

  it("may be undefined, which is the same as omitting them", async () => {
    using folder = scratchFolder();
    const left = { tenant: undefined, ports: undefined, environment: undefined };
    const options = { database: join(folder.path, "slipway.db"), ...left };
    await using slipway: { tenant: string } & AsyncDisposable = await Reflect.apply(
      createSlipway,
      null,
      [options],
    );
    expect(slipway.tenant).toBe("default");
  });
});

describe("the options of the methods", () => {
  const METHODS: readonly (readonly [
    call: string,
    (slipway: Slipway, options: never) => unknown,
    wrong: object,
  ])[] = [
    [
      "resolveWorkspace",
      (slipway, options) => slipway.resolveWorkspace("w", options),
      { offline: "yes" },
    ],
    [
      "spawnWorkspace",
      (slipway, options) => slipway.spawnWorkspace("w", options),
      { wait: "forever" },
    ],
    ["listSpawns", (slipway, options) => slipway.listSpawns(options), { state: "lost" }],
    ["terminateSpawn", (slipway, options) => slipway.terminateSpawn("s", options), { signal: 5 }],
    ["logs", (slipway, options) => first(slipway.logs("s", options)), { tail: -1 }],
    ["exec", (slipway, options) => slipway.exec("s", options), { command: "ls -l" }],
    ["watch", (slipway, options) => first(slipway.watch([], options)), { signal: {} }],
    [
      "inspectImage",
      (slipway, options) => slipway.inspectImage("a/b", options),
      { verifyLayers: 1 },
    ],
  ];

  it.each(METHODS)("reject invalid values: %s", async (name, call, wrong) => {
    using folder = scratchFolder();
    await using slipway = await createSlipway({ database: join(folder.path, "slipway.db") });
    const refuse = (options: unknown) =>
      expect(async () => await Reflect.apply(call, null, [slipway, options])).rejects.toMatchObject(
        {
          ...INVALID,
          reason: "INVALID_INPUT",
          message: expect.stringContaining(name),
        },
      );
    for (const options of [5, "text", null, [], { spawnID: "s" }, { offlin: true }, wrong])
      await refuse(options);
    const [option = ""] = Object.keys(wrong);
    await expect(async () => await Reflect.apply(call, null, [slipway, wrong])).rejects.toThrow(
      `the option ${option} of ${name} must be`,
    );
  });
});

describe("what createSlipway returns", () => {
  it("rejects invalid input in the same way", async () => {
    using folder = scratchFolder();
    await using slipway = await createSlipway({ database: join(folder.path, "slipway.db") });
    const { catalog } = slipway;
    await expectRefused((bake: Bake) => catalog.recordBake(bake));
    const parts = { recipeRef: "go", architecture: "amd64" } as const;
    await expectRefused((imageHash: string) => catalog.recordBake({ ...parts, imageHash }));
    await expectRefused((plan: LaunchPlan) => slipway.spawnWorkspace(plan));
    const withId = (spawnId: string) => slipway.spawnWorkspace("here", { spawnId });
    await expectRefused(withId, ["", "A", 7, {}, Symbol("it")]);
    const watch = (ids: string[]) => slipway.watch(ids)[Symbol.asyncIterator]().next();
    await expectRefused(watch, [undefined, null, 7, {}]);
    await expectRefused((platform: string) => slipway.inspectImage("a/b", { platform }), [7, {}]);
    const odd = [7, [], {}, "text"];
    await expectRefused((input: AsyncIterable<Uint8Array>) => slipway.exec("s", { input }), odd);
    await expectRefused((terminal: ExecTerminal) => slipway.exec("s", { terminal }), odd);
    const { size, onResize } = { size: () => ({ columns: 1, rows: 1 }), onResize: () => 7 };
    await expectRefused(
      (terminal: ExecTerminal) => slipway.exec("s", { terminal }),
      [{ size }, { onResize }],
    );
    const env = (variables: Record<string, string>) => slipway.exec("s", { env: variables });
    await expectRefused(env, [7, [], { A: 7 }, { "": "x" }]);
  });

  it("rejects names that are not strings", async () => {
    using folder = scratchFolder();
    await using slipway = await createSlipway({ database: join(folder.path, "slipway.db") });
    const { catalog } = slipway;
    await expectRefused((name: string) => catalog.get("image", name));
    await expectRefused((name: string) => catalog.history("image", name));
    await expectRefused((name: string) => catalog.delete("image", name));
    await expectRefused((name: string) => slipway.resolveWorkspace(name));
    await expectRefused((id: string) => slipway.describeSpawn(id));
    await expectRefused((id: string) => slipway.terminateSpawn(id));
    await expectRefused((name: string) => catalog.patch("image", name, {}));
    await expectRefused((kind: "image") => catalog.list(kind));
    await expectRefused((id: string) => slipway.watch([id])[Symbol.asyncIterator]().next());
    await expectRefused((text: string) => slipway.inspectImage(text));
    await expectRefused((id: string) => slipway.logs(id)[Symbol.asyncIterator]().next());
    await expectRefused((id: string) => slipway.exec(id));
    await expectRefused((id: string) => slipway.listPorts(id));
  });

  it("rejects unknown options and invalid values of the catalog", async () => {
    using folder = scratchFolder();
    await using slipway = await createSlipway({ database: join(folder.path, "slipway.db") });
    const { catalog } = slipway;
    const image = { name: "a", architecture: "amd64", docker: { imageRef: "a" } };
    const bake = { recipeRef: "go", imageHash: "0".repeat(64), architecture: "amd64" } as const;
    const wrong = [5, null, { ifGeneraton: 1 }, { ifGeneration: -1 }, { actor: 5n }];
    const value = new SecretValue("x");
    await expectRefused((it: WriteOptions) => catalog.setDocument("image", image, it), wrong);
    await expectRefused(
      (name: string) => catalog.setDocument("image", image, { name }),
      [5n, Symbol("a")],
    );
    await expectRefused((it: WriteOptions) => catalog.setSecret("A", value, it), wrong);
    await expectRefused((it: WriteOptions) => catalog.patch("image", "a", {}, it), wrong);
    await expectRefused((it: WriteOptions) => catalog.delete("image", "a", it), wrong);
    await expectRefused((it: WriteOptions) => catalog.recordBake(bake, it), wrong);
    await expectRefused((it: SecretValue) => catalog.setSecret("A", it), ["x", 5n, undefined]);
    await expectRefused((it: Assignments) => catalog.patch("image", "a", it), [5n, "x", null]);
    expect(await catalog.list("image")).toEqual([]);
  });

  it("rejects a plan that was changed after it was resolved", async () => {
    using folder = scratchFolder();
    await using slipway = await createSlipway({ database: join(folder.path, "slipway.db") });
    const changed = { ...samplePlan(), machineType: "another" };
    await expect(slipway.spawnWorkspace(changed)).rejects.toMatchObject({ reason: "INVALID_PLAN" });
    const { planId: _id, ...content } = samplePlan({ tenant: "other" });
    await expect(slipway.spawnWorkspace(freezePlan(content))).rejects.toMatchObject({
      reason: "INVALID_PLAN",
      message: expect.stringContaining("tenant other"),
    });
  });
});

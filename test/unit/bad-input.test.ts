/** Programs in JavaScript hand in anything: whatever it is, the answer is an error of ours. */
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
} from "../../src/index.ts";
import type { Bake, LaunchPlan } from "../../src/index.ts";
import { freezePlan } from "../../src/plan.ts";
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
];
const OURS = { name: "SlipwayError", code: "INVALID_ARGUMENT" };

async function expectRefused(call: (value: never) => unknown, values = ANYTHING): Promise<void> {
  for (const value of values)
    await expect(async () => await Reflect.apply(call, null, [value])).rejects.toMatchObject(OURS);
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

  it("in their parts", async () => {
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

describe("what createSlipway gives", () => {
  it("refuses as the functions do", async () => {
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
  });

  it("refuses names that are no text", async () => {
    using folder = scratchFolder();
    await using slipway = await createSlipway({ database: join(folder.path, "slipway.db") });
    const { catalog } = slipway;
    await expectRefused((name: string) => catalog.get("image", name));
    await expectRefused((name: string) => catalog.history("image", name));
    await expectRefused((name: string) => catalog.delete("image", name));
    await expectRefused((name: string) => slipway.resolveWorkspace(name));
    await expectRefused((id: string) => slipway.describeSpawn(id));
    await expectRefused((id: string) => slipway.terminateSpawn(id));
    await expectRefused((id: string) => slipway.logs(id)[Symbol.asyncIterator]().next());
  });

  it("refuses a plan that was changed since it was made", async () => {
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

import { expect, it } from "vitest";
import { longFirst } from "../../../scripts/test-order.ts";

it("starts the files first that wait for a peer or allow more time, then larger ones", () => {
  const texts = {
    "plan.test.ts": 'describe("a plan", () => {',
    "engine.test.ts": 'describeWithEngine("a container", () => {',
    "described.test.ts": "const describedWith = 1; const seconds = { timeout: null };",
    "burst.test.ts": "const LIMIT = { timeout: 120_000 };",
    "shared.test.ts": 'it("launches", SLOW, async () => {',
  };
  expect(longFirst(Object.entries(texts), ([, text]) => text).map(([name]) => name)).toEqual([
    "engine.test.ts",
    "burst.test.ts",
    "shared.test.ts",
    "described.test.ts",
    "plan.test.ts",
  ]);
});

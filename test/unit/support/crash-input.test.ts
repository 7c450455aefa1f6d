import { describe, expect, it } from "vitest";
import { launchDocuments } from "../../../src/boot/boot-document.ts";
import {
  crashInput,
  receivedInputs,
  receivedVariables,
  wrongInput,
} from "../../support/crash/crash-input.ts";
import { samplePlan } from "../../support/sample-plan.ts";

const IDS = ["a-0", "a-1", "a-2"] as const;
const PLACE = { place: "zone-1" };

function userData(): string {
  const members = IDS.map((spawnId) => ({ spawnId, ...crashInput(spawnId) }));
  const delivery = {
    delivery: "cloud-init",
    maximumBytes: 16_384,
    identity: "launch-index",
  } as const;
  return launchDocuments({ plan: samplePlan(), place: PLACE, members }, delivery).userData;
}

describe("the crash harness", () => {
  const spawns = IDS.map((spawnId) => ({
    spawnId,
    ...crashInput(spawnId),
    machine: { id: spawnId },
  }));
  const rows = receivedInputs(userData());
  const rowOf = (id: string) => rows.find(({ spawnId }) => spawnId === id) ?? null;

  it("finds nothing wrong with machines that have their own spawn's input", async () => {
    expect(await wrongInput(spawns, async (id) => rowOf(id))).toBe(null);
    const [first] = spawns;
    if (first === undefined) throw new Error("there is no spawn");
    const variables = [
      "PATH=/bin",
      "SPAWN=a-0",
      `SLIPWAY_INPUT=${JSON.stringify(first.input)}`,
      'SLIPWAY_BOOT_DOCUMENT={"spawn_id":"a-0"}',
    ];
    expect(await wrongInput([first], async () => receivedVariables(variables))).toBe(null);
    const other = variables.map((one) => one.replace("SPAWN=a-0", "SPAWN=a-1"));
    expect(await wrongInput([first], async () => receivedVariables(other))).toContain("a-1");
  });

  it("reports a machine with another spawn's input, or without any", async () => {
    const swapped = { "a-0": "a-1", "a-1": "a-0", "a-2": "a-2" } as const;
    const received = async (id: string) => rowOf(id === "a-0" || id === "a-1" ? swapped[id] : id);
    expect(await wrongInput(spawns, received)).toContain("machine a-0 of spawn a-0");
    expect(await wrongInput(spawns, async () => null)).toContain("null");
  });

  it("reports a record with another input", async () => {
    const [first] = spawns;
    if (first === undefined) throw new Error("there is no spawn");
    const changed = { ...first, input: 7 };
    expect(await wrongInput([changed], async (id) => rowOf(id))).toContain("is recorded with");
  });
});

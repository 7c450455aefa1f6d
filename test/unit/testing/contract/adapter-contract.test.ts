import { describe, expect, it } from "vitest";
import type { SubstrateAdapter } from "../../../../src/substrate/contract.ts";
import { adapterContract } from "../../../../testing/contract/adapter-contract.ts";
import type { AdapterSubject } from "../../../../testing/contract/subject.ts";
import { fakeSubject } from "../../../support/fake-subject.ts";
import type { Break, Breakage } from "../adapter-breakages/breakage.ts";
import { launchBreakages } from "../adapter-breakages/launches.ts";
import { machineBreakages } from "../adapter-breakages/machines.ts";
import { readingBreakages } from "../adapter-breakages/reading.ts";
import { streamBreakages } from "../adapter-breakages/streams.ts";

interface ContractTest {
  readonly title: string;
  readonly body: () => Promise<void>;
}

/** The contract's tests, applied to fakes that are broken in this way. */
function contractTests(breakage: Break): readonly ContractTest[] {
  const tests: ContractTest[] = [];
  let group = "";
  const describeGroup = (name: string, body: () => void): void => {
    group = name;
    body();
  };
  const collect = (name: string, body: () => Promise<void>): void => {
    tests.push({ title: `${group}: ${name}`, body });
  };
  const subject = (): Promise<AdapterSubject> => {
    const good = fakeSubject(3);
    const broken = (adapter: SubstrateAdapter) => ({ ...adapter, ...breakage(adapter, good) });
    const open = async () => broken(await good.open());
    return Promise.resolve({ ...good, adapter: broken(good.adapter), open });
  };
  adapterContract({
    name: "broken",
    subject,
    runner: { describe: describeGroup, it: collect, expect },
  });
  return tests;
}

/** The titles of the failing tests. */
async function failures(breakage: Break): Promise<readonly string[]> {
  const failed: string[] = [];
  for (const { title, body } of contractTests(breakage)) {
    try {
      await body();
    } catch {
      failed.push(title);
    }
  }
  return failed;
}

const breakages: readonly Breakage[] = [
  ...readingBreakages,
  ...launchBreakages,
  ...machineBreakages,
  ...streamBreakages,
];

describe("the adapter contract", () => {
  it("passes for the unmodified fake", async () => {
    expect(await failures(() => ({}))).toEqual([]);
  });

  it.each(breakages)("detects an adapter that %s", async (_what, title, breakage) => {
    expect(await failures(breakage)).toContainEqual(expect.stringContaining(title));
  });

  it("has a breakage in this file for each of its tests", () => {
    const unseen = contractTests(() => ({}))
      .map(({ title }) => title)
      .filter((title) => !breakages.some(([, noticed]) => title.startsWith(noticed)));
    expect(unseen).toEqual([]);
  });
});

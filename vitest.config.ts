import { globSync, readFileSync } from "node:fs";
import { defineConfig } from "vitest/config";
import { BaseSequencer } from "vitest/node";
import type { TestSpecification } from "vitest/node";
import { longFirst } from "./scripts/test-order.ts";

const TESTS = "test/**/*.test.ts";

/** Files that say one of these depend on, or change, the process around them; each gets a worker of its own. */
const GLOBALS = [
  "vi.mock(",
  "vi.stub",
  "vi.useFakeTimers(",
  "vi.setSystemTime(",
  "spyOn(globalThis",
  "spyOn(console",
  "spyOn(process",
  "setFlagsFromString(",
  "process.chdir(",
  "process.umask(",
];

const apart = globSync(TESTS).filter((file) => {
  const text = readFileSync(file, "utf8");
  return GLOBALS.some((words) => text.includes(words));
});

/** Keeps the files of a project together, because a shared worker serves one project. */
class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return [...Map.groupBy(files, ({ project }) => project).values()].flatMap((ofProject) =>
      longFirst(ofProject, ({ moduleId }) => readFileSync(moduleId, "utf8")),
    );
  }
}

export default defineConfig({
  test: {
    // Tests wait for engines, virtual machines and processes about half of the time. A third worker uses it on two cores.
    maxWorkers: 3,
    sequence: { sequencer: LongFirst },
    // Only what hangs reaches these, however busy the machine is.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    restoreMocks: true,
    projects: [
      // These share workers, and the modules loaded there: loading them anew for each file takes longer than most tests.
      { extends: true, test: { name: "shared", include: [TESTS], exclude: apart, isolate: false } },
      { extends: true, test: { name: "apart", include: apart } },
    ],
  },
});

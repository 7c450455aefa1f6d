import { globSync, readFileSync } from "node:fs";
import { defineConfig } from "vitest/config";

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

/** A file that says this waits a minute or more for a virtual machine. Those with workers of their own start first. */
const LONG = "describeWithVirtualMachine(";

const apart = globSync(TESTS).filter((file) => {
  const text = readFileSync(file, "utf8");
  return [...GLOBALS, LONG].some((words) => text.includes(words));
});

export default defineConfig({
  test: {
    // Two cores: more workers than that only fight for them.
    maxWorkers: 2,
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

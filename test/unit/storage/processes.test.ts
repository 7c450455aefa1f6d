import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openDatabase } from "../../../src/storage/database.ts";
import { finishProcess, startProcess } from "../../support/processes.ts";
import { scratchFolder } from "../../support/scratch.ts";

const WRITER = join(import.meta.dirname, "../../support/storage/writer-process.ts");
const BYSTANDER = join(import.meta.dirname, "../../support/storage/bystander-process.ts");
const PROCESSES = 8;
const WRITES = 100;

interface Report {
  readonly seen: readonly number[];
  readonly longestDelayMilliseconds: number;
}

async function finish(writer: ReturnType<typeof startProcess>): Promise<Report> {
  const { exitCode, output, errors } = await finishProcess(writer);
  expect(errors).toBe("");
  expect(exitCode).toBe(0);
  return JSON.parse(output);
}

/** @returns the longest delay of a writer's event loop, beyond the delay of a bystander in the same time */
async function storm(path: string): Promise<number> {
  const bystander = startProcess(BYSTANDER);
  const writers = Array.from({ length: PROCESSES }, () =>
    startProcess(WRITER, path, String(WRITES)),
  );
  await Promise.all([bystander, ...writers].map(({ ready }) => ready));
  bystander.child.stdin.write("go\n");
  const reports = await Promise.all(writers.map(finish));
  const { output } = await finishProcess(bystander);

  const total = PROCESSES * WRITES;
  const seen = reports.flatMap((report) => report.seen).toSorted((a, b) => a - b);
  expect(seen).toEqual(Array.from({ length: total }, (_, index) => index + 1));
  await using database = await openDatabase({ path, migrations: {} });
  const row = await database.read((connection) => connection.get("SELECT value FROM counter"));
  expect(row?.["value"]).toBe(total);
  const longest = Math.max(...reports.map((report) => report.longestDelayMilliseconds));
  return longest - Number(output);
}

describe("eight processes on one new database", () => {
  it("lose no update, fail because of no lock and never block their event loop for 100 ms", async () => {
    using folder = scratchFolder();
    const delays: number[] = [];
    // A busy machine delays every process, and not all alike. A delay that the database causes shows in every storm.
    while (delays.length < 5 && delays.every((delay) => delay >= 100))
      delays.push(await storm(join(folder.path, `shared-${delays.length}.db`)));
    expect(Math.min(...delays)).toBeLessThan(100);
  }, 120_000);
});

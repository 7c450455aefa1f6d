import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { loadSqlite } from "../../../src/storage/connection.ts";

const MODULE = join(import.meta.dirname, "../../../src/storage/connection.ts");

/** Behaves like Node 22, on any Node: the first load of the module announces it. */
function announceOnLoad(announcement: string): string {
  return `
    const { loadSqlite } = await import(${JSON.stringify(MODULE)});
    const load = process.getBuiltinModule;
    process.getBuiltinModule = (name) => { ${announcement}; return load(name); };
    const before = process.emitWarning;
    loadSqlite();
    if (process.emitWarning !== before) throw new Error("the filter was left behind");
  `;
}

async function standardError(source: string): Promise<string> {
  const run = promisify(execFile);
  const { stderr } = await run(process.execPath, ["--input-type=module", "-e", source]);
  return stderr;
}

describe("loadSqlite", () => {
  it("returns Node's module", () => {
    expect(loadSqlite().DatabaseSync).toBeTypeOf("function");
  });

  it("suppresses Node 22's announcement", async () => {
    const announcement =
      'process.emitWarning("SQLite is an experimental feature and might change at any time", "ExperimentalWarning")';
    expect(await standardError(announceOnLoad(announcement))).toBe("");
  });

  it("passes every other warning on", async () => {
    const others =
      'process.emitWarning("SQLite is slow today"); process.emitWarning("glob is experimental", "ExperimentalWarning")';
    const printed = await standardError(announceOnLoad(others));
    expect(printed).toContain("SQLite is slow today");
    expect(printed).toContain("glob is experimental");
  });
});

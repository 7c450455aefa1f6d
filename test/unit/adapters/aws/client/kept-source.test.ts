import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { scratchFolder } from "../../../../support/scratch.ts";

const MODULE = join(import.meta.dirname, "../../../../../adapters/aws/client/kept-source.ts");

/** What a process of its own gets for a source, and whether it made it. */
async function ask(
  of: unknown,
  { cache, first = "" }: { readonly cache: string | null; readonly first?: string },
): Promise<unknown> {
  const program = `${first}
    import { keptSource } from ${JSON.stringify(MODULE)};
    let made = 0;
    const source = keptSource(${JSON.stringify([of])}, () => "export const made = " + ++made + ";");
    process.stdout.write(JSON.stringify([source, made]));`;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--input-type=module-typescript", "--eval", program],
    { env: cache === null ? {} : { NODE_COMPILE_CACHE: cache } },
  );
  return JSON.parse(stdout);
}

/** What is kept in a folder of compiled code. */
async function keptIn(cache: string): Promise<readonly string[]> {
  const names = await readdir(cache, { recursive: true });
  return names.filter((name) => name.includes("slipway-")).map((name) => join(cache, name));
}

const MADE = ["export const made = 1;", 1];
const KEPT = ["export const made = 1;", 0];

describe("keptSource", () => {
  it("is made once for all processes, and anew for anything else that it depends on", async () => {
    using cache = scratchFolder();
    expect(await ask("one", { cache: cache.path })).toEqual(MADE);
    expect(await ask("one", { cache: cache.path })).toEqual(KEPT);
    expect(await ask("two", { cache: cache.path })).toEqual(MADE);
    const files = await keptIn(cache.path);
    expect(files).toHaveLength(2);
    for (const file of files) {
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      expect(await readFile(file, "utf8")).toMatch(`\n${MADE[0]}`);
    }
  });

  it.each([
    ["is empty", () => ""],
    ["breaks off", (kept: string) => kept.slice(0, -1)],
    ["was changed", (kept: string) => kept.replace("made", "lost")],
  ])("is made again where what was kept %s", async (_case, damage) => {
    using cache = scratchFolder();
    await ask("one", { cache: cache.path });
    const [file = ""] = await keptIn(cache.path);
    await writeFile(file, damage(await readFile(file, "utf8")));
    expect(await ask("one", { cache: cache.path })).toEqual(MADE);
    expect(await ask("one", { cache: cache.path })).toEqual(KEPT);
  });

  it("is made each time where the process keeps no compiled code", async () => {
    expect(await ask("one", { cache: null })).toEqual(MADE);
    expect(await ask("one", { cache: null })).toEqual(MADE);
  });

  it("is made where the folder is one no more", async () => {
    using cache = scratchFolder();
    const lost = `import { getCompileCacheDir } from "node:module";
      import { rmSync, writeFileSync } from "node:fs";
      rmSync(getCompileCacheDir(), { recursive: true });
      writeFileSync(getCompileCacheDir(), "");`;
    expect(await ask("one", { cache: cache.path, first: lost })).toEqual(MADE);
  });

  it("is made where it can be neither read nor kept, and leaves nothing behind", async () => {
    using cache = scratchFolder();
    await ask("one", { cache: cache.path });
    const [file = ""] = await keptIn(cache.path);
    await rm(file);
    await mkdir(file);
    expect(await ask("one", { cache: cache.path })).toEqual(MADE);
    expect(await keptIn(cache.path)).toEqual([file]);
  });
});

import { expect, it } from "vitest";
import { CATALOG_MIGRATIONS, createSqliteStore } from "../../src/catalog/store/sqlite-store.ts";
import { keyFile } from "../../src/secrets/key-file.ts";
import { createSealedStore } from "../../src/secrets/sealed-store.ts";
import { openDatabase } from "../../src/storage/database.ts";
import { describeWithTerminal } from "../support/peers.ts";
import { KEYS } from "../support/pty.ts";
import type { Pty } from "../support/pty.ts";
import { scratchCatalog } from "./support/scratch-catalog.ts";
import type { ScratchCatalog } from "./support/scratch-catalog.ts";

const { enter, backspace, ctrlC, ctrlD, ctrlU } = KEYS;
const SET = ["set", "secret", "TOKEN"];
const QUESTION = "Value of secret TOKEN: ";
const AGAIN = "The same value again: ";

/** The stored value; null if there is none. */
async function storedValue({ database: path, keyFile: key }: ScratchCatalog) {
  await using database = await openDatabase({ path, migrations: { catalog: CATALOG_MIGRATIONS } });
  const store = createSqliteStore(database);
  if ((await store.get("default", "secret", "TOKEN")) === null) return null;
  return (await createSealedStore(store, keyFile(key)).get("default", "TOKEN")).reveal();
}

/** Answers both questions. */
async function answer(pty: Pty, first: string, second: string): Promise<void> {
  await pty.waitFor(QUESTION);
  pty.type(first);
  await pty.waitFor(AGAIN);
  pty.type(second);
}

describeWithTerminal("a secret that is typed", (terminal) => {
  const long = "ab§".repeat(4_000);
  it.each([
    ["plainly", `hunter2${enter}`, "hunter2"],
    [
      "with corrections",
      `oü${backspace}${backspace}x${ctrlU}pässwört${backspace}${enter}`,
      "pässwör",
    ],
    ["by a long paste", `${long}${enter}`, long],
  ])("is stored without being shown: %s", async (_how, typed, value) => {
    using catalog = scratchCatalog();
    await using pty = catalog.runOnTerminal(terminal, [...SET, "-o", "name"]);
    await answer(pty, typed, `${value}${enter}`);
    expect(await pty.ended).toEqual({
      exitCode: 0,
      signal: null,
      echo: true,
      lines: true,
      output: `${QUESTION}\r\n${AGAIN}\r\nTOKEN\r\n`,
    });
    expect(await storedValue(catalog)).toBe(value);
  });

  it.each<readonly [string, string, string, RegExp]>([
    [
      "the two differ",
      `hunter2${enter}`,
      `hunter3${enter}`,
      /the two values differ; nothing was stored/,
    ],
    ["there is no second", `hunter2${enter}`, ctrlD, /the two values differ; nothing was stored/],
  ])("is not stored if %s", async (_what, first, second, message) => {
    using catalog = scratchCatalog();
    await using pty = catalog.runOnTerminal(terminal, SET);
    await answer(pty, first, second);
    const { output, ...end } = await pty.ended;
    expect(end).toEqual({ exitCode: 2, signal: null, echo: true, lines: true });
    expect(output).toMatch(message);
    expect(output).not.toContain("hunter");
    expect(await storedValue(catalog)).toBe(null);
  });

  it.each<readonly [string, string, RegExp]>([
    ["nothing", enter, /no value was typed; nothing was stored/],
    ["Ctrl-D", ctrlD, /no value was typed; nothing was stored/],
    ["several lines", "BEGIN\rkeykey\rEND", /has several lines; nothing was stored/],
  ])("is asked for once if the answer is %s", async (_what, typed, message) => {
    using catalog = scratchCatalog();
    await using pty = catalog.runOnTerminal(terminal, SET);
    await pty.waitFor(QUESTION);
    pty.type(typed);
    const { output, ...end } = await pty.ended;
    expect(end).toEqual({ exitCode: 2, signal: null, echo: true, lines: true });
    expect(output).toMatch(message);
    expect(output).not.toMatch(/again:|BEGIN|keykey|END/);
  });

  it.each<readonly [string, (pty: Pty) => void]>([
    ["Ctrl-C", (pty) => pty.type(`hunter2${ctrlC}`)],
    ["SIGTERM", (pty) => pty.kill("SIGTERM")],
    ["SIGHUP", (pty) => pty.kill("SIGHUP")],
  ])("leaves the terminal as it was after %s", async (_what, interrupt) => {
    using catalog = scratchCatalog();
    await using pty = catalog.runOnTerminal(terminal, SET);
    await pty.waitFor(QUESTION);
    interrupt(pty);
    const { output, ...end } = await pty.ended;
    expect(end).toEqual({ exitCode: 130, signal: null, echo: true, lines: true });
    expect(output).toBe(`${QUESTION}\r\nslipway: CANCELLED: the command was interrupted\r\n`);
  });

  it("stays hidden when Ctrl-Z is typed", async () => {
    using catalog = scratchCatalog();
    await using pty = catalog.runOnTerminal(terminal, SET);
    await answer(pty, `hun\u001Ater2${enter}`, `hunter2${enter}`);
    expect(await pty.ended).toMatchObject({ exitCode: 0 });
    expect(pty.output()).not.toContain("ter2");
    expect(await storedValue(catalog)).toBe("hunter2");
  });

  it("is not asked for if no secret can have the name", async () => {
    using catalog = scratchCatalog();
    await using pty = catalog.runOnTerminal(terminal, ["set", "secret", "lower"]);
    expect(await pty.ended).toMatchObject({ exitCode: 2, echo: true, lines: true });
    expect(pty.output()).toMatch(/^slipway: INVALID_ARGUMENT: name must match/);
  });

  it("is asked for on standard output if standard error is not a terminal", async () => {
    using catalog = scratchCatalog();
    await using pty = catalog.runOnTerminal(terminal, [...SET, "-o", "json"], {
      redirect: "2>errors.txt",
    });
    await answer(pty, `hunter2${enter}`, `hunter2${enter}`);
    expect(await pty.ended).toMatchObject({ exitCode: 0 });
    expect(await storedValue(catalog)).toBe("hunter2");
  });
});

import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { scratchCatalog } from "./support/scratch-catalog.ts";

const VALUE = "hunter2-correct-horse";
const PULL = `robot:${VALUE}`;
const FORMS = [VALUE, Buffer.from(VALUE).toString("base64"), Buffer.from(PULL).toString("base64")];

/** The content of all files in a folder, as text. */
function everythingIn(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"))
    .join("\n");
}

describe("a secret", () => {
  it("appears in no output, error or file", { timeout: 60_000 }, async () => {
    using catalog = scratchCatalog();
    const record = `name: OTHER\nplaintext_value: ${VALUE}\ndescription: for pulls\n`;
    const commands: readonly (readonly [argv: readonly string[], stdin?: string])[] = [
      [["set", "secret", "TOKEN"], `${PULL}\n`],
      [["set", "secret", "OTHER", "--resource"], record],
      [["set", "secret", "THIRD", "--resource"], record],
      [["set", "secret", "OTHER", "--resource"], `${record}surplus: ${VALUE}\n`],
      [["set", "secret", "lower"], VALUE],
      [["set", "image", "a"], `name: a\nplaintext_value: ${VALUE}\n`],
      [["set", "secret", "TOKEN", VALUE]],
      [["patch", "secret", "TOKEN", "--set", `plaintext_value=${VALUE}`]],
      [["patch", "secret", "TOKEN", "--set", "description=new"]],
      [["get", "secret", "-o", "json"]],
      [["get", "secret", "-o", "table"]],
      [["get", "secret", "TOKEN"]],
      [["history", "secret", "OTHER"]],
      [["delete", "secret", "OTHER"]],
    ];
    let output = "";
    for (const [argv, stdin = ""] of commands) {
      const ran = await catalog.run([...argv, "--verbose"], { stdin });
      output += `${ran.stdout}${ran.stderr}\n`;
    }
    expect(output).toContain("TOKEN");
    for (const form of FORMS) {
      expect(output).not.toContain(form);
      expect(everythingIn(catalog.path)).not.toContain(form);
    }
  });

  it("creates a key file that only its owner can read", async () => {
    using catalog = scratchCatalog();
    await catalog.must(["get", "secret"]);
    expect(() => statSync(catalog.keyFile)).toThrow("ENOENT");
    await catalog.must(["set", "secret", "TOKEN"], { stdin: VALUE });
    expect(statSync(catalog.keyFile).mode & 0o777).toBe(0o600);
    expect(statSync(catalog.database).mode & 0o077).toBe(0);
  });

  it("keeps its key in the given file", async () => {
    using catalog = scratchCatalog();
    const argv = ["set", "secret", "TOKEN", "--key-file", "own.key"];
    await catalog.must(argv, { stdin: VALUE });
    expect(readdirSync(catalog.path)).toContain("own.key");
    expect(readdirSync(catalog.path)).not.toContain("slipway.key");
  });
});

describe("the sealing key", () => {
  const keyOf = (fill: number) => Buffer.alloc(32, fill).toString("base64");
  /** The finding of the key's check. */
  const keyCheck = async (
    catalog: ReturnType<typeof scratchCatalog>,
    environment: Readonly<Record<string, string>> = {},
  ) => {
    const { stdout } = await catalog.run(["doctor", "-o", "json"], { environment });
    const check = parseCheck.parse(JSON.parse(stdout)).checks.find(({ name }) => name === "key");
    return `${check?.outcome}: ${check?.message}`;
  };

  it("is replaced by rotate-key, and every secret can be read with the new one", async () => {
    using catalog = scratchCatalog();
    await catalog.must(["set", "secret", "TOKEN"], { stdin: VALUE });
    const { stdout } = await catalog.must(["secrets", "rotate-key", "-o", "json"]);
    expect(JSON.parse(stdout)).toEqual({
      key_id: expect.stringMatching(/^[0-9a-f]{16}$/),
      resealed: 1,
    });
    expect(readFileSync(catalog.keyFile, "utf8")).toMatch(/^(?:\S{44}\n){2}$/);
    expect(statSync(catalog.keyFile).mode & 0o777).toBe(0o600);
    expect(await keyCheck(catalog)).toContain("opens all secrets (1)");
    const refused = await catalog.run(["secrets", "rotate"]);
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain("slipway secrets rotate-key");
  });

  it("comes from a variable or from a command, and is never printed", async () => {
    using catalog = scratchCatalog();
    const [old, fresh] = [keyOf(1), keyOf(2)];
    const run = (argv: readonly string[], environment: Readonly<Record<string, string>>) =>
      catalog.must(argv, { environment, stdin: VALUE });
    await run(["set", "secret", "TOKEN"], { SLIPWAY_KEY: old });
    const both = { SLIPWAY_KEY_COMMAND: `echo ${fresh}; echo ${old}` };
    const { stdout } = await run(["secrets", "rotate-key", "-o", "json"], both);
    expect(JSON.parse(stdout)).toMatchObject({ resealed: 1 });
    expect(readdirSync(catalog.path)).not.toContain("slipway.key");
    expect(await keyCheck(catalog, { SLIPWAY_KEY: fresh })).toMatch(
      "ok: the given key opens all secrets (1)",
    );
    expect(await keyCheck(catalog, { SLIPWAY_KEY: old })).toMatch(/^problem: .*is sealed with key/);
    const environment = { SLIPWAY_KEY: `${fresh}x` };
    const refused = await catalog.run(["set", "secret", "OTHER"], { environment, stdin: VALUE });
    expect(refused.stderr).toContain("SLIPWAY_KEY does not hold a key: 32 bytes in base64");
    const shown = await run(["context", "show", "-o", "json"], { SLIPWAY_KEY: fresh });
    expect(shown.stdout).toContain('"SLIPWAY_KEY"');
    for (const { stdout: out, stderr } of [refused, shown])
      expect(`${out}${stderr}`).not.toContain(fresh);
  });
});

const parseCheck = z.object({
  checks: z.array(z.object({ name: z.string(), outcome: z.string(), message: z.string() })),
});

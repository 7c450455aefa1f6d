import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
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

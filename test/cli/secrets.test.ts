import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { scratchCatalog } from "./support/scratch-catalog.ts";

const VALUE = "hunter2-correct-horse";
const PULL = `robot:${VALUE}`;
const FORMS = [VALUE, Buffer.from(VALUE).toString("base64"), Buffer.from(PULL).toString("base64")];

/** Every byte that a folder holds, as text. */
function everythingIn(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"))
    .join("\n");
}

describe("a secret", () => {
  it("is in no output, no error and no file", { timeout: 60_000 }, async () => {
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
    let said = "";
    for (const [argv, stdin = ""] of commands) {
      const ran = await catalog.run([...argv, "--verbose"], { stdin });
      said += `${ran.stdout}${ran.stderr}\n`;
    }
    expect(said).toContain("TOKEN");
    for (const form of FORMS) {
      expect(said).not.toContain(form);
      expect(everythingIn(catalog.path)).not.toContain(form);
    }
  });

  it("makes a key that only its owner reads", async () => {
    using catalog = scratchCatalog();
    await catalog.must(["get", "secret"]);
    expect(() => statSync(catalog.keyFile)).toThrow("ENOENT");
    await catalog.must(["set", "secret", "TOKEN"], { stdin: VALUE });
    expect(statSync(catalog.keyFile).mode & 0o777).toBe(0o600);
    expect(statSync(catalog.database).mode & 0o077).toBe(0);
  });

  it("keeps its key where it is told to", async () => {
    using catalog = scratchCatalog();
    const argv = ["set", "secret", "TOKEN", "--key-file", "own.key"];
    await catalog.must(argv, { stdin: VALUE });
    expect(readdirSync(catalog.path)).toContain("own.key");
    expect(readdirSync(catalog.path)).not.toContain("slipway.key");
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  withContext,
  withCurrentContext,
  withoutContext,
} from "../../../../src/cli/configuration/config-tree.ts";
import { parseConfiguration } from "../../../../src/cli/configuration/parse-configuration.ts";

const TEXT = `# Contexts of the team.
current_context: staging # since May
contexts:
  # Everyone may use it.
  staging:
    database: staging.db # on this disk
    tenant: acme

  prod:
    tenant: live
`;

function contextsOf(text: string) {
  const place = { path: "config.yaml", folder: "/etc", home: "/home/ann" };
  return Object.fromEntries(parseConfiguration(text, place).contexts);
}

describe("a change of the configuration file", () => {
  it("of a context leaves comments and everything else as it is", () => {
    expect(withContext(TEXT, "staging", { tenant: "other", default_output: "json" })).toBe(
      TEXT.replace("tenant: acme", "tenant: other\n    default_output: json"),
    );
    expect(withContext(TEXT, "staging", { database: null })).toBe(
      TEXT.replace("    database: staging.db # on this disk\n", ""),
    );
  });

  it("adds a context, also to a file without any", () => {
    expect(withContext(TEXT, "new", { tenant: "123" })).toBe(`${TEXT}  new:\n    tenant: "123"\n`);
    for (const text of ["", "# mine\n", "contexts:\n", "contexts: {}\n"])
      expect(contextsOf(withContext(text, "new", { tenant: "a" }))).toEqual({
        new: { tenant: "a" },
      });
    expect(withContext("# mine\n", "new", { tenant: "a" })).toContain("# mine\n");
  });

  it("fills a context that was left empty, or that is an alias", () => {
    const text = "contexts:\n  a: &a\n    tenant: x\n  b: *a\n  c:\n";
    expect(contextsOf(withContext(text, "b", { default_output: "json" }))).toEqual({
      a: { tenant: "x" },
      b: { tenant: "x", defaultOutput: "json" },
      c: {},
    });
    expect(contextsOf(withContext(text, "c", { tenant: "y" }))).toMatchObject({
      c: { tenant: "y" },
    });
  });

  it("removes a context", () => {
    expect(withoutContext(TEXT, "prod")).not.toContain("prod");
    expect(contextsOf(withoutContext("contexts:\n  1:\n    tenant: a\n", "1"))).toEqual({});
  });

  it("sets and unsets the current context", () => {
    expect(withCurrentContext(TEXT, "prod")).toBe(TEXT.replace(": staging #", ": prod #"));
    expect(withCurrentContext(TEXT, null)).not.toContain("current_context");
    expect(withCurrentContext("", "prod")).toBe("current_context: prod\n");
  });

  it("is read as it was meant, whatever the values are", () => {
    const name = fc
      .stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.+@:-]{0,20}$/)
      .filter((n) => n !== "default");
    const tenant = fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,20}$/);
    const path = fc.string({ unit: "grapheme-ascii", minLength: 1 }).map((text) => `/${text}`);
    fc.assert(
      fc.property(name, tenant, path, (context, owner, file) => {
        const text = withContext(TEXT, context, { tenant: owner, database: file });
        const { database, tenant: read } = contextsOf(text)[context] ?? {};
        expect(read).toBe(owner);
        expect(database).toBe(
          contextsOf(JSON.stringify({ contexts: { a: { database: file } } }))["a"]?.database,
        );
      }),
    );
  });
});

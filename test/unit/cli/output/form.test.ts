import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { renderForm } from "../../../../src/cli/output/form.ts";
import type { JsonObject } from "../../../../src/errors.ts";
import { hostileText } from "../support/hostile-text.ts";

const NOW = Date.UTC(2026, 10, 25, 4);

describe("renderForm", () => {
  it.each<readonly [string, JsonObject, readonly string[]]>([
    ["fields", { image_ref: "a", min_idle: 0 }, ["IMAGE REF  a", "MIN IDLE   0"]],
    ["lists", { dns: ["a", "b"], tags: {} }, ["DNS   a, b", "TAGS  -"]],
    [
      "keys of the user's own",
      { tags: { Team: "red", cost_center: 7 } },
      ["TAGS  Team=red, cost_center=7"],
    ],
    [
      "times",
      { created_at: "2026-11-22T04:00:00Z" },
      ["CREATED AT  2026-11-22T04:00:00Z (3d ago)"],
    ],
    ["no time", { created_at: "never" }, ["CREATED AT  never"]],
    ["maps", { target: { docker: { host: "h" } } }, ["TARGET", "  DOCKER", "    HOST  h"]],
    [
      "lists of maps",
      { ports: [{ port: 80, name: "web" }, { port: 81 }], name: "a" },
      ["NAME  a", "", "PORTS", "  PORT  NAME", "  80    web", "  81    -"],
    ],
    [
      "texts",
      { user_data: "#!/bin/sh\n\u001b[31m\n" },
      ["USER DATA", "  #!/bin/sh", "  \\x1b[31m"],
    ],
  ])("shows %s", (_what, record, lines) => {
    expect(renderForm(record, NOW)).toBe(lines.map((line) => `${line}\n`).join(""));
  });

  it("is safe to print, whatever a record contains", () => {
    const value = fc.oneof(
      hostileText,
      fc.array(hostileText),
      fc.dictionary(hostileText, hostileText),
      fc.array(fc.dictionary(hostileText, hostileText)),
    );
    const records = fc.dictionary(fc.oneof(hostileText, fc.constant("labels")), value);
    fc.assert(
      fc.property(records, (record) => {
        expect(renderForm(record, NOW)).not.toMatch(/(?!\n)[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
      }),
    );
  });
});

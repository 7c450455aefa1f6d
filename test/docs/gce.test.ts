import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { API_CALLS } from "../../adapters/gce/index.ts";
import { startGce } from "../../testing/gce/index.ts";
import { scratchFolder } from "../support/scratch.ts";
import { allBlocks, ROOT } from "./support/documents.ts";

const run = promisify(execFile);

const role = z.strictObject({
  title: z.string(),
  stage: z.literal("GA"),
  includedPermissions: z.array(z.string().regex(/^[a-z]+\.[A-Za-z]+\.[A-Za-z]+$/)),
});

const blocks = allBlocks().filter(({ at }) => at.startsWith("docs/gce.md:"));

describe("the roles in docs/gce.md", () => {
  it.each(["reader", "launcher"] as const)(
    "allow the %s the calls that are made, and no other",
    (name) => {
      const shown = blocks.filter(
        ({ language, subject }) => language === "json" && subject === name,
      );
      expect(shown.length).toBe(1);
      const { includedPermissions } = role.parse(JSON.parse(shown[0]?.text ?? ""));
      const made = API_CALLS.filter((call) => call.role === name);
      const used = new Set(made.flatMap(({ permissions }) => permissions));
      expect(includedPermissions).toEqual([...used].toSorted());
    },
  );
});

describe("the fake in five commands", () => {
  it("runs as docs/gce.md shows it", { timeout: 120_000 }, async () => {
    using folder = scratchFolder();
    await using gce = await startGce();
    const [preparation, commands] = blocks.filter(({ language }) => language === "sh");
    expect(preparation?.text).toContain("slipway fake gce --port 8085");
    expect(preparation?.text).toContain("=http://127.0.0.1:8085/compute/v1/");
    const lines = commands?.text.trim().split("\n") ?? [];
    expect(lines.length).toBe(5);
    const main = join(ROOT, "src", "cli", "main.ts");
    const program = `slipway() { "${process.execPath}" "${main}" "$@"; }`;
    const { stdout, stderr } = await run(
      "bash",
      ["--norc", "-euo", "pipefail", "-c", [program, ...lines].join("\n")],
      {
        cwd: folder.path,
        env: {
          PATH: process.env["PATH"] ?? "",
          HOME: folder.path,
          CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE: `${gce.url}/compute/v1/`,
          CLOUDSDK_AUTH_ACCESS_TOKEN: "anything",
        },
      },
    );
    expect(stderr).not.toContain("Warning");
    expect(stdout).toMatch(/^state: running$/m);
    expect(stdout).toMatch(
      /^ {2}id: projects\/trial-project\/zones\/us-central1-a\/instances\/first-[0-9a-f]{16}$/m,
    );
    expect(stdout).toMatch(/^state: terminated$/m);
  });
});

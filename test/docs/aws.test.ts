import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { API_CALLS, LAUNCH_PERMISSIONS } from "../../adapters/aws/index.ts";
import { describeWithBoto3, describeWithLocalStack } from "../support/localstack.ts";
import { scratchFolder } from "../support/scratch.ts";
import { allBlocks, ROOT } from "./support/documents.ts";

const run = promisify(execFile);

const words = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());
const policy = z.strictObject({
  Version: z.literal("2012-10-17"),
  Statement: z.array(
    z.strictObject({
      Sid: z.string().regex(/^[A-Za-z0-9]+$/),
      Effect: z.literal("Allow"),
      Action: words,
      Resource: words,
      Condition: z.record(z.string(), z.record(z.string(), z.string())).optional(),
    }),
  ),
});

const blocks = allBlocks().filter(({ at }) => at.startsWith("docs/aws.md:"));

function actionsOf(role: string): readonly string[] {
  const shown = blocks.filter(({ language, subject }) => language === "json" && subject === role);
  expect(shown.length).toBe(1);
  const { Statement } = policy.parse(JSON.parse(shown[0]?.text ?? ""));
  return [...new Set(Statement.flatMap(({ Action }) => Action))].toSorted();
}

const named = ({ service, action }: { readonly service: string; readonly action: string }) =>
  `${service}:${action}`;

describe("the policies in docs/aws.md", () => {
  it.each(["caller", "reader"] as const)(
    "allow the %s the calls that are made, and no other",
    (role) => {
      const made = API_CALLS.filter((call) => call.role === role).map(named);
      expect(actionsOf(role)).toEqual(made.toSorted());
    },
  );

  it("allow the launcher its calls and what a launch is held to, and no other", () => {
    const made = API_CALLS.filter((call) => call.role === "launcher").map(named);
    const held = LAUNCH_PERMISSIONS.map(named);
    expect(actionsOf("launcher")).toEqual([...made, ...held].toSorted());
  });
});

describeWithLocalStack("LocalStack in five commands", (url) => {
  describeWithBoto3("with the aws command", (python) => {
    it("runs as docs/aws.md shows it", { timeout: 120_000 }, async () => {
      using folder = scratchFolder();
      const [preparation, commands] = blocks.filter(({ language }) => language === "sh");
      expect(preparation?.text).toContain("scripts/localstack.sh");
      const lines = commands?.text.trim().split("\n") ?? [];
      expect(lines.length).toBe(5);
      const main = join(ROOT, "src", "cli", "main.ts");
      const program = `slipway() { "${process.execPath}" "${main}" "$@"; }`;
      const { stdout } = await run(
        "bash",
        ["--norc", "-euo", "pipefail", "-c", [program, ...lines].join("\n")],
        {
          cwd: folder.path,
          env: {
            PATH: `${join(python, "..")}:${process.env["PATH"] ?? ""}`,
            HOME: folder.path,
            AWS_ENDPOINT_URL: url,
            AWS_ACCESS_KEY_ID: "test",
            AWS_SECRET_ACCESS_KEY: "test",
            AWS_DEFAULT_REGION: "us-east-1",
            NO_PROXY: "*",
          },
        },
      );
      expect(stdout).toMatch(/^state: running$/m);
      expect(stdout).toMatch(/^ {2}id: i-[0-9a-f]{17}$/m);
      expect(stdout).toMatch(/^state: terminated$/m);
    });
  });
});

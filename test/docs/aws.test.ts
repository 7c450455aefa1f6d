import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import {
  API_CALLS,
  ENCRYPTION_PERMISSIONS,
  LAUNCH_PERMISSIONS,
  REGISTRY_CALLS,
  REGISTRY_PERMISSIONS,
} from "../../adapters/aws/index.ts";
import { startEc2 } from "../../testing/ec2/index.ts";
import { describeWithBoto3, describeWithLocalStack } from "../support/localstack.ts";
import { scratchFolder } from "../support/scratch.ts";
import { allBlocks, readDocument, ROOT } from "./support/documents.ts";

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

  it("restrict what the launcher may do with roles", () => {
    const shown = blocks.find(
      ({ language, subject }) => language === "json" && subject === "launcher",
    );
    const { Statement } = policy.parse(JSON.parse(shown?.text ?? ""));
    const conditionOf = (action: string) =>
      Statement.find(({ Action }) => Action.includes(action))?.Condition;
    expect(conditionOf("iam:PassRole")).toEqual({
      StringEquals: { "iam:PassedToService": "ec2.amazonaws.com" },
    });
    expect(conditionOf("iam:CreateServiceLinkedRole")).toEqual({
      StringEquals: { "iam:AWSServiceName": "spot.amazonaws.com" },
    });
  });

  it("allow the launcher its calls and what a launch is held to, and no other", () => {
    const made = API_CALLS.filter((call) => call.role === "launcher").map(named);
    const held = LAUNCH_PERMISSIONS.map(named);
    expect(actionsOf("launcher")).toEqual([...made, ...held].toSorted());
  });

  it("allow the launcher what EC2 does with the key of an encrypted volume, and no other", () => {
    expect(actionsOf("encryption")).toEqual(ENCRYPTION_PERMISSIONS.map(named));
  });

  it("allow the caller the tokens of ECR and what its registries are held to, and no other", () => {
    const allowed = [...REGISTRY_CALLS, ...REGISTRY_PERMISSIONS].map(named);
    expect(actionsOf("registry")).toEqual(allowed.toSorted());
  });
});

/** The block of shell commands that contains the text, and the five lines of the block after it. */
function commandsUnder(text: string) {
  const shell = blocks.filter(({ language }) => language === "sh");
  const index = shell.findIndex((block) => block.text.includes(text));
  const lines = shell[index + 1]?.text.trim().split("\n") ?? [];
  expect(lines.length).toBe(5);
  return { preparation: shell[index]?.text, lines };
}

interface Setting {
  readonly home: string;
  /** Where EC2's fake or LocalStack listens. */
  readonly url: string;
  readonly path: string | undefined;
}

async function runLines(lines: readonly string[], { home, url, path }: Setting) {
  const main = join(ROOT, "src", "cli", "main.ts");
  const program = `slipway() { "${process.execPath}" "${main}" "$@"; }`;
  const script = [program, ...lines].join("\n");
  return await run("bash", ["--norc", "-euo", "pipefail", "-c", script], {
    cwd: home,
    env: {
      PATH: path,
      HOME: home,
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      AWS_DEFAULT_REGION: "us-east-1",
      NO_PROXY: "*",
    },
  });
}

describe("the fake in five commands", () => {
  it("runs as docs/aws.md shows it, without a warning", { timeout: 120_000 }, async () => {
    using folder = scratchFolder();
    await using ec2 = await startEc2();
    const { preparation, lines } = commandsUnder("slipway fake ec2 --port 8086");
    expect(preparation).toContain("AWS_ENDPOINT_URL=http://127.0.0.1:8086 ");
    const { stdout, stderr } = await runLines(lines, {
      home: folder.path,
      url: ec2.url,
      path: process.env["PATH"],
    });
    expect(stderr).not.toMatch(/warning/iu);
    expect(stdout).toMatch(/^state: running$/m);
    expect(stdout).toMatch(/^ {2}id: i-[0-9a-f]{17}$/m);
    expect(stdout).toMatch(/^state: terminated$/m);
  });

  it("has the ids that the documents name", async () => {
    await using ec2 = await startEc2();
    const { images, subnets } = ec2.region("us-east-1", "000000000000");
    const fakes = readDocument("docs/fakes.md");
    for (const id of [images.x86_64, images.arm64, subnets["us-east-1a"]])
      expect(fakes).toContain(`\`${id}\``);
  });
});

describeWithLocalStack("LocalStack in five commands", (url) => {
  describeWithBoto3("with the aws command", (python) => {
    it("runs as docs/aws.md shows it", { timeout: 120_000 }, async () => {
      using folder = scratchFolder();
      const { preparation, lines } = commandsUnder("scripts/localstack.sh");
      expect(preparation).toContain("127.0.0.1:4566");
      const { stdout } = await runLines(lines, {
        home: folder.path,
        url,
        path: `${join(python, "..")}:${process.env["PATH"] ?? ""}`,
      });
      expect(stdout).toMatch(/^state: running$/m);
      expect(stdout).toMatch(/^ {2}id: i-[0-9a-f]{17}$/m);
      expect(stdout).toMatch(/^state: terminated$/m);
    });
  });
});

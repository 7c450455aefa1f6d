import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import type { Slipway } from "../../../src/slipway/slipway.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { runInMemory } from "./support/command-line.ts";
import { fakeSlipway, sampleSpawn } from "./support/fake-slipway.ts";
import { plan, spawning } from "./support/spawning.ts";

/** Runs `slipway spawn agent-dev` in a folder with these files, and returns the options of each spawn. */
async function spawnWith(argv: readonly string[], files: Readonly<Record<string, string>> = {}) {
  using folder = scratchFolder();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder.path, name), text);
  const { slipway, spawnWorkspace } = spawning();
  const options = { slipway, workingDirectory: folder.path };
  const ran = await runInMemory(["spawn", "agent-dev", ...argv, "-o", "json"], options);
  const given = spawnWorkspace.mock.calls.map(([, { spawnId, env, labels, input } = {}]) =>
    JSON.parse(JSON.stringify({ spawnId, env, labels, input })),
  );
  return { ...ran, given };
}

describe("spawn", () => {
  it("takes variables, labels and an input", async () => {
    const argv = ["--env", "A=1", "--env", "B=x=y", "--label", "task=7", "--label", "team="];
    const { exitCode, given, stdout } = await spawnWith([...argv, "--input-file", "in.json"], {
      "in.json": '{"prompt": "fix it",\n "n": 1.5}\n',
    });
    expect([exitCode, given]).toEqual([
      0,
      [
        {
          env: { A: "1", B: "x=y" },
          labels: { task: "7", team: "" },
          input: { prompt: "fix it", n: 1.5 },
        },
      ],
    ]);
    expect(JSON.parse(stdout)).toMatchObject({ spawn_id: "one" });
  });

  it("gives the same to every spawn of a count", async () => {
    const { given } = await spawnWith(["--count", "2", "--env", "A=1", "--input-file", "f"], {
      f: "7",
    });
    expect(given).toEqual([
      { env: { A: "1" }, input: 7 },
      { env: { A: "1" }, input: 7 },
    ]);
  });

  it.each([[[]], [["--count", "3"]]])(
    "launches one machine for each line of --inputs, with %j",
    async (count) => {
      const argv = [...count, "--id", "x", "--label", "a=b", "--inputs", "tasks.jsonl"];
      const { exitCode, stdout, given } = await spawnWith(argv, {
        "tasks.jsonl": '{"task": 1}\n"two"\n[3]',
      });
      expect(exitCode).toBe(0);
      expect(JSON.parse(stdout)).toHaveLength(3);
      expect(given).toEqual([
        { spawnId: "x-0", labels: { a: "b" }, input: { task: 1 } },
        { spawnId: "x-1", labels: { a: "b" }, input: "two" },
        { spawnId: "x-2", labels: { a: "b" }, input: [3] },
      ]);
    },
  );

  const TASKS = { "tasks.jsonl": "1\n2\n" };
  it.each<[string, readonly string[], Readonly<Record<string, string>>, string]>([
    ["a pair without =", ["--env", "A"], {}, "--env needs KEY=VALUE"],
    ["a pair without a key", ["--label", "=x"], {}, "--label needs key=value"],
    ["a key twice", ["--env", "A=1", "--env", "A=2"], {}, '--env: "A" is given more than once'],
    [
      "both kinds of input",
      ["--inputs", "tasks.jsonl", "--input-file", "tasks.jsonl"],
      TASKS,
      "--input-file and --inputs are mutually exclusive",
    ],
    [
      "another count than lines",
      ["--inputs", "tasks.jsonl", "--count", "3"],
      TASKS,
      '--inputs: "tasks.jsonl" has 2 lines, but --count is 3',
    ],
    ["no lines", ["--inputs", "f"], { f: "" }, '--inputs: "f" has 0 lines'],
    ["a missing file", ["--input-file", "f"], {}, 'cannot read the input "f"'],
    ["YAML", ["--input-file", "f"], { f: "prompt: fix it" }, '"f" is not valid JSON'],
    ["an empty line", ["--inputs", "f"], { f: "1\n\n2\n" }, 'line 2 of "f" is not valid JSON'],
    [
      "a key twice in an input",
      ["--input-file", "f"],
      { f: '{"a":1,"a":2}' },
      'the key "a" is given twice',
    ],
    ["a number that loses digits", ["--inputs", "f"], { f: "1\n12345678901234567890" }, "line 2"],
    ["text that is not JSON", ["--input-file", "f"], { f: "fix it" }, "is not valid JSON"],
  ])("refuses %s before anything is launched", async (_name, argv, files, message) => {
    const { exitCode, stderr, given } = await spawnWith(argv, files);
    expect([exitCode, given]).toEqual([2, []]);
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: "INVALID_ARGUMENT" } });
    expect(stderr).toContain(JSON.stringify(message).slice(1, -1));
  });

  it("does not repeat a misplaced value", async () => {
    const { stderr } = await spawnWith(["--env", "hunter2"]);
    expect(stderr).not.toContain("hunter2");
  });
});

const labelled = sampleSpawn({
  env: { someName: "1" },
  labels: { "example.com/theTeam": "red", task: "7" },
  input: { aKey: { innerKey: 1 } },
});

describe("list", () => {
  it("selects by all given labels", async () => {
    const listSpawns = vi.fn<Slipway["listSpawns"]>().mockResolvedValue([labelled]);
    const argv = ["list", "--label", "task=7", "--label", "a=", "--workspace", "w", "-o", "json"];
    const ran = await runInMemory(argv, { slipway: fakeSlipway({ listSpawns }) });
    expect(listSpawns.mock.calls).toEqual([
      [{ workspace: "w", live: true, labels: { task: "7", a: "" } }],
    ]);
    expect(JSON.parse(ran.stdout)).toMatchObject([
      {
        env: { someName: "1" },
        labels: { "example.com/theTeam": "red", task: "7" },
        input: { aKey: { innerKey: 1 } },
        launch: { token: "token-1", index: 0 },
        attempts: [{ index: 0 }],
      },
    ]);
  });

  it("shows labels in a column of their own, if there are any", async () => {
    const table = async (spawns: Awaited<ReturnType<Slipway["listSpawns"]>>) => {
      const slipway = fakeSlipway({ listSpawns: () => Promise.resolve(spawns) });
      return (await runInMemory(["list", "-o", "table"], { slipway })).stdout;
    };
    expect(await table([labelled])).toMatch(/LABELS\n.* example\.com\/theTeam=red,task=7\n$/su);
    expect(await table([sampleSpawn()])).not.toContain("LABELS");
  });
});

describe("describe", () => {
  const describeSpawn = () => Promise.resolve({ ...labelled, plan, events: [] });

  it("shows env, labels, input and launch", async () => {
    const slipway = fakeSlipway({ describeSpawn });
    const { stdout } = await runInMemory(["describe", "one", "-o", "table"], { slipway });
    for (const line of [
      /^ +LABELS +example\.com\/theTeam=red,task=7$/mu,
      /^ +ENV +someName=1$/mu,
      /^ +INPUT +\{"aKey":\{"innerKey":1\}\}$/mu,
      /^ +LAUNCH +token-1 index 0$/mu,
    ])
      expect(stdout).toMatch(line);
  });

  it("finds a spawn by its machine", async () => {
    const findSpawn = vi.fn<Slipway["findSpawn"]>().mockResolvedValue(labelled);
    const slipway = fakeSlipway({ describeSpawn, findSpawn });
    const argv = ["describe", "--machine", "i-0123", "-o", "json"];
    const ran = await runInMemory(argv, { slipway });
    expect(findSpawn.mock.calls).toEqual([[{ machineId: "i-0123" }]]);
    expect(JSON.parse(ran.stdout)).toMatchObject({ spawn_id: labelled.spawnId });
  });

  it("says that no spawn has the machine", async () => {
    const slipway = fakeSlipway({ findSpawn: () => Promise.resolve(null) });
    const ran = await runInMemory(["describe", "--machine", "i-0123", "-o", "json"], { slipway });
    expect(ran.exitCode).toBe(4);
    expect(JSON.parse(ran.stderr)).toMatchObject({
      error: { reason: "SPAWN_NOT_FOUND", metadata: { machine_id: "i-0123" } },
    });
  });

  it.each([[["describe"]], [["describe", "one", "--machine", "i-0123"]]])(
    "refuses %j",
    async (argv) => {
      expect((await runInMemory(argv)).exitCode).toBe(2);
    },
  );
});

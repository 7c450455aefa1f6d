import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { scratchFolder } from "../support/scratch.ts";
import { ec2Scene } from "./support/ec2-cli.ts";

const SLOW = { timeout: 120_000 };
const spawnSchema = z.object({
  spawn_id: z.string(),
  machine: z.object({ id: z.string() }),
  labels: z.record(z.string(), z.string()),
  env: z.record(z.string(), z.string()),
  input: z.json(),
  launch: z.object({ token: z.string(), index: z.int() }),
});

/** The command line on the EC2 fake, and a workspace. */
async function scene() {
  const opened = await ec2Scene({ rates: "published" });
  const folder = scratchFolder();
  return {
    ...opened,
    file(name: string, text: string): string {
      writeFileSync(join(folder.path, name), text);
      return join(folder.path, name);
    },
    async [Symbol.asyncDispose]() {
      await opened[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

describe("spawns with input on EC2", () => {
  it(
    "share a launch call, keep their input, and are found by label and machine",
    SLOW,
    async () => {
      await using here = await scene();
      const { cli, ec2, region } = here;
      const inputs = here.file("tasks.jsonl", '{"task":0}\n{"task":1}\n{"task":2}\n{"task":3}\n');
      const argv = ["spawn", "agent-dev", "--id", "x", "--inputs", inputs];
      const common = ["--env", "MODE=test", "--label", "burst=b1", "--label", "example.com/x=1"];
      const spawns = z.array(spawnSchema).parse(await cli.json([...argv, ...common]));
      expect(spawns.map(({ input }) => input)).toEqual([0, 1, 2, 3].map((task) => ({ task })));
      const launches = ec2.requests.filter(
        ({ action, isDryRun }) => action === "RunInstances" && !isDryRun,
      );
      expect(launches.length).toBeLessThan(3);
      for (const instance of region.instances()) {
        expect(instance.tags).toMatchObject({ burst: "b1", team: "red" });
        expect(Object.keys(instance.tags)).not.toContain("example.com/x");
      }
      // Each spawn is the instance with its launch index.
      for (const { spawn_id: id, machine } of spawns) {
        const found = spawnSchema.parse(await cli.json(["describe", "--machine", machine.id]));
        expect(found.spawn_id).toBe(id);
        const instance = region.instances().find((one) => one.id === machine.id);
        expect(instance?.launchIndex).toBe(found.launch.index);
      }

      await cli.json(["spawn", "agent-dev", "--id", "y", "--label", "burst=b2"]);
      const listed = async (...labels: readonly string[]) =>
        z
          .array(spawnSchema)
          .parse(
            await cli.json(["list", "--all", ...labels.flatMap((label) => ["--label", label])]),
          )
          .map(({ spawn_id: id }) => id)
          .toSorted();
      expect(await listed("burst=b1")).toEqual(["x-0", "x-1", "x-2", "x-3"]);
      expect(await listed("burst=b2")).toEqual(["y"]);
      expect(await listed("burst=b1", "example.com/x=2")).toEqual([]);

      // The same command finds the same machines; another input is refused.
      expect(await cli.json([...argv, ...common])).toMatchObject(
        spawns.map(({ machine }) => ({ machine: { id: machine.id } })),
      );
      const other = await cli.attempt(["spawn", "agent-dev", "--id", "x-0", "--label", "burst=b1"]);
      expect(other.exitCode).toBe(8);
      expect(other.stderr).toContain("already exists with other env, labels, input");
      expect(region.instances()).toHaveLength(5);
    },
  );

  it("refuses a label of the placement before anything is launched", SLOW, async () => {
    await using here = await scene();
    const ran = await here.cli.attempt(["spawn", "agent-dev", "--label", "team=blue"]);
    expect(ran.exitCode).toBe(3);
    expect(ran.stderr).toContain("label team: the placement of workspace agent-dev sets");
    expect(here.region.instances()).toEqual([]);
    expect(await here.cli.json(["list", "--all"])).toEqual([]);
  });
});

import { describe, expect, it } from "vitest";
import { z } from "zod";
import { ec2Scene } from "../cli/support/ec2-cli.ts";
import type { Ec2Scene } from "../cli/support/ec2-cli.ts";

const spawned = z.object({ state: z.string(), machine: z.object({ id: z.string() }) });

interface Scene extends Ec2Scene {
  /** The actions sent so far that change something. */
  mutations(): readonly (string | null)[];
}

/** The command line on the EC2 fake, with the records of a workspace. */
async function scene(): Promise<Scene> {
  const opened = await ec2Scene({ zones: ["us-east-1a", "us-east-1b"] });
  return {
    ...opened,
    mutations: () =>
      opened.ec2.requests
        .filter(({ isRead, isDryRun }) => !isRead && !isDryRun)
        .map(({ action }) => action),
  };
}

describe("spawning on EC2 through the command line", () => {
  it(
    "changes nothing when it resolves, and launches with one request",
    { timeout: 60_000 },
    async () => {
      await using at = await scene();
      await at.cli.run(["resolve", "agent-dev"]);
      expect(at.ec2.requests.length).toBeGreaterThan(5);
      expect(at.mutations()).toEqual([]);
      const one = spawned.parse(await at.cli.json(["spawn", "agent-dev", "--id", "one"]));
      expect(one.state).toBe("running");
      expect(at.mutations()).toEqual(["RunInstances"]);
      expect(await at.cli.json(["spawn", "agent-dev", "--id", "one"])).toMatchObject(one);
      expect(at.mutations()).toEqual(["RunInstances"]);
      await at.cli.run(["terminate", "one"]);
      expect(at.mutations()).toEqual(["RunInstances", "TerminateInstances"]);
      expect(at.region.instances().map(({ id }) => id)).toEqual([one.machine.id]);
    },
  );

  it(
    "finds its machine again if it was killed before the answer arrived",
    { timeout: 120_000 },
    async () => {
      await using at = await scene();
      const slow = at.ec2.fault({
        kind: "slow-reply",
        action: "RunInstances",
        dryRun: false,
        times: 1,
      });
      const killed = at.cli.runProcess(["spawn", "agent-dev", "--id", "one"], (child) => {
        void slow.reached.then(() => child.kill("SIGKILL"));
      });
      expect((await killed).signal).toBe("SIGKILL");
      slow.release();
      const [orphan] = at.region.instances();
      expect(at.mutations()).toEqual(["RunInstances"]);
      const again = spawned.parse(await at.cli.json(["spawn", "agent-dev", "--id", "one"]));
      expect(again).toMatchObject({ state: "running", machine: { id: orphan?.id } });
      expect(at.mutations()).toEqual(["RunInstances", "RunInstances"]);
      expect(at.region.instances().length).toBe(1);
    },
  );
});

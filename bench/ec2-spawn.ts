import { randomBytes } from "node:crypto";
import { EC2Client, RunInstancesCommand } from "@aws-sdk/client-ec2";
import type { Benchmark } from "./figure.ts";
import { pair } from "./figure.ts";
import { ec2World, REGION } from "./ec2-world.ts";
import { launchRequest } from "../adapters/aws/launch-request.ts";
import { bootDocument } from "../src/spawner/boot-document.ts";
import type { LaunchPlan } from "../src/plan.ts";

const RUNS = 100;

/**
 * A warm spawn to its acceptance, with its records on disk, against the SDK's own call for the same instance: with the
 * same tags, user data and options, because they are what somebody asks for who wants to find it again.
 */
export const benchmark: Benchmark = {
  name: "ec2-spawn",
  async run() {
    await using world = await ec2World();
    const { slipway, ec2 } = world;
    const client = new EC2Client({
      region: REGION,
      endpoint: ec2.url,
      maxAttempts: 1,
      credentials: { accessKeyId: "000000000000", secretAccessKey: "bench" },
    });
    let plan = await slipway.resolveWorkspace("bench");
    let resolvedAt = performance.now();
    const spawned: string[] = [];
    const launches = () => ec2.requests.filter(({ isDryRun }) => !isDryRun).length;
    let requests = 0;
    const figure = await pair({
      name: "warm spawn to accepted / RunInstances of the SDK",
      target: 1.15,
      runs: RUNS,
      async ours() {
        const before = launches();
        const spawn = await slipway.spawnWorkspace(plan, { wait: "accepted" });
        spawned.push(spawn.spawnId);
        requests = Math.max(requests, launches() - before);
      },
      theirs: () => client.send(new RunInstancesCommand(requestOf(plan))),
      async afterEach() {
        for (const spawnId of spawned.splice(0)) await slipway.terminateSpawn(spawnId);
        if (performance.now() - resolvedAt < 30_000) return;
        plan = await slipway.resolveWorkspace("bench");
        resolvedAt = performance.now();
      },
    });
    client.destroy();
    return [
      figure,
      {
        name: "requests of a warm spawn / of the SDK",
        target: 1,
        ratio: requests,
        medians: [requests, 1],
        unit: "requests",
        runs: RUNS,
      },
    ];
  },
};

/** What a launch of the plan sends, under a token of its own. */
function requestOf(plan: LaunchPlan) {
  const [place] = plan.candidates;
  if (place === undefined) throw new Error("the plan has no candidate");
  const token = randomBytes(32).toString("hex");
  return launchRequest({
    token,
    plan,
    place,
    ownership: {
      owner: "00000000-0000-0000-0000-000000000000",
      tenant: plan.tenant,
      workspace: plan.workspace,
      planId: plan.planId,
      launchId: token.slice(0, 32),
    },
    members: [
      {
        spawnId: "bench-0000000000",
        bootDocument: bootDocument(plan, "bench-0000000000", {
          delivery: "cloud-init",
          maximumBytes: 16_384,
          identity: { source: "instance-metadata-tags" },
        }),
      },
    ],
    secrets: { credential: null, environment: {}, files: [] },
  });
}

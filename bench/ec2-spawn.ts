import { randomBytes } from "node:crypto";
import { EC2Client, RunInstancesCommand, TerminateInstancesCommand } from "@aws-sdk/client-ec2";
import type { Benchmark, Figure } from "./figure.ts";
import { pair } from "./figure.ts";
import { ec2World, REGION } from "./ec2-world.ts";
import type { Ec2World } from "./ec2-world.ts";
import type { SlipwayPorts } from "../src/slipway/facade.ts";
import { createCatalog } from "../src/catalog/create-catalog.ts";
import { createMemoryStore } from "../src/catalog/store/memory-store.ts";
import { givenKey } from "../src/secrets/key-file.ts";
import { createSealedStore } from "../src/secrets/sealed-store.ts";
import { systemClock } from "../src/host/system-clock.ts";
import { createMemoryLedger } from "../src/ledger/memory-ledger.ts";
import { launchRequest } from "../adapters/aws/launch/launch-request.ts";
import { bootDocument } from "../src/boot/boot-document.ts";
import type { LaunchPlan } from "../src/plan/plan.ts";

const RUNS = 200;
/** A control plane runs for days: what is measured is neither side's first calls. */
const WARM_UPS = 50;

const MOST = 1.15;
/** With what records on disk may cost, 1.3 (`ledger`). */
const MOST_ON_DISK = 1.495;

/**
 * A warm spawn to its acceptance against the SDK's own call for the same instance: with the same tags, user data and
 * options, because they are what somebody asks for who wants to find it again. With its ledger and catalog in memory it tells
 * what Slipway does more than the SDK; with both on disk, also what it costs that nothing is forgotten.
 */
export const benchmark: Benchmark = {
  name: "ec2-spawn",
  async run() {
    // Each on a stand-in of its own: one that has launched more machines has more to look through.
    await using forgetful = await ec2World("off", inMemory());
    const fast = await measure(forgetful, "ledger and catalog in memory", MOST);
    await using world = await ec2World();
    return [...fast, ...(await measure(world, "both on disk", MOST_ON_DISK))];
  },
};

/** A catalog and a ledger that are gone with the process. */
function inMemory(): Partial<SlipwayPorts> {
  const store = createMemoryStore();
  const secrets = createSealedStore(store, givenKey(randomBytes(32)));
  const named = { tenant: "default", actor: "bench" };
  return {
    ledger: createMemoryLedger(),
    catalog: createCatalog({ store, secrets, clock: systemClock, ...named }),
  };
}

async function measure(
  { ec2, slipway }: Ec2World,
  records: string,
  target: number,
): Promise<readonly Figure[]> {
  const client = new EC2Client({
    region: REGION,
    endpoint: ec2.url,
    maxAttempts: 1,
    credentials: { accessKeyId: "000000000000", secretAccessKey: "bench" },
  });
  let plan = await slipway.resolveWorkspace("bench");
  let resolvedAt = performance.now();
  const spawned: string[] = [];
  const bare: string[] = [];
  let requests = 0;
  const figure = await pair({
    name: `warm spawn to accepted, ${records} / RunInstances of the SDK`,
    target,
    runs: RUNS,
    warmUps: WARM_UPS,
    async ours() {
      const before = ec2.requests.length;
      const spawn = await slipway.spawnWorkspace(plan, { wait: "accepted" });
      spawned.push(spawn.spawnId);
      requests = Math.max(requests, ec2.requests.length - before);
    },
    async theirs() {
      const { Instances } = await client.send(new RunInstancesCommand(requestOf(plan)));
      bare.push(Instances?.[0]?.InstanceId ?? "");
    },
    async afterEach() {
      for (const spawnId of spawned.splice(0)) await slipway.terminateSpawn(spawnId);
      if (bare.length > 0)
        await client.send(new TerminateInstancesCommand({ InstanceIds: bare.splice(0) }));
      if (performance.now() - resolvedAt < 30_000) return;
      plan = await slipway.resolveWorkspace("bench");
      resolvedAt = performance.now();
    },
  });
  client.destroy();
  return [
    figure,
    {
      name: `requests of a warm spawn, ${records} / of the SDK`,
      target: 1,
      ratio: requests,
      medians: [requests, 1],
      unit: "requests",
      runs: RUNS,
    },
  ];
}

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

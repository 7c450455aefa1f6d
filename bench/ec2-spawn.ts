import { randomBytes } from "node:crypto";
import { EC2Client, RunInstancesCommand, TerminateInstancesCommand } from "@aws-sdk/client-ec2";
import type { Benchmark, Figure } from "./figure.ts";
import { pair } from "./figure.ts";
import { ec2World, REGION } from "./ec2-world.ts";
import type { Ec2World } from "./ec2-world.ts";
import type { SlipwayPorts } from "../src/slipway/facade.ts";
import { createCatalog } from "../src/catalog/create-catalog.ts";
import { createMemoryStore } from "../src/catalog/store/memory-store.ts";
import { givenKey } from "../src/secrets/key-source.ts";
import { createSealedStore } from "../src/secrets/sealed-store.ts";
import { systemClock } from "../src/host/system-clock.ts";
import { createMemoryLedger } from "../src/ledger/memory-ledger.ts";
import { launchRequest } from "../adapters/aws/launch/launch-request.ts";
import { launchDocuments } from "../src/boot/boot-document.ts";
import type { LaunchPlan } from "../src/plan/plan.ts";
import { NO_INPUT } from "../src/substrate/contract.ts";

const SPAWN_ID = "bench-0000000000";
const RUNS = 200;
/** A control plane runs for days, so the first calls of both sides are not measured. */
const WARM_UPS = 50;

const BOUND_IN_MEMORY = 1.3;
const BOUND_ON_DISK = 1.35;

/**
 * A warm spawn up to its acceptance against the SDK's own call for the same instance, with the same tags, user data and
 * options, since a user who wants to find the instance again needs them too. With ledger and catalog in memory, it
 * measures Slipway's overhead over the SDK; with both on disk, also the cost of durability.
 */
export const benchmark: Benchmark = {
  name: "ec2-spawn",
  async run() {
    // Each has a separate fake: a fake that has launched more machines has more to search.
    await using forgetful = await ec2World("off", inMemory());
    const fast = await measure(forgetful, "ledger and catalog in memory", BOUND_IN_MEMORY);
    await using world = await ec2World();
    return [...fast, ...(await measure(world, "both on disk", BOUND_ON_DISK))];
  },
};

/** A catalog and a ledger in memory. */
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

/** The request for a launch of the plan, with a unique token. */
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
    ...launchDocuments(
      { plan, place, members: [{ spawnId: SPAWN_ID, ...NO_INPUT }] },
      { delivery: "cloud-init", maximumBytes: 16_384, identity: "launch-index" },
    ),
    secrets: { credential: null, environment: {}, files: [] },
  });
}

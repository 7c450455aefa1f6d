import { EC2Client, RunInstancesCommand } from "@aws-sdk/client-ec2";
import { gceClients } from "../test/integration/support/gce-clients.ts";
import { mapLimited } from "../src/async/map-limited.ts";
import type { Slipway } from "../src/slipway/slipway.ts";
import { startEc2 } from "../testing/ec2/index.ts";
import { ec2World, REGION } from "./ec2-world.ts";
import type { Benchmark, Figure } from "./figure.ts";
import { median, pair, time } from "./figure.ts";
import { gceWorld, IMAGE, PROJECT, ZONE } from "./gce-world.ts";

const SPAWNS = 1_000;
const THOUSAND = SPAWNS.toLocaleString("en-US");
const RUNS = 3;
/** Bound for the time in milliseconds until a cloud has accepted all of them. */
const MAXIMUM_MILLISECONDS = 5_000;
const MAXIMUM_LAUNCH_CALLS = 10;
/** EC2's token bucket for RunInstances: its capacity, and the milliseconds per further token. */
const BUCKET_CAPACITY = 5;
const REFILL_MILLISECONDS = 500;
/** Concurrent inserts; more do not make the client faster. */
const CONCURRENT_INSERTS = 16;

/** A thousand spawns at once, under the rates that the clouds publish, against one call for each. */
export const benchmark: Benchmark = {
  name: "burst",
  async run() {
    return [...(await onEc2()), await onGce()];
  },
};

async function onEc2(): Promise<readonly Figure[]> {
  const times: number[] = [];
  let calls = 0;
  let launches = 0;
  for (let run = 0; run < RUNS; run += 1) {
    // Each burst starts with full buckets.
    await using world = await ec2World("published");
    const before = world.ec2.requests.length;
    times.push(await time(() => spawnAll(world.slipway)));
    const made = world.ec2.requests.slice(before);
    calls = Math.max(calls, made.length);
    launches = Math.max(launches, made.filter(isLaunch).length);
  }
  const [ours, theirs] = [median(times), await oneByOne()];
  const burst = `${THOUSAND} spawns on EC2 at its published pace, resolved and accepted`;
  return [
    {
      name: `${burst} / RunInstances for each, paced without a throttle (in the fake's time)`,
      target: null,
      ratio: ours / theirs,
      medians: [ours, theirs],
      calls: [calls, SPAWNS],
      runs: RUNS,
    },
    {
      name: `${burst} / bound`,
      target: 1,
      ratio: ours / MAXIMUM_MILLISECONDS,
      medians: [ours, MAXIMUM_MILLISECONDS],
      runs: RUNS,
    },
    {
      name: `launch calls of ${THOUSAND} spawns on EC2 / bound`,
      target: 1,
      ratio: launches / MAXIMUM_LAUNCH_CALLS,
      medians: [launches, MAXIMUM_LAUNCH_CALLS],
      unit: "calls",
      runs: RUNS,
    },
  ];
}

function isLaunch({ action, isDryRun }: { action: string | null; isDryRun: boolean }): boolean {
  return action === "RunInstances" && !isDryRun;
}

async function spawnAll(slipway: Slipway): Promise<void> {
  const wanted = Array.from({ length: SPAWNS }, () => "bench");
  const results = await slipway.spawnWorkspaces(wanted, { wait: "accepted" });
  const failed = results.find(({ spawn }) => spawn?.machine == null);
  if (failed !== undefined) throw new Error(`a spawn failed: ${JSON.stringify(failed)}`);
}

/** The fake's time that a program needs that makes one call per machine, as early as the bucket allows. */
async function oneByOne(): Promise<number> {
  const began = Date.now();
  let now = began;
  const clock = { now: () => now, sleep: async () => undefined };
  await using ec2 = await startEc2({ clock, maximumRequests: 0, timing: { pendingMs: 0 } });
  const region = ec2.region(REGION);
  const subnet = region.subnets[region.zones[0] ?? ""] ?? "";
  const client = new EC2Client({
    region: REGION,
    endpoint: ec2.url,
    // A throttle answer would be an error of the pacing.
    maxAttempts: 1,
    credentials: { accessKeyId: "000000000000", secretAccessKey: "bench" },
  });
  for (let count = 0; count < SPAWNS; count += 1) {
    if (count >= BUCKET_CAPACITY) now += REFILL_MILLISECONDS;
    await client.send(
      new RunInstancesCommand({
        ImageId: region.images.x86_64,
        InstanceType: "t3.micro",
        SubnetId: subnet,
        MinCount: 1,
        MaxCount: 1,
      }),
    );
  }
  client.destroy();
  return now - began;
}

async function onGce(): Promise<Figure> {
  let world = await gceWorld("published");
  const calls: [number, number] = [0, 0];
  const counted = async (side: 0 | 1, work: () => Promise<void>): Promise<void> => {
    const before = world.gce.requests.length;
    await work();
    calls[side] = Math.max(calls[side], world.gce.requests.length - before);
  };
  try {
    const figure = await pair({
      name: `${THOUSAND} spawns on Compute Engine at its published pace, resolved and accepted / one awaited insert of the client for each`,
      target: 1,
      runs: 2,
      warmUps: 0,
      ours: () => counted(0, () => spawnAll(world.slipway)),
      theirs: () => counted(1, () => insertEach(world.gce.url)),
      async afterEach() {
        // Each burst starts with an unused quota.
        await world[Symbol.asyncDispose]();
        world = await gceWorld("published");
      },
    });
    return { ...figure, calls };
  } finally {
    await world[Symbol.asyncDispose]();
  }
}

async function insertEach(url: string): Promise<void> {
  const { instances, zoneOperations } = gceClients(url);
  const names = Array.from({ length: SPAWNS }, (_none, index) => `raw-${index}`);
  await mapLimited(names, CONCURRENT_INSERTS, async (name) => {
    const [inserted] = await instances.insert({
      project: PROJECT,
      zone: ZONE,
      instanceResource: {
        name,
        machineType: `zones/${ZONE}/machineTypes/e2-medium`,
        networkInterfaces: [{ network: "global/networks/default" }],
        disks: [
          {
            boot: true,
            autoDelete: true,
            initializeParams: { sourceImage: `projects/${PROJECT}/global/images/${IMAGE}` },
          },
        ],
      },
    });
    const operation = inserted.latestResponse.name ?? "";
    await zoneOperations.wait({ project: PROJECT, zone: ZONE, operation });
  });
  await Promise.all([instances.close(), zoneOperations.close()]);
}

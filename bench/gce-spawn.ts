import { randomBytes } from "node:crypto";
import { insertRequest } from "../adapters/gce/launch/launch-request.ts";
import { instanceName, requestId } from "../adapters/gce/launch/names.ts";
import type { LaunchPlan } from "../src/plan/plan.ts";
import { launchDocuments } from "../src/boot/boot-document.ts";
import { gceClients } from "../test/integration/support/gce-clients.ts";
import { pair } from "./figure.ts";
import type { Benchmark, Figure } from "./figure.ts";
import { gceWorld, PROJECT, ZONE } from "./gce-world.ts";
import { NO_INPUT } from "../src/substrate/contract.ts";

const SPAWN_ID = "bench-0000000000";

/** The work of the bare client for one machine. */
interface BareClient {
  readonly name: string;
  readonly target: number | null;
  /** Time in milliseconds until a machine runs; null: the fake's default. With 0, the insert's own answer completes it. */
  readonly stagingMs: number | null;
  readonly runs: number;
  readonly calls: readonly ("wait" | "disk")[];
}

/**
 * A machine exists only when its insert operation is done. The comparison therefore also awaits the client's insert of
 * the same body, for as long as the fake takes to create a machine (200 ms; Compute Engine takes seconds). While it
 * waits, Slipway also reads the image of the boot disk; the other rows show what that costs if there is almost no wait.
 */
const BARE_CLIENTS: readonly BareClient[] = [
  {
    name: "warm spawn to accepted / the client's awaited insert of the same machine",
    target: 1.15,
    stagingMs: null,
    runs: 40,
    calls: ["wait"],
  },
  {
    name: "machine in 1 ms / awaited insert",
    target: null,
    stagingMs: 1,
    runs: 100,
    calls: ["wait"],
  },
  {
    name: "machine in 1 ms / insert, wait and read of the boot disk: the same requests",
    target: null,
    stagingMs: 1,
    runs: 100,
    calls: ["wait", "disk"],
  },
  {
    name: "machine at once / insert only",
    target: null,
    stagingMs: 0,
    runs: 100,
    calls: [],
  },
];

export const benchmark: Benchmark = {
  name: "gce-spawn",
  async run() {
    const figures: Figure[] = [];
    for (const bare of BARE_CLIENTS) figures.push(await measure(bare));
    return figures;
  },
};

async function measure({ name, target, stagingMs, runs, calls }: BareClient): Promise<Figure> {
  await using world = await gceWorld("off", stagingMs);
  const { slipway, gce } = world;
  const { instances, zoneOperations, disks } = gceClients(gce.url);
  let plan = await slipway.resolveWorkspace("bench");
  let resolvedAt = performance.now();
  const spawned: string[] = [];
  const requests: [number, number] = [0, 0];
  const count = async (side: 0 | 1, work: () => Promise<unknown>) => {
    const before = gce.requests.length;
    await work();
    requests[side] = Math.max(requests[side], gce.requests.length - before);
  };
  const figure = await pair({
    name,
    target,
    runs,
    ours: () =>
      count(0, async () => {
        spawned.push((await slipway.spawnWorkspace(plan, { wait: "accepted" })).spawnId);
      }),
    theirs: () =>
      count(1, async () => {
        const request = requestOf(plan);
        const [{ latestResponse }] = await instances.insert(request);
        const zone = { project: PROJECT, zone: ZONE };
        await Promise.all([
          calls.includes("wait")
            ? zoneOperations.wait({ ...zone, operation: latestResponse.name ?? "" })
            : null,
          calls.includes("disk")
            ? disks.get({ ...zone, disk: request.instanceResource.name ?? "" })
            : null,
        ]);
      }),
    async afterEach() {
      for (const spawnId of spawned.splice(0)) await slipway.terminateSpawn(spawnId);
      if (performance.now() - resolvedAt < 30_000) return;
      plan = await slipway.resolveWorkspace("bench");
      resolvedAt = performance.now();
    },
  });
  return { ...figure, calls: requests };
}

/** The request for a launch of the plan, with a unique token. */
function requestOf(plan: LaunchPlan) {
  const [place] = plan.candidates;
  if (place === undefined) throw new Error("the plan has no candidate");
  const token = randomBytes(32).toString("hex");
  const launch = {
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
      { delivery: "cloud-init", maximumBytes: 262_144, identity: "instance-name" },
    ),
    secrets: { credential: null, environment: {}, files: [] },
  };
  const instanceResource = insertRequest(launch, instanceName(token, SPAWN_ID));
  return { project: PROJECT, zone: ZONE, requestId: requestId(token, 0), instanceResource };
}

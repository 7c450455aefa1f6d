import type { Benchmark } from "./figure.ts";
import { pair } from "./figure.ts";
import { gceWorld, IMAGE, PROJECT, ZONE } from "./gce-world.ts";
import { gceClients } from "../test/integration/support/gce-clients.ts";

const RUNS = 60;

/**
 * A warm spawn to its acceptance, with its records on disk, against the client's own insert, waited for as its makers
 * tell: a machine exists only when its operation is done.
 */
export const benchmark: Benchmark = {
  name: "gce-spawn",
  async run() {
    await using world = await gceWorld();
    const { slipway, gce } = world;
    const clients = gceClients(gce.url);
    let plan = await slipway.resolveWorkspace("bench");
    let resolvedAt = performance.now();
    const spawned: string[] = [];
    const inserts = () => gce.requests.filter(({ call }) => call === "instances.insert").length;
    let ordinal = 0;
    let requests = 0;
    const figure = await pair({
      name: "warm spawn to accepted / insert of the client, waited for",
      target: 1.15,
      runs: RUNS,
      async ours() {
        const before = inserts();
        const spawn = await slipway.spawnWorkspace(plan, { wait: "accepted" });
        spawned.push(spawn.spawnId);
        requests = Math.max(requests, inserts() - before);
      },
      async theirs() {
        const [operation] = await clients.instances.insert({
          project: PROJECT,
          zone: ZONE,
          instanceResource: {
            name: `raw-${(ordinal += 1)}`,
            machineType: `zones/${ZONE}/machineTypes/${plan.machineType}`,
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
        const name = operation.latestResponse.name ?? "";
        await clients.zoneOperations.wait({ project: PROJECT, zone: ZONE, operation: name });
      },
      async afterEach() {
        for (const spawnId of spawned.splice(0)) await slipway.terminateSpawn(spawnId);
        if (performance.now() - resolvedAt < 30_000) return;
        plan = await slipway.resolveWorkspace("bench");
        resolvedAt = performance.now();
      },
    });
    return [
      figure,
      {
        name: "inserts of a warm spawn / of the client",
        target: 1,
        ratio: requests,
        medians: [requests, 1],
        unit: "requests",
        runs: RUNS,
      },
    ];
  },
};

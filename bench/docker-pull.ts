import { dockerWorld } from "./docker-world.ts";
import type { Benchmark } from "./figure.ts";
import { tinyImage } from "../testing/registry/index.ts";

const SPAWNS = 64;

/** A burst of spawns of an image that the engine lacks: the number of layer requests against the number of layers. */
export const benchmark: Benchmark = {
  name: "docker-pull",
  async run() {
    const architecture = process.arch === "arm64" ? "arm64" : "amd64";
    // A unique line yields layers that no engine has yet.
    const line = `machine ${process.pid} of ${new Date().toISOString()}\n`;
    const files = [{ type: "file", path: "etc/line", content: Buffer.from(line) }] as const;
    const image = tinyImage(architecture, { program: { line }, files });
    await using world = await dockerWorld(image);
    const { slipway, registry } = world;
    const spawns = await Promise.all(
      Array.from({ length: SPAWNS }, () => slipway.spawnWorkspace("bench")),
    );
    const failed = spawns.filter(({ state }) => state !== "running");
    await Promise.all(spawns.map(({ spawnId }) => slipway.terminateSpawn(spawnId)));
    if (failed.length > 0) throw new Error(`${failed.length} spawns: ${JSON.stringify(failed[0])}`);
    const asked = layerRequests(registry.requests, image.layers);
    return [
      {
        name: `${SPAWNS} spawns of one absent image: layer requests / layers`,
        target: 1,
        ratio: asked / image.layers.length,
        medians: [asked, image.layers.length],
        unit: "requests",
        runs: 1,
      },
    ];
  },
};

function layerRequests(
  requests: readonly {
    readonly method: string;
    readonly path: string;
    readonly status: number | null;
  }[],
  layers: readonly { readonly digest: string }[],
): number {
  return requests.filter(
    ({ method, path, status }) =>
      method === "GET" &&
      status !== null &&
      status < 300 &&
      layers.some(({ digest }) => path.endsWith(digest)),
  ).length;
}

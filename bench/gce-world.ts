import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSlipway } from "../src/slipway/create-slipway.ts";
import type { Slipway } from "../src/slipway/slipway.ts";
import { startGce } from "../testing/gce/index.ts";
import type { GceFake } from "../testing/gce/index.ts";

export const PROJECT = "bench-project";
export const ZONE = "us-central1-a";
export const IMAGE = "machine-v1";

const MANY = {
  capacity: 1_000_000,
  refill: 1_000_000,
  everyMilliseconds: 1_000,
  pace: "window",
} as const;
/** The quotas of launching, reading and waiting. */
const UNBOUNDED = {
  Queries: { requests: MANY },
  "Read requests": { requests: MANY },
  "Operation read requests": { requests: MANY },
};

/** A fake that answers at once, and a workspace `bench` for it. */
export interface GceWorld extends AsyncDisposable {
  readonly gce: GceFake;
  readonly slipway: Slipway;
  readonly database: string;
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * @param pace `published`: the fake rejects calls beyond the quotas per minute, and Slipway respects them
 * @param stagingMs time in milliseconds until a machine runs; with 0 its insert is answered when it runs. Null: the fake's
 * default
 */
export async function gceWorld(
  pace: "published" | "off" = "off",
  stagingMs: number | null = 0,
): Promise<GceWorld> {
  const folder = await mkdtemp(join(tmpdir(), "slipway-bench-"));
  const database = join(folder, "slipway.db");
  const gce = await startGce({
    timing: {
      ...(stagingMs === null ? {} : { provisioningMs: 0, stagingMs }),
      endingMs: 0,
      otherMs: 0,
    },
    ...(pace === "off" ? { rates: () => null } : {}),
  });
  gce.addImage(PROJECT, { name: IMAGE });
  const environment = {
    PATH: process.env["PATH"] ?? "",
    HOME: folder,
    CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE: `${gce.url}/compute/v1/`,
    CLOUDSDK_AUTH_ACCESS_TOKEN: "bench",
  };
  const slipway = await createSlipway({
    database,
    environment,
    // The cost of a spawn is measured, not its waiting time.
    ...(pace === "off" ? { rates: { GCP: UNBOUNDED } } : {}),
  });
  const { catalog } = slipway;
  await catalog.set("image", {
    name: "machine",
    architecture: "ARCHITECTURE_AMD64",
    gce: { selfLink: `projects/${PROJECT}/global/images/${IMAGE}` },
  });
  await catalog.set("placement", {
    name: "here",
    substrate: "GCP",
    target: { gcp: { project: PROJECT, zones: [ZONE], subnet: "default" } },
  });
  await catalog.set("workspace", { name: "bench", imageRef: "machine", placement: "here" });
  return {
    gce,
    slipway,
    database,
    environment,
    async [Symbol.asyncDispose]() {
      await slipway[Symbol.asyncDispose]();
      await gce.close();
      await rm(folder, { recursive: true });
    },
  };
}

import { setTimeout as delay } from "node:timers/promises";
import type { GceApi } from "../../adapters/gce/client/api.ts";
import { connectGce } from "../../adapters/gce/adapter.ts";
import { createGceAdapter } from "../../adapters/gce/index.ts";
import type { GceAdapterOptions } from "../../adapters/gce/index.ts";
import type { Candidate, LaunchPlan } from "../../src/plan/plan.ts";
import type { SubstrateAdapter } from "../../src/substrate/contract.ts";
import { UNPACED } from "../../src/pacing/rates.ts";
import { startGce } from "../../testing/gce/index.ts";
import type { GceOptions, GceFake } from "../../testing/gce/index.ts";
import { candidate, gcePlan, gcpTarget } from "./gce-launches.ts";

export const PROJECT = "agents";
export const ZONE = "us-central1-a";
const SUBNETWORK = `projects/${PROJECT}/regions/us-central1/subnetworks/default`;
export const IMAGE = "agent-base-v1";

/** A fake with an image, an adapter for it, and a plan of that image. */
export interface GceScene extends AsyncDisposable {
  readonly gce: GceFake;
  readonly adapter: SubstrateAdapter;
  /** Another adapter of the same project, as another process would open it. */
  readonly open: (options?: Partial<GceAdapterOptions>) => SubstrateAdapter;
  /** The API client. The caller closes it. */
  readonly connect: () => GceApi;
  /** A plan of the scene's initial image. */
  readonly plan: (change?: Partial<Omit<LaunchPlan, "planId">>) => LaunchPlan;
  /** The methods called on the fake since the previous call of this function. */
  readonly calls: () => readonly string[];
}

/** Machines are created within ten milliseconds unless the test sets other timings. */
export async function gceScene(options: GceOptions = {}): Promise<GceScene> {
  const gce = await startGce({
    ...options,
    timing: { provisioningMs: 5, stagingMs: 5, endingMs: 5, otherMs: 5, ...options.timing },
  });
  const { id } = gce.addImage(PROJECT, { name: IMAGE });
  const opened: SubstrateAdapter[] = [];
  const open = (change: Partial<GceAdapterOptions> = {}): SubstrateAdapter => {
    const adapter = gceAdapter(gce, change);
    opened.push(adapter);
    return adapter;
  };
  let seen = 0;
  return {
    gce,
    adapter: open(),
    open,
    connect: () => connectGce(connectionTo(gce)),
    plan: (change = {}) => planOf({ name: IMAGE, id }, change),
    calls() {
      const calls = gce.requests.slice(seen).map(({ call }) => call ?? "unknown");
      seen = gce.requests.length;
      return calls;
    },
    async [Symbol.asyncDispose]() {
      for (const adapter of opened) await adapter.close();
      await gce.close();
    },
  };
}

export function gceAdapter(
  { url }: Pick<GceFake, "url">,
  change: Partial<GceAdapterOptions> = {},
): SubstrateAdapter {
  const { target, environment, home, now } = connectionTo({ url });
  return createGceAdapter({ target, environment, home, now, ...change });
}

function connectionTo({ url }: Pick<GceFake, "url">) {
  return {
    target: gcpTarget({ project: PROJECT }),
    home: "/nonexistent",
    now: () => Date.now(),
    environment: {
      CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE: `${url}/compute/v1/`,
      CLOUDSDK_AUTH_ACCESS_TOKEN: "test-token",
    },
    sleep: (milliseconds: number, signal: AbortSignal) =>
      delay(milliseconds, undefined, { signal }),
    pacing: { project: PROJECT, pace: UNPACED, rates: {} },
  };
}

/** A plan of an image of the scene's project, in two zones. */
export function planOf(
  { name, id }: { readonly name: string; readonly id: string },
  change: Partial<Omit<LaunchPlan, "planId">> = {},
): LaunchPlan {
  const link = `projects/${PROJECT}/global/images/${name}`;
  return gcePlan({
    artifact: { id: link, requested: link, pinned: true, numericId: id },
    candidates: [placeIn(ZONE), placeIn("us-central1-b")],
    settings: { instance: { diskSizeGb: null, diskType: null, subnetwork: SUBNETWORK } },
    ...change,
  });
}

export function placeIn(zone: string): Candidate {
  return candidate(zone, SUBNETWORK);
}

import type { Catalog } from "../catalog/catalog.ts";
import type { Clock } from "../host/clock.ts";
import { imageCredential, launchSecrets } from "./credentials.ts";
import type { CredentialPorts } from "./credentials.ts";
import { parsePlan } from "../plan/plan-document.ts";
import type { LaunchPlan } from "../plan/plan.ts";
import { isStale, readPinnedAgain, refuseStale } from "../resolver/read-again.ts";
import { resolve } from "../resolver/resolve.ts";
import { sharedReads } from "../async/single-flight.ts";
import type { OpenAdapter } from "../substrate/contract.ts";

export interface PlanPorts extends CredentialPorts {
  readonly tenant: string;
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly openAdapter: OpenAdapter;
}

export interface ResolveRequest {
  readonly workspace: string;
  readonly offline: boolean;
}

/** Where the plans come from that are shown and spawned. */
export interface SpawnablePlans {
  /** The workspace's plan as of now. Whoever asks for the same at the same time gets the same plan. */
  resolve(request: ResolveRequest, signal: AbortSignal): Promise<LaunchPlan>;
  /** A plan that was made here, which is frozen, or one from anywhere else if its hash holds. */
  trusted(plan: LaunchPlan): LaunchPlan;
  /** A plan that was made earlier, held to what is true now. */
  reviewed(plan: LaunchPlan, allowStale: boolean, signal: AbortSignal): Promise<LaunchPlan>;
}

interface Resolution {
  /** Its place among all questions and resolutions. */
  readonly begun: number;
  readonly outcome: PromiseSettledResult<LaunchPlan>;
}

/** For how long a plan that this process resolved needs no second look at what it pinned, in milliseconds. */
const WARM = 60_000;

export function createSpawnablePlans(ports: PlanPorts): SpawnablePlans {
  const { catalog, clock } = ports;
  /** When this process resolved a plan, by the plan itself: one that was read from a file is not among them. */
  const resolvedAt = new WeakMap<LaunchPlan, number>();
  const resolutions = sharedReads<Resolution>({
    what: "the resolution",
    keepMilliseconds: 0,
    now: () => clock.now(),
  });
  let turn = 0;

  const resolveNow = async (request: ResolveRequest, signal: AbortSignal): Promise<LaunchPlan> => {
    const plan = await resolve(
      {
        clock,
        openAdapter: ports.openAdapter,
        linkedRecords: (name) => catalog.linked("workspace", name),
        findCredential: (image) => imageCredential(ports, image, signal),
      },
      { ...request, tenant: ports.tenant, signal },
    );
    resolvedAt.set(plan, clock.now());
    return plan;
  };
  const begin =
    (request: ResolveRequest) =>
    async (signal: AbortSignal): Promise<Resolution> => {
      const begun = (turn += 1);
      const [outcome] = await Promise.allSettled([resolveNow(request, signal)]);
      return { begun, outcome };
    };

  return {
    async resolve(request, signal) {
      const asked = (turn += 1);
      const key = `${request.offline ? "offline" : "online"} ${request.workspace}`;
      for (;;) {
        const { begun, outcome } = await resolutions.read(key, begin(request), signal);
        // One that had begun already when it was asked for may not know of what was written in between.
        if (outcome.status === "rejected") {
          if (begun > asked) throw outcome.reason;
          continue;
        }
        const plan = outcome.value;
        if (begun > asked || !isStale(plan, await catalog.generations(plan.records))) return plan;
      }
    },
    trusted: (plan) => (resolvedAt.has(plan) ? plan : parsePlan(plan)),
    async reviewed(plan, allowStale, signal) {
      if (!allowStale) refuseStale(plan, await catalog.generations(plan.records));
      const since = resolvedAt.get(plan) ?? Number.NEGATIVE_INFINITY;
      if (clock.now() - since <= WARM) return plan;
      const [adapter, { credential }] = await Promise.all([
        ports.openAdapter(plan.target),
        launchSecrets(ports, plan, signal),
      ]);
      await readPinnedAgain(adapter, plan, credential, signal);
      return plan;
    },
  };
}

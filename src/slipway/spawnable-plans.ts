import type { Catalog } from "../catalog/catalog.ts";
import type { LinkedRecords } from "../catalog/store/store.ts";
import type { Clock } from "../host/clock.ts";
import { imageCredential, launchSecrets } from "./credentials.ts";
import type { CredentialPorts } from "./credentials.ts";
import { parsePlan } from "../plan/plan-document.ts";
import type { LaunchPlan } from "../plan/plan.ts";
import { isStale, isWarm, refuseStale } from "../plan/staleness.ts";
import { readPinnedAgain } from "../resolver/read-again.ts";
import { resolve } from "../resolver/resolve.ts";
import { singleFlight } from "../async/single-flight.ts";
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

/** Provides the plans to show and to spawn. */
export interface SpawnablePlans {
  /** Resolves a workspace. Concurrent calls for the same workspace share one resolution. */
  resolve(request: ResolveRequest, signal: AbortSignal): Promise<LaunchPlan>;
  /** Returns a frozen plan that this process resolved as it is; any other plan is parsed and its hash verified. */
  trusted(plan: LaunchPlan): LaunchPlan;
  /** Verifies that a plan that was resolved earlier is still current. */
  reviewed(plan: LaunchPlan, allowStale: boolean, signal: AbortSignal): Promise<LaunchPlan>;
}

interface Resolution {
  /** Sequence number shared by requests and resolutions. */
  readonly begun: number;
  readonly outcome: PromiseSettledResult<LaunchPlan>;
}

export function createSpawnablePlans(ports: PlanPorts): SpawnablePlans {
  const { catalog, clock } = ports;
  /** When this process resolved each plan. Keyed by identity, so that a plan read from a file has no entry. */
  const resolvedAt = new WeakMap<LaunchPlan, number>();
  const join = singleFlight<Resolution>();
  let turn = 0;

  const resolveNow = async (request: ResolveRequest, signal: AbortSignal): Promise<LaunchPlan> => {
    const plan = await resolve(
      {
        clock,
        openAdapter: ports.openAdapter,
        linkedRecords: (name) => linkedRecords(catalog, name),
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
        const { begun, outcome } = await join(
          { key, signal, what: "the resolution" },
          begin(request),
        );
        // A resolution that began before this request may have missed records written in between.
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
      if (isWarm(resolvedAt.get(plan), clock.now())) return plan;
      const [adapter, { credential }] = await Promise.all([
        ports.openAdapter(plan.target),
        launchSecrets(ports, plan, signal),
      ]);
      await readPinnedAgain(adapter, plan, credential, signal);
      return plan;
    },
  };
}

/** @throws SlipwayError `NOT_FOUND` for an unknown workspace, with the name that the caller may have meant */
async function linkedRecords(catalog: Catalog, workspace: string): Promise<LinkedRecords> {
  const records = await catalog.linked("workspace", workspace);
  if (records.find("workspace", workspace) === null) await catalog.get("workspace", workspace);
  return records;
}

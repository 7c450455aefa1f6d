import type { SubstrateCapabilities } from "../../src/substrate/contract.ts";
import type { LaunchPlan } from "../../src/plan/plan.ts";
import { LONGEST_TOLD_SPAWN_ID } from "./cloud.ts";
import type { SimulatedCloud } from "./cloud.ts";
import { samplePlan } from "../support/sample-plan.ts";

export type CloudKind = "ec2" | "gce" | "docker";
export const CLOUD_KINDS: readonly [CloudKind, ...CloudKind[]] = ["ec2", "gce", "docker"];

export const KIND_OF = { AWS: "ec2", GCP: "gce", DOCKER: "docker" } as const;

/** The place names of a plan with so many places. */
const PLACES: Readonly<Record<CloudKind, readonly string[]>> = {
  ec2: ["zone-a", "zone-b", "zone-c"],
  gce: ["zone-a", "zone-b", "zone-c"],
  docker: ["engine-1"],
};

const plans = new Map<string, LaunchPlan>();

/** What is planned: the same wish is the same plan. */
export interface PlanWish {
  readonly kind: CloudKind;
  readonly zones: number;
  readonly tenant: string;
  readonly workspace: string;
}

/** A plan for a cloud with so many zones; made once, because to name a plan is to hash all of it. */
export function planOf(wish: PlanWish): LaunchPlan {
  const { kind, zones, tenant, workspace } = wish;
  const name = [kind, zones, tenant, workspace].join(" ");
  const known = plans.get(name) ?? makePlan(wish);
  plans.set(name, known);
  return known;
}

function makePlan({ kind, zones, ...whose }: PlanWish): LaunchPlan {
  const candidates = PLACES[kind]
    .slice(0, zones)
    .map((place) => ({ place, verdict: "eligible", reason: null }) as const);
  switch (kind) {
    case "ec2":
      return samplePlan({
        ...whose,
        substrate: "AWS",
        candidates,
        target: {
          substrate: "AWS",
          accountId: "123456789012",
          region: "us-east-1",
          vpcId: null,
          subnetIds: [],
          securityGroupId: null,
          instanceProfileArn: null,
          roleArn: null,
          readonlyRoleArn: null,
          tags: {},
          assignPublicIp: false,
          market: "ON_DEMAND",
        },
      });
    case "gce":
      return samplePlan({
        ...whose,
        substrate: "GCP",
        candidates,
        target: {
          substrate: "GCP",
          project: "agents",
          zones: candidates.map(({ place }) => place),
          subnet: "default",
          networkProject: null,
          assignPublicIp: false,
          serviceAccount: null,
          wifProviderResourceName: null,
          wifServiceAccount: null,
          wifReadonlyServiceAccount: null,
          labels: {},
        },
      });
    case "docker":
      return samplePlan({ ...whose, candidates });
  }
}

/** What the real adapters say of themselves; a token's life and a batch's size are the seed's. */
export function capabilitiesOf({
  kind,
  tokenMilliseconds,
  largestBatch,
  rates,
}: SimulatedCloud): SubstrateCapabilities {
  const vm = {
    batch: {
      maximum: largestBatch,
      longestSpawnId: null,
      idleMilliseconds: 20,
      longestMilliseconds: 200,
    },
    concurrentLaunches: null,
    rates: rates === null ? null : { scope: rates.scope, launch: rates.launch },
    watchMilliseconds: 0,
    retryMilliseconds: 120_000,
    lookMilliseconds: 1_000,
    lagMilliseconds: 0,
    pendingMilliseconds: 900_000,
    bootDocument: { delivery: "cloud-init", maximumBytes: 16_384, identity: {} },
  } as const;
  switch (kind) {
    case "ec2":
      return {
        ...vm,
        lagMilliseconds: 300_000,
        idempotency: { machines: "eventual", tokenMilliseconds },
      };
    case "gce":
      return {
        ...vm,
        batch: { ...vm.batch, longestSpawnId: LONGEST_TOLD_SPAWN_ID },
        idempotency: { machines: "eventual", tokenMilliseconds: null },
      };
    case "docker":
      return {
        ...vm,
        batch: { maximum: 1, longestSpawnId: null, idleMilliseconds: 0, longestMilliseconds: 0 },
        concurrentLaunches: 8,
        rates: null,
        watchMilliseconds: 1_000,
        retryMilliseconds: 10_000,
        pendingMilliseconds: 60_000,
        bootDocument: { delivery: "environment", maximumBytes: 16_384, identity: null },
        idempotency: { machines: "consistent", tokenMilliseconds: null },
      };
  }
}

import type { SubstrateCapabilities } from "../../src/substrate/contract.ts";
import type { Candidate, LaunchPlan } from "../../src/plan/plan.ts";
import { LONGEST_TAGGED_SPAWN_ID } from "./cloud.ts";
import type { SimulatedCloud } from "./cloud.ts";
import { samplePlan } from "../support/sample-plan.ts";

export type CloudKind = "ec2" | "gce" | "docker";
export const CLOUD_KINDS: readonly [CloudKind, ...CloudKind[]] = ["ec2", "gce", "docker"];

export const KIND_OF = { AWS: "ec2", GCP: "gce", DOCKER: "docker" } as const;

/** The place names of plans, by cloud. */
const PLACES: Readonly<Record<CloudKind, readonly string[]>> = {
  ec2: ["zone-a", "zone-b", "zone-c"],
  gce: ["zone-a", "zone-b", "zone-c"],
  docker: ["engine-1"],
};

const MACHINE_TYPES = ["large", "medium", "small"];

const plans = new Map<string, LaunchPlan>();

/** Parameters of a plan: equal parameters yield the same plan. */
export interface PlanParameters {
  readonly kind: CloudKind;
  readonly zones: number;
  /** Whether the plan has both markets, and on EC2 two subnets in each zone. */
  readonly isVaried: boolean;
  /** The number of machine types, on a cloud that has them. */
  readonly types: number;
  readonly tenant: string;
  readonly workspace: string;
}

/** The plan for these parameters; created once, since the plan id requires hashing the whole plan. */
export function planOf(parameters: PlanParameters): LaunchPlan {
  const { kind, zones, types, isVaried, tenant, workspace } = parameters;
  const name = [kind, zones, types, isVaried, tenant, workspace].join(" ");
  const known = plans.get(name) ?? makePlan(parameters);
  plans.set(name, known);
  return known;
}

function makePlan({ kind, zones, types, isVaried, ...whose }: PlanParameters): LaunchPlan {
  const places = PLACES[kind].slice(0, zones);
  const where = places.map((place) => ({ place }));
  const ofType = isVaried ? where.flatMap((one) => varied(kind, one)) : where;
  const several = MACHINE_TYPES.slice(0, types);
  const candidates = (
    types === 1 || kind === "docker"
      ? ofType
      : several.flatMap((machineType) => ofType.map((one) => ({ ...one, machineType })))
  )
    .toSorted((one, other) => marketRank(one) - marketRank(other))
    .map((one): Candidate => ({ ...one, verdict: "eligible", reason: null }));
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
          zones: places,
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

export const MARKETS = ["spot", "on-demand"] as const;

/** The subnets of a zone on EC2. */
export function subnetsOf(place: string): readonly string[] {
  return [`${place}-north`, `${place}-south`];
}

type Where = Pick<Candidate, "place" | "subnet" | "market">;

function varied(kind: CloudKind, { place }: Where): readonly Where[] {
  switch (kind) {
    case "ec2":
      return MARKETS.flatMap((market) =>
        subnetsOf(place).map((subnet) => ({ place, subnet, market })),
      );
    case "gce":
      return MARKETS.map((market) => ({ place, market }));
    case "docker":
      return [{ place }];
  }
}

/** Spot candidates come before those on demand. */
function marketRank({ market }: Where): number {
  return market === "on-demand" ? 1 : 0;
}

/** The capabilities of the real adapters, except for token validity and batch size, which the seed determines. */
export function capabilitiesOf({
  kind,
  tokenMilliseconds,
  maximumBatch,
  rates,
}: SimulatedCloud): SubstrateCapabilities {
  const vm = {
    batch: {
      maximum: maximumBatch,
      longestSpawnId: null,
      idleMilliseconds: 20,
      longestMilliseconds: 200,
    },
    concurrentLaunches: null,
    rates: rates === null ? null : { scope: rates.scope, launch: rates.launch },
    watchMilliseconds: 0,
    retryMilliseconds: 120_000,
    pollMilliseconds: 1_000,
    lagMilliseconds: 0,
    pendingMilliseconds: 900_000,
    bootDocument: { delivery: "cloud-init", maximumBytes: 16_384, identity: "launch-index" },
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
        batch: { ...vm.batch, longestSpawnId: LONGEST_TAGGED_SPAWN_ID },
        bootDocument: { ...vm.bootDocument, identity: "instance-name" },
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
        bootDocument: { delivery: "environment", maximumBytes: 16_384 },
        idempotency: { machines: "consistent", tokenMilliseconds: null },
      };
  }
}

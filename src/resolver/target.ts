import type { CatalogRecord } from "../catalog/kinds.ts";
import type { AwsTarget, Candidate, PlacementTarget } from "../plan/plan.ts";

/** Converts the placement's target to the plan's form, with every default filled in. */
export function placementTarget(placement: CatalogRecord<"placement">): PlacementTarget {
  switch (placement.substrate) {
    case "AWS": {
      const { aws } = placement.target;
      return {
        substrate: "AWS",
        accountId: aws.accountId,
        region: aws.region,
        vpcId: aws.vpcId ?? null,
        subnetIds: aws.subnetIds,
        securityGroupId: aws.securityGroupId ?? null,
        instanceProfileArn: aws.instanceProfileArn ?? null,
        roleArn: aws.roleArn ?? null,
        readonlyRoleArn: aws.readonlyRoleArn ?? null,
        tags: aws.tags ?? {},
        assignPublicIp: aws.assignPublicIp ?? false,
        ...(aws.keepVolumes === undefined ? {} : { keepVolumes: aws.keepVolumes }),
        market: aws.market ?? "ON_DEMAND",
      };
    }
    case "GCP": {
      const { gcp } = placement.target;
      return {
        substrate: "GCP",
        project: gcp.project,
        zones: gcp.zones,
        subnet: gcp.subnet,
        networkProject: gcp.networkProject ?? null,
        assignPublicIp: gcp.assignPublicIp ?? false,
        serviceAccount: placement.serviceAccount ?? null,
        wifProviderResourceName: gcp.wifProviderResourceName ?? null,
        wifServiceAccount: gcp.wifServiceAccount ?? null,
        wifReadonlyServiceAccount: gcp.wifReadonlyServiceAccount ?? null,
        labels: gcp.labels ?? {},
      };
    }
    case "DOCKER": {
      const { docker } = placement.target;
      return {
        substrate: "DOCKER",
        host: docker.host ?? null,
        network: docker.network ?? null,
        labels: docker.labels ?? {},
        platforms: docker.platforms ?? [],
        publishAddress: docker.publishAddress ?? "127.0.0.1",
      };
    }
  }
}

/** The region that an image must be in; null on substrates whose images are not regional. */
export function targetRegion(target: PlacementTarget): string | null {
  return target.substrate === "AWS" ? target.region : null;
}

/** The candidates in the placement's order, before preflight has assessed them. */
export function initialCandidates(target: PlacementTarget): readonly Candidate[] {
  const eligible = { verdict: "eligible", reason: null } as const;
  switch (target.substrate) {
    case "AWS":
      return marketsOf(target).flatMap((market) =>
        target.subnetIds.map((subnet) => ({ place: target.region, subnet, market, ...eligible })),
      );
    case "GCP":
      return target.zones.map((place) => ({ place, subnet: target.subnet, ...eligible }));
    case "DOCKER":
      return [{ place: target.host ?? "local", ...eligible }];
  }
}

/** SPOT_THEN_ON_DEMAND tries every place with spot capacity before any with on-demand capacity. */
function marketsOf({ market }: AwsTarget): readonly NonNullable<Candidate["market"]>[] {
  switch (market) {
    case "ON_DEMAND":
      return ["on-demand"];
    case "SPOT":
      return ["spot"];
    case "SPOT_THEN_ON_DEMAND":
      return ["spot", "on-demand"];
  }
}

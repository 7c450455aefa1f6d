import type { CatalogRecord, EnvironmentFields } from "../catalog/kinds.ts";
import { scopeAddresses } from "../plan/access-scopes.ts";
import type { Candidate, PlacementTarget } from "../plan/plan.ts";

type CandidateOrder = NonNullable<EnvironmentFields["candidateOrder"]>;

/** Converts the placement's target to the plan's form, with every default filled in. */
export function placementTarget(placement: CatalogRecord<"placement">): PlacementTarget {
  switch (placement.substrate) {
    case "AWS": {
      const { accountId, region, vpcId, subnetIds, securityGroupId, ...rest } =
        placement.target.aws;
      const { instanceProfileArn, roleArn, readonlyRoleArn, tags, ...further } = rest;
      const { assignPublicIp, market, ...options } = further;
      return {
        substrate: "AWS",
        accountId,
        region,
        vpcId: vpcId ?? null,
        subnetIds,
        securityGroupId: securityGroupId ?? null,
        instanceProfileArn: instanceProfileArn ?? null,
        roleArn: roleArn ?? null,
        readonlyRoleArn: readonlyRoleArn ?? null,
        tags: tags ?? {},
        assignPublicIp: assignPublicIp ?? false,
        market: market ?? "ON_DEMAND",
        ...options,
      };
    }
    case "GCP": {
      const { gcp } = placement.target;
      const [first = gcp] = gcp.networkInterfaces ?? [];
      const { secureBoot = false, vtpm = true, integrityMonitoring = true } = gcp.shielded ?? {};
      return {
        ...gcp,
        ...(gcp.shielded === undefined
          ? {}
          : { shielded: { secureBoot, vtpm, integrityMonitoring } }),
        substrate: "GCP",
        subnet: first.subnet ?? "",
        networkProject: first.networkProject ?? null,
        assignPublicIp: first.assignPublicIp ?? false,
        serviceAccount: placement.serviceAccount ?? null,
        wifProviderResourceName: gcp.wifProviderResourceName ?? null,
        wifServiceAccount: gcp.wifServiceAccount ?? null,
        wifReadonlyServiceAccount: gcp.wifReadonlyServiceAccount ?? null,
        labels: gcp.labels ?? {},
        ...(gcp.serviceAccountScopes === undefined
          ? {}
          : { serviceAccountScopes: scopeAddresses(gcp.serviceAccountScopes) }),
      };
    }
    case "DOCKER": {
      const { host, network, labels, platforms, publishAddress, ...options } =
        placement.target.docker;
      return {
        substrate: "DOCKER",
        host: host ?? null,
        network: network ?? null,
        labels: labels ?? {},
        platforms: platforms ?? [],
        publishAddress: publishAddress ?? "127.0.0.1",
        ...options,
      };
    }
  }
}

/** The region that an image must be in; null on substrates whose images are not regional. */
export function targetRegion(target: PlacementTarget): string | null {
  return target.substrate === "AWS" ? target.region : null;
}

/**
 * The candidates before preflight has assessed them: every machine type in every place and market. Markets come in the
 * placement's order first, then types and places in the environment's.
 *
 * @param order default `TYPE_FIRST`
 */
export function initialCandidates(
  target: PlacementTarget,
  machineTypes: readonly string[],
  order: CandidateOrder = "TYPE_FIRST",
): readonly Candidate[] {
  const places = placesOf(target);
  const types: readonly Pick<Candidate, "machineType">[] =
    machineTypes.length === 1 ? [{}] : machineTypes.map((machineType) => ({ machineType }));
  const pairs =
    order === "TYPE_FIRST"
      ? types.flatMap((type) => places.map((place) => ({ ...place, ...type })))
      : places.flatMap((place) => types.map((type) => ({ ...place, ...type })));
  return marketsOf(target).flatMap((market) =>
    pairs.map(({ machineType, ...place }) => ({
      ...place,
      ...market,
      ...(machineType === undefined ? {} : { machineType }),
      verdict: "eligible",
      reason: null,
    })),
  );
}

function placesOf(target: PlacementTarget): readonly Pick<Candidate, "place" | "subnet">[] {
  switch (target.substrate) {
    case "AWS":
      return target.subnetIds.map((subnet) => ({ place: target.region, subnet }));
    case "GCP":
      return target.zones.map((place) => ({ place, subnet: target.subnet }));
    case "DOCKER":
      return [{ place: target.host ?? "local" }];
  }
}

/** SPOT_THEN_ON_DEMAND tries every place with spot capacity before any with on-demand capacity. */
function marketsOf(target: PlacementTarget): readonly Pick<Candidate, "market">[] {
  if (target.substrate === "DOCKER" || target.market === undefined) return [{}];
  switch (target.market) {
    case "ON_DEMAND":
      return [{ market: "on-demand" }];
    case "SPOT":
      return [{ market: "spot" }];
    case "SPOT_THEN_ON_DEMAND":
      return [{ market: "spot" }, { market: "on-demand" }];
  }
}

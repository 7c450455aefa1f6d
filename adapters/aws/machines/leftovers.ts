import { throwIfCancelled } from "../../../src/async/cancellation.ts";
import { mapLimited } from "../../../src/async/map-limited.ts";
import type { Leftover, LeftoverVerbs, TerminateOutcome } from "../../../src/substrate/contract.ts";
import type { AwsApi } from "../client/api.ts";
import { cloudError, providerCode } from "../errors/errors.ts";
import { KEEP_TAG, ownershipOf, TAGS } from "../labels.ts";
import { escapeWildcards } from "./describe.ts";

export interface LeftoverPorts {
  readonly api: Pick<
    AwsApi,
    | "region"
    | "describeVolumes"
    | "describeNetworkInterfaces"
    | "deleteVolume"
    | "deleteNetworkInterface"
  >;
}

const PAGE_SIZE = 500;
/** How many deletions are sent at once. */
const AT_ONCE = 4;
/** EC2 does not know the resource: it is gone. */
const GONE_CODES: ReadonlySet<string | null> = new Set([
  "InvalidVolume.NotFound",
  "InvalidNetworkInterfaceID.NotFound",
]);

/**
 * The volumes and network interfaces that outlived their machines: those of an image that keeps them, launched by an older
 * version of Slipway, and those that EC2 failed to delete. `available` means that they are attached to nothing.
 */
export function leftoverVerbs(ports: LeftoverPorts): LeftoverVerbs {
  return {
    async list(owner, signal) {
      throwIfCancelled(signal, "listing volumes and network interfaces");
      const [volumes, interfaces] = await Promise.all([
        listVolumes(ports, owner, signal),
        listInterfaces(ports, owner, signal),
      ]);
      return [...volumes, ...interfaces].filter(({ ownership }) => ownership.owner === owner);
    },
    remove: async (leftovers, signal) =>
      await mapLimited(leftovers, AT_ONCE, async (leftover) => remove(ports, leftover, signal)),
  };
}

function filtersOf(owner: string) {
  return [
    { Name: `tag:${TAGS.owner}`, Values: [escapeWildcards(owner)] },
    { Name: "status", Values: ["available"] },
  ];
}

async function listVolumes(
  { api }: LeftoverPorts,
  owner: string,
  signal: AbortSignal,
): Promise<readonly Leftover[]> {
  const context = { operation: "DescribeVolumes", subject: `volumes of owner ${owner}` };
  return await allPages({ ...context, region: api.region, signal }, async (page) => {
    const input = { Filters: filtersOf(owner), MaxResults: PAGE_SIZE, ...page };
    const { Volumes = [], NextToken } = await api.describeVolumes(input, signal);
    const found = Volumes.flatMap(({ VolumeId, AvailabilityZone, Tags }): Leftover[] => {
      const ownership = ownershipOf(Tags);
      const isKept = Tags?.some(({ Key }) => Key === KEEP_TAG) ?? false;
      if (VolumeId === undefined || ownership === null || isKept) return [];
      return [{ id: VolumeId, kind: "volume", place: AvailabilityZone ?? "", ownership }];
    });
    return { found, NextToken };
  });
}

async function listInterfaces(
  { api }: LeftoverPorts,
  owner: string,
  signal: AbortSignal,
): Promise<readonly Leftover[]> {
  const context = { operation: "DescribeNetworkInterfaces", subject: `interfaces of ${owner}` };
  return await allPages({ ...context, region: api.region, signal }, async (page) => {
    const input = { Filters: filtersOf(owner), MaxResults: PAGE_SIZE, ...page };
    const { NetworkInterfaces = [], NextToken } = await api.describeNetworkInterfaces(
      input,
      signal,
    );
    const found = NetworkInterfaces.flatMap(
      ({ NetworkInterfaceId: id, AvailabilityZone, TagSet }): Leftover[] => {
        const ownership = ownershipOf(TagSet);
        if (id === undefined || ownership === null) return [];
        return [{ id, kind: "network-interface", place: AvailabilityZone ?? "", ownership }];
      },
    );
    return { found, NextToken };
  });
}

async function allPages<T>(
  context: Parameters<typeof cloudError>[1],
  read: (page: { NextToken?: string }) => Promise<{
    readonly found: readonly T[];
    readonly NextToken: string | undefined;
  }>,
): Promise<readonly T[]> {
  const all: T[] = [];
  let token: string | undefined;
  do {
    try {
      const { found, NextToken } = await read(token === undefined ? {} : { NextToken: token });
      all.push(...found);
      token = NextToken || undefined;
    } catch (caught) {
      throw cloudError(caught, context);
    }
  } while (token !== undefined);
  return all;
}

async function remove(
  { api }: LeftoverPorts,
  { id, kind }: Leftover,
  signal: AbortSignal,
): Promise<TerminateOutcome> {
  throwIfCancelled(signal, "deleting volumes and network interfaces");
  const isVolume = kind === "volume";
  try {
    await (isVolume ? api.deleteVolume(id, signal) : api.deleteNetworkInterface(id, signal));
    return { id, outcome: "terminated" };
  } catch (caught) {
    if (GONE_CODES.has(providerCode(caught))) return { id, outcome: "terminated" };
    const operation = isVolume ? "DeleteVolume" : "DeleteNetworkInterface";
    const subject = isVolume ? `volume ${id}` : `network interface ${id}`;
    const error = cloudError(caught, { operation, subject, region: api.region, signal });
    throwIfCancelled(signal, "deleting volumes and network interfaces");
    return { id, outcome: "failed", error };
  }
}

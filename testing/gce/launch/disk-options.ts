import type { Context } from "../context.ts";
import { GceFailure, invalidField } from "../failure.ts";
import { isAllowed } from "../permissions.ts";
import type { DiskRequest } from "./request.ts";

interface Performance {
  /** The fewest and the most IOPS of a disk of this size in GiB. */
  readonly iops?: (sizeGb: number) => readonly [number, number];
  /** MiB/s. */
  readonly throughput?: readonly [number, number];
}

/** Types that take a performance: https://cloud.google.com/compute/docs/disks/hyperdisk-performance */
const PERFORMANCE: Readonly<Record<string, Performance>> = {
  "pd-extreme": { iops: () => [10_000, 120_000] },
  "hyperdisk-balanced": {
    iops: (sizeGb) => [Math.min(3_000, 500 * sizeGb), Math.min(160_000, 500 * sizeGb)],
    throughput: [140, 2_400],
  },
  "hyperdisk-extreme": { iops: (sizeGb) => [2 * sizeGb, Math.min(350_000, 1_000 * sizeGb)] },
  "hyperdisk-ml": { throughput: [400, 1_200_000] },
  "hyperdisk-throughput": { throughput: [20, 2_400] },
};

type Parameters = NonNullable<DiskRequest["initializeParams"]>;

/** The requested performance. @throws GceFailure for a type or a size that does not have it */
export function provisioned(
  asked: Parameters,
  where: { readonly field: string; readonly type: string; readonly sizeGb: number },
): { readonly provisionedIops: number | null; readonly provisionedThroughput: number | null } {
  const provisionedIops = asked.provisionedIops ?? null;
  const provisionedThroughput = asked.provisionedThroughput ?? null;
  const { iops, throughput } = PERFORMANCE[where.type] ?? {};
  const of = { ...where, what: "IOPS", parameter: "provisionedIops" };
  requireRange(provisionedIops, iops?.(where.sizeGb), of);
  const ofThroughput = { ...where, what: "throughput", parameter: "provisionedThroughput" };
  requireRange(provisionedThroughput, throughput, ofThroughput);
  return { provisionedIops, provisionedThroughput };
}

/** Compute Engine's words: https://github.com/kubernetes-sigs/gcp-compute-persistent-disk-csi-driver/issues/1816 */
function requireRange(
  value: number | null,
  range: readonly [number, number] | undefined,
  where: {
    readonly field: string;
    readonly type: string;
    readonly what: string;
    readonly parameter: string;
  },
): void {
  if (value === null) return;
  const { field, type, what, parameter } = where;
  if (range === undefined)
    throw invalidField(
      `${field}.initializeParams.${parameter}`,
      String(value),
      `It cannot be specified for disk type ${type}.`,
    );
  const [least, most] = range;
  if (value < least)
    throw new GceFailure(
      "badRequest",
      `Requested provisioned ${what} cannot be smaller than ${least}.`,
    );
  if (value > most)
    throw new GceFailure(
      "badRequest",
      `Requested provisioned ${what} cannot be larger than ${most}.`,
    );
}

const KEY =
  /^projects\/[^/\s]+\/locations\/[^/\s]+\/keyRings\/[^/\s]+\/cryptoKeys\/[^/\s]+(?:\/cryptoKeyVersions\/\d+)?$/;
const USE = "cloudkms.cryptoKeyVersions.useToEncrypt";

/**
 * The version of the key that encrypts the disk, the first unless the request names another; null for Google's own key.
 * Each key exists, and the service agent may use it unless it is denied.
 *
 * @throws GceFailure in the words of https://github.com/hashicorp/terraform-provider-google/issues/5103
 */
export function keyVersion(
  { world, project }: Context,
  { diskEncryptionKey }: DiskRequest,
  field: string,
): string | null {
  const key = diskEncryptionKey?.kmsKeyName;
  if (key === undefined) return null;
  if (!KEY.test(key))
    throw invalidField(`${field}.diskEncryptionKey.kmsKeyName`, key, "The key name is malformed.");
  if (!isAllowed(world.denials, { project: project.id, permission: USE, resource: key }))
    throw new GceFailure(
      "kmsPermissionDenied",
      `Cloud KMS error when using key ${key}: Permission '${USE}' denied on resource '${key}' (or it may not exist).`,
      400,
    );
  return key.includes("/cryptoKeyVersions/") ? key : `${key}/cryptoKeyVersions/1`;
}

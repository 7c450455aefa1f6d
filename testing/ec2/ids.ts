import { Ec2Failure, invalidValue } from "./failure.ts";

/** The format of one kind of id, and EC2's errors for it. */
export interface IdKind {
  readonly prefix: string;
  /** `InvalidInstanceID` of `InvalidInstanceID.NotFound` */
  readonly code: string;
  /** `instance ID` of "The instance ID 'i-…' does not exist" */
  readonly noun: string;
  /** Default `CODE.Malformed`. */
  readonly malformedCode?: string;
}

export const INSTANCE_ID: IdKind = {
  prefix: "i",
  code: "InvalidInstanceID",
  noun: "instance ID",
};
export const IMAGE_ID: IdKind = { prefix: "ami", code: "InvalidAMIID", noun: "image id" };
export const SUBNET_ID: IdKind = { prefix: "subnet", code: "InvalidSubnetID", noun: "subnet ID" };
export const VPC_ID: IdKind = { prefix: "vpc", code: "InvalidVpcID", noun: "vpc ID" };
export const HOST_ID: IdKind = { prefix: "h", code: "InvalidHostID", noun: "host ID" };
export const VOLUME_ID: IdKind = { prefix: "vol", code: "InvalidVolume", noun: "volume" };
export const CAPACITY_RESERVATION_ID: IdKind = {
  prefix: "cr",
  code: "InvalidCapacityReservationId",
  noun: "capacity reservation",
};
export const SPOT_REQUEST_ID: IdKind = {
  prefix: "sir",
  code: "InvalidSpotInstanceRequestID",
  noun: "spot instance request ID",
};
export const INTERFACE_ID: IdKind = {
  prefix: "eni",
  code: "InvalidNetworkInterfaceID",
  noun: "networkInterface ID",
};
export const GROUP_ID: IdKind = {
  prefix: "sg",
  code: "InvalidGroup",
  noun: "security group",
  malformedCode: "InvalidGroupId.Malformed",
};

/** The maximum number of ids in one call. */
const MAXIMUM_IDS = 1000;

/** Checks the format only, not whether the resources exist. @throws Ec2Failure `….Malformed` */
export function requireWellFormed(ids: readonly string[], kind: IdKind): void {
  if (ids.length > MAXIMUM_IDS)
    throw invalidValue(
      `At most ${MAXIMUM_IDS} IDs can be given in one request, not ${ids.length}.`,
    );
  for (const id of ids)
    if (!isWellFormed(id, kind))
      throw new Ec2Failure(
        kind.malformedCode ?? `${kind.code}.Malformed`,
        `Invalid id: "${id}" (expecting "${kind.prefix}-...")`,
      );
}

function isWellFormed(id: string, { prefix }: IdKind): boolean {
  return (
    id.startsWith(`${prefix}-`) &&
    /^(?:[0-9a-f]{8}|[0-9a-f]{17})$/.test(id.slice(prefix.length + 1))
  );
}

export function notFound(ids: readonly string[], kind: IdKind): Ec2Failure {
  const names = ids.join(", ");
  const message =
    kind === IMAGE_ID
      ? `The ${kind.noun}${ids.length > 1 ? "s" : ""} '[${names}]' ${ids.length > 1 ? "do" : "does"} not exist`
      : `The ${kind.noun}${ids.length > 1 ? "s" : ""} '${names}' ${ids.length > 1 ? "do" : "does"} not exist`;
  return new Ec2Failure(`${kind.code}.NotFound`, message);
}

/** The records of all ids in order; one unknown id fails the whole call. */
export function lookUp<T>(
  ids: readonly string[],
  kind: IdKind,
  find: (id: string) => T | null,
): readonly T[] {
  requireWellFormed(ids, kind);
  const missing: string[] = [];
  const found = [...new Set(ids)].flatMap((id) => {
    const record = find(id);
    if (record === null) missing.push(id);
    return record === null ? [] : [record];
  });
  if (missing.length > 0) throw notFound(missing, kind);
  return found;
}

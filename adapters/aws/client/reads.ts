import type {
  CapacityReservation,
  LaunchTemplateVersion,
  Image,
  InstanceTypeInfo,
  SecurityGroup,
  Subnet,
  Vpc,
} from "@aws-sdk/client-ec2";
import { singleFlight } from "../../../src/async/single-flight.ts";
import type { Keeping } from "../../../src/async/single-flight.ts";
import type { LaunchTemplateOptions } from "../../../src/plan/instance.ts";
import type { AwsApi } from "./api.ts";
import type { AwsRole } from "./client.ts";
import { cloudError } from "../errors/errors.ts";
import type { CloudCallContext } from "../errors/errors.ts";
import { findGeneralTypes } from "./general-types.ts";
import type { GeneralTypes } from "./general-types.ts";

/** Read calls to one account and region. Concurrent callers with the same arguments share one call. */
export interface AwsReader {
  readonly region: string;
  /** The account that the role's credentials belong to. */
  account(role: AwsRole, signal: AbortSignal): Promise<string>;
  image(id: string, signal: AbortSignal): Promise<Image>;
  /** The types with these names. Names that EC2 has in no region are left out. */
  instanceTypes(
    names: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly InstanceTypeInfo[]>;
  /** The zones of the region that offer each of these types, sorted by name. */
  zonesWith(
    instanceTypes: readonly string[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, readonly string[]>>;
  /** Small general-purpose types for an architecture in EC2's spelling (`x86_64`), with the zones that offer them. */
  generalTypes(architecture: string, signal: AbortSignal): Promise<GeneralTypes>;
  /** The subnets with these ids. Ids that do not exist are left out. */
  subnets(ids: readonly string[], signal: AbortSignal): Promise<readonly Subnet[]>;
  /** The VPCs with these ids. Ids that do not exist are left out. */
  vpcs(ids: readonly string[], signal: AbortSignal): Promise<readonly Vpc[]>;
  /** The groups with these ids, without those that do not exist; for no ids the default groups of all VPCs. */
  securityGroups(ids: readonly string[], signal: AbortSignal): Promise<readonly SecurityGroup[]>;
  /** @throws SlipwayError `LAUNCH_TEMPLATE_NOT_FOUND` */
  launchTemplateVersion(
    template: LaunchTemplateOptions,
    signal: AbortSignal,
  ): Promise<LaunchTemplateVersion>;
  /** @throws SlipwayError `RESERVATION_NOT_FOUND` */
  capacityReservation(id: string, signal: AbortSignal): Promise<CapacityReservation>;
}

export interface ReaderPorts {
  readonly api: AwsApi;
  readonly accessKeyId: (role: AwsRole) => Promise<string>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** How long answers about instance types are kept. They change over years, not minutes. */
const KEEP_TYPES_MILLISECONDS = 5 * 60_000;
const MAX_FILTER_VALUES = 200;

export function createAwsReader({ api, accessKeyId, now }: ReaderPorts): AwsReader {
  const { region } = api;
  const keepTypes = { milliseconds: KEEP_TYPES_MILLISECONDS, now };
  const keepForever = { milliseconds: Number.POSITIVE_INFINITY, now };
  const readAccount = sharedRead<string>(region, keepForever);
  const readImage = sharedRead<Image>(region);
  const readTypes = sharedRead<readonly InstanceTypeInfo[]>(region, keepTypes);
  const readZones = sharedRead<ReadonlyMap<string, readonly string[]>>(region, keepTypes);
  const readGeneralTypes = sharedRead<GeneralTypes>(region, keepTypes);
  return {
    region,
    async account(role, signal) {
      const operation = "GetCallerIdentity";
      const subject = `the ${role === "reader" ? "reading" : "launching"} credentials`;
      // An access key always belongs to the same account.
      const key = await withCloudErrors(accessKeyId(role), { operation, subject, region, signal });
      return await readAccount({ operation, subject, key, signal }, async (stop) => {
        const { Account } = await api.getCallerIdentity(role, stop);
        return requireMember(Account, "account");
      });
    },
    image: (id, signal) =>
      readImage({ operation: "DescribeImages", subject: id, key: id, signal }, async (stop) => {
        const input = { ImageIds: [id], IncludeDisabled: true };
        const { Images = [] } = await api.describeImages(input, stop);
        return requireMember(Images[0], "image");
      }),
    instanceTypes(names, signal) {
      const key = names.join(", ");
      const subject = `instance ${names.length === 1 ? "type" : "types"} ${key}`;
      return readTypes(
        { operation: "DescribeInstanceTypes", subject, key, signal },
        async (stop) => await describeTypes(api, names, stop),
      );
    },
    zonesWith(names, signal) {
      const key = names.join(", ");
      return readZones(
        { operation: "DescribeInstanceTypeOfferings", subject: key, key, signal },
        async (stop) => zonesByType(names, await offeringsOf(api, names, stop)),
      );
    },
    generalTypes: (architecture, signal) =>
      readGeneralTypes(
        {
          operation: "DescribeInstanceTypes",
          subject: `small ${architecture} types`,
          key: architecture,
          signal,
        },
        (stop) => findGeneralTypes(api, architecture, ownOfferings(api, architecture, stop), stop),
      ),
    ...placeReads(api),
  };
}

/** Reads offerings as a part of another read; a refusal is about this call all the same. */
function ownOfferings(api: AwsApi, architecture: string, signal: AbortSignal) {
  return async (names: readonly string[]): Promise<readonly Offering[]> => {
    try {
      return await offeringsOf(api, names, signal);
    } catch (caught) {
      const subject = `small ${architecture} types`;
      const operation = "DescribeInstanceTypeOfferings";
      throw cloudError(caught, { operation, subject, region: api.region, signal });
    }
  };
}

type PlaceReads = Pick<
  AwsReader,
  "capacityReservation" | "launchTemplateVersion" | "securityGroups" | "subnets" | "vpcs"
>;

function placeReads(api: AwsApi): PlaceReads {
  const readSubnets = sharedRead<readonly Subnet[]>(api.region);
  const readVpcs = sharedRead<readonly Vpc[]>(api.region);
  const readTemplate = sharedRead<LaunchTemplateVersion>(api.region);
  const readReservation = sharedRead<CapacityReservation>(api.region);
  const readGroups = sharedRead<readonly SecurityGroup[]>(api.region);
  return {
    subnets(ids, signal) {
      // By filter, because EC2 refuses the whole call if one id of several does not exist.
      const Filters = [{ Name: "subnet-id", Values: [...ids] }];
      const subject = ids.join(", ");
      return readSubnets(
        { operation: "DescribeSubnets", subject, key: subject, signal },
        async (stop) => (await api.describeSubnets({ Filters }, stop)).Subnets ?? [],
      );
    },
    vpcs(ids, signal) {
      const Filters = [{ Name: "vpc-id", Values: [...ids] }];
      const subject = ids.join(", ");
      return readVpcs(
        { operation: "DescribeVpcs", subject, key: subject, signal },
        async (stop) => (await api.describeVpcs({ Filters }, stop)).Vpcs ?? [],
      );
    },
    launchTemplateVersion({ id, name, version = "$Default" }, signal) {
      const subject = `${id ?? name} version ${version}`;
      return readTemplate(
        { operation: "DescribeLaunchTemplateVersions", subject, key: subject, signal },
        async (stop) => {
          const { LaunchTemplateVersions = [] } = await api.describeLaunchTemplateVersions(
            { LaunchTemplateId: id, LaunchTemplateName: name, Versions: [version] },
            stop,
          );
          return requireMember(LaunchTemplateVersions[0], "version of a launch template");
        },
      );
    },
    capacityReservation: (id, signal) =>
      readReservation(
        { operation: "DescribeCapacityReservations", subject: id, key: id, signal },
        async (stop) => {
          // There is no filter for ids.
          const input = { CapacityReservationIds: [id] };
          const { CapacityReservations = [] } = await api.describeCapacityReservations(input, stop);
          return requireMember(CapacityReservations[0], "capacity reservation");
        },
      ),
    securityGroups(ids, signal) {
      const isDefault = ids.length === 0;
      const filter = isDefault
        ? { Name: "group-name", Values: ["default"] }
        : { Name: "group-id", Values: [...ids] };
      const subject = isDefault ? "the default security groups" : ids.join(", ");
      return readGroups(
        { operation: "DescribeSecurityGroups", subject, key: subject, signal },
        async (stop) =>
          (await api.describeSecurityGroups({ Filters: [filter] }, stop)).SecurityGroups ?? [],
      );
    },
  };
}

interface SharedCall extends Pick<CloudCallContext, "operation" | "subject"> {
  /** Callers with the same key share one call. */
  readonly key: string;
  readonly signal: AbortSignal;
}

/** Returns a function that reads from AWS once for all concurrent callers, and throws only `SlipwayError`. */
function sharedRead<Answer>(region: string, keeping?: Keeping) {
  const share = singleFlight<Answer>(keeping);
  return async (
    { operation, subject, key, signal }: SharedCall,
    read: (stop: AbortSignal) => Promise<Answer>,
  ): Promise<Answer> =>
    await share({ key, signal, what: "a read of AWS" }, (stop) =>
      withCloudErrors(read(stop), { operation, subject, region, signal: stop }),
    );
}

async function withCloudErrors<Answer>(
  answer: Promise<Answer>,
  context: CloudCallContext,
): Promise<Answer> {
  try {
    return await answer;
  } catch (caught) {
    throw cloudError(caught, context);
  }
}

async function describeTypes(
  api: AwsApi,
  names: readonly string[],
  signal: AbortSignal,
): Promise<readonly InstanceTypeInfo[]> {
  const found: InstanceTypeInfo[] = [];
  let token: string | undefined;
  do {
    // Includes types of other regions: a type that this region lacks is a different mistake from one that does not
    // exist.
    const page = await api.describeInstanceTypes(
      {
        Filters: [{ Name: "instance-type", Values: [...names] }],
        IncludeUnsupportedInRegion: true,
        ...(token === undefined ? {} : { NextToken: token }),
      },
      signal,
    );
    found.push(...(page.InstanceTypes ?? []));
    token = page.NextToken || undefined;
  } while (token !== undefined);
  // A filter's value may have wildcards.
  return found.filter(({ InstanceType = "" }) => names.includes(InstanceType));
}

interface Offering {
  readonly instanceType: string;
  readonly zone: string;
}

async function offeringsOf(
  api: AwsApi,
  names: readonly string[],
  signal: AbortSignal,
): Promise<readonly Offering[]> {
  const found: Offering[] = [];
  let token: string | undefined;
  do {
    const page = await api.describeInstanceTypeOfferings(
      {
        LocationType: "availability-zone",
        Filters: [{ Name: "instance-type", Values: names.slice(0, MAX_FILTER_VALUES) }],
        ...(token === undefined ? {} : { NextToken: token }),
      },
      signal,
    );
    for (const { InstanceType, Location } of page.InstanceTypeOfferings ?? [])
      if (InstanceType !== undefined && Location !== undefined)
        found.push({ instanceType: InstanceType, zone: Location });
    token = page.NextToken || undefined;
  } while (token !== undefined);
  return found;
}

function zonesByType(
  names: readonly string[],
  offerings: readonly Offering[],
): ReadonlyMap<string, readonly string[]> {
  return new Map(
    names.map((name) => {
      const zones = offerings.filter(({ instanceType }) => instanceType === name);
      return [name, zones.map(({ zone }) => zone).toSorted()];
    }),
  );
}

function requireMember<Value>(value: Value | undefined, what: string): Value {
  if (value === undefined) throw new TypeError(`the answer contains no ${what}`);
  return value;
}

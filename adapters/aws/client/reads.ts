import type { Image, InstanceTypeInfo, SecurityGroup, Subnet } from "@aws-sdk/client-ec2";
import { singleFlight } from "../../../src/async/single-flight.ts";
import type { AwsApi } from "./api.ts";
import type { AwsRole } from "./client.ts";
import { cloudError } from "../errors/errors.ts";
import { findGeneralTypes } from "./general-types.ts";
import type { GeneralTypes } from "./general-types.ts";

/** Read calls to one account and region. Concurrent callers with the same question share one call. */
export interface AwsReader {
  readonly region: string;
  /** The account that the role's credentials belong to. */
  account(role: AwsRole, signal: AbortSignal): Promise<string>;
  image(id: string, signal: AbortSignal): Promise<Image>;
  /** Null if EC2 has no instance type of this name in any region. */
  instanceType(name: string, signal: AbortSignal): Promise<InstanceTypeInfo | null>;
  /** The zones of the region that offer the type, sorted by name. */
  zonesWith(instanceType: string, signal: AbortSignal): Promise<readonly string[]>;
  /** Small general-purpose types for an architecture in EC2's spelling (`x86_64`), with the zones that offer them. */
  generalTypes(architecture: string, signal: AbortSignal): Promise<GeneralTypes>;
  /** The subnets with these ids. Ids that do not exist are left out. */
  subnets(ids: readonly string[], signal: AbortSignal): Promise<readonly Subnet[]>;
  /** The group with this id, or for null the default groups of all VPCs. */
  securityGroups(id: string | null, signal: AbortSignal): Promise<readonly SecurityGroup[]>;
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
  const what = "a read of AWS";
  const lasting = { milliseconds: KEEP_TYPES_MILLISECONDS, now };
  // Kept for each access key, because a key always belongs to the same account.
  const forever = { milliseconds: Number.POSITIVE_INFINITY, now };
  const accounts = singleFlight<string>(forever);
  const images = singleFlight<Image>();
  const types = singleFlight<InstanceTypeInfo | null>(lasting);
  const zones = singleFlight<readonly string[]>(lasting);
  const generals = singleFlight<GeneralTypes>(lasting);
  const subnets = singleFlight<readonly Subnet[]>();
  const groups = singleFlight<readonly SecurityGroup[]>();

  /** Converts the SDK's errors of a read to `SlipwayError`. */
  const withCloudErrors =
    <Answer>(operation: string, subject: string, call: (signal: AbortSignal) => Promise<Answer>) =>
    async (signal: AbortSignal): Promise<Answer> => {
      try {
        return await call(signal);
      } catch (caught) {
        throw cloudError(caught, { operation, subject, region, signal });
      }
    };
  return {
    region,
    async account(role, signal) {
      const subject = `the ${role === "reader" ? "reading" : "launching"} credentials`;
      const key = await withCloudErrors("GetCallerIdentity", subject, () => accessKeyId(role))(
        signal,
      );
      const load = withCloudErrors("GetCallerIdentity", subject, async (stop) => {
        const { Account } = await api.getCallerIdentity(role, stop);
        return requireMember(Account, "account");
      });
      return await accounts({ key, signal, what }, load);
    },
    async image(id, signal) {
      const load = withCloudErrors("DescribeImages", id, async (stop) => {
        const { Images = [] } = await api.describeImages(
          { ImageIds: [id], IncludeDisabled: true },
          stop,
        );
        return requireMember(Images[0], "image");
      });
      return await images({ key: id, signal, what }, load);
    },
    async instanceType(name, signal) {
      const load = withCloudErrors("DescribeInstanceTypes", `instance type ${name}`, (stop) =>
        describeType(api, name, stop),
      );
      return await types({ key: name, signal, what }, load);
    },
    async zonesWith(instanceType, signal) {
      const load = withCloudErrors("DescribeInstanceTypeOfferings", instanceType, async (stop) => {
        const offerings = await offeringsOf(api, [instanceType], stop);
        return offerings.map(({ zone }) => zone).toSorted();
      });
      return await zones({ key: instanceType, signal, what }, load);
    },
    async generalTypes(architecture, signal) {
      const load = withCloudErrors("DescribeInstanceTypes", `small ${architecture} types`, (stop) =>
        findGeneralTypes(api, architecture, (names) => offeringsOf(api, names, stop), stop),
      );
      return await generals({ key: architecture, signal, what }, load);
    },
    async subnets(ids, signal) {
      // By filter, because EC2 refuses the whole call if one id of several does not exist.
      const Filters = [{ Name: "subnet-id", Values: [...ids] }];
      const load = withCloudErrors("DescribeSubnets", ids.join(", "), async (stop) => {
        const { Subnets = [] } = await api.describeSubnets({ Filters }, stop);
        return Subnets;
      });
      return await subnets({ key: ids.join(" "), signal, what }, load);
    },
    async securityGroups(id, signal) {
      const filter = { Name: id === null ? "group-name" : "group-id", Values: [id ?? "default"] };
      const subject = id ?? "the default security groups";
      const load = withCloudErrors("DescribeSecurityGroups", subject, async (stop) => {
        const { SecurityGroups = [] } = await api.describeSecurityGroups(
          { Filters: [filter] },
          stop,
        );
        return SecurityGroups;
      });
      return await groups({ key: subject, signal, what }, load);
    },
  };
}

async function describeType(
  api: AwsApi,
  name: string,
  signal: AbortSignal,
): Promise<InstanceTypeInfo | null> {
  // Includes types of other regions: a type that this region lacks is a different mistake from one that does not exist.
  const input = { Filters: [{ Name: "instance-type", Values: [name] }] };
  const { InstanceTypes = [] } = await api.describeInstanceTypes(
    { ...input, IncludeUnsupportedInRegion: true },
    signal,
  );
  return InstanceTypes.find(({ InstanceType }) => InstanceType === name) ?? null;
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

function requireMember<Value>(value: Value | undefined, what: string): Value {
  if (value === undefined) throw new TypeError(`the answer contains no ${what}`);
  return value;
}

import type { ResponseLaunchTemplateData } from "@aws-sdk/client-ec2";
import type { AwsTarget } from "../../../src/plan/plan.ts";
import { namedGroups } from "../target.ts";

type Data = ResponseLaunchTemplateData;
type Options = { -readonly [Name in keyof AwsTarget]?: AwsTarget[Name] };

export interface TemplateOptions {
  /** The options that the template sets and the placement leaves out. */
  readonly options: Partial<AwsTarget>;
  /** The template's fields that a plan cannot show, by EC2's names. */
  readonly unsupported: readonly string[];
}

/**
 * The options that a launch template sets, by the names of the placement. A plan's image, machine type and subnets always
 * come from its records.
 */
export function templateOptions(data: Data, target: AwsTarget): TemplateOptions {
  const {
    ImageId: _image,
    InstanceType: _type,
    KeyName,
    SecurityGroupIds = [],
    TagSpecifications = [],
    InstanceInitiatedShutdownBehavior: shutdown,
    IamInstanceProfile: profile,
    MetadataOptions: metadata = {},
    Placement: place = {},
    MaintenanceOptions: maintenance,
    CpuOptions: cpu = {},
    CapacityReservationSpecification: reservation,
    InstanceMarketOptions,
    ...others
  } = data;
  const {
    State: _state,
    HttpTokens,
    HttpEndpoint,
    HttpPutResponseHopLimit: hops,
    InstanceMetadataTags: metadataTags,
    ...otherMetadata
  } = metadata;
  const market = marketOptions(InstanceMarketOptions, target);
  const tags = tagOptions(TagSpecifications);
  const { Tenancy, HostId, ...otherPlacement } = place;
  const { AmdSevSnp, ...otherCpu } = cpu;
  const options: Options = {};
  if (KeyName !== undefined) options.keyName = KeyName;
  if (SecurityGroupIds.length > 0 && namedGroups(target).length === 0)
    options.securityGroupIds = SecurityGroupIds;
  if (profile?.Arn !== undefined && target.instanceProfileArn === null)
    options.instanceProfileArn = profile.Arn;
  if (hops !== undefined || metadataTags !== undefined)
    options.metadataOptions = {
      ...(hops === undefined ? {} : { httpPutResponseHopLimit: hops }),
      ...(metadataTags === undefined ? {} : { instanceMetadataTags: metadataTags }),
    };
  if (Tenancy !== undefined) options.tenancy = Tenancy;
  if (HostId !== undefined) options.hostId = HostId;
  if (maintenance?.AutoRecovery !== undefined)
    options.maintenance = { autoRecovery: maintenance.AutoRecovery };
  if (AmdSevSnp === "enabled") options.confidential = { amdSevSnp: true };
  const reserved = reservationOf(reservation);
  if (reserved !== null && target.market !== "SPOT") options.capacityReservation = reserved;
  if (market.maxPrice !== null) options.maxPrice = market.maxPrice;
  if (Object.keys(tags.tags).length > 0) options.tags = { ...tags.tags, ...target.tags };
  return {
    options: withoutSet(options, target),
    unsupported: [
      ...setMembers("", others),
      ...(shutdown === "terminate" ? ["InstanceInitiatedShutdownBehavior"] : []),
      ...(profile?.Name === undefined ? [] : ["IamInstanceProfile.Name"]),
      // Slipway's machines require session tokens, and read their identity from the metadata.
      ...(HttpTokens === "optional" ? ["MetadataOptions.HttpTokens"] : []),
      ...(HttpEndpoint === "disabled" ? ["MetadataOptions.HttpEndpoint"] : []),
      ...setMembers("MetadataOptions.", otherMetadata),
      ...setMembers("Placement.", otherPlacement),
      ...setMembers("CpuOptions.", otherCpu),
      ...(reserved !== null && target.market === "SPOT"
        ? ["CapacityReservationSpecification"]
        : []),
      ...market.unsupported,
      ...tags.unsupported,
    ],
  };
}

/** The template's options without those that the placement sets. */
function withoutSet(options: Options, target: AwsTarget): Partial<AwsTarget> {
  const silent = Object.entries(options).filter(
    ([name]) =>
      name === "tags" ||
      name === "instanceProfileArn" ||
      !Object.entries(target).some(([set, value]) => set === name && value !== undefined),
  );
  return Object.fromEntries(silent);
}

/** The market is the placement's, because the candidates depend on it. */
function marketOptions(
  options: Data["InstanceMarketOptions"],
  { market }: AwsTarget,
): { readonly maxPrice: string | null; readonly unsupported: readonly string[] } {
  if (options?.MarketType === undefined) return { maxPrice: null, unsupported: [] };
  if (options.MarketType !== "spot" || market === "ON_DEMAND")
    return { maxPrice: null, unsupported: ["InstanceMarketOptions.MarketType"] };
  const {
    MaxPrice,
    SpotInstanceType: kind,
    InstanceInterruptionBehavior: end,
    ...others
  } = options.SpotOptions ?? {};
  return {
    maxPrice: MaxPrice ?? null,
    unsupported: [
      ...(kind === "persistent" ? ["InstanceMarketOptions.SpotOptions.SpotInstanceType"] : []),
      ...(end === undefined || end === "terminate"
        ? []
        : ["InstanceMarketOptions.SpotOptions.InstanceInterruptionBehavior"]),
      ...setMembers("InstanceMarketOptions.SpotOptions.", others),
    ],
  };
}

function reservationOf(
  specification: Data["CapacityReservationSpecification"],
): NonNullable<AwsTarget["capacityReservation"]> | null {
  const { CapacityReservationTarget: target, CapacityReservationPreference: preference } =
    specification ?? {};
  if (target?.CapacityReservationId !== undefined) return { id: target.CapacityReservationId };
  const group = target?.CapacityReservationResourceGroupArn;
  if (group !== undefined) return { resourceGroupArn: group };
  return preference === undefined ? null : { preference };
}

/** The tags of the instance, which Slipway gives to everything that it launches. */
function tagOptions(specifications: NonNullable<Data["TagSpecifications"]>) {
  const tagsOf = (type: string): readonly (readonly [string, string])[] =>
    specifications
      .filter(({ ResourceType }) => ResourceType === type)
      .flatMap(({ Tags = [] }) => Tags.map(({ Key = "", Value = "" }) => [Key, Value] as const));
  const tags: Readonly<Record<string, string>> = Object.fromEntries(tagsOf("instance"));
  const isOwn = (key: string) => key.toLowerCase().startsWith("slipway:");
  const unsupported = specifications.flatMap(({ ResourceType: type = "" }) =>
    tagsOf(type)
      .filter(([key, value]) => isOwn(key) || tags[key] !== value)
      .map(([key]) => `TagSpecifications.${type}.${key}`),
  );
  return { tags, unsupported };
}

/** The names of the members that differ from EC2's defaults. */
function setMembers(prefix: string, members: object): readonly string[] {
  return Object.entries(members).flatMap(([name, value]) =>
    isSet(value) ? [`${prefix}${name}`] : [],
  );
}

function isSet(value: unknown): boolean {
  if (value === undefined || value === null || value === false) return false;
  if (value === "" || value === "disabled") return false;
  return typeof value === "object" ? Object.values(value).some(isSet) : true;
}

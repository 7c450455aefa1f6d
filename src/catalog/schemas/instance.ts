/** The options of EC2 instances in placements. */
import { z } from "zod";
import {
  AUTO_RECOVERIES,
  isMetadataTagKey,
  METADATA_TAGS,
  TENANCIES,
  RESERVATION_PREFERENCES,
} from "../../plan/instance.ts";
import type { AwsPlacement } from "../kinds.ts";
import { distinct, text } from "./common.ts";

/** An id of a resource of EC2. */
export const awsId = (prefix: string) =>
  text(
    new RegExp(`^${prefix}-[0-9a-z-]+$`),
    `must be an id such as ${prefix}-0abc123def4567890`,
    64,
  );

/**
 * The quota of groups of a network interface is 5, and AWS raises it to 16 at most.
 * https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-security-groups
 */
const MOST_GROUPS = 16;

/** The options that the placement sets, by the names of `RunInstances`. */
export function instanceFields() {
  return {
    securityGroupIds: distinct(awsId("sg"))
      .min(1, "must list at least one security group")
      .max(MOST_GROUPS, `must list at most ${MOST_GROUPS} security groups`)
      .exactOptional(),
    metadataOptions: z
      .strictObject({
        httpPutResponseHopLimit: z
          .int("must be a number of hops from 1 to 64")
          .min(1, "must be a number of hops from 1 to 64")
          .max(64, "must be a number of hops from 1 to 64")
          .exactOptional(),
        instanceMetadataTags: z
          .enum(METADATA_TAGS, `must be ${METADATA_TAGS.join(" or ")}`)
          .exactOptional(),
      })
      .exactOptional(),
    // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateKeyPair.html
    keyName: text(
      /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/,
      "must be the name of a key pair: at most 255 ASCII characters, without spaces at its ends",
      255,
    ).exactOptional(),
    tenancy: z.enum(TENANCIES, `must be one of ${TENANCIES.join(", ")}`).exactOptional(),
    hostId: awsId("h").exactOptional(),
    ipv6AddressCount: z
      .int("must be a number of addresses")
      .min(0, "must be a number of addresses")
      .exactOptional(),
    // "It must be more than USD $0.001", and the number's sign would be a second spelling of it:
    // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SpotMarketOptions.html
    maxPrice: z
      .string(PRICE)
      .regex(/^[0-9]{1,6}(?:\.[0-9]{1,10})?$/, PRICE)
      .refine((price) => Number(price) > 0.001, "must be more than 0.001 dollars an hour")
      .exactOptional(),
    maintenance: z
      .strictObject({
        autoRecovery: z.enum(AUTO_RECOVERIES, `must be ${AUTO_RECOVERIES.join(" or ")}`),
      })
      .exactOptional(),
    confidential: z
      .strictObject({
        amdSevSnp: z.literal(true, "must be true, or leave confidential out"),
      })
      .exactOptional(),
    ...sourceFields(),
  };
}

/** The options that name resources of EC2 from which a launch takes values or capacity. */
function sourceFields() {
  return {
    launchTemplate: z
      .strictObject({
        id: awsId("lt").exactOptional(),
        // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateLaunchTemplate.html
        name: text(
          /^[\w()./-]{3,}$/,
          "must be 3 to 128 letters, digits and ().-/_",
          128,
        ).exactOptional(),
        version: z
          .preprocess(
            (version) => (typeof version === "number" ? String(version) : version),
            text(/^(?:\$Latest|\$Default|[1-9][0-9]*)$/, "must be a number, $Latest or $Default", 19),
          )
          .exactOptional(),
      })
      .refine(
        ({ id, name }) => (id === undefined) !== (name === undefined),
        "must have either id or name",
      )
      .exactOptional(),
    capacityReservation: z
      .strictObject({
        preference: z
          .enum(RESERVATION_PREFERENCES, `must be one of ${RESERVATION_PREFERENCES.join(", ")}`)
          .exactOptional(),
        id: awsId("cr").exactOptional(),
        resourceGroupArn: text(
          /^arn:aws[a-z-]*:resource-groups:[a-z0-9-]+:[0-9]{12}:group\/[\w.-]+$/,
          "must be an ARN such as arn:aws:resource-groups:us-east-1:123456789012:group/name",
          1_600,
        ).exactOptional(),
      })
      .refine(
        (reservation) => Object.keys(reservation).length === 1,
        "must have exactly one of preference, id and resource_group_arn",
      )
      .exactOptional(),
  };
}

const PRICE = 'must be dollars an hour as a quoted decimal number such as "0.05"';

/** A value that another field of the placement contradicts. The message says what to write instead. */
export interface InstanceClash {
  readonly path: readonly [keyof AwsPlacement, ...string[]];
  readonly message: string;
}

export function instanceClashes(placement: AwsPlacement): readonly InstanceClash[] {
  const { securityGroupId, securityGroupIds, metadataOptions, tags = {} } = placement;
  const { maxPrice, capacityReservation, market = "ON_DEMAND" } = placement;
  const clashes: InstanceClash[] = [];
  if (securityGroupId !== undefined && securityGroupIds !== undefined)
    clashes.push({
      path: ["securityGroupIds"],
      message: "must not be set with security_group_id: list every group in security_group_ids",
    });
  const hidden = Object.keys(tags).find((key) => !isMetadataTagKey(key));
  if (metadataOptions?.instanceMetadataTags === "enabled" && hidden !== undefined)
    clashes.push({
      path: ["metadataOptions", "instanceMetadataTags"],
      message: `must be disabled for the tag ${JSON.stringify(hidden)}: a key in the instance metadata has only letters, digits and -+=._,:@`,
    });
  if (maxPrice !== undefined && market === "ON_DEMAND")
    clashes.push({
      path: ["maxPrice"],
      message: "is for the spot market: set market to SPOT or SPOT_THEN_ON_DEMAND, or remove it",
    });
  const { tenancy, hostId } = placement;
  if (hostId !== undefined && tenancy !== "host")
    clashes.push({ path: ["hostId"], message: "needs tenancy: host" });
  // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SpotPlacement.html
  if (tenancy === "host" && market !== "ON_DEMAND")
    clashes.push({
      path: ["tenancy"],
      message: `must not be host with market ${market}: EC2 sells no spot capacity on Dedicated Hosts; set market to ON_DEMAND`,
    });
  // https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-capacity-reservations.html#capacity-reservations-limitations
  if (tenancy === "host" && capacityReservation !== undefined && needsReservation(capacityReservation))
    clashes.push({
      path: ["capacityReservation"],
      message: "cannot be used on Dedicated Hosts: remove it, or set tenancy to dedicated or default",
    });
  // https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-capacity-reservations.html
  if (capacityReservation !== undefined && market === "SPOT")
    clashes.push({
      path: ["capacityReservation"],
      message:
        "is for on-demand machines: set market to ON_DEMAND or SPOT_THEN_ON_DEMAND, or remove it",
    });
  return clashes;
}

/** Whether a machine may run only in a reservation. */
function needsReservation(
  reservation: NonNullable<AwsPlacement["capacityReservation"]>,
): boolean {
  return !["open", "none"].includes(reservation.preference ?? "");
}

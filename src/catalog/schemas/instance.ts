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

const metadataOptions = () =>
  z
    .strictObject({
      httpPutResponseHopLimit: z
        .int("must be a number of hops from 1 to 64")
        .min(1, "must be a number of hops from 1 to 64")
        .max(64, "must be a number of hops from 1 to 64")
        .exactOptional()
        .meta({
          description:
            "How many hops the reply with a session token may travel. Containers on a bridge need 2. Without it, the default of the account or the AMI.",
          examples: [2],
        }),
      instanceMetadataTags: z
        .enum(METADATA_TAGS, `must be ${METADATA_TAGS.join(" or ")}`)
        .exactOptional()
        .meta({
          description:
            "Whether the machine can read its tags in the instance metadata. If so, tag keys have only letters, digits and `-+=._,:@`.",
          default: "enabled",
          examples: ["disabled"],
        }),
    })
    .exactOptional()
    .describe("Options of the instance metadata service.");

/** The options that the placement sets, by the names of `RunInstances`. */
export function instanceFields() {
  return {
    securityGroupIds: distinct(awsId("sg"))
      .min(1, "must list at least one security group")
      .max(MOST_GROUPS, `must list at most ${MOST_GROUPS} security groups`)
      .exactOptional()
      .meta({
        description: "Up to 16 security groups of one VPC, instead of `security_group_id`.",
        examples: [["sg-0abc123def4567890", "sg-0fed987cba6543210"]],
      }),
    metadataOptions: metadataOptions(),
    // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateKeyPair.html
    keyName: text(
      /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/,
      "must be the name of a key pair: at most 255 ASCII characters, without spaces at its ends",
      255,
    )
      .exactOptional()
      .meta({
        description:
          "A key pair of the region, whose public key cloud-init gives to the image's default user.",
        examples: ["team-search"],
      }),
    tenancy: z
      .enum(TENANCIES, `must be one of ${TENANCIES.join(", ")}`)
      .exactOptional()
      .meta({
        description:
          "Whether the machine shares its hardware with other accounts. Without it, the VPC decides.",
        examples: ["dedicated"],
      }),
    hostId: awsId("h")
      .exactOptional()
      .meta({
        description:
          "The Dedicated Host of `tenancy: host`. Without it, EC2 takes one with auto-placement.",
        examples: ["h-0abc123def4567890"],
      }),
    ipv6AddressCount: z
      .int("must be a number of addresses")
      .min(0, "must be a number of addresses")
      .exactOptional()
      .meta({
        description:
          "The number of IPv6 addresses of the network interface. Without it, the subnet decides.",
        examples: [1],
      }),
    // "It must be more than USD $0.001", and the number's sign would be a second spelling of it:
    // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SpotMarketOptions.html
    maxPrice: z
      .string(PRICE)
      .regex(/^[0-9]{1,6}(?:\.[0-9]{1,10})?$/, PRICE)
      .refine((price) => Number(price) > 0.001, "must be more than 0.001 dollars an hour")
      .exactOptional()
      .meta({
        description:
          "The most that an hour on the spot market may cost, in US dollars, quoted. Without it, the on-demand price is the limit.",
        examples: ["0.25"],
      }),
    maintenance: z
      .strictObject({
        autoRecovery: z.enum(AUTO_RECOVERIES, `must be ${AUTO_RECOVERIES.join(" or ")}`).meta({
          description:
            "Whether EC2 moves the machine to other hardware if its own fails and the type supports that.",
          examples: ["disabled"],
        }),
      })
      .exactOptional()
      .describe("How EC2 maintains the machine."),
    confidential: z
      .strictObject({
        amdSevSnp: z.literal(true, "must be true, or leave confidential out").meta({
          description:
            "AMD SEV-SNP encrypts the machine's memory against its host, on the machine types and AMIs that support it.",
          examples: [true],
        }),
      })
      .exactOptional()
      .describe("Encryption of the machine's memory."),
    launchTemplate: launchTemplate(),
    capacityReservation: capacityReservation(),
  };
}

const launchTemplate = () =>
  z
    .strictObject({
      id: awsId("lt")
        .exactOptional()
        .meta({
          description:
            "The id of the launch template. A template is named by either `id` or `name`.",
          examples: ["lt-0abc123def4567890"],
        }),
      // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateLaunchTemplate.html
      name: text(/^[\w()./-]{3,}$/, "must be 3 to 128 letters, digits and ().-/_", 128)
        .exactOptional()
        .meta({
          description:
            "The name of the launch template. A template is named by either `id` or `name`.",
          examples: ["agents"],
        }),
      version: z
        .preprocess(
          (version) => (typeof version === "number" ? String(version) : version),
          text(/^(?:\$Latest|\$Default|[1-9][0-9]*)$/, "must be a number, $Latest or $Default", 19),
        )
        .exactOptional()
        .meta({
          description: "The version of the launch template: a number, `$Latest` or `$Default`.",
          default: "$Default",
          examples: ["3"],
        }),
    })
    .refine(
      ({ id, name }) => (id === undefined) !== (name === undefined),
      "must have either id or name",
    )
    .exactOptional()
    .meta({
      description: "A launch template whose options are used where the placement leaves them out.",
      examples: [{ name: "agents", version: "3" }],
    });

const capacityReservation = () =>
  z
    .strictObject({
      preference: z
        .enum(RESERVATION_PREFERENCES, `must be one of ${RESERVATION_PREFERENCES.join(", ")}`)
        .exactOptional()
        .meta({
          description:
            "`open` uses a matching open reservation if one has room, `none` uses none, and `capacity-reservations-only` launches only into one. Without it, EC2 does as for `open`.",
          examples: ["none"],
        }),
      id: awsId("cr")
        .exactOptional()
        .meta({
          description: "The reservation into which every machine is launched.",
          examples: ["cr-0abc123def4567890"],
        }),
      resourceGroupArn: text(
        /^arn:aws[a-z-]*:resource-groups:[a-z0-9-]+:[0-9]{12}:group\/[\w.-]+$/,
        "must be an ARN such as arn:aws:resource-groups:us-east-1:123456789012:group/name",
        1_600,
      )
        .exactOptional()
        .meta({
          description: "A resource group, into whose reservations every machine is launched.",
          examples: ["arn:aws:resource-groups:us-east-1:123456789012:group/agents"],
        }),
    })
    .refine(
      (reservation) => Object.keys(reservation).length === 1,
      "must have exactly one of preference, id and resource_group_arn",
    )
    .exactOptional()
    .meta({
      description:
        "The Capacity Reservations that on-demand machines use. It has exactly one field.",
      examples: [{ preference: "none" }],
    });

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
  if (
    tenancy === "host" &&
    capacityReservation !== undefined &&
    needsReservation(capacityReservation)
  )
    clashes.push({
      path: ["capacityReservation"],
      message:
        "cannot be used on Dedicated Hosts: remove it, or set tenancy to dedicated or default",
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
function needsReservation(reservation: NonNullable<AwsPlacement["capacityReservation"]>): boolean {
  return !["open", "none"].includes(reservation.preference ?? "");
}

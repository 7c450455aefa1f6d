import { accountRecord } from "../account.ts";
import type { Context } from "../action.ts";
import { Ec2Failure, invalidValue } from "../failure.ts";
import { isDenied } from "../permissions.ts";
import type { Image } from "../records.ts";

/** @throws Ec2Failure `OptInRequired` for a Marketplace product whose terms the account has not accepted */
export function requireSubscription({ world, account }: Context, image: Image): void {
  const { subscriptions } = accountRecord(world, account);
  const missing = image.productCodes.find((code) => !subscriptions.includes(code));
  if (missing === undefined || image.account === account) return;
  throw new Ec2Failure(
    "OptInRequired",
    "In order to use this AWS Marketplace product you need to accept terms and subscribe. To do so please visit " +
      `https://aws.amazon.com/marketplace/pp?sku=${missing}`,
  );
}

/** @throws Ec2Failure for a profile that EC2 does not know yet, or whose role it does not know yet */
export function requireProfile({ world, account, now }: Context, profile: string | null): void {
  const known = accountRecord(world, account).profiles.find((one) => one.profile === profile);
  if (known === undefined || profile === null) return;
  if (now < known.knownAt)
    throw unknownProfile(profile.startsWith("arn:") ? "arn" : "name", profile);
  if (now < known.roleAt)
    throw invalidValue(`IAM Instance Profile "${profile}" has no associated IAM Roles`);
}

export function unknownProfile(member: "arn" | "name", value: string): Ec2Failure {
  return invalidValue(
    `Value (${value}) for parameter iamInstanceProfile.${member} is invalid. Invalid IAM Instance Profile ${member === "arn" ? "ARN" : "name"}`,
  );
}

/**
 * EC2 creates the service-linked role with an account's first spot request, if the caller may create it.
 *
 * @throws Ec2Failure `AuthFailure.ServiceLinkedRoleCreationNotPermitted`
 */
export function requireSpotRole(context: Context): void {
  const record = accountRecord(context.world, context.account);
  if (record.hasSpotRole) return;
  if (isDenied(context, "iam:CreateServiceLinkedRole"))
    throw new Ec2Failure(
      "AuthFailure.ServiceLinkedRoleCreationNotPermitted",
      "The provided credentials do not have permission to create the service-linked role for EC2 Spot Instances.",
    );
  record.hasSpotRole = true;
}

/** "Specifying a value below USD $0.001 will result in an InvalidParameterValue error message when you attempt to launch." */
const LEAST_PRICE = 0.001;

/** @throws Ec2Failure `InvalidParameterValue` for a maximum price that is not one, or that no market can have */
export function requirePrice(maxPrice: string | null): void {
  if (maxPrice === null) return;
  if (/^[0-9]+(?:\.[0-9]+)?$/.test(maxPrice) && Number(maxPrice) >= LEAST_PRICE) return;
  throw invalidValue(
    `Invalid value '${maxPrice}' for maxPrice. It must be at least $${LEAST_PRICE}.`,
  );
}

/** @throws Ec2Failure `SpotMaxPriceTooLow` if the spot price of the zone exceeds the request's maximum */
export function requireSpotPrice(
  { region }: Context,
  wanted: {
    readonly instanceType: string;
    readonly zone: string;
    readonly maxPrice: string | null;
  },
): void {
  const found = region.spotPrices.find(
    ({ instanceType, zone }) => instanceType === wanted.instanceType && zone === wanted.zone,
  );
  if (found === undefined) return;
  // Without a maximum, the on-demand price is the maximum.
  const maximum = wanted.maxPrice === null ? found.onDemandPrice : Number(wanted.maxPrice);
  if (found.price <= maximum) return;
  throw new Ec2Failure(
    "SpotMaxPriceTooLow",
    `Your Spot request price of ${maximum} is lower than the minimum required Spot request fulfillment price of ${found.price}.`,
  );
}

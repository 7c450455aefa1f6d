import { SlipwayError } from "../../src/errors.ts";
import type { AwsTarget, PlacementTarget } from "../../src/plan/plan.ts";
import type { ImageSource } from "../../src/substrate/contract.ts";

/** The placement target of a plan or draft. @throws SlipwayError `SUBSTRATE_MISMATCH` if it is not on AWS */
export function awsTarget(plan: { readonly target: PlacementTarget }): AwsTarget {
  if (plan.target.substrate === "AWS") return plan.target;
  throw mismatch(`a placement on ${plan.target.substrate} cannot be used with EC2`);
}

/** The security groups that the placement names. Empty if EC2 is to use the default group. */
export function namedGroups({
  securityGroupId,
  securityGroupIds = securityGroupId === null ? [] : [securityGroupId],
}: Pick<AwsTarget, "securityGroupId" | "securityGroupIds">): readonly string[] {
  return securityGroupIds;
}

/** The AWS arm of an image record. @throws SlipwayError `SUBSTRATE_MISMATCH` if the image is not for AWS */
export function awsImage(image: ImageSource): Extract<ImageSource, { substrate: "AWS" }> {
  if (image.substrate === "AWS") return image;
  throw mismatch(`an image for ${image.substrate} cannot run on EC2`);
}

function mismatch(message: string): SlipwayError {
  return new SlipwayError({
    code: "INVALID_ARGUMENT",
    reason: "SUBSTRATE_MISMATCH",
    message,
    remedy: "Name an image and a placement on AWS.",
  });
}

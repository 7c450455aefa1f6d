import { SlipwayError } from "../../src/errors.ts";
import type { AwsTarget, PlacementTarget } from "../../src/plan/plan.ts";
import type { ImageSource } from "../../src/substrate/contract.ts";

/** The placement that a plan or a draft goes to. @throws SlipwayError `SUBSTRATE_MISMATCH` for one of another cloud */
export function awsTarget(plan: { readonly target: PlacementTarget }): AwsTarget {
  if (plan.target.substrate === "AWS") return plan.target;
  throw mismatch(`a placement on ${plan.target.substrate} is none of EC2's`);
}

/** The image record's arm. @throws SlipwayError `SUBSTRATE_MISMATCH` for one of another substrate */
export function awsImage(image: ImageSource): Extract<ImageSource, { substrate: "AWS" }> {
  if (image.substrate === "AWS") return image;
  throw mismatch(`an image of ${image.substrate} cannot run on EC2`);
}

function mismatch(message: string): SlipwayError {
  return new SlipwayError({
    code: "INVALID_ARGUMENT",
    reason: "SUBSTRATE_MISMATCH",
    message,
    remedy: "Name an image and a placement on AWS.",
  });
}

import { SlipwayError } from "../../src/errors.ts";
import type { SlipwayErrorOptions } from "../../src/errors.ts";
import type { Launch } from "../../src/substrate/contract.ts";
import { artifactOf, placeNamed } from "./fake-world.ts";
import type { FakeCloudOptions } from "./fake-world.ts";

/** Reasons to reject a launch other than capacity. */
export function refuseLaunch(options: FakeCloudOptions, launch: Launch): SlipwayError | null {
  const { substrate, images, places, maximumBatch } = options;
  const { plan } = launch;
  if (!/^[0-9a-f]{64}$/.test(launch.token)) return invalid("the launch token is not 64 hex digits");
  if (launch.members.length > maximumBatch)
    return invalid(
      `the launch has ${launch.members.length} members; the maximum is ${maximumBatch}`,
    );
  if (plan.substrate !== substrate)
    return invalid(`the plan is for ${plan.substrate}, this is ${substrate}`);
  if (!plan.artifact.pinned) return invalid(`artifact ${plan.artifact.id} is not pinned`);
  const place = placeNamed(places, launch.place.place);
  if (place === undefined)
    return refusal("INVALID_ARGUMENT", "PLACE_NOT_FOUND", {
      message: `place ${launch.place.place} does not exist`,
    });
  const image = images.find((known) => artifactOf(known) === plan.artifact.id);
  if (image === undefined)
    return refusal("NOT_FOUND", "IMAGE_NOT_FOUND", {
      message: `image ${plan.artifact.id} does not exist`,
      blastRadius: "image",
    });
  const able = place.architectures ?? [image.architecture];
  if (image.architecture !== plan.architecture || !able.includes(image.architecture))
    return refusal("FAILED_PRECONDITION", "ARCHITECTURE_MISMATCH", {
      message: `image ${plan.artifact.id} is ${image.architecture}, the plan is ${plan.architecture}, place ${place.place} runs ${able.join(", ")}`,
      blastRadius: "image",
    });
  return null;
}

export function noCapacity(place: string): SlipwayError {
  return refusal("RESOURCE_EXHAUSTED", "INSUFFICIENT_CAPACITY", {
    message: `place ${place} has no room for another machine`,
    blastRadius: "type-in-zone",
    retry: "next-candidate",
  });
}

export function tokenMismatch(token: string): SlipwayError {
  return refusal("ALREADY_EXISTS", "LAUNCH_TOKEN_MISMATCH", {
    message: `launch token ${token} was used before with other parameters`,
  });
}

export function tokenUsed(token: string, id: string): SlipwayError {
  return refusal("FAILED_PRECONDITION", "LAUNCH_TOKEN_SPENT", {
    message: `the machine ${id} of launch token ${token} was terminated`,
  });
}

function invalid(message: string): SlipwayError {
  return refusal("INVALID_ARGUMENT", "INVALID_INPUT", { message });
}

function refusal(
  code: SlipwayErrorOptions["code"],
  reason: SlipwayErrorOptions["reason"],
  rest: Omit<SlipwayErrorOptions, "code" | "reason">,
): SlipwayError {
  return new SlipwayError({ code, reason, ...rest });
}

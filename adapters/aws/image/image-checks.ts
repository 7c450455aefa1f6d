import type { Image } from "@aws-sdk/client-ec2";
import type { ErrorReason } from "../../../src/errors.ts";
import type { Check } from "../../../src/plan/plan.ts";
import { failed, passed, warning } from "../../../src/substrate/check.ts";
import { architectureOf } from "./image-facts.ts";
import type { ImageFacts } from "./image-facts.ts";

export interface ImageCheckInput {
  /** Name of the image record. */
  readonly name: string;
  readonly region: string;
  readonly image: Image;
  readonly facts: ImageFacts;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

interface Refusal {
  readonly reason: ErrorReason;
  readonly explanation: string;
  readonly remedy: string;
}

const NOT_READY: Refusal = {
  reason: "IMAGE_NOT_READY",
  explanation: "it is still being created",
  remedy: "Wait until its state is available, then resolve again.",
};
const FAILED: Refusal = {
  reason: "IMAGE_FAILED",
  explanation: "its creation failed",
  remedy: "Create the AMI again, and put the new one's id into the image record.",
};

/** Every state in which an AMI cannot be launched. */
const REFUSED_STATES: ReadonlyMap<string, Refusal> = new Map([
  ["pending", NOT_READY],
  ["transient", NOT_READY],
  ["failed", FAILED],
  ["error", FAILED],
  ["invalid", FAILED],
  [
    "deregistered",
    {
      reason: "IMAGE_DELETED",
      explanation: "it was deregistered",
      remedy: "Put the id of an existing AMI into the image record.",
    },
  ],
  [
    "disabled",
    {
      reason: "IMAGE_OBSOLETE",
      explanation: "its owner has disabled it",
      remedy: "Put its successor's id into the image record, or ask its owner to enable it.",
    },
  ],
]);

/** All checks of an existing AMI, in a fixed order. */
export function imageChecks(input: ImageCheckInput): readonly Check[] {
  return [foundCheck(input), stateCheck(input), platformCheck(input), deprecationCheck(input)];
}

function foundCheck({ region, image, facts }: ImageCheckInput): Check {
  const { Name, OwnerId, ImageOwnerAlias } = image;
  const named = Name === undefined ? "" : ` (${oneLine(Name)})`;
  const alias = ImageOwnerAlias === undefined ? "" : ` (${ImageOwnerAlias})`;
  const owner = OwnerId === undefined ? "" : `, owned by account ${OwnerId}${alias}`;
  return passed("image.found", `${region} has ${facts.id}${named}${owner}`);
}

function stateCheck({ name, image, facts, region }: ImageCheckInput): Check {
  const check = "image.state";
  const state = image.State ?? "available";
  if (state === "available") return passed(check, `${facts.id} is available`);
  const { reason, explanation, remedy } = REFUSED_STATES.get(state) ?? NOT_READY;
  const why = image.StateReason?.Message;
  return failed(check, {
    code: "FAILED_PRECONDITION",
    reason,
    message: `image ${name}: ${facts.id} in ${region} is ${state}: ${explanation}${why === undefined ? "" : ` (${oneLine(why)})`}`,
    remedy,
    blastRadius: "image",
    metadata: { image_id: facts.id, region, state },
  });
}

function platformCheck({ name, facts }: ImageCheckInput): Check {
  const check = "image.platform";
  const { id, architecture, virtualization, rootDeviceName } = facts;
  const refuse = (why: string, remedy: string) =>
    failed(check, {
      code: "FAILED_PRECONDITION",
      reason: "IMAGE_UNSUPPORTED",
      message: `image ${name}: ${id} ${why}`,
      remedy,
      blastRadius: "image",
      metadata: { image_id: id, architecture },
    });
  if (architecture.endsWith("_mac"))
    return refuse(
      `is for macOS (${architecture}), which runs only on dedicated Macs`,
      "Use a Linux AMI for x86_64 or arm64.",
    );
  if (architectureOf(architecture) === null)
    return refuse(
      `is for ${architecture || "an architecture that EC2 does not name"}, which Slipway does not launch`,
      "Use an AMI for x86_64 or arm64. A 32-bit image has to be rebuilt.",
    );
  if (virtualization === "paravirtual")
    return refuse(
      "is paravirtual, which no current instance type supports",
      "Rebuild the AMI with hardware virtualization (hvm).",
    );
  if (rootDeviceName === null)
    return refuse(
      "has an instance store as its root device, not an EBS volume",
      "Rebuild the AMI on EBS: an environment's disk_size_gb sets the size of its root volume.",
    );
  return passed(check, `${id} is for ${architecture}; its root device is ${rootDeviceName}`);
}

function deprecationCheck({ name, image, facts, now }: ImageCheckInput): Check {
  const check = "image.deprecation";
  const time = image.DeprecationTime;
  if (time === undefined || time === "") return passed(check, `${facts.id} is not deprecated`);
  if (Date.parse(time) > now) return passed(check, `${facts.id} is not deprecated until ${time}`);
  return warning(check, {
    code: "FAILED_PRECONDITION",
    reason: "IMAGE_DEPRECATED",
    message: `image ${name}: ${facts.id} has been deprecated since ${time}`,
    remedy: "Put its successor's id into the image record. It can still be launched.",
  });
}

function oneLine(words: string): string {
  return words.replaceAll(/\p{Cc}+/gu, " ").slice(0, 300);
}

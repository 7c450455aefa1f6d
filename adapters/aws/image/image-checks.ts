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

const UNKNOWN_STATE: Refusal = {
  reason: "IMAGE_NOT_READY",
  explanation: "EC2 launches an AMI only while it is available",
  remedy: "Find out why it is not available, or put the id of another AMI into the image record.",
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
  return [
    foundCheck(input),
    stateCheck(input),
    platformCheck(input),
    deprecationCheck(input),
    ...allowedChecks(input),
  ];
}

function foundCheck({ region, image, facts }: ImageCheckInput): Check {
  const { Name, OwnerId, ImageOwnerAlias, ProductCodes = [] } = image;
  const named = Name === undefined ? "" : ` (${oneLine(Name)})`;
  const alias = ImageOwnerAlias === undefined ? "" : ` (${ImageOwnerAlias})`;
  const owner = OwnerId === undefined ? "" : `, owned by account ${OwnerId}${alias}`;
  const codes = ProductCodes.flatMap(({ ProductCodeId: code, ProductCodeType: type }) =>
    code === undefined ? [] : [`${code}${type === undefined ? "" : ` (${type})`}`],
  );
  const paid = codes.length === 0 ? "" : `, with product code ${codes.join(" and ")}`;
  return passed("image.found", `${region} has ${facts.id}${named}${owner}${paid}`);
}

function stateCheck({ name, image, facts, region }: ImageCheckInput): Check {
  const check = "image.state";
  const state = image.State ?? "available";
  if (state === "available") return passed(check, `${facts.id} is available`);
  const { reason, explanation, remedy } = REFUSED_STATES.get(state) ?? UNKNOWN_STATE;
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
  const { id, architecture, virtualization, isInstanceStore, volumes } = facts;
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
  if (architecture !== "" && architectureOf(architecture) === null)
    return refuse(
      `is for ${architecture}, which Slipway does not launch`,
      "Use an AMI for x86_64 or arm64. A 32-bit image has to be rebuilt.",
    );
  if (virtualization === "paravirtual")
    return refuse(
      "is paravirtual, which no current instance type supports",
      "Rebuild the AMI with hardware virtualization (hvm).",
    );
  if (isInstanceStore)
    return refuse(
      "has an instance store as its root device, not an EBS volume",
      "Rebuild the AMI on EBS: an environment's disk_size_gb sets the size of its root volume.",
    );
  const empty = volumes.find(({ snapshotId, sizeGb }) => snapshotId === null && sizeGb === null);
  if (empty !== undefined)
    return refuse(
      `maps ${empty.device} to a volume that has neither a snapshot nor a size, so that EC2 launches no machine from it`,
      "Register the AMI again without this device, or with a size for it.",
    );
  const root = `its root device is ${facts.rootDeviceName ?? "not named"}`;
  if (architecture !== "") return passed(check, `${id} is for ${architecture}; ${root}`);
  return warning(check, {
    code: "FAILED_PRECONDITION",
    reason: "ARCHITECTURE_UNKNOWN",
    message: `image ${name}: EC2 does not name the architecture of ${id}, so that the image record's is used; ${root}`,
    remedy: "Make sure that architecture of the image record is right.",
  });
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

/**
 * EC2 says so only while the account audits its Allowed AMIs criteria. Once it enforces them, EC2 does not show the image.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-allowed-amis.html
 */
function allowedChecks({ name, image, facts, region }: ImageCheckInput): readonly Check[] {
  if (image.ImageAllowed !== false) return [];
  return [
    warning("image.allowed", {
      code: "FAILED_PRECONDITION",
      reason: "IMAGE_NOT_ALLOWED",
      message: `image ${name}: the Allowed AMIs criteria of this account in ${region} do not include ${facts.id}; they are not enforced yet`,
      remedy:
        "Add the image's owner to the criteria (aws ec2 get-allowed-images-settings shows them) before the account enforces them.",
    }),
  ];
}

function oneLine(words: string): string {
  return words.replaceAll(/\p{Cc}+/gu, " ").slice(0, 300);
}

import type { Instance } from "@aws-sdk/client-ec2";
import type { ErrorReason } from "../../src/errors.ts";
import type { Architecture } from "../../src/plan/plan.ts";
import type { Machine, MachineEnd, MachineState } from "../../src/substrate/contract.ts";
import { knownPrefix, verdictOfEnd, withoutSide } from "./errors/verdict.ts";
import { ownershipOf } from "./labels.ts";
import { settingsOfInstance } from "./machines/read-settings.ts";
import type { InstanceReply } from "./machines/read-settings.ts";

/** From "Amazon EC2 instance state changes" in the EC2 user guide. Any other state is treated as `pending`. */
const STATES: ReadonlyMap<string, MachineState> = new Map([
  ["pending", "pending"],
  ["running", "running"],
  ["stopping", "stopped"],
  ["stopped", "stopped"],
  ["shutting-down", "ended"],
  ["terminated", "ended"],
]);

const ARCHITECTURES: ReadonlyMap<string, Architecture> = new Map([
  ["x86_64", "amd64"],
  ["x86_64_mac", "amd64"],
  ["arm64", "arm64"],
  ["arm64_mac", "arm64"],
]);

/** The `StateReason` codes that explain why a machine ended, also with a further suffix. */
const END_REASONS: ReadonlyMap<string, ErrorReason> = new Map([
  ["Server.InsufficientInstanceCapacity", "INSUFFICIENT_CAPACITY"],
  ["Server.SpotInstanceShutdown", "INSUFFICIENT_CAPACITY"],
  ["Server.SpotInstanceTermination", "INSUFFICIENT_CAPACITY"],
  ["Server.InternalError", "CLOUD_UNAVAILABLE"],
  ["Client.VolumeLimitExceeded", "QUOTA_EXCEEDED"],
  // "Client error on launch": usually the credentials may not use the KMS key that encrypts a volume.
  ["Client.InternalError", "MACHINE_NOT_STARTED"],
  ["Client.InvalidKMSKey", "DISK_KEY_UNUSABLE"],
  ["Client.CustomerKeyHasBeenRevoked", "DISK_KEY_UNUSABLE"],
  ["Client.InvalidSnapshot.NotFound", "IMAGE_DELETED"],
]);

/**
 * The message repeats the code. Where they differ, the message has the cause: "Client.InternalError: Client error on
 * launch" with the code `Server.InternalError`, for a KMS key that the launcher may not use.
 * https://github.com/aws/karpenter-provider-aws/issues/1407
 */
const CODE_OF_MESSAGE = /^((?:Client|Server)\.[A-Za-z.]{1,100}): /;

/** A user terminated the instance through the API or the console. */
const BY_USER = "Client.UserInitiatedShutdown";

/** The guest or a user ended a machine that EC2 had started. */
const SHUTDOWNS: ReadonlySet<string> = new Set([
  "",
  BY_USER,
  "Client.InstanceInitiatedShutdown",
  "Client.UserInitiatedHibernate",
]);

/** The members of an instance that the adapter uses. */
export type ObservedInstance = Pick<
  Instance,
  | "AmiLaunchIndex"
  | "Architecture"
  | "ImageId"
  | "InstanceId"
  | "Ipv6Address"
  | "LaunchTime"
  | "Placement"
  | "PrivateIpAddress"
  | "PublicIpAddress"
  | "State"
  | "StateReason"
  | "StateTransitionReason"
  | "Tags"
> &
  InstanceReply;

/** Converts an EC2 instance to the neutral form. Null if it has no id. */
export function machineOf(instance: ObservedInstance): Machine | null {
  const { InstanceId: id, Placement, Architecture: architecture, ImageId, LaunchTime } = instance;
  if (id === undefined) return null;
  const state = STATES.get(instance.State?.Name ?? "") ?? "pending";
  const ipv6 = nonEmpty(instance.Ipv6Address);
  // EC2 shows a part of them for a machine that has ended.
  const settings = state === "ended" ? {} : settingsOfInstance(instance);
  return {
    id,
    place: Placement?.AvailabilityZone ?? "",
    state,
    architecture: ARCHITECTURES.get(architecture ?? "") ?? null,
    artifact: ImageId ?? null,
    addresses: {
      private: nonEmpty(instance.PrivateIpAddress) ?? ipv6,
      public: nonEmpty(instance.PublicIpAddress),
      ...(ipv6 === null ? {} : { ipv6 }),
    },
    ports: [],
    launchIndex: instance.AmiLaunchIndex ?? null,
    ownership: ownershipOf(instance.Tags),
    end: state === "ended" || state === "stopped" ? endOf(instance) : null,
    createdAt: LaunchTime === undefined ? null : LaunchTime.toISOString(),
    ...(Object.keys(settings).length === 0 ? {} : { settings }),
  };
}

/**
 * True for a machine that a user terminated: there is nothing more to report about it. A machine that ended for any
 * other reason is reported with that reason for as long as EC2 shows it.
 */
export function isGone(instance: ObservedInstance): boolean {
  if (STATES.get(instance.State?.Name ?? "") !== "ended") return false;
  const code = instance.StateReason?.Code;
  return code === undefined || code === BY_USER;
}

function endOf({ StateReason, StateTransitionReason }: ObservedInstance): MachineEnd {
  const code = StateReason?.Code ?? "";
  const words = StateReason?.Message ?? StateTransitionReason ?? "";
  const message = words.includes(code) ? words : `${code}: ${words}`;
  const [, ofMessage = code] = CODE_OF_MESSAGE.exec(words) ?? [];
  const known = knownPrefix(END_REASONS, ofMessage) ?? knownPrefix(END_REASONS, code);
  const reason = END_REASONS.get(known ?? "");
  const cause = reason === undefined ? causeOf(ofMessage, words) : { reason };
  return { exitCode: null, message, ...cause };
}

/**
 * EC2 accepts a launch before it makes the volumes, and ends the machine if it then refuses them, with the codes of a
 * refused request: https://github.com/hashicorp/terraform/pull/14479. A code without a rule is EC2's failure or a
 * refusal, but not an end that the image caused.
 */
function causeOf(code: string, words: string): Pick<MachineEnd, "reason" | "verdict"> {
  if (SHUTDOWNS.has(code)) return {};
  const verdict = verdictOfEnd(withoutSide(code), words);
  if (verdict !== null) return { verdict };
  return { reason: code.startsWith("Server.") ? "CLOUD_UNAVAILABLE" : "MACHINE_NOT_STARTED" };
}

function nonEmpty(text: string | undefined): string | null {
  return text === undefined || text === "" ? null : text;
}

import { isSlipwayError, SlipwayError } from "../../errors.ts";
import type { ErrorReason } from "../../errors.ts";
import type {
  LaunchSecrets,
  Machine,
  MachineEnd,
  MachineEndVerdict,
  SubstrateAdapter,
} from "../../substrate/contract.ts";
import { createRedactor } from "../../redaction/redactor.ts";
import type { Redactor } from "../../redaction/redactor.ts";
import { launchSecretValues } from "../../substrate/launch-secrets.ts";

/** A machine that has ended or is gone, with everything that explains its end. */
export interface EndedMachine {
  readonly adapter: SubstrateAdapter;
  readonly id: string;
  /** Null if it is gone. */
  readonly machine: Machine | null;
  /** The secrets of the machine: it may have printed them, and its last lines are kept. */
  readonly secrets: LaunchSecrets;
  readonly signal: AbortSignal;
}

const LOG_LINES = 20;
const LOG_BYTES = 4_096;
/** More is read than is kept: a secret that is cut off at the start of the text would not be recognised. */
const READ_LINES = 1_000;
const READ_BYTES = 262_144;

const UNKNOWN_END: MachineEnd = { exitCode: null, message: "" };
const EXIT_REMEDY =
  "Read the last lines of its log; a workspace needs an image whose command goes on running.";
const REMEDIES: Partial<Record<ErrorReason, string>> = {
  PLATFORM_UNSUPPORTED:
    "Use an image for the machine's own processor, or let its host run foreign programs (qemu with binfmt).",
  INSUFFICIENT_CAPACITY: "Name more zones in the placement, or another machine type.",
  QUOTA_EXCEEDED:
    "Raise the quota that the message names, or free resources that count against it.",
  CLOUD_UNAVAILABLE: "It is the provider's own failure: spawn again.",
  IMAGE_DELETED: "Put an image that there is into the image record.",
  DISK_KEY_UNUSABLE:
    "Enable the key that encrypts the machine's disks, and let the launcher use it; then spawn again.",
  MACHINE_NOT_STARTED:
    "Correct what the message names (often an encrypted volume whose key the launcher may not use), then spawn again.",
};
/** Ends that are not caused by the image: their code, and what else they affect. */
const CAUSES: Partial<Record<ErrorReason, Pick<SlipwayError, "code" | "blastRadius" | "retry">>> = {
  INSUFFICIENT_CAPACITY: {
    code: "RESOURCE_EXHAUSTED",
    blastRadius: "type-in-zone",
    retry: "next-candidate",
  },
  QUOTA_EXCEEDED: { code: "RESOURCE_EXHAUSTED", blastRadius: "account", retry: "never" },
  // The host failed. A launch at another candidate is made on another host.
  CLOUD_UNAVAILABLE: { code: "UNAVAILABLE", blastRadius: "request", retry: "next-candidate" },
  DISK_KEY_UNUSABLE: { code: "FAILED_PRECONDITION", blastRadius: "region", retry: "never" },
  MACHINE_NOT_STARTED: { code: "FAILED_PRECONDITION", blastRadius: "request", retry: "never" },
};
const OF_IMAGE = { code: "FAILED_PRECONDITION", blastRadius: "image", retry: "never" } as const;

export function hasEnded({ state }: Machine): boolean {
  return state === "ended" || state === "stopped";
}

/**
 * The reason why a machine ended before it was seen running. If it ended for lack of capacity, another place may work.
 */
export async function endedError(ended: EndedMachine): Promise<SlipwayError> {
  const { id, machine } = ended;
  if (machine === null) {
    return new SlipwayError({
      code: "ABORTED",
      reason: "MACHINE_NOT_FOUND",
      message: `machine ${id} was gone before it was seen running`,
      remedy: "It was not removed by Slipway. Spawn again.",
      metadata: { machine_id: id },
    });
  }
  const redactor = createRedactor(() => launchSecretValues(ended.secrets));
  const lines = await lastLines(ended, redactor);
  const { exitCode, message, reason = "MACHINE_EXITED", verdict } = machine.end ?? UNKNOWN_END;
  return new SlipwayError({
    ...(verdict ?? verdictOf(reason)),
    message: `machine ${id} ended right after its start${message === "" ? "" : `: ${redactor.text(message)}`}`,
    metadata: { machine_id: id, exit_code: exitCode, log: lines },
  });
}

function verdictOf(reason: ErrorReason): MachineEndVerdict {
  return { ...(CAUSES[reason] ?? OF_IMAGE), reason, remedy: REMEDIES[reason] ?? EXIT_REMEDY };
}

/**
 * The last lines of the machine's log, limited in number and bytes, without the secrets that it was given. None if they
 * cannot be read: the end of the machine is reported without them.
 */
async function lastLines(ended: EndedMachine, redactor: Redactor): Promise<string[]> {
  try {
    const printed = await tailOf(ended);
    const text = redactor.text(printed.toString("utf8"));
    return text
      .slice(-LOG_BYTES)
      .split(/\r?\n/u)
      .filter((line) => line !== "")
      .slice(-LOG_LINES);
  } catch (caught) {
    if (ended.signal.aborted || !isSlipwayError(caught)) throw caught;
    return [`(the log could not be read: ${redactor.text(caught.message)})`];
  }
}

async function tailOf({ adapter, id, signal }: EndedMachine): Promise<Buffer> {
  let tail = Buffer.alloc(0);
  const request = { follow: false, tail: READ_LINES };
  for await (const piece of adapter.logs(id, request, signal))
    tail = Buffer.concat([tail, piece]).subarray(-READ_BYTES);
  return tail;
}

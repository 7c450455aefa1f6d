import type { Clock } from "../clock.ts";
import { isSlipwayError, SlipwayError } from "../errors.ts";
import type {
  LaunchSecrets,
  Machine,
  MachineEnd,
  SubstrateAdapter,
} from "../substrate/contract.ts";
import { createRedactor, launchSecretValues } from "../substrate/redaction.ts";

export interface WaitRequest {
  readonly adapter: SubstrateAdapter;
  readonly clock: Clock;
  readonly machine: Machine;
  /** Also look at the running machine for as long as the substrate asks. */
  readonly watch: boolean;
  /** What the machine was given: it may print it, and its last lines are kept. */
  readonly secrets: LaunchSecrets;
  readonly signal: AbortSignal;
}

export type WaitOutcome =
  | { readonly outcome: "running"; readonly machine: Machine }
  | { readonly outcome: "ended"; readonly error: SlipwayError };

/** First and longest pause between two looks, in milliseconds: quick for a container, sparing for a VM. */
const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 5_000;
const LOG_LINES = 20;
const LOG_BYTES = 4_096;
/** More is read than is kept: a secret that is cut where the text begins would not be known for one. */
const READ_LINES = 1_000;
const READ_BYTES = 262_144;

const UNTOLD_END: MachineEnd = { exitCode: null, message: "" };
const EXIT_REMEDY =
  "Read the last lines of its log in this error's metadata; a workspace needs an image whose command goes on running.";
const PLATFORM_REMEDY =
  "Use an image for the machine's own processor, or let its host run foreign programs (qemu with binfmt).";

/** Looks at an accepted machine until it runs (and, watched, goes on running) or has ended. */
export async function waitUntilRunning(request: WaitRequest): Promise<WaitOutcome> {
  const { adapter, clock, signal } = request;
  let machine: Machine | null = request.machine;
  // A launch answers quickly; how a machine came to an early end is for describe to find out.
  if (machine.state === "ended") [machine = null] = await adapter.describe([machine.id], signal);
  let pause = FIRST_PAUSE;
  let runningSince: number | null = null;
  for (;;) {
    if (machine === null || hasEnded(machine))
      return { outcome: "ended", error: await endedError(request, machine) };
    if (machine.state === "running") {
      runningSince ??= clock.now();
      const left = request.watch
        ? runningSince + adapter.capabilities.watchMilliseconds - clock.now()
        : 0;
      if (left <= 0) return { outcome: "running", machine };
      pause = Math.min(pause, left);
    }
    await clock.sleep(pause, signal);
    pause = Math.min(pause * 2, LONGEST_PAUSE);
    [machine = null] = await adapter.describe([request.machine.id], signal);
  }
}

function hasEnded({ state }: Machine): boolean {
  return state === "ended" || state === "stopped";
}

async function endedError(request: WaitRequest, machine: Machine | null): Promise<SlipwayError> {
  const { id } = request.machine;
  if (machine === null) {
    return new SlipwayError({
      code: "ABORTED",
      reason: "MACHINE_NOT_FOUND",
      message: `machine ${id} was gone before it was seen running`,
      remedy: "Somebody or something else removed it; spawn again.",
      metadata: { machine_id: id },
    });
  }
  const lines = await lastLines(request);
  const { exitCode, message, reason = "MACHINE_EXITED" } = machine.end ?? UNTOLD_END;
  return new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason,
    message: `machine ${id} ended right after its start${message === "" ? "" : `: ${message}`}`,
    remedy: reason === "PLATFORM_UNSUPPORTED" ? PLATFORM_REMEDY : EXIT_REMEDY,
    blastRadius: "image",
    metadata: { machine_id: id, exit_code: exitCode, log: lines },
  });
}

/**
 * The last lines that the machine printed, with a bound in lines and bytes and without the secrets it was given. None
 * where they cannot be read: how the machine ended is worth telling without them.
 */
async function lastLines(request: WaitRequest): Promise<string[]> {
  const { signal, secrets } = request;
  try {
    const printed = await tailOf(request);
    const redactor = createRedactor(() => launchSecretValues(secrets));
    const text = redactor.text(printed.toString("utf8"));
    return text
      .slice(-LOG_BYTES)
      .split(/\r?\n/u)
      .filter((line) => line !== "")
      .slice(-LOG_LINES);
  } catch (caught) {
    if (signal.aborted || !isSlipwayError(caught)) throw caught;
    return [`(the log could not be read: ${caught.message})`];
  }
}

async function tailOf({ adapter, machine, signal }: WaitRequest): Promise<Buffer> {
  let tail = Buffer.alloc(0);
  const request = { follow: false, tail: READ_LINES };
  for await (const piece of adapter.logs(machine.id, request, signal))
    tail = Buffer.concat([tail, piece]).subarray(-READ_BYTES);
  return tail;
}

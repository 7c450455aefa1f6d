import { cancellation, pause } from "../../../src/async/cancellation.ts";
import type { Sleep } from "../../../src/async/cancellation.ts";
import { SlipwayError } from "../../../src/errors.ts";
import type { LogsRequest } from "../../../src/substrate/contract.ts";
import type { GceApi } from "../client/api.ts";
import { gceError, hasStatus } from "../errors/errors.ts";
import { GceCallFailure } from "../errors/failure.ts";
import { readMachineId } from "./machine-id.ts";
import type { MachineReference } from "./machine-id.ts";
import { machineOf } from "../machine.ts";

export interface LogPorts {
  readonly api: Pick<GceApi, "instance" | "serialOutput">;
  readonly sleep: Sleep;
}

/** Pause between two reads of a machine's output, in milliseconds. */
const PAUSE = 1_000;
/** Number of reads without output after which the machine's state is checked. */
const SILENT_LOOKS = 5;

interface Reading extends LogPorts {
  readonly id: string;
  readonly machine: MachineReference;
  readonly signal: AbortSignal;
}

/**
 * Yields the output of a machine's first serial port, of which Compute Engine keeps the last mebibyte; with `follow`,
 * until the machine stops or is gone.
 *
 * @throws SlipwayError `MACHINE_NOT_FOUND` if the machine does not exist at the start
 */
export async function* machineLogs(
  ports: LogPorts,
  id: string,
  request: LogsRequest,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  if (signal.aborted) throw cancellation(signal, "reading logs");
  const machine = readMachineId(id);
  if (machine === null) throw missing(id);
  const reading = { ...ports, id, machine, signal };
  const output = await readFrom(reading, 0);
  if (output === null) throw missing(id);
  const text = lastLines(output.text, request.tail);
  if (text !== "") yield Buffer.from(text);
  if (request.follow) yield* follow(reading, output.next);
}

async function* follow(reading: Reading, from: number): AsyncGenerator<Uint8Array> {
  let next = from;
  for (let silent = 0; ;) {
    await pause(reading.sleep, PAUSE, { signal: reading.signal, what: "reading logs" });
    const output = await readFrom(reading, next);
    if (output === null) return;
    if (output.text !== "") yield Buffer.from(output.text);
    silent = output.text === "" ? silent + 1 : 0;
    if (silent === SILENT_LOOKS) {
      if (!(await isUp(reading))) return;
      silent = 0;
    }
    ({ next } = output);
  }
}

/** The output from this byte on; null if the machine does not exist. */
async function readFrom(
  { api, id, machine, signal }: Reading,
  start: number,
): Promise<{ readonly text: string; readonly next: number } | null> {
  const { project, zone, name } = machine;
  try {
    const reply = await api.serialOutput({ project, zone, instance: name, start }, signal);
    return { text: reply.contents, next: reply.next ?? start };
  } catch (caught) {
    if (hasStatus(caught, 404)) return null;
    // A machine that has not started to boot, or has stopped, has no serial port.
    if (isNotReady(caught)) return { text: "", next: start };
    throw gceError(caught, { doing: `reading the serial port of ${id}` });
  }
}

function isNotReady(caught: unknown): boolean {
  return caught instanceof GceCallFailure && caught.codes.includes("resourceNotReady");
}

async function isUp({ api, id, machine, signal }: Reading): Promise<boolean> {
  const { project, zone, name } = machine;
  try {
    const instance = await api.instance({ project, zone, instance: name }, signal);
    const state = machineOf(instance, project)?.state;
    return state === "pending" || state === "running";
  } catch (caught) {
    if (hasStatus(caught, 404)) return false;
    throw gceError(caught, { doing: `reading instance ${id}` });
  }
}

/** The last lines; null means all. An unfinished line counts as one. */
function lastLines(text: string, count: number | null): string {
  if (count === null) return text;
  if (count <= 0) return "";
  // The search cannot start before the first character.
  let start = text.endsWith("\n") ? text.length - 1 : text.length;
  for (let line = 0; line < count && start >= 0; line += 1)
    start = start === 0 ? -1 : text.lastIndexOf("\n", start - 1);
  return text.slice(start + 1);
}

function missing(id: string): SlipwayError {
  return new SlipwayError({
    code: "NOT_FOUND",
    reason: "MACHINE_NOT_FOUND",
    message: `there is no machine ${id}`,
    remedy: "The instance is gone: another client deleted it, or Compute Engine lost it.",
    metadata: { machine_id: id },
  });
}

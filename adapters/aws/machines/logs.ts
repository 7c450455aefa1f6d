import { pause, throwIfCancelled } from "../../../src/async/cancellation.ts";
import type { Sleep } from "../../../src/async/cancellation.ts";
import { SlipwayError } from "../../../src/errors.ts";
import type { LogsRequest } from "../../../src/substrate/contract.ts";
import { knownMachine } from "../../../src/substrate/contract.ts";
import type { AwsApi } from "../client/api.ts";
import { describeInstances } from "./describe.ts";
import { cloudError, providerCode } from "../errors/errors.ts";
import { isInstanceId, UNKNOWN_ID_CODES } from "./instance-ids.ts";
import type { RecentMachines } from "./recent-machines.ts";

export interface LogPorts {
  readonly api: AwsApi;
  readonly recent: RecentMachines;
  readonly sleep: Sleep;
}

/** Pause between two reads of a console, in milliseconds. */
const PAUSE = 2_000;

/** Older instance types show only the console output from their start, and refuse a request for the latest output. */
const LATEST_UNSUPPORTED_CODES: ReadonlySet<string | null> = new Set([
  "UnsupportedOperation",
  "Unsupported",
]);

const NOTHING = new Uint8Array();

/**
 * A machine's console output, in pieces as they arrive; with `follow`, until the machine ends. EC2 keeps the last 64 KiB.
 *
 * @throws SlipwayError `MACHINE_NOT_FOUND` if EC2 does not know the instance
 */
export async function* instanceLogs(
  ports: LogPorts,
  id: string,
  { follow, tail }: LogsRequest,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  throwIfCancelled(signal, "reading logs");
  if (!isInstanceId(id)) throw notFound(ports.api, id);
  const read = consoleReader(ports, id, signal);
  let shown = await read();
  const beginning = lastLines(shown, tail);
  if (beginning.length > 0) yield beginning;
  if (!follow) return;
  for (;;) {
    await pause(ports.sleep, PAUSE, { signal, what: "reading logs" });
    // In this order the next read includes everything that the machine printed before it ended.
    const hasEnded = await hasMachineEnded(ports, id, signal);
    const next = await read();
    const piece = newOutput(shown, next);
    if (next.length > 0) shown = next;
    if (piece.length > 0) yield piece;
    if (hasEnded) return;
  }
}

/** Returns a function that reads the console. It stops asking for the latest output if the instance type refuses that. */
function consoleReader({ api, recent }: LogPorts, id: string, signal: AbortSignal) {
  let latest = true;
  return async function read(): Promise<Uint8Array> {
    try {
      const newest = latest ? { Latest: true } : {};
      const { Output } = await api.getConsoleOutput({ InstanceId: id, ...newest }, signal);
      return Output === undefined ? NOTHING : Buffer.from(Output, "base64");
    } catch (caught) {
      const code = providerCode(caught);
      if (latest && LATEST_UNSUPPORTED_CODES.has(code)) {
        latest = false;
        return await read();
      }
      // The machine is too new for EC2 to show it everywhere, and has printed nothing yet.
      if (UNKNOWN_ID_CODES.has(code) && recent.find(id) !== null) return NOTHING;
      throw cloudError(caught, {
        operation: "GetConsoleOutput",
        subject: `instance ${id}`,
        region: api.region,
        signal,
      });
    }
  };
}

async function hasMachineEnded(ports: LogPorts, id: string, signal: AbortSignal): Promise<boolean> {
  const [sighting] = await describeInstances(ports, [id], signal);
  const machine = knownMachine(sighting);
  return machine === null || machine.state === "ended" || machine.state === "stopped";
}

function notFound({ region }: AwsApi, id: string): SlipwayError {
  return new SlipwayError({
    code: "NOT_FOUND",
    reason: "MACHINE_NOT_FOUND",
    message: `GetConsoleOutput in ${region}: "${id}" is not an instance id`,
    remedy: "Name a machine by its instance id: i- followed by 8 or 17 hex digits.",
  });
}

const NEWLINE = 0x0a;

/**
 * The output that is new in the later of two reads. EC2 shows a moving window, the last 64 KiB. The two windows overlap
 * in the longest suffix of the earlier one that is a prefix of the later one. Without an overlap everything is new.
 */
export function newOutput(earlier: Uint8Array, later: Uint8Array): Uint8Array {
  const borders = bordersOf(later);
  let matched = 0;
  for (const byte of earlier) {
    while (matched > 0 && (matched === later.length || later[matched] !== byte))
      matched = borders[matched - 1] ?? 0;
    if (later[matched] === byte) matched += 1;
  }
  return later.subarray(matched);
}

/** For each prefix of the text, the length of its longest proper prefix that is also its suffix (Knuth, Morris, Pratt). */
function bordersOf(text: Uint8Array): Uint32Array {
  const borders = new Uint32Array(text.length);
  for (let end = 1, length = 0; end < text.length; end += 1) {
    while (length > 0 && text[length] !== text[end]) length = borders[length - 1] ?? 0;
    if (text[length] === text[end]) length += 1;
    borders[end] = length;
  }
  return borders;
}

/** The last `lines` lines, including an unfinished one. Null: all of them. */
export function lastLines(output: Uint8Array, lines: number | null): Uint8Array {
  if (lines === null) return output;
  if (lines <= 0) return output.subarray(output.length);
  let remaining = lines;
  for (let at = output.length - 2; at >= 0; at -= 1) {
    if (output[at] !== NEWLINE) continue;
    remaining -= 1;
    if (remaining === 0) return output.subarray(at + 1);
  }
  return output;
}

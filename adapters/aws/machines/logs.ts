import { pause, throwIfCancelled } from "../../../src/async/cancellation.ts";
import type { Sleep } from "../../../src/async/cancellation.ts";
import { SlipwayError } from "../../../src/errors.ts";
import type { LogsRequest } from "../../../src/substrate/contract.ts";
import { machineSeen } from "../../../src/substrate/contract.ts";
import type { AwsApi } from "../client/api.ts";
import { describeInstances } from "./describe.ts";
import { cloudError, providerCode } from "../errors/errors.ts";
import { isInstanceId, UNKNOWN_ID } from "./instance-ids.ts";
import type { RecentMachines } from "./recent-machines.ts";

export interface LogPorts {
  readonly api: AwsApi;
  readonly recent: RecentMachines;
  readonly sleep: Sleep;
}

/** Between two looks at a console, in milliseconds. */
const PAUSE = 2_000;

/** Machines of older kinds show their console as it was some minutes after they started, and not as it is. */
const NOT_LATEST: ReadonlySet<string | null> = new Set(["UnsupportedOperation", "Unsupported"]);

const NOTHING = new Uint8Array();

/**
 * What a machine has printed on its console, and with `follow` prints until it ends, in pieces as they come. EC2 keeps
 * the last 64 KiB.
 *
 * @throws SlipwayError `MACHINE_NOT_FOUND` for an instance that EC2 does not know
 */
export async function* instanceLogs(
  ports: LogPorts,
  id: string,
  { follow, tail }: LogsRequest,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  throwIfCancelled(signal, "reading logs");
  if (!isInstanceId(id)) throw notFound(ports.api, id);
  const read = consoleOf(ports, id, signal);
  let shown = await read();
  const beginning = lastLines(shown, tail);
  if (beginning.length > 0) yield beginning;
  if (!follow) return;
  for (;;) {
    await pause(ports.sleep, PAUSE, { signal, what: "reading logs" });
    // Asked first: what the machine printed before it ended is then among what is read next.
    const hasEnded = await isEnded(ports, id, signal);
    const next = await read();
    const piece = newOutput(shown, next);
    if (next.length > 0) shown = next;
    if (piece.length > 0) yield piece;
    if (hasEnded) return;
  }
}

/** Reads the console again and again, in the way in which this machine's can be read. */
function consoleOf({ api, recent }: LogPorts, id: string, signal: AbortSignal) {
  let latest = true;
  return async function read(): Promise<Uint8Array> {
    try {
      const newest = latest ? { Latest: true } : {};
      const { Output } = await api.getConsoleOutput({ InstanceId: id, ...newest }, signal);
      return Output === undefined ? NOTHING : Buffer.from(Output, "base64");
    } catch (caught) {
      const code = providerCode(caught);
      if (latest && NOT_LATEST.has(code)) {
        latest = false;
        return await read();
      }
      // Too new to be shown everywhere: it has printed nothing yet.
      if (UNKNOWN_ID.has(code) && recent.find(id) !== null) return NOTHING;
      throw cloudError(caught, {
        operation: "GetConsoleOutput",
        subject: `instance ${id}`,
        region: api.region,
        signal,
      });
    }
  };
}

async function isEnded(ports: LogPorts, id: string, signal: AbortSignal): Promise<boolean> {
  const [sighting] = await describeInstances(ports, [id], signal);
  const machine = machineSeen(sighting);
  return machine === null || machine.state === "ended" || machine.state === "stopped";
}

function notFound({ region }: AwsApi, id: string): SlipwayError {
  return new SlipwayError({
    code: "NOT_FOUND",
    reason: "MACHINE_NOT_FOUND",
    message: `GetConsoleOutput in ${region}: "${id}" is no instance's id`,
    remedy: "Name a machine as EC2 does: i- and 8 or 17 hex digits.",
  });
}

const NEWLINE = 0x0a;

/**
 * What a machine has printed since: EC2 shows the last 64 KiB of its console, a window that moves on. What both windows
 * have in common is the longest end of the earlier that the later begins with; without one everything is new.
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

/** For each beginning of the text, the length of its longest proper beginning that is its end too (Knuth, Morris, Pratt). */
function bordersOf(text: Uint8Array): Uint32Array {
  const borders = new Uint32Array(text.length);
  for (let end = 1, length = 0; end < text.length; end += 1) {
    while (length > 0 && text[length] !== text[end]) length = borders[length - 1] ?? 0;
    if (text[length] === text[end]) length += 1;
    borders[end] = length;
  }
  return borders;
}

/** The last lines, a line that is not ended among them; null for all. */
export function lastLines(output: Uint8Array, lines: number | null): Uint8Array {
  if (lines === null) return output;
  if (lines <= 0) return output.subarray(output.length);
  let left = lines;
  for (let at = output.length - 2; at >= 0; at -= 1) {
    if (output[at] !== NEWLINE) continue;
    left -= 1;
    if (left === 0) return output.subarray(at + 1);
  }
  return output;
}

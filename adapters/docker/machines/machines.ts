import { cancellation } from "../../../src/async/cancellation.ts";
import type { SlipwayError } from "../../../src/errors.ts";
import type { LogsRequest, Machine, TerminateOutcome } from "../../../src/substrate/contract.ts";
import type { EngineApi } from "../client/api.ts";
import { engineError, hasStatus } from "../errors/errors.ts";
import type { EngineOperation } from "../errors/errors.ts";
import { LABELS } from "../labels.ts";
import { machineOf, machineOfListed } from "../machine.ts";
import type { ContainerReply } from "../client/replies.ts";
import { mapLimited } from "../../../src/async/map-limited.ts";
import type { Readable } from "node:stream";
import { isSlipwayError } from "../../../src/errors.ts";
import { failureOf } from "../client/transport.ts";

export interface MachinePorts {
  readonly api: EngineApi;
  /** The engine's address, for messages. */
  readonly engine: string;
  /** The engine's host, which is where its machines are. */
  readonly place: (signal: AbortSignal) => Promise<string>;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/** Ids in one request: an address of 8,000 characters is what any proxy before an engine still lets through. */
const IDS_AT_ONCE = 100;
const CALLS_AT_ONCE = 8;
const REMOVAL_LOOKS = 100;
const REMOVAL_PAUSE = 100;

// What the engine takes for an id or a name; anything else can be no container's.
const CONTAINER_ID = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,254}$/;

/** One answer an id, in their order: null for a container that is gone. */
export async function describeContainers(
  ports: MachinePorts,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<readonly (Machine | null)[]> {
  if (signal.aborted) throw cancellation(signal, "describing machines");
  const possible = [...new Set(ids)].filter((id) => CONTAINER_ID.test(id));
  if (possible.length === 0) return ids.map(() => null);
  const [only] = possible;
  const found =
    possible.length === 1 && only !== undefined
      ? [await describeOne(ports, only, signal)]
      : await describeMany(ports, possible, signal);
  const byId = new Map(
    found.flatMap((machine) => (machine === null ? [] : [[machine.id, machine]])),
  );
  return ids.map((id) => byId.get(id) ?? null);
}

async function describeOne(
  ports: MachinePorts,
  id: string,
  signal: AbortSignal,
): Promise<Machine | null> {
  const [place, reply] = await Promise.all([ports.place(signal), inspect(ports, id, signal)]);
  if (reply === null) return null;
  return await withLastWords(ports, machineOf(reply, place), signal);
}

/** One request for many. Of those that have ended it says little: they are looked at one by one. */
async function describeMany(
  ports: MachinePorts,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<readonly (Machine | null)[]> {
  const chunks = Array.from({ length: Math.ceil(ids.length / IDS_AT_ONCE) }, (_, index) =>
    ids.slice(index * IDS_AT_ONCE, (index + 1) * IDS_AT_ONCE),
  );
  const found = await mapLimited(chunks, CALLS_AT_ONCE, async (chunk) =>
    listed(ports, { id: chunk }, signal),
  );
  return await mapLimited(found.flat(), CALLS_AT_ONCE, async (machine) =>
    machine.state === "ended" ? describeOne(ports, machine.id, signal) : machine,
  );
}

/** Every container with this owner's label, running or not: the engine answers with all at once. */
export async function listContainers(
  ports: MachinePorts,
  owner: string,
  signal: AbortSignal,
): Promise<readonly Machine[]> {
  if (signal.aborted) throw cancellation(signal, "listing machines");
  return await listed(ports, { label: [`${LABELS.owner}=${owner}`] }, signal);
}

/** One answer an id, in their order; a container that is gone already counts as terminated. */
export async function terminateContainers(
  ports: MachinePorts,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<readonly TerminateOutcome[]> {
  return await mapLimited(ids, CALLS_AT_ONCE, async (id) => {
    if (signal.aborted) throw cancellation(signal, "terminating machines");
    if (!CONTAINER_ID.test(id)) return { id, outcome: "terminated" };
    const error = await remove(ports, id);
    return error === null ? { id, outcome: "terminated" } : { id, outcome: "failed", error };
  });
}

/** What a container has printed, and with `follow` prints, in pieces as they come. */
export async function* containerLogs(
  ports: MachinePorts,
  id: string,
  request: LogsRequest,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  try {
    if (signal.aborted) throw cancellation(signal, "reading logs");
    const { Config: configuration } = await ports.api.inspectContainer(id, signal);
    const stream = await ports.api.logs(id, request, signal);
    yield* unframe(stream, configuration.Tty);
  } catch (caught) {
    throw judged(ports, caught, "logs", `container ${id}`);
  }
}

async function listed(
  ports: MachinePorts,
  filters: Readonly<Record<string, readonly string[]>>,
  signal: AbortSignal,
): Promise<readonly Machine[]> {
  try {
    const [place, items] = await Promise.all([
      ports.place(signal),
      ports.api.listContainers(filters, signal),
    ]);
    return items.map((item) => machineOfListed(item, place));
  } catch (caught) {
    throw judged(ports, caught, "list", "containers");
  }
}

async function inspect(
  ports: MachinePorts,
  id: string,
  signal: AbortSignal,
): Promise<ContainerReply | null> {
  try {
    return await ports.api.inspectContainer(id, signal);
  } catch (caught) {
    if (hasStatus(caught, 404)) return null;
    throw judged(ports, caught, "inspect", `container ${id}`);
  }
}

/** Removes a container with its anonymous volumes, running or not. Null is success. */
async function remove(ports: MachinePorts, id: string): Promise<SlipwayError | null> {
  try {
    await ports.api.removeContainer(id, { force: true });
    return null;
  } catch (caught) {
    if (hasStatus(caught, 404)) return null;
    // Somebody else is removing it: it is gone when they are done.
    if (hasStatus(caught, 409) && (await isGoneSoon(ports, id))) return null;
    return judged(ports, caught, "remove", `container ${id}`);
  }
}

async function isGoneSoon(ports: MachinePorts, id: string): Promise<boolean> {
  for (let look = 0; look < REMOVAL_LOOKS; look += 1) {
    try {
      await ports.api.inspectContainer(id, null);
    } catch (caught) {
      return hasStatus(caught, 404);
    }
    await ports.sleep(REMOVAL_PAUSE);
  }
  return false;
}

function judged(
  { engine }: MachinePorts,
  caught: unknown,
  operation: EngineOperation,
  subject: string,
): SlipwayError {
  return engineError(caught, { operation, engine, subject });
}

/** Exit codes with which runc reports that a program could not be executed. */
const FAILED_EXECUTIONS: ReadonlySet<number | null> = new Set([1, 255]);
const EXEC_FORMAT_ERROR = "exec format error";
const LAST_LINES = 3;
const MOST_WORDS = 4096;

/**
 * The engine starts a program of another processor without a complaint; that it could not be executed is written in
 * its log and nowhere else.
 */
async function withLastWords(
  ports: MachinePorts,
  machine: Machine,
  signal: AbortSignal,
): Promise<Machine> {
  const { end, id, architecture } = machine;
  if (end === null || !FAILED_EXECUTIONS.has(end.exitCode)) return machine;
  const words = await lastWords(ports, id, signal);
  if (!words.includes(EXEC_FORMAT_ERROR)) return machine;
  const message = `${EXEC_FORMAT_ERROR}: the engine cannot run programs for ${architecture ?? "this platform"}`;
  return { ...machine, end: { ...end, message, reason: "PLATFORM_UNSUPPORTED" } };
}

/** The end of what a container has printed; nothing where its log cannot be read, which is no failure of its own. */
async function lastWords(ports: MachinePorts, id: string, signal: AbortSignal): Promise<string> {
  let words = "";
  try {
    const request = { follow: false, tail: LAST_LINES };
    for await (const piece of containerLogs(ports, id, request, signal))
      words = (words + Buffer.from(piece).toString("utf8")).slice(-MOST_WORDS);
  } catch (caught) {
    if (signal.aborted) throw caught;
  }
  return words;
}

/**
 * What a container printed, from the engine's stream. Without a terminal the engine wraps each piece in a frame of
 * eight bytes (stream, three zeros, length) so that both outputs fit one stream; here they are one again, in order.
 */
async function* unframe(stream: Readable, isTerminal: boolean): AsyncGenerator<Uint8Array> {
  const frames = createFrameReader();
  try {
    for await (const piece of stream) {
      if (!(piece instanceof Uint8Array)) continue;
      if (isTerminal) yield piece;
      else yield* frames.read(piece);
    }
  } catch (caught) {
    throw isSlipwayError(caught) ? caught : failureOf(caught, true);
  }
}

const HEADER_BYTES = 8;
const LENGTH_OFFSET = 4;

/** Takes frames apart however their bytes arrive; holds no more than a header. */
function createFrameReader() {
  const header = Buffer.alloc(HEADER_BYTES);
  let headerBytes = 0;
  let left = 0;
  return {
    *read(piece: Uint8Array): Generator<Uint8Array> {
      let offset = 0;
      while (offset < piece.length) {
        if (left > 0) {
          const content = piece.subarray(offset, offset + left);
          left -= content.length;
          offset += content.length;
          yield content;
          continue;
        }
        const taken = piece.subarray(offset, offset + HEADER_BYTES - headerBytes);
        header.set(taken, headerBytes);
        headerBytes += taken.length;
        offset += taken.length;
        if (headerBytes < HEADER_BYTES) return;
        left = header.readUInt32BE(LENGTH_OFFSET);
        headerBytes = 0;
      }
    },
  };
}

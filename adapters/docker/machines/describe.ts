import { cancellation } from "../../../src/async/cancellation.ts";
import type { SlipwayError } from "../../../src/errors.ts";
import type { Machine } from "../../../src/substrate/contract.ts";
import type { EngineApi } from "../client/api.ts";
import { engineError, hasStatus } from "../errors/errors.ts";
import type { EngineOperation } from "../errors/errors.ts";
import { LABELS } from "../labels.ts";
import { machineOf, machineOfListed } from "../machine.ts";
import type { ContainerReply } from "../client/replies.ts";
import { mapLimited } from "../../../src/async/map-limited.ts";
import { CALLS_AT_ONCE, isContainerId } from "./container-id.ts";
import { containerLogs } from "./logs.ts";

export interface DescribePorts {
  readonly api: EngineApi;
  /** The engine's address, for messages. */
  readonly engine: string;
  /** The engine's host: the place of its machines. */
  readonly place: (signal: AbortSignal) => Promise<string>;
}

/** Ids per request: keeps the URL under 8,000 characters, which common proxies accept. */
const IDS_AT_ONCE = 100;

/** Returns one machine per id, in the order of `ids`; null for a container that is gone. */
export async function describeContainers(
  ports: DescribePorts,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<readonly (Machine | null)[]> {
  if (signal.aborted) throw cancellation(signal, "describing machines");
  const possible = [...new Set(ids)].filter((id) => isContainerId(id));
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
  ports: DescribePorts,
  id: string,
  signal: AbortSignal,
): Promise<Machine | null> {
  const [place, reply] = await Promise.all([ports.place(signal), inspect(ports, id, signal)]);
  if (reply === null) return null;
  return await withLastWords(ports, machineOf(reply, place), signal);
}

/** Lists many containers in one request. A list entry lacks the exit code, so ended containers are inspected one by one. */
async function describeMany(
  ports: DescribePorts,
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

/** Lists every container with this owner's label, running or not. The engine does not page. */
export async function listContainers(
  ports: DescribePorts,
  owner: string,
  signal: AbortSignal,
): Promise<readonly Machine[]> {
  if (signal.aborted) throw cancellation(signal, "listing machines");
  return await listed(ports, { label: [`${LABELS.owner}=${owner}`] }, signal);
}

async function listed(
  ports: DescribePorts,
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
  ports: DescribePorts,
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

function judged(
  { engine }: DescribePorts,
  caught: unknown,
  operation: EngineOperation,
  subject: string,
): SlipwayError {
  return engineError(caught, { operation, engine, subject });
}

/** runc exits with these when it cannot execute the program. */
const FAILED_EXECUTIONS: ReadonlySet<number | null> = new Set([1, 255]);
/** The line that runc's last step leaves in the container's log: version 1.1 on, and before. */
const EXECUTION_FAILURE =
  /^(?:standard_init_linux\.go:\d+: )?exec (?:\/\S*|user process caused): (exec format error|no such file or directory|permission denied|argument list too long)\s*$/m;
const FORMAT_ERROR = "exec format error";
const LAST_LINES = 3;
const MOST_WORDS = 4096;

/**
 * The engine starts a program that the kernel cannot execute without an error: one for a foreign processor, or a script
 * whose interpreter is missing. Only the container's log says so.
 */
async function withLastWords(
  ports: DescribePorts,
  machine: Machine,
  signal: AbortSignal,
): Promise<Machine> {
  const { end, id, architecture } = machine;
  if (end === null || end.verdict !== undefined || !FAILED_EXECUTIONS.has(end.exitCode))
    return machine;
  const [line, why] = EXECUTION_FAILURE.exec(await lastWords(ports, id, signal)) ?? [];
  if (line === undefined) return machine;
  if (why !== FORMAT_ERROR) return { ...machine, end: { ...end, message: line.trim() } };
  const message = `${FORMAT_ERROR}: the engine cannot run programs for ${architecture ?? "this platform"}, or the command is a script without an interpreter line`;
  return { ...machine, end: { ...end, message, reason: "PLATFORM_UNSUPPORTED" } };
}

/** Returns the end of the container's log; empty if the log cannot be read, which must not fail a describe. */
async function lastWords(ports: DescribePorts, id: string, signal: AbortSignal): Promise<string> {
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

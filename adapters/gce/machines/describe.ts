import { cancellation } from "../../../src/async/cancellation.ts";
import { SlipwayError } from "../../../src/errors.ts";
import type { Machine } from "../../../src/substrate/contract.ts";
import type { GceApi } from "../client/api.ts";
import type { InstanceReply } from "../client/replies.ts";
import { gceError, hasStatus } from "../errors/errors.ts";
import { LABELS, labelFilter } from "../labels.ts";
import { machineId, readMachineId } from "./machine-id.ts";
import type { MachineReference } from "./machine-id.ts";
import { machineOf } from "../machine.ts";
import { withEnd } from "./preemption.ts";
import { mapLimited } from "../../../src/async/map-limited.ts";

type DescribePorts = { readonly api: Pick<GceApi, "instance" | "instances" | "operations"> };

const CALLS_AT_ONCE = 8;
/** Compute Engine refuses longer filters. */
const LONGEST_FILTER = 2_000;

/** Reads more about a machine than Compute Engine's reply about the instance has. */
export type ReadMore = (machine: Machine, instance: InstanceReply) => Promise<Machine>;

const NOTHING_MORE: ReadMore = async (machine) => await Promise.resolve(machine);

/**
 * Returns one machine per id, in the order of `ids`; null for a machine that is gone or shutting down. Reads a single
 * machine by name, and several by lists of their zones.
 *
 * @param readMore only for a single machine: of many it would be further calls for each poll
 */
export async function describeMachines(
  { api }: DescribePorts,
  ids: readonly string[],
  signal: AbortSignal,
  readMore: ReadMore = NOTHING_MORE,
): Promise<readonly (Machine | null)[]> {
  if (signal.aborted) throw cancellation(signal, "describing machines");
  const parsed = [...new Set(ids)].flatMap((id) => readMachineId(id) ?? []);
  const groups = Map.groupBy(parsed, ({ project, zone }) => `${project}/${zone}`);
  const requests = [...groups.values()].flatMap(chunksOf);
  const found = await mapLimited(requests, CALLS_AT_ONCE, (chunk) =>
    read(api, chunk, ids.length === 1 ? readMore : NOTHING_MORE, signal),
  );
  const byId = new Map(found.flat().map((machine) => [machine.id, machine]));
  return ids.map((id) => byId.get(id) ?? null);
}

/**
 * Lists every machine of the project with this owner's label, in all zones, except those that are shutting down.
 *
 * @throws SlipwayError `CLOUD_UNAVAILABLE` if a zone did not answer: its machines must not be taken for gone
 */
export async function listMachines(
  { api }: { readonly api: Pick<GceApi, "allInstances"> },
  { project, owner }: { readonly project: string; readonly owner: string },
  signal: AbortSignal,
): Promise<readonly Machine[]> {
  if (signal.aborted) throw cancellation(signal, "listing machines");
  const filter = labelFilter(LABELS.owner, owner);
  // No machine can have an owner that no label can hold.
  if (filter === null) return [];
  const doing = `listing instances of projects/${project}`;
  const scopes = await api.allInstances({ project, filter }, signal).catch((caught: unknown) => {
    throw gceError(caught, { doing });
  });
  for (const [scope, { warning }] of scopes)
    if (warning !== null && !EMPTY.has(warning.code)) throw incomplete(doing, scope, warning);
  return scopes.flatMap(([, { instances }]) =>
    instances.flatMap((instance) => machineOf(instance, project) ?? []),
  );
}

/** The warning of a zone without matching instances. */
const EMPTY: ReadonlySet<string> = new Set(["NO_RESULTS_ON_PAGE"]);

function incomplete(
  doing: string,
  scope: string,
  { code, message }: { readonly code: string; readonly message: string },
): SlipwayError {
  return new SlipwayError({
    code: "UNAVAILABLE",
    reason: "CLOUD_UNAVAILABLE",
    message: `${doing}: ${scope} is left out: ${message} (${code})`,
    remedy: "Try again when all zones of the project answer.",
    blastRadius: "region",
    retry: "same-token",
    metadata: { scope, provider_code: code },
  });
}

/** Splits the machines of one zone so that each part fits one request. */
function chunksOf(machines: readonly MachineReference[]): readonly (readonly MachineReference[])[] {
  const chunks: MachineReference[][] = [];
  let room = 0;
  for (const machine of machines) {
    const length = nameTerm(machine).length + OR.length;
    if (length > room) {
      chunks.push([]);
      room = LONGEST_FILTER;
    }
    chunks.at(-1)?.push(machine);
    room -= length;
  }
  return chunks;
}

const OR = " OR ";

function nameTerm({ name }: MachineReference): string {
  return `(name = "${name}")`;
}

async function read(
  api: DescribePorts["api"],
  machines: readonly MachineReference[],
  readMore: ReadMore,
  signal: AbortSignal,
): Promise<readonly Machine[]> {
  const [first] = machines;
  if (first === undefined) return [];
  if (machines.length === 1) return await readOne(api, first, readMore, signal);
  const { project, zone } = first;
  const filter = machines.map(nameTerm).join(OR);
  try {
    const found = await api.instances({ project, zone, filter }, signal);
    const read = await mapLimited(found, CALLS_AT_ONCE, async (instance) => {
      const machine = machineOf(instance, project);
      return machine === null ? [] : [await withEnd(api, machine, instance, signal)];
    });
    return read.flat();
  } catch (caught) {
    // The project or zone does not exist, or the list was refused for another reason: reading each machine
    // distinguishes the cases.
    if (isNowhere(caught))
      return (
        await mapLimited(machines, CALLS_AT_ONCE, (machine) =>
          readOne(api, machine, NOTHING_MORE, signal),
        )
      ).flat();
    throw gceError(caught, { doing: `listing instances of ${project} in ${zone}` });
  }
}

async function readOne(
  api: DescribePorts["api"],
  machine: MachineReference,
  readMore: ReadMore,
  signal: AbortSignal,
): Promise<readonly Machine[]> {
  const instance = await readInstance(api, machine, signal);
  const found = instance === null ? null : machineOf(instance, machine.project);
  if (instance === null || found === null) return [];
  return [await readMore(await withEnd(api, found, instance, signal), instance)];
}

/** Null if there is none. */
async function readInstance(
  api: DescribePorts["api"],
  machine: MachineReference,
  signal: AbortSignal,
): Promise<InstanceReply | null> {
  const { project, zone, name } = machine;
  try {
    return await api.instance({ project, zone, instance: name }, signal);
  } catch (caught) {
    if (isNowhere(caught)) return null;
    throw gceError(caught, { doing: `reading instance ${machineId(machine)}` });
  }
}

/** The request names only the machine, so a refusal concerns its id. An unknown zone is a 400. */
function isNowhere(caught: unknown): boolean {
  return hasStatus(caught, 404) || hasStatus(caught, 400);
}

import type { DescribeInstancesCommandInput } from "@aws-sdk/client-ec2";
import { throwIfCancelled } from "../../../src/async/cancellation.ts";
import type { Machine, MachineStatus } from "../../../src/substrate/contract.ts";
import { knownMachine } from "../../../src/substrate/contract.ts";
import type { AwsApi, ReservationPage } from "../client/api.ts";
import { cloudError, providerCode } from "../errors/errors.ts";
import {
  chunksOf,
  idsNamedIn,
  isInstanceId,
  IDS_PER_CALL,
  UNKNOWN_ID_CODES,
} from "./instance-ids.ts";
import { isGone, machineOf } from "../machine.ts";
import type { ObservedInstance } from "../machine.ts";
import type { RecentMachines } from "./recent-machines.ts";
import { TAGS } from "../labels.ts";

type DescribeApi = Pick<AwsApi, "region" | "describeInstances">;

export interface DescribePorts {
  readonly api: DescribeApi;
  readonly recent: RecentMachines;
}

/** EC2 may name one unknown id per refusal. After this many refusals the rest is read by filter, which never fails. */
const MAX_REFUSALS = 3;
/** Values that one filter may have. */
const FILTER_VALUES = 200;
const PAGE_SIZE = 1_000;
/** States of a machine that exists. */
const LIVE_STATES = ["pending", "running", "stopping", "stopped"];

/** One answer per id, in the same order. Null for a machine that is gone, and for a text that is not an instance id. */
export async function describeInstances(
  ports: DescribePorts,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<readonly MachineStatus[]> {
  throwIfCancelled(signal, "describing machines");
  const possible = [...new Set(ids)].filter(isInstanceId);
  const shown = new Map<string, ObservedInstance>();
  for (const chunk of chunksOf(possible, IDS_PER_CALL))
    for (const instance of await instancesById(ports.api, chunk, signal))
      if (instance.InstanceId !== undefined) shown.set(instance.InstanceId, instance);
  return ids.map((id) => sightingOf(ports.recent, id, shown.get(id)));
}

/** Every machine with this owner's tag, from all pages. */
export async function listInstances(
  ports: DescribePorts,
  owner: string,
  signal: AbortSignal,
): Promise<readonly Machine[]> {
  throwIfCancelled(signal, "listing machines");
  const filters = [
    { Name: `tag:${TAGS.owner}`, Values: [escapeWildcards(owner)] },
    { Name: "instance-state-name", Values: LIVE_STATES },
  ];
  const listed = await allPages(ports.api, filters, `machines of owner ${owner}`, signal);
  const machines = listed.flatMap((instance) => {
    const machine = knownMachine(sightingOf(ports.recent, instance.InstanceId ?? "", instance));
    return machine?.ownership?.owner === owner ? [machine] : [];
  });
  const known = new Set(machines.map(({ id }) => id));
  // Launched a moment ago and not listed yet, or terminated by another process: describing them tells the two apart.
  const missing = ports.recent.ofOwner(owner).filter(({ id }) => !known.has(id));
  const found = await describeInstances(
    ports,
    missing.map(({ id }) => id),
    signal,
  );
  return [...machines, ...found.map(knownMachine).filter((machine) => machine !== null)];
}

function sightingOf(
  recent: RecentMachines,
  id: string,
  instance: ObservedInstance | undefined,
): MachineStatus {
  const remembered = recent.find(id);
  if (remembered === "terminated") return null;
  if (instance === undefined) return remembered ?? (isInstanceId(id) ? "unknown" : null);
  return isGone(instance) ? null : machineOf(instance);
}

/** The instances among these that EC2 knows. EC2 refuses the whole call if it does not know one of them. */
async function instancesById(
  api: DescribeApi,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<readonly ObservedInstance[]> {
  let remaining = ids;
  for (let refusals = 0; refusals < MAX_REFUSALS && remaining.length > 0; refusals += 1) {
    try {
      return instancesOf(await api.describeInstances({ InstanceIds: [...remaining] }, signal));
    } catch (caught) {
      if (!UNKNOWN_ID_CODES.has(providerCode(caught)))
        throw failed(api, caught, subjectOf(remaining), signal);
      const unknown = idsNamedIn(caught, remaining);
      if (unknown.size === 0) break;
      remaining = remaining.filter((id) => !unknown.has(id));
    }
  }
  const found: ObservedInstance[] = [];
  for (const chunk of chunksOf(remaining, FILTER_VALUES)) {
    const filters = [{ Name: "instance-id", Values: [...chunk] }];
    found.push(...(await allPages(api, filters, subjectOf(chunk), signal)));
  }
  return found;
}

async function allPages(
  api: DescribeApi,
  filters: NonNullable<DescribeInstancesCommandInput["Filters"]>,
  subject: string,
  signal: AbortSignal,
): Promise<readonly ObservedInstance[]> {
  const found: ObservedInstance[] = [];
  let token: string | undefined;
  do {
    const page = token === undefined ? {} : { NextToken: token };
    try {
      const input = { Filters: filters, MaxResults: PAGE_SIZE, ...page };
      const reply = await api.describeInstances(input, signal);
      found.push(...instancesOf(reply));
      token = reply.NextToken || undefined;
    } catch (caught) {
      throw failed(api, caught, subject, signal);
    }
  } while (token !== undefined);
  return found;
}

function instancesOf({ Reservations }: ReservationPage): readonly ObservedInstance[] {
  return (Reservations ?? []).flatMap(({ Instances }) => Instances ?? []);
}

/** In a filter's value `*` and `?` are wildcards. */
export function escapeWildcards(text: string): string {
  return text.replaceAll(/[\\*?]/g, String.raw`\$&`);
}

function subjectOf(ids: readonly string[]): string {
  return ids.length === 1 ? `instance ${ids[0] ?? ""}` : `${ids.length} instances`;
}

function failed(api: DescribeApi, caught: unknown, subject: string, signal: AbortSignal) {
  return cloudError(caught, {
    operation: "DescribeInstances",
    subject,
    region: api.region,
    signal,
  });
}

import type { DescribeInstancesCommandInput } from "@aws-sdk/client-ec2";
import { throwIfCancelled } from "../../../src/async/cancellation.ts";
import type { Machine, Sighting } from "../../../src/substrate/contract.ts";
import { machineSeen } from "../../../src/substrate/contract.ts";
import type { AwsApi, ReservedPage } from "../client/api.ts";
import { cloudError, providerCode } from "../errors/errors.ts";
import { chunksOf, idsNamedIn, isInstanceId, IDS_A_CALL, UNKNOWN_ID } from "./instance-ids.ts";
import { isGone, machineOf } from "../machine.ts";
import type { InstanceSeen } from "../machine.ts";
import type { RecentMachines } from "./recent-machines.ts";
import { TAGS } from "../labels.ts";

type DescribingApi = Pick<AwsApi, "region" | "describeInstances">;

export interface ReadingPorts {
  readonly api: DescribingApi;
  readonly recent: RecentMachines;
}

/** A refusal may name one unknown id at a time: after so many the rest is asked for in the way that never fails. */
const REPETITIONS = 3;
/** Values that one filter takes. */
const FILTER_VALUES = 200;
const PAGE_SIZE = 1_000;
/** A machine that is there, if only just. */
const LIVE_STATES = ["pending", "running", "stopping", "stopped"];

/** One answer an id, in their order: null for a machine that is gone, or can be none. */
export async function describeInstances(
  ports: ReadingPorts,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<readonly Sighting[]> {
  throwIfCancelled(signal, "describing machines");
  const possible = [...new Set(ids)].filter(isInstanceId);
  const shown = new Map<string, InstanceSeen>();
  for (const chunk of chunksOf(possible, IDS_A_CALL))
    for (const instance of await withIds(ports.api, chunk, signal))
      if (instance.InstanceId !== undefined) shown.set(instance.InstanceId, instance);
  return ids.map((id) => answerOf(ports.recent, id, shown.get(id)));
}

/** Every machine with this owner's tag, all pages. */
export async function listInstances(
  ports: ReadingPorts,
  owner: string,
  signal: AbortSignal,
): Promise<readonly Machine[]> {
  throwIfCancelled(signal, "listing machines");
  const filters = [
    { Name: `tag:${TAGS.owner}`, Values: [literally(owner)] },
    { Name: "instance-state-name", Values: LIVE_STATES },
  ];
  const listed = await allPages(ports.api, filters, `machines of owner ${owner}`, signal);
  const machines = listed.flatMap((instance) => {
    const machine = machineSeen(answerOf(ports.recent, instance.InstanceId ?? "", instance));
    return machine?.ownership?.owner === owner ? [machine] : [];
  });
  const known = new Set(machines.map(({ id }) => id));
  // Just launched, and not shown everywhere yet; or terminated by somebody else, which describing tells.
  const missing = ports.recent.ofOwner(owner).filter(({ id }) => !known.has(id));
  const found = await describeInstances(
    ports,
    missing.map(({ id }) => id),
    signal,
  );
  return [...machines, ...found.map(machineSeen).filter((machine) => machine !== null)];
}

function answerOf(
  recent: RecentMachines,
  id: string,
  instance: InstanceSeen | undefined,
): Sighting {
  const remembered = recent.find(id);
  if (remembered === "terminated") return null;
  if (instance === undefined) return remembered ?? (isInstanceId(id) ? "unknown" : null);
  return isGone(instance) ? null : machineOf(instance);
}

/** The instances among these that EC2 knows. It refuses the whole call for one that it does not. */
async function withIds(
  api: DescribingApi,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<readonly InstanceSeen[]> {
  let left = ids;
  for (let repetition = 0; repetition < REPETITIONS && left.length > 0; repetition += 1) {
    try {
      return instancesOf(await api.describeInstances({ InstanceIds: [...left] }, signal));
    } catch (caught) {
      if (!UNKNOWN_ID.has(providerCode(caught))) throw failed(api, caught, subjectOf(left), signal);
      const unknown = idsNamedIn(caught, left);
      if (unknown.size === 0) break;
      left = left.filter((id) => !unknown.has(id));
    }
  }
  const found: InstanceSeen[] = [];
  for (const chunk of chunksOf(left, FILTER_VALUES)) {
    const filters = [{ Name: "instance-id", Values: [...chunk] }];
    found.push(...(await allPages(api, filters, subjectOf(chunk), signal)));
  }
  return found;
}

async function allPages(
  api: DescribingApi,
  filters: NonNullable<DescribeInstancesCommandInput["Filters"]>,
  subject: string,
  signal: AbortSignal,
): Promise<readonly InstanceSeen[]> {
  const found: InstanceSeen[] = [];
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

function instancesOf({ Reservations }: ReservedPage): readonly InstanceSeen[] {
  return (Reservations ?? []).flatMap(({ Instances }) => Instances ?? []);
}

/** In a filter's value `*` and `?` stand for others. */
function literally(text: string): string {
  return text.replaceAll(/[\\*?]/g, String.raw`\$&`);
}

function subjectOf(ids: readonly string[]): string {
  return ids.length === 1 ? `instance ${ids[0] ?? ""}` : `${ids.length} instances`;
}

function failed(api: DescribingApi, caught: unknown, subject: string, signal: AbortSignal) {
  return cloudError(caught, {
    operation: "DescribeInstances",
    subject,
    region: api.region,
    signal,
  });
}

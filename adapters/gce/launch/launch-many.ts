import { SlipwayError } from "../../../src/errors.ts";
import type { LaunchOutcome, Machine } from "../../../src/substrate/contract.ts";
import { settleExisting } from "./adoption.ts";
import { confirmImage, readBootDisk, readBootDisks } from "./boot-disk.ts";
import { settleMember } from "../../../src/substrate/launch-outcome.ts";
import { isConflict, isFinalRefusal, launchFailure, refusalOf, unknown } from "./launch-context.ts";
import type { LaunchContext } from "./launch-context.ts";
import { beginOperation, operationsOf, untilDone } from "./launch-operation.ts";
import { changed } from "./launch-refusal.ts";
import { bulkInsertRequest } from "./launch-request.ts";
import { isOfLaunch, LABELS, labelFilter } from "../labels.ts";
import { launchedMachine } from "../machine.ts";
import { madeAll, targetName } from "../client/operation.ts";
import type { DiskReply, InstanceReply, OperationReply } from "../client/replies.ts";
import { mapLimited } from "../../../src/async/map-limited.ts";

const CALLS_AT_ONCE = 8;

/** Members that this launch's operation did not create, with their reasons. */
type Failures = ReadonlyMap<string, SlipwayError>;

/**
 * Creates the machines of a launch of several by one bulk insert, as many as there is capacity for, or adopts those
 * that an earlier try of this launch created.
 *
 * @throws SlipwayError if there are none, `UnknownOutcome` if that is not known
 */
export async function launchMany(
  context: LaunchContext,
  names: readonly string[],
): Promise<readonly LaunchOutcome[]> {
  const { project, launch } = context;
  const { failures, isRefused } = await bulkInsert(context, names);
  const isClash = [...failures.values()].some(isConflict);
  const existing = isRefused || isClash ? await existingMachines(context) : NONE;
  const isAny = names.some((name) => existing.has(name) || !failures.has(name));
  const disks = isAny ? await readBootDisks(context) : new Map<string, DiskReply>();
  return await mapLimited(names, CALLS_AT_ONCE, (name) =>
    settleMember(async (): Promise<Machine> => {
      const disk = disks.get(name);
      const instance = existing.get(name);
      if (instance !== undefined)
        return await settleExisting(
          context,
          instance,
          async () => disk ?? (await readBootDisk(context, name)),
        );
      const failure = failures.get(name);
      if (failure !== undefined) throw failure;
      await confirmImage(context, name, disk ?? null);
      return launchedMachine(launch, { project, name });
    }),
  );
}

const NONE: ReadonlyMap<string, InstanceReply> = new Map();

async function bulkInsert(
  context: LaunchContext,
  names: readonly string[],
): Promise<{ readonly failures: Failures; readonly isRefused: boolean }> {
  const { api, project, zone, launch, signal } = context;
  const doing = `making ${names.length} instances in projects/${project}/zones/${zone}`;
  const bulkInsertInstanceResourceResource = bulkInsertRequest(launch, names);
  let begun: OperationReply;
  try {
    begun = await beginOperation(context, doing, (requestId) =>
      api.bulkInsertInstances(
        { project, zone, requestId, bulkInsertInstanceResourceResource },
        signal,
      ),
    );
  } catch (caught) {
    const refusal = refusalOf(context, caught, doing);
    if (!isFinalRefusal(caught)) throw refusal;
    return { failures: new Map(names.map((name) => [name, refusal])), isRefused: true };
  }
  const done = await untilDone(context, begun);
  return { failures: await failuresOf(context, done, { names, doing }), isRefused: false };
}

/**
 * The members that were not created. The bulk operation succeeds if one member was created; the others have their own
 * operations with the same group id.
 */
async function failuresOf(
  context: LaunchContext,
  operation: OperationReply,
  { names, doing }: { readonly names: readonly string[]; readonly doing: string },
): Promise<Failures> {
  const failure = launchFailure(context, operation, doing);
  if (failure === null && madeAll(operation, names.length)) return new Map();
  const members = await memberOperations(context, operation);
  const failures = new Map<string, SlipwayError>();
  for (const name of names) {
    const member = members.get(name);
    const own =
      member === undefined
        ? null
        : launchFailure(context, member, `making instance ${name} in ${context.zone}`);
    const reason =
      own ??
      failure ??
      (member === undefined ? unexplainedFailure(context, name, operation.name) : null);
    if (reason !== null) failures.set(name, failure === null ? withoutThisLaunch(reason) : reason);
  }
  return failures;
}

/**
 * The bulk insert has created other members, so that its repetition creates no further ones: what may pass is tried again
 * by a launch of its own.
 */
function withoutThisLaunch(reason: SlipwayError): SlipwayError {
  return reason.retry === "same-token" ? changed(reason, ANOTHER_LAUNCH) : reason;
}

const ANOTHER_LAUNCH = { blastRadius: "launch", retry: "next-candidate" } as const;

async function memberOperations(
  context: LaunchContext,
  { operationGroupId }: OperationReply,
): Promise<ReadonlyMap<string, OperationReply>> {
  if (operationGroupId === null) return new Map();
  const filter = `operationGroupId = "${operationGroupId}"`;
  const operations = await operationsOf(context, filter);
  const done = await mapLimited(operations, CALLS_AT_ONCE, (one) => untilDone(context, one));
  return new Map(done.map((one) => [targetName(one), one]));
}

function unexplainedFailure(
  { zone }: LaunchContext,
  name: string,
  operation: string,
): SlipwayError {
  return new SlipwayError({
    code: "UNAVAILABLE",
    reason: "CLOUD_UNAVAILABLE",
    message: `instance ${name} in ${zone} was not made, and operation ${operation} does not say why`,
    remedy: `Inspect it with \`gcloud compute operations describe ${operation} --zone ${zone}\`.`,
    ...ANOTHER_LAUNCH,
  });
}

/** The existing machines of this launch, by name. */
async function existingMachines(
  context: LaunchContext,
): Promise<ReadonlyMap<string, InstanceReply>> {
  const { api, project, zone, launch, signal } = context;
  const { ownership } = launch;
  const filter = labelFilter(LABELS.launch, ownership.launchId) ?? "";
  try {
    const found = await api.instances({ project, zone, filter }, signal);
    return new Map(
      found
        .filter(({ labels }) => isOfLaunch(labels, ownership))
        .map((instance) => [instance.name, instance]),
    );
  } catch (caught) {
    // If the caller may not read, the launch's own refusal is more informative.
    if (isFinalRefusal(caught)) return NONE;
    throw unknown(caught, `listing the launch's instances in ${zone}`);
  }
}

import { asSlipwayError, SlipwayError } from "../errors.ts";
import type { PlacementTarget } from "../plan/plan.ts";
import { mapLimited } from "../async/map-limited.ts";
import type {
  Leftover,
  Machine,
  OpenAdapter,
  SubstrateAdapter,
  TerminateOutcome,
} from "../substrate/contract.ts";
import type {
  ClaimVerdict,
  FoundResource,
  Ledger,
  ResourceKind,
  Suspect,
} from "../ledger/ledger.ts";
import type { SpawnerPorts } from "./task.ts";

export interface SweepRequest {
  /** Places to list in addition to those of recorded launches. */
  readonly targets: readonly PlacementTarget[];
  /** How long a resource must have been a suspect before it is removed, in milliseconds. Default: 15 minutes. */
  readonly grace: number | undefined;
  /** Only report what would be done. */
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
}

/** A machine, or a volume or network interface that a machine left behind. */
export interface SweptResource extends Suspect {
  readonly kind: ResourceKind;
  /** The account and region, project or engine. */
  readonly scope: string;
}

export interface SweepReport {
  /** The number of machines with this ledger's tag. */
  readonly scanned: number;
  /** The number of these that a live spawn claims. */
  readonly claimed: number;
  /** Resources that no live spawn claims and that are left alone for now. */
  readonly suspects: readonly SweptResource[];
  /** Resources that this sweep removed; in a dry run those that it would have removed. */
  readonly terminated: readonly SweptResource[];
  /** Scopes that could not be listed completely, or in which a removal failed, with the reason. */
  readonly skippedScopes: readonly { readonly scope: string; readonly error: SlipwayError }[];
}

/** One account and region, project or engine, with everything that carries this ledger's tag. */
interface Scope {
  readonly name: string;
  readonly adapter: SubstrateAdapter;
  readonly resources: readonly FoundResource[];
  /** By id. */
  readonly leftovers: ReadonlyMap<string, Leftover>;
  readonly verdicts: readonly ClaimVerdict[];
  /** Why the leftovers could not be listed. The machines are swept all the same. */
  readonly unlisted: SlipwayError | null;
}

/** Default for `SweepRequest.grace`, in milliseconds. */
const GRACE = 15 * 60_000;
/** How many scopes are listed at once. */
const AT_ONCE = 4;

/**
 * Finds machines with this ledger's tag, and volumes and network interfaces that machines left behind, that no live spawn
 * claims. The first sweep makes them suspects; a later one removes those that still are, after the grace period. A scope
 * that cannot be listed completely is left alone. If anything has a launch that this ledger never issued, everything is
 * left alone, because the ledger is an old copy.
 *
 * @throws SlipwayError `FAILED_PRECONDITION` / `LEDGER_RESTORED`
 */
export async function sweep(
  { ledger, clock, openAdapter }: Pick<SpawnerPorts, "ledger" | "clock" | "openAdapter">,
  request: SweepRequest,
): Promise<SweepReport> {
  const owner = await ledger.owner();
  const targets = [...(await ledger.targets()), ...request.targets];
  const opened = await openScopes(openAdapter, targets);
  const listed = await mapLimited(opened, AT_ONCE, (scope) =>
    listScope(ledger, scope, owner, request.signal),
  );
  const scopes = listed.flatMap((scope) => ("error" in scope ? [] : [scope]));
  refuseOldCopy(scopes);
  const swept = await mapLimited(scopes, AT_ONCE, (scope) =>
    sweepScope({ ledger, now: clock.now() }, scope, request),
  );
  return {
    scanned: scopes.flatMap(({ resources }) => resources).filter(isMachine).length,
    claimed: scopes.flatMap((scope) => judgedAs(scope, "claimed")).filter(isMachine).length,
    suspects: swept.flatMap(({ suspects }) => suspects),
    terminated: swept.flatMap(({ terminated }) => terminated),
    skippedScopes: [
      ...listed.flatMap((scope) => ("error" in scope ? [scope] : [])),
      ...scopes.flatMap(({ name, unlisted }) =>
        unlisted === null ? [] : [{ scope: name, error: unlisted }],
      ),
      ...swept.flatMap(({ failures }) => failures),
    ],
  };
}

type Opened = Pick<Scope, "name" | "adapter"> | Skipped;
type Skipped = SweepReport["skippedScopes"][number];

/** One adapter for each scope, however many targets lead to it: otherwise one sweep would find a machine twice. */
async function openScopes(
  openAdapter: OpenAdapter,
  targets: readonly PlacementTarget[],
): Promise<readonly Opened[]> {
  const scopes = new Map<string, Opened>();
  for (const target of targets) {
    const name = scopeName(target);
    const known = scopes.get(name);
    if (known !== undefined && !("error" in known)) continue;
    try {
      scopes.set(name, { name, adapter: await openAdapter(target) });
    } catch (caught) {
      scopes.set(name, known ?? { scope: name, error: asSlipwayError(caught) });
    }
  }
  return [...scopes.values()];
}

function scopeName(target: PlacementTarget): string {
  switch (target.substrate) {
    case "AWS":
      return `aws ${target.accountId} ${target.region}`;
    case "GCP":
      return `gcp ${target.project}`;
    case "DOCKER":
      return `docker ${target.host ?? "default"}`;
  }
}

async function listScope(
  ledger: Ledger,
  opened: Opened,
  owner: string,
  signal: AbortSignal,
): Promise<Scope | Skipped> {
  if ("error" in opened) return opened;
  try {
    const machines = await opened.adapter.list(owner, signal);
    const { leftovers, unlisted } = await listLeftovers(opened.adapter, owner, signal);
    const resources = [...machines.map(foundMachine), ...leftovers.map(foundLeftover)];
    return {
      ...opened,
      resources,
      leftovers: new Map(leftovers.map((leftover) => [leftover.id, leftover])),
      verdicts: await ledger.judge(resources),
      unlisted,
    };
  } catch (caught) {
    if (signal.aborted) throw caught;
    return { scope: opened.name, error: asSlipwayError(caught) };
  }
}

/** A role that may not list volumes, as policies of older versions, still sweeps machines. */
async function listLeftovers(
  { leftovers }: SubstrateAdapter,
  owner: string,
  signal: AbortSignal,
): Promise<{ readonly leftovers: readonly Leftover[]; readonly unlisted: SlipwayError | null }> {
  try {
    return { leftovers: (await leftovers?.list(owner, signal)) ?? [], unlisted: null };
  } catch (caught) {
    if (signal.aborted) throw caught;
    return { leftovers: [], unlisted: asSlipwayError(caught) };
  }
}

function foundMachine({ id, place, ownership, launchIndex }: Machine): FoundResource {
  const { launchId = "", spawnId = null } = ownership ?? {};
  return { id, kind: "machine", place, launchId, spawnId, launchIndex };
}

/** The leftovers of a batch have the same tags, so that any of its members may claim them. */
function foundLeftover({ id, kind, place, ownership }: Leftover): FoundResource {
  const { launchId, spawnId } = ownership;
  return { id, kind, place, launchId, spawnId, launchIndex: null };
}

function isMachine({ kind }: Pick<FoundResource, "kind">): boolean {
  return kind === "machine";
}

function judgedAs({ resources, verdicts }: Scope, verdict: ClaimVerdict): readonly FoundResource[] {
  return resources.filter((_resource, index) => verdicts[index] === verdict);
}

function refuseOldCopy(scopes: readonly Scope[]): void {
  const foreign = scopes.flatMap((scope) => judgedAs(scope, "foreign"));
  if (foreign.length === 0) return;
  const ids = foreign.map(({ id }) => id);
  throw new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "LEDGER_RESTORED",
    message: `${ids.length} ${foreign.every(isMachine) ? "machines" : "resources"} carry this ledger's tag but launches that it never issued (${ids.slice(0, 3).join(", ")}${ids.length > 3 ? ", …" : ""}): it is an older copy of the ledger that launched them`,
    remedy:
      "Use the ledger that launched them; if it is lost, terminate these machines by other means. Nothing was terminated.",
    metadata: { machines: ids.slice(0, 100) },
  });
}

async function sweepScope(
  { ledger, now }: { readonly ledger: Ledger; readonly now: number },
  scope: Scope,
  { grace = GRACE, dryRun, signal }: SweepRequest,
): Promise<{ suspects: SweptResource[]; terminated: SweptResource[]; failures: Skipped[] }> {
  const { name } = scope;
  const orphans = judgedAs(scope, "orphan");
  const known = new Set((await ledger.suspects(name)).map(({ id }) => id));
  const suspects = dryRun ? await ledger.suspects(name) : await ledger.suspect(name, orphans, now);
  const since = new Map(suspects.map((suspect) => [suspect.id, suspect.since]));
  const all = orphans.map(({ id, kind, place }) => ({
    id,
    kind,
    place,
    scope: name,
    since: since.get(id) ?? now,
  }));
  // An earlier sweep found it, long enough ago, and no spawn has claimed it since.
  const due = all.filter((one) => known.has(one.id) && now - one.since >= grace);
  const dueIds = new Set(due.map(({ id }) => id));
  const judged = await ledger.judge(orphans.filter(({ id }) => dueIds.has(id)));
  const doomed = due.filter((_one, index) => judged[index] === "orphan");
  const doomedIds = new Set(doomed.map(({ id }) => id));
  const staying = all.filter(({ id }) => !doomedIds.has(id));
  if (dryRun || doomed.length === 0) return { suspects: staying, terminated: doomed, failures: [] };
  const outcomes = await removeAll(scope, doomed, signal);
  const isFailed = ({ id }: SweptResource): boolean => outcomes.get(id)?.outcome === "failed";
  return {
    suspects: [...staying, ...doomed.filter(isFailed)],
    terminated: doomed.filter((one) => !isFailed(one)),
    // One for the scope: a failing call fails alike for all of its machines.
    failures: [...outcomes.values()]
      .flatMap((one) => (one.outcome === "failed" ? [{ scope: name, error: one.error }] : []))
      .slice(0, 1),
  };
}

/** The outcomes by id. */
async function removeAll(
  { adapter, leftovers }: Scope,
  doomed: readonly SweptResource[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, TerminateOutcome>> {
  const machineIds = doomed.filter(isMachine).map(({ id }) => id);
  const left = doomed.flatMap(({ id }) => leftovers.get(id) ?? []);
  const outcomes = [
    ...(await settleAll(machineIds, () => adapter.terminate(machineIds, signal), signal)),
    ...(await settleAll(
      left.map(({ id }) => id),
      async () => (await adapter.leftovers?.remove(left, signal)) ?? [],
      signal,
    )),
  ];
  return new Map(outcomes.map((outcome) => [outcome.id, outcome]));
}

/** A call that fails as a whole fails for each of its ids. */
async function settleAll(
  ids: readonly string[],
  remove: () => Promise<readonly TerminateOutcome[]>,
  signal: AbortSignal,
): Promise<readonly TerminateOutcome[]> {
  if (ids.length === 0) return [];
  try {
    return await remove();
  } catch (caught) {
    if (signal.aborted) throw caught;
    const error = asSlipwayError(caught);
    return ids.map((id) => ({ id, outcome: "failed", error }));
  }
}

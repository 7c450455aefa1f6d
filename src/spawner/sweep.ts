import { asSlipwayError, SlipwayError } from "../errors.ts";
import type { PlacementTarget } from "../plan/plan.ts";
import { mapLimited } from "../async/map-limited.ts";
import type {
  Machine,
  OpenAdapter,
  SubstrateAdapter,
  TerminateOutcome,
} from "../substrate/contract.ts";
import type { ClaimVerdict, FoundMachine, Ledger, Suspect } from "../ledger/ledger.ts";
import type { SpawnerPorts } from "./task.ts";

export interface SweepRequest {
  /** Places to look at beside those that launches went to. */
  readonly targets: readonly PlacementTarget[];
  /** For how long a machine has been a suspect before it is terminated, in milliseconds. Default: 15 minutes. */
  readonly grace: number | undefined;
  /** Only tell what would be done. */
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
}

export interface SweptMachine extends Suspect {
  /** What it is in, such as an account and region. */
  readonly scope: string;
}

export interface SweepReport {
  /** Machines that carry this ledger's tag. */
  readonly scanned: number;
  readonly claimed: number;
  /** Machines that no live spawn claims, and that stay for now. */
  readonly suspects: readonly SweptMachine[];
  /** Terminated by this sweep; in a dry run those that would be. */
  readonly terminated: readonly SweptMachine[];
  /** Scopes that could not be listed whole, or in which a termination failed, with the reason. */
  readonly skippedScopes: readonly { readonly scope: string; readonly error: SlipwayError }[];
}

/** One account and region, project or engine, with all machines in it that carry our tag. */
interface Scope {
  readonly name: string;
  readonly adapter: SubstrateAdapter;
  readonly machines: readonly Machine[];
  readonly verdicts: readonly ClaimVerdict[];
}

/** For how long a suspect is left alone unless the caller says otherwise, in milliseconds. */
const GRACE = 15 * 60_000;
/** Scopes that are asked at once. */
const AT_ONCE = 4;

/**
 * Finds machines with this ledger's tag that no live spawn claims. A first sweep makes them suspects, a later one
 * terminates those that still are after the grace period. A scope that cannot be listed whole is left alone; so is
 * everything where a machine has a launch that this ledger never issued, because such a ledger is an old copy.
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
    scanned: scopes.reduce((sum, { machines }) => sum + machines.length, 0),
    claimed: scopes.flatMap(({ verdicts }) => verdicts).filter((one) => one === "claimed").length,
    suspects: swept.flatMap(({ suspects }) => suspects),
    terminated: swept.flatMap(({ terminated }) => terminated),
    skippedScopes: [
      ...listed.flatMap((scope) => ("error" in scope ? [scope] : [])),
      ...swept.flatMap(({ failures }) => failures),
    ],
  };
}

type Opened = Pick<Scope, "name" | "adapter"> | Skipped;
type Skipped = SweepReport["skippedScopes"][number];

/** One adapter for a scope, however many targets lead to it: seen twice, a machine would be found by two passes in one. */
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
    return { ...opened, machines, verdicts: await ledger.judge(machines.map(foundMachine)) };
  } catch (caught) {
    if (signal.aborted) throw caught;
    return { scope: opened.name, error: asSlipwayError(caught) };
  }
}

function foundMachine({ id, place, ownership, launchIndex }: Machine): FoundMachine {
  const { launchId = "", spawnId = null } = ownership ?? {};
  return { id, place, launchId, spawnId, launchIndex };
}

function refuseOldCopy(scopes: readonly Scope[]): void {
  const foreign = scopes.flatMap(({ machines, verdicts }) =>
    machines.filter((_machine, index) => verdicts[index] === "foreign"),
  );
  if (foreign.length === 0) return;
  const ids = foreign.map(({ id }) => id);
  throw new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "LEDGER_RESTORED",
    message: `${ids.length} machines carry this ledger's tag but launches that it never issued (${ids.slice(0, 3).join(", ")}${ids.length > 3 ? ", …" : ""}): it is an older copy of the one that launched them, and knows nothing of what they are for`,
    remedy:
      "Use the ledger that launched them; if it is lost, see to these machines by hand. Nothing was terminated.",
    metadata: { machines: ids.slice(0, 100) },
  });
}

async function sweepScope(
  { ledger, now }: { readonly ledger: Ledger; readonly now: number },
  { name, adapter, machines, verdicts }: Scope,
  { grace = GRACE, dryRun, signal }: SweepRequest,
): Promise<{ suspects: SweptMachine[]; terminated: SweptMachine[]; failures: Skipped[] }> {
  const orphans = machines
    .filter((_machine, index) => verdicts[index] === "orphan")
    .map(foundMachine);
  const known = new Set((await ledger.suspects(name)).map(({ id }) => id));
  const suspects = dryRun ? await ledger.suspects(name) : await ledger.suspect(name, orphans, now);
  const since = new Map(suspects.map((suspect) => [suspect.id, suspect.since]));
  const all = orphans.map(({ id, place }) => ({
    id,
    place,
    scope: name,
    since: since.get(id) ?? now,
  }));
  // Found by an earlier sweep, long enough ago, and claimed by nobody in the meantime.
  const due = all.filter((one) => known.has(one.id) && now - one.since >= grace);
  const dueIds = new Set(due.map(({ id }) => id));
  const judged = await ledger.judge(orphans.filter(({ id }) => dueIds.has(id)));
  const doomed = due.filter((_one, index) => judged[index] === "orphan");
  const doomedIds = new Set(doomed.map(({ id }) => id));
  const staying = all.filter(({ id }) => !doomedIds.has(id));
  if (dryRun || doomed.length === 0) return { suspects: staying, terminated: doomed, failures: [] };
  const outcomes = await terminateAll(adapter, doomed, signal);
  return {
    suspects: [...staying, ...doomed.filter((_one, at) => outcomes[at]?.outcome === "failed")],
    terminated: doomed.filter((_one, at) => outcomes[at]?.outcome !== "failed"),
    // One for the scope: a call that fails fails alike for all of its machines.
    failures: outcomes
      .flatMap((one) => (one.outcome === "failed" ? [{ scope: name, error: one.error }] : []))
      .slice(0, 1),
  };
}

async function terminateAll(
  adapter: SubstrateAdapter,
  machines: readonly SweptMachine[],
  signal: AbortSignal,
): Promise<readonly TerminateOutcome[]> {
  const ids = machines.map(({ id }) => id);
  try {
    return await adapter.terminate(ids, signal);
  } catch (caught) {
    if (signal.aborted) throw caught;
    const error = asSlipwayError(caught);
    return ids.map((id) => ({ id, outcome: "failed", error }));
  }
}

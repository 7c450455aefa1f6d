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
  /** Places to list in addition to those of recorded launches. */
  readonly targets: readonly PlacementTarget[];
  /** How long a machine must have been a suspect before it is terminated, in milliseconds. Default: 15 minutes. */
  readonly grace: number | undefined;
  /** Only report what would be done. */
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
}

export interface SweptMachine extends Suspect {
  /** The account and region, project or engine. */
  readonly scope: string;
}

export interface SweepReport {
  /** The number of machines with this ledger's tag. */
  readonly scanned: number;
  readonly claimed: number;
  /** Machines that no live spawn claims and that are left alone for now. */
  readonly suspects: readonly SweptMachine[];
  /** Machines that this sweep terminated; in a dry run those that it would have terminated. */
  readonly terminated: readonly SweptMachine[];
  /** Scopes that could not be listed completely, or in which a termination failed, with the reason. */
  readonly skippedScopes: readonly { readonly scope: string; readonly error: SlipwayError }[];
}

/** One account and region, project or engine, with all its machines that carry this ledger's tag. */
interface Scope {
  readonly name: string;
  readonly adapter: SubstrateAdapter;
  readonly machines: readonly Machine[];
  readonly verdicts: readonly ClaimVerdict[];
}

/** Default for `SweepRequest.grace`, in milliseconds. */
const GRACE = 15 * 60_000;
/** How many scopes are listed at once. */
const AT_ONCE = 4;

/**
 * Finds machines with this ledger's tag that no live spawn claims. The first sweep makes them suspects; a later one
 * terminates those that still are, after the grace period. A scope that cannot be listed completely is left alone. If
 * any machine has a launch that this ledger never issued, everything is left alone, because the ledger is an old copy.
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
    message: `${ids.length} machines carry this ledger's tag but launches that it never issued (${ids.slice(0, 3).join(", ")}${ids.length > 3 ? ", …" : ""}): it is an older copy of the ledger that launched them`,
    remedy:
      "Use the ledger that launched them; if it is lost, terminate these machines by other means. Nothing was terminated.",
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
  // An earlier sweep found it, long enough ago, and no spawn has claimed it since.
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
    // One for the scope: a failing call fails alike for all of its machines.
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

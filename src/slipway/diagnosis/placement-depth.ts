import type { Catalog } from "../../catalog/catalog.ts";
import type { CatalogRecord } from "../../catalog/kinds.ts";
import type { Clock } from "../../host/clock.ts";
import { isSlipwayError } from "../../errors.ts";
import type { Check } from "../../plan/plan.ts";
import { checkPlacement } from "../../resolver/placement-checks.ts";
import { resolve } from "../../resolver/resolve.ts";
import { placementTarget } from "../../resolver/target.ts";
import { passed, warning } from "../../substrate/check.ts";
import type { OpenAdapter } from "../../substrate/contract.ts";
import { imageCredential } from "../credentials.ts";
import type { CredentialPorts } from "../credentials.ts";
import { bounded } from "./bounded.ts";
import type { TimeLimit } from "./bounded.ts";

const DRY_RUN = "dry-run";
/** How many of the placement's workspaces are resolved. */
const MOST_WORKSPACES = 5;

export interface PlacementQuestion {
  readonly placement: CatalogRecord<"placement">;
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly openAdapter: OpenAdapter;
  readonly credentials: CredentialPorts;
}

/** The checks of dry runs at one placement: of the placement alone, and of the workspaces that use it. */
export async function placementDepth(
  question: PlacementQuestion,
  limit: TimeLimit,
): Promise<readonly Check[]> {
  const { placement, catalog } = question;
  const all = await catalog.list("workspace");
  const workspaces = all.filter((one) => one.placement === placement.name);
  const shown = workspaces.slice(0, MOST_WORKSPACES);
  const [alone, dryRuns] = await Promise.all([
    placementAlone(question, limit),
    Promise.all(shown.map(({ name }) => dryRun(question, name, limit))),
  ]);
  const reported = new Set(alone.map(({ message }) => message));
  const found = dryRuns.flat().filter(({ check }) => !reported.has(check.message));
  return [...alone, ...withWorkspaces(found), ...omitted(workspaces.length - shown.length)];
}

/** A check of a workspace's dry run. */
interface WorkspaceCheck {
  readonly workspace: string;
  readonly check: Check;
}

/** One check for all workspaces with the same finding, which it names. */
function withWorkspaces(found: readonly WorkspaceCheck[]): readonly Check[] {
  const groups = Map.groupBy(found, ({ check: { name, message } }) =>
    JSON.stringify([name, message]),
  );
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const names = group.map(({ workspace }) => workspace).join(", ");
    const subject = `${group.length === 1 ? "workspace" : "workspaces"} ${names}`;
    return [{ ...first.check, message: `${subject}: ${first.check.message}` }];
  });
}

async function placementAlone(
  { placement, catalog, openAdapter }: PlacementQuestion,
  limit: TimeLimit,
): Promise<readonly Check[]> {
  const { result, failure } = await bounded("placement", limit, async (signal) => {
    const adapter = await openAdapter(placementTarget(placement));
    return await checkPlacement(adapter, placement, { tenant: catalog.tenant, signal });
  });
  return result ?? [failure];
}

/** A dry run that succeeds is one line; of one that fails, its failed checks and warnings are reported. */
async function dryRun(
  { catalog, clock, openAdapter, credentials }: PlacementQuestion,
  workspace: string,
  limit: TimeLimit,
): Promise<readonly WorkspaceCheck[]> {
  const { result, failure } = await bounded(DRY_RUN, limit, async (signal) => {
    try {
      const plan = await resolve(
        {
          linkedRecords: (one) => catalog.linked("workspace", one),
          clock,
          openAdapter,
          findCredential: (image) => imageCredential(credentials, image, signal),
        },
        { workspace, tenant: catalog.tenant, offline: false, signal },
      );
      const places = plan.candidates.filter(({ verdict }) => verdict === "eligible");
      const where = [...new Set(places.map(({ place }) => place))].join(", ");
      return [passed(DRY_RUN, `would launch ${plan.artifact.id} in ${where}`), ...plan.checks];
    } catch (caught) {
      if (!isSlipwayError(caught) || caught.checks === null) throw caught;
      return caught.checks;
    }
  });
  return (result ?? [failure])
    .filter(
      ({ name, outcome }) => name === DRY_RUN || outcome === "failed" || outcome === "warning",
    )
    .map((check) => ({ workspace, check }));
}

function omitted(count: number): readonly Check[] {
  if (count <= 0) return [];
  return [
    warning("placement", {
      message: `${count} more workspaces of this placement were not tried`,
      remedy: "Try each with `slipway resolve WORKSPACE`.",
    }),
  ];
}

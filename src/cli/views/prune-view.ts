import type { PruneReport } from "../../ledger/prune.ts";
import type { View } from "../output/render.ts";
import { renderFields } from "../output/table.ts";

/** The numbers of records that a prune deleted, or in a dry run would delete. */
export function viewPrune(report: PruneReport, dryRun: boolean): View {
  const { endedBefore, complete, spawns, attempts, events, labels, plans } = report;
  return {
    value: {
      dry_run: dryRun,
      ended_before: endedBefore,
      spawns,
      attempts,
      events,
      labels,
      plans,
      complete,
    },
    table: () =>
      renderFields([
        ["ENDED BEFORE", endedBefore],
        [dryRun ? "WOULD DELETE" : "DELETED", `${spawns} spawns`],
        ["ATTEMPTS", attempts],
        ["EVENTS", events],
        ["LABELS", labels],
        ["PLANS", plans],
        ["COMPLETE", complete ? "yes" : "no: interrupted"],
      ]),
  };
}

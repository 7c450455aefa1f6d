import type { JsonObject } from "../../errors.ts";
import type { SweepReport, SweptResource } from "../../spawner/sweep.ts";
import type { View } from "../output/render.ts";
import { joinParts, renderFields, renderTable } from "../output/table.ts";

/** The resources that a sweep found, and those that it removed. */
export function viewSweep(report: SweepReport): View {
  const { scanned, claimed, suspects, terminated, skippedScopes } = report;
  return {
    value: {
      scanned,
      claimed,
      suspects: suspects.map(resourceFields),
      terminated: terminated.map(resourceFields),
      skipped_scopes: skippedScopes.map(({ scope, error }) => ({ scope, error: error.toJSON() })),
    },
    table: () => sweepTable(report),
  };
}

function resourceFields({ id, kind, place, since }: SweptResource): JsonObject {
  return { id, kind, place, since: new Date(since).toISOString() };
}

function sweepTable(report: SweepReport): string {
  const { scanned, claimed, suspects, terminated, skippedScopes } = report;
  const resources = [
    ...terminated.map((resource) => ({ ...resource, status: "terminated" })),
    ...suspects.map((resource) => ({ ...resource, status: "suspect" })),
  ];
  return joinParts([
    renderFields([
      ["SCANNED", scanned],
      ["CLAIMED", claimed],
      ["SUSPECTS", suspects.length],
      ["TERMINATED", terminated.length],
      ["SKIPPED", skippedScopes.length],
    ]),
    resources.length === 0
      ? ""
      : renderTable(
          [
            { title: "ID", cell: ({ id }) => id },
            { title: "KIND", cell: ({ kind }) => kind },
            { title: "PLACE", cell: ({ place }) => place },
            { title: "SINCE", cell: ({ since }) => new Date(since).toISOString() },
            { title: "STATUS", cell: ({ status }) => status },
          ],
          resources,
        ),
    skippedScopes.length === 0
      ? ""
      : renderTable(
          [
            { title: "SKIPPED SCOPE", cell: ({ scope }) => scope },
            { title: "REASON", cell: ({ error }) => error.reason },
            { title: "MESSAGE", cell: ({ error }) => error.message },
          ],
          skippedScopes,
        ),
  ]);
}

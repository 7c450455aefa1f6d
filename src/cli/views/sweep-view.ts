import type { JsonObject } from "../../errors.ts";
import type { SweepReport, SweptMachine } from "../../spawner/sweep.ts";
import type { View } from "../output/render.ts";
import { joinParts, renderFields, renderTable } from "../output/table.ts";

/** The machines that a sweep found, and those that it terminated. */
export function viewSweep(report: SweepReport): View {
  const { scanned, claimed, suspects, terminated, skippedScopes } = report;
  return {
    value: {
      scanned,
      claimed,
      suspects: suspects.map(machineFields),
      terminated: terminated.map(machineFields),
      skipped_scopes: skippedScopes.map(({ scope, error }) => ({ scope, error: error.toJSON() })),
    },
    table: () => sweepTable(report),
  };
}

function machineFields({ id, place, since }: SweptMachine): JsonObject {
  return { id, place, since: new Date(since).toISOString() };
}

function sweepTable(report: SweepReport): string {
  const { scanned, claimed, suspects, terminated, skippedScopes } = report;
  const machines = [
    ...terminated.map((machine) => ({ ...machine, status: "terminated" })),
    ...suspects.map((machine) => ({ ...machine, status: "suspect" })),
  ];
  return joinParts([
    renderFields([
      ["SCANNED", scanned],
      ["CLAIMED", claimed],
      ["SUSPECTS", suspects.length],
      ["TERMINATED", terminated.length],
      ["SKIPPED", skippedScopes.length],
    ]),
    machines.length === 0
      ? ""
      : renderTable(
          [
            { title: "MACHINE", cell: ({ id }) => id },
            { title: "PLACE", cell: ({ place }) => place },
            { title: "SINCE", cell: ({ since }) => new Date(since).toISOString() },
            { title: "STATUS", cell: ({ status }) => status },
          ],
          machines,
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

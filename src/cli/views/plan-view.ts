import type { Candidate, Check, LaunchPlan } from "../../plan/plan.ts";
import { toSnakeCase } from "../../json/field-case.ts";
import type { View } from "../output/render.ts";
import { joinParts, renderFields, renderTable } from "../output/table.ts";
import type { Column } from "../output/table.ts";

const CHECK_COLUMNS: readonly Column<Check>[] = [
  { title: "CHECK", cell: (check) => check.name },
  { title: "OUTCOME", cell: (check) => check.outcome },
  { title: "FINDING", cell: (check) => check.message },
];

export function viewPlan(plan: LaunchPlan): View {
  return { value: toSnakeCase(plan), table: () => planTable(plan) };
}

/** Only EC2 has markets. */
function candidateColumns({ candidates }: LaunchPlan): readonly Column<Candidate>[] {
  const hasMarkets = candidates.some(({ market }) => market !== undefined);
  return [
    { title: "PLACE", cell: ({ place }) => place },
    { title: "SUBNET", cell: ({ subnet }) => subnet },
    ...(hasMarkets ? [{ title: "MARKET", cell: ({ market }: Candidate) => market }] : []),
    { title: "VERDICT", cell: ({ verdict }) => verdict },
    { title: "REASON", cell: ({ reason }) => reason },
  ];
}

/** A plan for people: the artifact, the candidates and the checks. */
export function planTable(plan: LaunchPlan): string {
  const { artifact, shape } = plan;
  const fields = renderFields([
    ["PLAN", plan.planId],
    ["WORKSPACE", plan.workspace],
    ["TENANT", plan.tenant],
    ["SUBSTRATE", plan.substrate],
    ["ARCHITECTURE", plan.architecture],
    ["ARTIFACT", artifact.id],
    ["REQUESTED", artifact.requested],
    ["PINNED", artifact.pinned ? "yes" : "no (cannot be spawned)"],
    ["MACHINE TYPE", plan.machineType],
    ["VCPUS", shape.vcpus],
    ["MEMORY", shape.memoryGb === null ? null : `${shape.memoryGb} GiB`],
  ]);
  const candidates = renderTable(candidateColumns(plan), plan.candidates);
  const floating =
    plan.floatingReads.length === 0
      ? ""
      : renderTable(
          [
            { title: "FLOATING REFERENCE", cell: ({ reference }) => reference },
            { title: "MEANS", cell: ({ value }) => value },
            { title: "READ AT", cell: ({ readAt }) => readAt },
          ],
          plan.floatingReads,
        );
  return joinParts([fields, candidates, renderTable(CHECK_COLUMNS, plan.checks), floating]);
}

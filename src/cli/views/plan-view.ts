import { machineTypesOf } from "../../plan/machine-types.ts";
import type { Candidate, Check, Gpu, LaunchPlan } from "../../plan/plan.ts";
import type { JsonValue } from "../../errors.ts";
import { toSnakeCase } from "../../json/field-case.ts";
import { windowOf } from "../output/render.ts";
import type { View } from "../output/render.ts";
import { joinParts, renderDetails, renderFields, renderTable } from "../output/table.ts";
import type { Column } from "../output/table.ts";

export const CHECK_COLUMNS: readonly Column<Check>[] = [
  { title: "CHECK", cell: (check) => check.name },
  { title: "OUTCOME", cell: (check) => check.outcome },
  { title: "FINDING", cell: (check) => check.message },
];

export function viewPlan(plan: LaunchPlan): View {
  return { value: toSnakeCase(plan), table: (display) => planTable(plan, windowOf(display)) };
}

/** Not every plan has markets, or more than one machine type. */
function candidateColumns({ candidates }: LaunchPlan): readonly Column<Candidate>[] {
  const hasMarkets = candidates.some(({ market }) => market !== undefined);
  const hasTypes = candidates.some(({ machineType }) => machineType !== undefined);
  return [
    ...(hasTypes
      ? [{ title: "MACHINE TYPE", cell: ({ machineType }: Candidate) => machineType }]
      : []),
    { title: "PLACE", cell: ({ place }) => place },
    { title: "SUBNET", cell: ({ subnet }) => subnet },
    ...(hasMarkets ? [{ title: "MARKET", cell: ({ market }: Candidate) => market }] : []),
    { title: "VERDICT", cell: ({ verdict }) => verdict },
    { title: "REASON", cell: ({ reason }) => reason },
  ];
}

/** `1 × NVIDIA T4 (16 GiB)`, by machine type if there are several. */
function gpusOf({ machineTypes = [] }: LaunchPlan): string | null {
  const texts = machineTypes.flatMap(({ name, gpus }) => {
    if (gpus.length === 0) return [];
    const all = gpus.map(gpuText).join(" and ");
    return machineTypes.length === 1 ? [all] : [`${name}: ${all}`];
  });
  return texts.length === 0 ? null : texts.join(", ");
}

function gpuText({ name, count, memoryGb }: Gpu): string {
  return `${count} × ${name}${memoryGb === null ? "" : ` (${memoryGb} GiB each)`}`;
}

/** The longest value in a table, in characters. */
const LONGEST_VALUE = 60;

/** Each value of a plan that has a source of its own, with that source. */
export function sourcesTable(plan: LaunchPlan, width: number | null): string {
  const document = toSnakeCase(plan);
  return renderDetails<readonly [pointer: string, source: string]>(
    [
      { title: "FIELD", cell: ([pointer]) => stepsOf(pointer).join(".") },
      { title: "VALUE", cell: ([pointer]) => shortText(valueAt(document, stepsOf(pointer))) },
      { title: "SOURCE", cell: ([, source]) => source },
    ],
    Object.entries(plan.sources),
    width,
  );
}

/** https://www.rfc-editor.org/rfc/rfc6901#section-4 */
function stepsOf(pointer: string): readonly string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function valueAt(document: JsonValue, steps: readonly string[]): JsonValue {
  let value: JsonValue = document;
  for (const step of steps)
    value = Object.getOwnPropertyDescriptor(Object(value), step)?.value ?? null;
  return value;
}

function shortText(value: JsonValue): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE - 1)}…` : text;
}

/**
 * A plan for people: the artifact, the candidates and the checks.
 *
 * @param width of the window; null if there is none
 */
export function planTable(plan: LaunchPlan, width: number | null): string {
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
    ["MACHINE TYPE", machineTypesOf(plan).join(", ")],
    ["VCPUS", shape.vcpus],
    ["MEMORY", shape.memoryGb === null ? null : `${shape.memoryGb} GiB`],
    ["GPUS", gpusOf(plan)],
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
  return joinParts([
    fields,
    candidates,
    renderDetails(CHECK_COLUMNS, plan.checks, width),
    floating,
  ]);
}

import type { CatalogRecord } from "../catalog/kinds.ts";
import type { Check, MachineTypeFacts } from "../plan/plan.ts";
import { passed, warning } from "../substrate/check.ts";

/**
 * Compares `has_gpu` of the record with the GPUs that the provider reports and the record adds. It is a warning, because
 * the field does not change what is launched.
 */
export function gpuChecks(
  record: CatalogRecord<"machine-type"> | null,
  facts: readonly MachineTypeFacts[] = [],
): readonly Check[] {
  const hasGpu = record?.hasGpu;
  if (record === null || hasGpu === undefined || facts.length === 0) return [];
  const check = "machine-type.gpus";
  const others = facts.filter(({ gpus }) => gpus.length > 0 !== hasGpu);
  const names = others.map(({ name }) => name).join(", ");
  if (others.length === 0)
    return [passed(check, `machine-type ${record.name} says has_gpu: ${hasGpu}, as its types do`)];
  return [
    warning(check, {
      reason: "MACHINE_TYPE_MISMATCH",
      message: `machine-type ${record.name} says has_gpu: ${hasGpu}, but ${names} ${hasGpu ? "has no GPU" : `has ${gpusOf(others)}`}`,
      remedy: "Correct has_gpu of the machine-type record, or the types that it names.",
    }),
  ];
}

function gpusOf(facts: readonly MachineTypeFacts[]): string {
  const gpus = facts.flatMap((type) => type.gpus.map(({ name, count }) => `${count} × ${name}`));
  return [...new Set(gpus)].join(", ");
}

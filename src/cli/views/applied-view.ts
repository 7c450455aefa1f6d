import type { AppliedRecord } from "../../catalog/catalog.ts";
import { toDocument } from "../../catalog/documents.ts";
import type { CatalogKind } from "../../catalog/kinds.ts";
import type { JsonObject } from "../../errors.ts";
import type { View } from "../output/render.ts";
import { renderYaml } from "../output/render.ts";
import { unifiedDiff } from "../output/unified-diff.ts";

interface ShownRecord {
  readonly applied: AppliedRecord;
  /** Empty for an unchanged record; null if not requested. */
  readonly diff: string | null;
}

/** The effects of `apply` on the records. */
export async function viewApplied(
  records: readonly AppliedRecord[],
  { dryRun, diff }: { readonly dryRun: boolean; readonly diff: boolean },
): Promise<View> {
  const shown = await Promise.all(
    records.map(async (applied) => ({ applied, diff: diff ? await diffOf(applied) : null })),
  );
  const note = dryRun ? " (dry run)" : "";
  return {
    value: shown.map((one) => ({ ...fieldsOf(one), ...(dryRun ? { dry_run: true } : {}) })),
    table: () =>
      [...shown.map(({ diff: text }) => text ?? ""), appliedText(records, note)].join(""),
  };
}

/** One line for each record. */
export function appliedText(records: readonly AppliedRecord[], note = ""): string {
  return records.map(({ kind, name, change }) => `${kind} ${name} ${change}${note}\n`).join("");
}

/** The differences between the records and their documents, as a text for people by default. */
export async function viewDifferences(records: readonly AppliedRecord[]): Promise<View> {
  const shown = await Promise.all(
    records.map(async (applied) => ({ applied, diff: await diffOf(applied) })),
  );
  return {
    value: shown.map(fieldsOf),
    format: "table",
    table: () => shown.map(({ diff }) => diff).join(""),
  };
}

function fieldsOf({ applied, diff }: ShownRecord): JsonObject {
  const { kind, name, change, record } = applied;
  const { generation } = record;
  return { kind, name, change, generation, ...(diff === null ? {} : { diff }) };
}

async function diffOf({
  kind,
  name,
  changesValue,
  previous,
  record,
}: AppliedRecord): Promise<string> {
  const value = (state: string) => (changesValue ? { plaintext_value: `*** (${state})` } : {});
  const text = async (of: typeof record, state: string) =>
    await renderYaml({ ...toDocument<CatalogKind>(kind, of), ...value(state) });
  const generation = previous === null ? "absent" : `generation ${previous.generation}`;
  return unifiedDiff(
    {
      title: `${kind} ${name} (${generation})`,
      text: previous === null ? "" : await text(previous, "before"),
    },
    { title: `${kind} ${name} (new)`, text: await text(record, "after") },
  );
}

import { requireKind } from "../../catalog/documents.ts";
import type { CatalogKind, CatalogRecord } from "../../catalog/kinds.ts";
import { CATALOG_KINDS } from "../../catalog/kinds.ts";
import type { CliContext } from "../context.ts";
import { usageError } from "../arguments/flags.ts";
import { withSlipway } from "../session.ts";
import { viewAllRecords, viewRecord, viewRecords } from "../views/record-view.ts";

/** The word for every kind. No kind has this name. */
const ALL = "all";

export async function get(
  context: CliContext,
  _flags: object,
  word: string,
  name?: string,
): Promise<void> {
  if (word === ALL) return await getAll(context, name);
  const kind = requireKind(word);
  await withSlipway(context, async ({ catalog }) => {
    if (name === undefined) await context.print(viewRecords(kind, await catalog.list(kind)));
    else await context.print(viewRecord(kind, await catalog.get(kind, name)));
  });
}

async function getAll(context: CliContext, name: string | undefined): Promise<void> {
  if (name !== undefined)
    throw usageError("all and a name cannot be combined", "Name the kind of the resource.");
  await withSlipway(context, async ({ catalog }) => {
    const records: { kind: CatalogKind; record: CatalogRecord<CatalogKind> }[] = [];
    for (const kind of CATALOG_KINDS)
      for (const record of await catalog.list(kind)) records.push({ kind, record });
    await context.print(viewAllRecords(records));
  });
}

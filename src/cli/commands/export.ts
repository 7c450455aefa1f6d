import type { Catalog } from "../../catalog/catalog.ts";
import { isBuiltIn } from "../../catalog/built-ins.ts";
import { CREATION_ORDER, toDocument } from "../../catalog/documents.ts";
import type { CatalogKind } from "../../catalog/kinds.ts";
import type { JsonObject } from "../../errors.ts";
import type { CliContext } from "../context.ts";
import { renderTable } from "../output/table.ts";
import { withSlipway } from "../session.ts";

interface Exported {
  readonly kind: CatalogKind;
  readonly name: string;
  readonly document: JsonObject;
}

/** Prints every record that users can write, as documents that `apply` accepts. */
export async function exportCatalog(context: CliContext): Promise<void> {
  await withSlipway(context, async ({ catalog }) => {
    const exported: Exported[] = [];
    for (const kind of CREATION_ORDER) exported.push(...(await exportKind(catalog, kind)));
    await context.print({
      value: exported.map(({ document }) => document),
      format: "yaml",
      isStream: true,
      table: () =>
        renderTable(
          [
            { title: "KIND", cell: ({ kind }) => kind },
            { title: "NAME", cell: ({ name }) => name },
          ],
          exported,
        ),
    });
  });
}

async function exportKind(catalog: Catalog, kind: CatalogKind): Promise<readonly Exported[]> {
  const records = await catalog.list(kind);
  return records
    .filter(({ name }) => !isBuiltIn(kind, name))
    .map((record) => ({ kind, name: record.name, document: toDocument(kind, record) }));
}

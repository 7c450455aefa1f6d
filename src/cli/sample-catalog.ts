/** Records that a command writes into the user's catalog. It owns those that it wrote last, and replaces no others. */
import type { AppliedRecord, Catalog } from "../catalog/catalog.ts";
import { SlipwayError } from "../errors.ts";
import type { JsonObject } from "../errors.ts";

export interface CatalogSample {
  readonly documents: readonly JsonObject[];
  /** Author recorded in the history, by which the command recognizes its own records. */
  readonly author: string;
}

/** @throws SlipwayError `ALREADY_EXISTS` / `NAME_CLASH` for a record that is different and has another author */
export async function refuseForeignRecords(
  catalog: Catalog,
  { documents, author }: CatalogSample,
): Promise<void> {
  const planned = await catalog.apply(documents, { dryRun: true, actor: author });
  const foreign = planned.filter(
    ({ change, previous }) => change === "configured" && previous?.updatedBy !== author,
  );
  const [first] = foreign;
  if (first === undefined) return;
  throw new SlipwayError({
    code: "ALREADY_EXISTS",
    reason: "NAME_CLASH",
    message: `--apply would replace records that it did not write: ${foreign.map(({ kind, name }) => `${kind} ${name}`).join(", ")}`,
    remedy: `Keep them: choose another catalog with --tenant or --database. Or delete them, such as with \`slipway delete ${first.kind} ${first.name}\`.`,
    metadata: { kind: first.kind, name: first.name },
  });
}

/** Writes the records. @throws what {@link refuseForeignRecords} throws */
export async function applySample(
  catalog: Catalog,
  sample: CatalogSample,
): Promise<readonly AppliedRecord[]> {
  await refuseForeignRecords(catalog, sample);
  return await catalog.apply(sample.documents, { actor: sample.author });
}

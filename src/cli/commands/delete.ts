import type { Catalog, DeleteOptions } from "../../catalog/catalog.ts";
import { withOrigin } from "../../catalog/catalog-errors.ts";
import { CREATION_ORDER, requireKind, splitDocument } from "../../catalog/documents.ts";
import type { CatalogKind } from "../../catalog/kinds.ts";
import { asSlipwayError, invalidArgument, isSlipwayError } from "../../errors.ts";
import type { CliContext } from "../context.ts";
import { combineFailures } from "../output/failures.ts";
import type { Failure } from "../output/failures.ts";
import { withSlipway } from "../session.ts";
import { viewDeletion, viewDeletions } from "../views/record-view.ts";
import type { Deletion } from "../views/record-view.ts";
import { readRecordFiles } from "../arguments/record-files.ts";
import type { FoundDocument } from "../arguments/record-files.ts";
import { usageError } from "../arguments/flags.ts";
import { writeOptions } from "../arguments/assignments.ts";
import type { WriteFlags } from "../arguments/assignments.ts";

interface DeleteFlags extends WriteFlags {
  readonly file?: readonly string[];
  readonly ignoreNotFound: boolean;
  readonly force: boolean;
}

interface Key {
  readonly kind: CatalogKind;
  readonly name: string;
}

export async function remove(
  context: CliContext,
  flags: DeleteFlags,
  word?: string,
  name?: string,
): Promise<void> {
  const { file, ifGeneration, ignoreNotFound, force } = flags;
  if (file === undefined || file.length === 0) {
    const key = namedKey(word, name);
    await withSlipway(context, async ({ catalog }) => {
      const options = { ...writeOptions(flags), ignoreNotFound, force };
      await context.print(viewDeletion(await removeRecord(catalog, key, options)));
    });
    return;
  }
  if (word !== undefined || ifGeneration !== undefined)
    throw usageError(
      "--file cannot be combined with KIND, NAME or --if-generation",
      "Name one resource, or files with -f.",
    );
  const keys = (await readRecordFiles(context, file)).map(keyOf);
  await withSlipway(context, async ({ catalog }) => {
    const { deletions, failures } = await removeAll(catalog, keys, { ignoreNotFound, force });
    await context.print(viewDeletions(deletions));
    const failure = combineFailures(failures, {
      tried: keys.length,
      consequence: "resources could not be deleted",
    });
    if (failure !== null) throw failure;
  });
}

function namedKey(word: string | undefined, name: string | undefined): Key {
  if (word !== undefined && name !== undefined) return { kind: requireKind(word), name };
  throw usageError(
    word === undefined ? "KIND is missing; NAME is missing" : "NAME is missing",
    "Name one resource, or files with -f.",
  );
}

/** The record that a document describes: its other fields may be outdated. */
function keyOf({ origin, document }: FoundDocument): Key {
  return withOrigin(origin, () => {
    const { kind, body } = splitDocument(document);
    const { name } = body;
    if (typeof name === "string") return { kind, name };
    throw invalidArgument("INVALID_RECORD", "name is required", "Give the document a name.");
  });
}

type RemovalOptions = DeleteOptions & { readonly ignoreNotFound: boolean };

/** Deletes records before those that they refer to, and attempts every deletion, even after one fails. */
async function removeAll(catalog: Catalog, keys: readonly Key[], options: RemovalOptions) {
  const deletions: Deletion[] = [];
  const failures: Failure[] = [];
  const ordered = CREATION_ORDER.toReversed().flatMap((kind) =>
    keys.filter((key) => key.kind === kind),
  );
  for (const key of ordered)
    try {
      deletions.push(await removeRecord(catalog, key, options));
    } catch (caught) {
      failures.push({ name: `${key.kind} ${key.name}`, error: asSlipwayError(caught) });
    }
  return { deletions, failures };
}

async function removeRecord(
  catalog: Catalog,
  { kind, name }: Key,
  { ignoreNotFound, ...options }: RemovalOptions,
): Promise<Deletion> {
  try {
    await catalog.delete(kind, name, options);
    return { kind, name, deleted: true };
  } catch (caught) {
    const isAbsent = isSlipwayError(caught) && caught.reason === "RECORD_NOT_FOUND";
    if (!isAbsent || !ignoreNotFound) throw caught;
    return { kind, name, deleted: false };
  }
}

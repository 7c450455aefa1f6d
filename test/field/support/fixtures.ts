import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { ScratchCatalog } from "../../cli/support/scratch-catalog.ts";

const FIXTURES = join(import.meta.dirname, "..", "..", "fixtures", "field");

/** Kinds in an order in which each record finds those that it refers to. */
const KINDS = ["image", "machine-type", "environment", "placement", "workspace"] as const;

/** The folder of a case, such as `oci/02-nested-index`. */
export function fixtureFolder(name: string): string {
  return join(FIXTURES, name);
}

export function readFixture(name: string, file: string): string {
  return readFileSync(join(fixtureFolder(name), file), "utf8");
}

/** Sets all records of a case, after replacing each key of `replacements` by its value. */
export async function setRecords(
  catalog: ScratchCatalog,
  name: string,
  replacements: Readonly<Record<string, string>> = {},
): Promise<void> {
  const files = readdirSync(fixtureFolder(name)).filter((file) => file.endsWith(".yaml"));
  for (const kind of KINDS)
    for (const file of files.filter(
      (each) => each === `${kind}.yaml` || each.startsWith(`${kind}-`),
    ))
      await setRecord(catalog, kind, replaceAll(readFixture(name, file), replacements));
}

async function setRecord(catalog: ScratchCatalog, kind: string, document: string): Promise<void> {
  const { name } = parse(document) as { readonly name: string };
  await catalog.must(["set", kind, name], { stdin: document });
}

function replaceAll(text: string, replacements: Readonly<Record<string, string>>): string {
  return Object.entries(replacements).reduce(
    (replaced, [from, to]) => replaced.replaceAll(from, to),
    text,
  );
}

import { renderTable } from "../output/table.ts";

interface Resource {
  readonly region: string;
  readonly zone: string | null;
  readonly resource: string;
  readonly id: string;
}

/** The resources of a fake, for people. */
export function resourcesText(resources: readonly Resource[]): string {
  return renderTable<Resource>(
    [
      { title: "REGION", cell: ({ region }) => region },
      { title: "ZONE", cell: ({ zone }) => zone },
      { title: "RESOURCE", cell: ({ resource }) => resource },
      { title: "ID", cell: ({ id }) => id },
    ],
    resources,
  );
}

/** Lines for `eval` in a POSIX shell. */
export function exportLines(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => `export ${name}=${shellWord(value)}\n`)
    .join("");
}

function shellWord(text: string): string {
  return /^[\w./:@-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

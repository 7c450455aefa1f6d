import {
  diskTypeSubstrate,
  imageSubstrate,
  machineTypeSubstrate,
  architectureOf,
} from "../../catalog/kinds.ts";
import type { CatalogKind, CatalogRecord, HistoryEntry } from "../../catalog/kinds.ts";
import { asJsonObject } from "../../json/json-object.ts";
import { toSnakeCase } from "../../json/field-case.ts";
import { windowOf } from "../output/render.ts";
import type { Display, View } from "../output/render.ts";
import { renderForm } from "../output/form.ts";
import { renderTable } from "../output/table.ts";
import type { Column } from "../output/table.ts";

type Cells = { readonly [title: string]: string | number | null | undefined };

/** The columns of each kind's list, between the name and the generation. */
const CELLS: { readonly [K in CatalogKind]: (record: CatalogRecord<K>) => Cells } = {
  image: (image) => ({
    SUBSTRATE: imageSubstrate(image),
    ARCHITECTURE: architectureOf(image),
    SOURCE: imageSource(image),
  }),
  workspace: ({ imageRef, placement, environmentRef }) => ({
    IMAGE: imageRef,
    PLACEMENT: placement,
    ENVIRONMENT: environmentRef,
  }),
  placement: (placement) => ({ SUBSTRATE: placement.substrate, WHERE: whereOf(placement) }),
  environment: ({ substrate, machineTypeRef, diskTypeRef, diskSizeGb }) => ({
    SUBSTRATE: substrate,
    "MACHINE TYPE": machineTypeRef,
    "DISK TYPE": diskTypeRef,
    "DISK GIB": diskSizeGb,
  }),
  "machine-type": (machineType) => ({
    SUBSTRATE: machineTypeSubstrate(machineType),
    ARCHITECTURE: architectureOf(machineType),
    VCPUS: machineType.vcpus,
    "MEMORY GIB": machineType.memoryGb,
  }),
  "disk-type": (diskType) => ({ SUBSTRATE: diskTypeSubstrate(diskType) }),
  secret: () => ({}),
};

export function viewRecord<K extends CatalogKind>(kind: K, record: CatalogRecord<K>): View {
  const value = asJsonObject(toSnakeCase(record));
  return { value, table: ({ now }) => renderForm({ kind, ...value }, now) };
}

export function viewRecords<K extends CatalogKind>(
  kind: K,
  records: readonly CatalogRecord<K>[],
): View {
  return { value: toSnakeCase(records), table: (display) => recordTable(kind, records, display) };
}

/** Records of all kinds. */
export function viewAllRecords(
  records: readonly { readonly kind: CatalogKind; readonly record: CatalogRecord<CatalogKind> }[],
): View {
  return {
    value: records.map(({ kind, record }) => ({ kind, ...asJsonObject(toSnakeCase(record)) })),
    table: (display) =>
      renderTable<(typeof records)[number]>(
        [
          { title: "KIND", cell: ({ kind }) => kind },
          { title: "NAME", cell: ({ record }) => record.name },
          { title: "GENERATION", cell: ({ record }) => record.generation },
          { title: "UPDATED", cell: ({ record }) => record.updatedAt },
          { title: "DESCRIPTION", cell: ({ record }) => record.description },
        ],
        records,
        display.color,
        windowOf(display),
      ),
  };
}

export interface Deletion {
  readonly kind: CatalogKind;
  readonly name: string;
  /** False for a record that did not exist. */
  readonly deleted: boolean;
}

export function viewDeletion(deletion: Deletion): View {
  return { value: { ...deletion }, table: () => deletionLine(deletion) };
}

export function viewDeletions(deletions: readonly Deletion[]): View {
  return {
    value: deletions.map((deletion) => ({ ...deletion })),
    table: () => deletions.map(deletionLine).join(""),
  };
}

function deletionLine({ kind, name, deleted }: Deletion): string {
  return `${kind} ${name} ${deleted ? "deleted" : "did not exist"}\n`;
}

export function viewHistory<K extends CatalogKind>(entries: readonly HistoryEntry<K>[]): View {
  const columns: readonly Column<HistoryEntry<K>>[] = [
    { title: "GENERATION", cell: ({ generation }) => generation },
    { title: "AT", cell: ({ updatedAt }) => updatedAt },
    { title: "BY", cell: ({ updatedBy }) => updatedBy },
    { title: "CHANGE", cell: ({ deleted }) => (deleted ? "deleted" : "set") },
  ];
  return { value: toSnakeCase(entries), table: () => renderTable(columns, entries) };
}

function recordTable<K extends CatalogKind>(
  kind: K,
  records: readonly CatalogRecord<K>[],
  display: Display,
): string {
  const rows = records.map((record) => ({ record, cells: CELLS[kind](record) }));
  const titles = [...new Set(rows.flatMap(({ cells }) => Object.keys(cells)))];
  return renderTable<(typeof rows)[number]>(
    [
      { title: "NAME", cell: ({ record }) => record.name },
      ...titles.map((title) => ({
        title,
        cell: ({ cells }: (typeof rows)[number]) => cells[title],
      })),
      { title: "GENERATION", cell: ({ record }) => record.generation },
      { title: "UPDATED", cell: ({ record }) => record.updatedAt },
      { title: "DESCRIPTION", cell: ({ record }) => record.description },
    ],
    rows,
    display.color,
    windowOf(display),
  );
}

function imageSource({ aws, gce, docker }: CatalogRecord<"image">): string {
  if (aws !== undefined)
    return Object.entries(aws.amiIds)
      .map(([region, ami]) => `${region}: ${ami}`)
      .join(", ");
  return gce?.selfLink ?? docker?.imageRef ?? "";
}

function whereOf(placement: CatalogRecord<"placement">): string {
  switch (placement.substrate) {
    case "AWS":
      return placement.target.aws.region;
    case "GCP":
      return placement.target.gcp.zones.join(", ");
    case "DOCKER":
      return placement.target.docker.host ?? "the current Docker context";
  }
}

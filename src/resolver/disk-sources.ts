import type { CatalogRecord } from "../catalog/kinds.ts";
import { snakeCaseName } from "../json/field-case.ts";
import type { Links } from "./links.ts";

/** The sources of the disks' options and of further disks, for an environment that has them. */
export function diskSources({
  environment,
  diskType,
  dataDiskTypes,
}: Links): Readonly<Record<string, string>> {
  const options = diskType === null ? [] : diskFields(diskType);
  const ofEnvironment = `environment ${environment?.name ?? ""} generation ${environment?.generation ?? 0}`;
  return {
    ...(diskType === null || options.length === 0
      ? {}
      : {
          "/shape/disk": `disk-type ${diskType.name} generation ${diskType.generation} ${options.join(", ")}`,
        }),
    ...(environment?.keepDiskOnTermination === undefined
      ? {}
      : { "/shape/keep_disk": `${ofEnvironment} keep_disk_on_termination` }),
    ...Object.fromEntries(
      (environment?.dataDisks ?? []).map((_disk, index) => {
        const type = dataDiskTypes[index] ?? null;
        const ofType =
          type === null
            ? "default disk type"
            : `disk-type ${type.name} generation ${type.generation} spec`;
        return [`/shape/data_disks/${index}`, `${ofEnvironment} data_disks[${index}]; ${ofType}`];
      }),
    ),
  };
}

/** The fields of the record's spec besides the type's name. */
function diskFields({ spec }: CatalogRecord<"disk-type">): readonly string[] {
  const [arm, fields] = "aws" in spec ? (["aws", spec.aws] as const) : (["gce", spec.gce] as const);
  return Object.keys(fields)
    .filter((field) => field !== "volumeType" && field !== "diskType")
    .map((field) => `spec.${arm}.${snakeCaseName(field)}`);
}

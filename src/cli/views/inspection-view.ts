import type { OciInspection } from "../../oci/inspect/inspect-image.ts";
import { formatPlatform } from "../../oci/image/platform.ts";
import { formatReference } from "../../oci/reference.ts";
import { toSnakeCase } from "../../json/field-case.ts";
import type { View } from "../output/render.ts";
import { joinParts, renderFields, renderTable } from "../output/table.ts";

/** The inspection of an image in its registry. The configuration keeps the field names of the OCI specification. */
export function viewInspection(inspection: OciInspection): View {
  const { requested, indexDigest, manifestDigest, imageId, diffIds, chainIds, config, findings } =
    inspection;
  const printed = {
    reference: formatReference(requested),
    indexDigest,
    manifestDigest,
    platform: formatPlatform(inspection.platform),
    imageId,
    diffIds,
    chainIds,
    config,
    warnings: findings.map(({ message }) => message),
  };
  return {
    value: toSnakeCase(printed),
    table: () =>
      joinParts([
        renderFields([
          ["REFERENCE", printed.reference],
          ["PLATFORM", printed.platform],
          ["INDEX", indexDigest],
          ["MANIFEST", manifestDigest],
          ["IMAGE ID", imageId],
          ["CREATED", config.created],
        ]),
        renderTable(
          [
            { title: "LAYER", cell: ({ layer }) => layer },
            { title: "DIFF ID", cell: ({ diffId }) => diffId },
          ],
          diffIds.map((diffId, layer) => ({ layer, diffId })),
        ),
      ]),
  };
}

import type { OciInspection } from "../../oci/inspect-image.ts";
import { formatPlatform } from "../../oci/platform.ts";
import { formatReference } from "../../oci/reference.ts";
import { toSnakeCase } from "../../spelling.ts";
import type { View } from "../render.ts";
import { joinParts, renderFields, renderTable } from "../table.ts";

/** What a registry said of an image. The configuration keeps its own specification's spelling. */
export function viewInspection(inspection: OciInspection): View {
  const { requested, indexDigest, manifestDigest, imageId, diffIds, chainIds, config } = inspection;
  const printed = {
    reference: formatReference(requested),
    indexDigest,
    manifestDigest,
    platform: formatPlatform(inspection.platform),
    imageId,
    diffIds,
    chainIds,
    config,
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
